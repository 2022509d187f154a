//! Reads what clients send.

use bytes::{Buf, Bytes, BytesMut};
use bytestring::ByteString;

use super::fields::RequestProperties;
use super::header::{FixedHeader, Rules, fixed_header};
use super::packet::{AckKind, PacketType, Sender};
use super::property::{self, Place};
use super::read::{Context, read_ack, read_auth, read_disconnect, read_packet_id, take_publish};
use super::reader::{Reader, variable_size};
use super::types::{Connect, FromClient, Subscribe, Unsubscribe};
use crate::mqtt::{
    ConnectProperties, QoS, ReasonCode, RetainHandling, SubscriptionOptions, TopicFilter, TopicName, Version, Will,
};
use crate::session::Violation;

const CLEAN_START: u8 = 0b0000_0010;
const WILL: u8 = 0b0000_0100;
const WILL_QOS: u8 = 0b0001_1000;
const WILL_RETAIN: u8 = 0b0010_0000;
const PASSWORD: u8 = 0b0100_0000;
const USER_NAME: u8 = 0b1000_0000;

/// Takes one whole packet from the front of `input`; `None` if none has arrived completely.
///
/// A second CONNECT is read too; the session decides that it is not allowed [MQTT-3.1.0-2].
pub(crate) fn read_from_client(input: &mut BytesMut, rules: Rules) -> Result<Option<FromClient>, Violation> {
    let Some(header) = fixed_header(input, Sender::Client, rules)? else { return Ok(None) };
    if input.len() < header.size {
        return Ok(None);
    }
    // Only CONNECT comes before the version is known, and it does not need it.
    let context = Context::new(rules.version.unwrap_or_default(), Sender::Client, rules);
    if header.packet == PacketType::Publish {
        return take_publish(input, header, context).map(FromClient::Publish).map(Some);
    }
    let reader = Reader::new(header.packet, &input[header.length..header.size]);
    let ack = |kind| read_ack(kind, reader.clone(), context).map(FromClient::Ack);
    let packet = match header.packet {
        PacketType::PubAck => ack(AckKind::PubAck)?,
        PacketType::PubRec => ack(AckKind::PubRec)?,
        PacketType::PubRel => ack(AckKind::PubRel)?,
        PacketType::PubComp => ack(AckKind::PubComp)?,
        PacketType::Connect => read_connect(reader, header, rules)?,
        PacketType::Subscribe => FromClient::Subscribe(Box::new(read_subscribe(reader, context)?)),
        PacketType::Unsubscribe => FromClient::Unsubscribe(Box::new(read_unsubscribe(reader, context)?)),
        PacketType::PingReq => {
            reader.end()?;
            FromClient::PingReq
        }
        PacketType::Disconnect => FromClient::Disconnect(Box::new(read_disconnect(reader, context)?)),
        PacketType::Auth => FromClient::Auth(Box::new(read_auth(reader, context)?)),
        PacketType::Publish
        | PacketType::ConnAck
        | PacketType::SubAck
        | PacketType::UnsubAck
        | PacketType::PingResp => {
            // PUBLISH is read above, and the header's check lets none of the others through.
            return Err(reader.malformed(format_args!("that cannot be understood")));
        }
    };
    input.advance(header.size);
    Ok(Some(packet))
}

fn read_connect(mut reader: Reader<'_>, header: FixedHeader, rules: Rules) -> Result<FromClient, Violation> {
    let name = reader.text("Protocol Name")?;
    let level = reader.byte("Protocol Version")?;
    let version = match (name, level) {
        ("MQIsdp", 3) => Version::V3_1,
        ("MQTT", 4) => Version::V3_1_1,
        ("MQTT", 5) => Version::V5,
        ("MQIsdp" | "MQTT", level) => return Ok(FromClient::UnsupportedConnect { level }),
        _ => {
            let fault = format!("CONNECT of a protocol `{name}`, which is not MQTT");
            return Err(Violation::new(ReasonCode::UnsupportedProtocolVersion, fault));
        }
    };
    if version.is_v5() && header.length != 1 + variable_size(header.size - header.length) {
        return Err(reader.malformed(format_args!("whose Remaining Length is longer than it need be")));
    }
    let context = Context::new(version, Sender::Client, rules);
    let flags = reader.byte("Connect Flags")?;
    check_connect_flags(&reader, flags, version)?;
    let keep_alive = reader.two_byte("Keep Alive")?;
    let properties: ConnectProperties = context.properties(&mut reader)?.unwrap_or_default();
    if properties.authentication_data.is_some() && properties.authentication_method.is_none() {
        let fault = "CONNECT with Authentication Data and without an Authentication Method";
        return Err(Violation::new(ReasonCode::ProtocolError, fault));
    }
    let client_id = ByteString::from(reader.text("Client Identifier")?);
    let will = if flags & WILL == 0 { None } else { Some(Box::new(read_will(&mut reader, flags, version)?)) };
    // A client of 3.1 may set the flags and leave the fields out.
    let has = |reader: &Reader<'_>, flag| flags & flag != 0 && !(version == Version::V3_1 && reader.is_empty());
    let user_name = if has(&reader, USER_NAME) { Some(ByteString::from(reader.text("User Name")?)) } else { None };
    let password = if has(&reader, PASSWORD) { Some(Bytes::copy_from_slice(reader.binary("Password")?)) } else { None };
    reader.end()?;
    let clean_start = flags & CLEAN_START != 0;
    let connect = Connect { version, clean_start, keep_alive, client_id, user_name, password, will, properties };
    Ok(FromClient::Connect(Box::new(connect)))
}

fn check_connect_flags(reader: &Reader<'_>, flags: u8, version: Version) -> Result<(), Violation> {
    // Reserved in 3.1.1 and 5.0 [MQTT-3.1.2-3], of no meaning in 3.1.
    if flags & 1 != 0 && version != Version::V3_1 {
        return Err(reader.malformed(format_args!("whose reserved flag is set")));
    }
    if flags & WILL == 0 && flags & (WILL_QOS | WILL_RETAIN) != 0 && version != Version::V3_1 {
        return Err(reader.malformed(format_args!("with a Will QoS or Will Retain and without a will")));
    }
    if flags & WILL != 0 && flags & WILL_QOS == WILL_QOS {
        return Err(reader.malformed(format_args!("with a Will QoS of 3")));
    }
    // [MQTT-3.1.2-22] of 3.1.1; 5.0 allows it.
    if flags & PASSWORD != 0 && flags & USER_NAME == 0 && !version.is_v5() {
        return Err(reader.malformed(format_args!("with a Password and without a User Name")));
    }
    Ok(())
}

fn read_will(reader: &mut Reader<'_>, flags: u8, version: Version) -> Result<Will, Violation> {
    let properties = if version.is_v5() { property::read(reader, Place::will())? } else { None };
    let topic = reader.text("Will Topic")?;
    let topic = TopicName::received(ByteString::from(topic)).map_err(|error| {
        let fault = format!("CONNECT with a Will Topic `{topic}`: {error}");
        Violation::new(ReasonCode::TopicNameInvalid, fault)
    })?;
    let payload = Bytes::copy_from_slice(reader.binary("Will Payload")?);
    let qos = match (flags & WILL_QOS) >> 3 {
        0 => QoS::AtMostOnce,
        1 => QoS::AtLeastOnce,
        _ => QoS::ExactlyOnce,
    };
    Ok(Will { topic, payload, qos, retain: flags & WILL_RETAIN != 0, properties: properties.unwrap_or_default() })
}

fn read_subscribe(mut reader: Reader<'_>, context: Context) -> Result<Subscribe, Violation> {
    let packet_id = read_packet_id(&mut reader)?;
    let RequestProperties { subscription_identifier, user_properties } =
        context.properties(&mut reader)?.unwrap_or_default();
    let mut filters = Vec::new();
    while !reader.is_empty() {
        let text = ByteString::from(reader.text("Topic Filter")?);
        let options = reader.byte("Subscription Options")?;
        filters.push(read_options(&reader, text, options, context.version)?);
    }
    check_filters(&reader, filters.len())?;
    Ok(Subscribe { packet_id, filters, subscription_identifier, user_properties })
}

fn read_options(
    reader: &Reader<'_>,
    text: ByteString,
    options: u8,
    version: Version,
) -> Result<Result<SubscriptionOptions, ByteString>, Violation> {
    let protocol_error = |fault: String| Err(Violation::new(ReasonCode::ProtocolError, fault));
    let reserved = if version.is_v5() { 0b1100_0000 } else { 0b1111_1100 };
    if options & reserved != 0 {
        return Err(
            reader.malformed(format_args!("whose Subscription Options have reserved bits set: 0x{options:02X}"))
        );
    }
    let qos = match options & 0b11 {
        0 => QoS::AtMostOnce,
        1 => QoS::AtLeastOnce,
        2 => QoS::ExactlyOnce,
        _ if version.is_v5() => return protocol_error("SUBSCRIBE at QoS 3".to_owned()),
        _ => return Err(reader.malformed(format_args!("at QoS 3"))),
    };
    let no_local = options & 0b100 != 0;
    let retain_handling = match options >> 4 & 0b11 {
        0 => RetainHandling::SendAtSubscribe,
        1 => RetainHandling::SendIfNew,
        2 => RetainHandling::DoNotSend,
        _ => return protocol_error("SUBSCRIBE with a Retain Handling of 3".to_owned()),
    };
    let Ok(filter) = TopicFilter::parse(text.clone()) else { return Ok(Err(text)) };
    // Only $share/ is defined by the specification.
    if no_local && text.starts_with("$share/") {
        return protocol_error(format!("SUBSCRIBE with No Local on the shared subscription `{text}`"));
    }
    let retain_as_published = options & 0b1000 != 0;
    Ok(Ok(SubscriptionOptions { filter, qos, no_local, retain_as_published, retain_handling }))
}

fn read_unsubscribe(mut reader: Reader<'_>, context: Context) -> Result<Unsubscribe, Violation> {
    let packet_id = read_packet_id(&mut reader)?;
    let RequestProperties { user_properties, .. } = context.properties(&mut reader)?.unwrap_or_default();
    let mut filters = Vec::new();
    while !reader.is_empty() {
        let text = ByteString::from(reader.text("Topic Filter")?);
        filters.push(TopicFilter::parse(text.clone()).map_err(|_| text));
    }
    check_filters(&reader, filters.len())?;
    Ok(Unsubscribe { packet_id, filters, user_properties })
}

/// [MQTT-3.8.3-2], [MQTT-3.10.3-2].
fn check_filters(reader: &Reader<'_>, count: usize) -> Result<(), Violation> {
    if count > 0 {
        return Ok(());
    }
    let fault = format!("{} without a Topic Filter", reader.packet());
    Err(Violation::new(ReasonCode::ProtocolError, fault))
}
