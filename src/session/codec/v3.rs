//! MQTT 3.1.1 by `rumqttc-v4-next`, and 3.1, which differs from it in a few bytes.

use bytes::{BufMut, Bytes, BytesMut};
use rumqttc_v4::mqttbytes::{self, v4};

use super::{
    AckKind, Answer, ConnAck, ConnectOptions, Envelope, FixedHeader, Incoming, PacketType, Publish, SubAck,
    Subscription, Unencodable, qos_of,
};
use crate::mqtt::{ConnAckProperties, Message, QoS, ReasonCode, Version};
use crate::session::Details;

/// Understands a packet that the strict check let pass; acknowledgements of a publish are read before, in any version.
pub(super) fn read(header: &FixedHeader, frame: Bytes) -> Option<Incoming> {
    let crate_header = mqttbytes::FixedHeader::new(header.first_byte, header.length - 1, header.remaining);
    match header.packet {
        PacketType::Publish => {
            let publish = v4::Publish::read(crate_header, frame).ok()?;
            Some(Incoming::Publish(Publish {
                topic: publish.topic,
                payload: publish.payload,
                qos: qos_of(header.first_byte),
                retain: publish.retain,
                dup: publish.dup,
                packet_id: publish.pkid,
                properties: None,
            }))
        }
        PacketType::ConnAck => {
            // By hand: the flags byte is reserved in 3.1 and may be anything, which the codec takes for a fault.
            let [flags, code] = *frame.get(header.length..)? else { return None };
            let reason = ReasonCode::from_connect_return_code(code)?;
            let ack = ConnAck { session_present: flags == 1, reason, properties: ConnAckProperties::default() };
            Some(Incoming::ConnAck(Box::new(ack)))
        }
        PacketType::SubAck => {
            let suback = v4::SubAck::read(crate_header, frame).ok()?;
            let reasons = suback.return_codes.into_iter().map(granted).collect();
            let ack = Box::new(SubAck { reasons, details: Details::default() });
            Some(Incoming::SubAck(Answer { packet_id: suback.pkid, ack }))
        }
        PacketType::UnsubAck => {
            let packet_id = v4::UnsubAck::read(crate_header, frame).ok()?.pkid;
            let ack = Box::new(SubAck { reasons: Vec::new(), details: Details::default() });
            Some(Incoming::UnsubAck(Answer { packet_id, ack }))
        }
        PacketType::PingResp => Some(Incoming::PingResp),
        _ => None,
    }
}

fn granted(code: v4::SubscribeReasonCode) -> ReasonCode {
    match code {
        v4::SubscribeReasonCode::Success(mqttbytes::QoS::AtMostOnce) => ReasonCode::Success,
        v4::SubscribeReasonCode::Success(mqttbytes::QoS::AtLeastOnce) => ReasonCode::GrantedQoS1,
        v4::SubscribeReasonCode::Success(mqttbytes::QoS::ExactlyOnce) => ReasonCode::GrantedQoS2,
        v4::SubscribeReasonCode::Failure => ReasonCode::UnspecifiedError,
    }
}

pub(super) fn write_connect(
    options: &ConnectOptions,
    clean_session: bool,
    packet: &mut BytesMut,
) -> Result<(), Unencodable> {
    let auth = match (&options.user_name, &options.password) {
        (None, _) => v4::ConnectAuth::None,
        (Some(user_name), None) => v4::ConnectAuth::Username { username: user_name.to_string() },
        (Some(user_name), Some(password)) => {
            v4::ConnectAuth::UsernamePassword { username: user_name.to_string(), password: password.clone() }
        }
    };
    let last_will = options.will.as_deref().map(|will| v4::LastWill {
        topic: will.topic.as_str().to_owned(),
        message: will.payload.clone(),
        qos: qos(will.qos),
        retain: will.retain,
    });
    let client_id = options.client_id.to_string();
    let connect = v4::Connect { keep_alive: options.keep_alive, client_id, clean_session, last_will, auth };
    connect.write(packet).map_err(|_| Unencodable)?;
    if options.version == Version::V3_1 {
        *packet = into_3_1(packet)?;
    }
    Ok(())
}

/// The same CONNECT under the name and level of MQTT 3.1, which the codec does not know.
fn into_3_1(packet: &[u8]) -> Result<BytesMut, Unencodable> {
    const NAME_AND_LEVEL: &[u8] = b"\x00\x04MQTT\x04";
    const NAME_AND_LEVEL_3_1: &[u8] = b"\x00\x06MQIsdp\x03";
    let at = packet.windows(NAME_AND_LEVEL.len()).position(|window| window == NAME_AND_LEVEL).ok_or(Unencodable)?;
    let rest = &packet[at + NAME_AND_LEVEL.len()..];
    let mut renamed = BytesMut::with_capacity(packet.len() + 4);
    renamed.put_u8(packet[0]);
    let mut remaining = NAME_AND_LEVEL_3_1.len() + rest.len();
    while remaining >= 0x80 {
        renamed.put_u8(remaining.to_le_bytes()[0] | 0x80);
        remaining >>= 7;
    }
    renamed.put_u8(remaining.to_le_bytes()[0]);
    renamed.put_slice(NAME_AND_LEVEL_3_1);
    renamed.put_slice(rest);
    Ok(renamed)
}

pub(super) fn write_publish(
    message: &mut Message,
    envelope: Envelope,
    buffer: &mut BytesMut,
) -> Result<(), Unencodable> {
    let publish = v4::Publish {
        dup: envelope.dup,
        qos: qos(message.qos),
        retain: message.retain,
        topic: message.topic.to_byte_string().into_bytes(),
        pkid: envelope.packet_id,
        payload: std::mem::take(&mut message.payload),
    };
    let written = publish.write(buffer);
    message.payload = publish.payload;
    written.map(drop).map_err(|_| Unencodable)
}

pub(super) fn write_ack(kind: AckKind, packet_id: u16, buffer: &mut BytesMut) -> Result<(), Unencodable> {
    let written = match kind {
        AckKind::PubAck => v4::PubAck::new(packet_id).write(buffer),
        AckKind::PubRec => v4::PubRec::new(packet_id).write(buffer),
        AckKind::PubRel => v4::PubRel::new(packet_id).write(buffer),
        AckKind::PubComp => v4::PubComp::new(packet_id).write(buffer),
    };
    written.map(drop).map_err(|_| Unencodable)
}

pub(super) fn subscription_size(subscription: &Subscription) -> usize {
    packet_of(subscription, 1).size()
}

pub(super) fn write_subscription(
    subscription: &Subscription,
    packet_id: u16,
    buffer: &mut BytesMut,
) -> Result<(), Unencodable> {
    packet_of(subscription, packet_id).write(buffer, usize::MAX).map(drop).map_err(|_| Unencodable)
}

fn packet_of(subscription: &Subscription, packet_id: u16) -> v4::Packet {
    match subscription {
        Subscription::Subscribe(request) => {
            let filters = request
                .filters
                .iter()
                .map(|options| v4::SubscribeFilter { path: options.filter.as_str().to_owned(), qos: qos(options.qos) });
            v4::Packet::Subscribe(v4::Subscribe { pkid: packet_id, filters: filters.collect() })
        }
        Subscription::Unsubscribe(request) => {
            let topics = request.filters.iter().map(|filter| filter.as_str().to_owned());
            v4::Packet::Unsubscribe(v4::Unsubscribe { pkid: packet_id, topics: topics.collect() })
        }
    }
}

pub(super) fn write_pingreq(buffer: &mut BytesMut) -> Result<(), Unencodable> {
    v4::PingReq.write(buffer).map(drop).map_err(|_| Unencodable)
}

pub(super) fn write_disconnect(buffer: &mut BytesMut) -> Result<(), Unencodable> {
    v4::Disconnect.write(buffer).map(drop).map_err(|_| Unencodable)
}

fn qos(qos: QoS) -> mqttbytes::QoS {
    match qos {
        QoS::AtMostOnce => mqttbytes::QoS::AtMostOnce,
        QoS::AtLeastOnce => mqttbytes::QoS::AtLeastOnce,
        QoS::ExactlyOnce => mqttbytes::QoS::ExactlyOnce,
    }
}
