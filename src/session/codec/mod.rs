//! Packets to and from bytes: the rumqttc family's codecs behind a strict check of our own.
//!
//! It stands apart so that only here the codec crates are named, each in its file. Both versions meet in the types
//! of this module; everything above asks [`Version`] where they differ.

mod packet;
mod property;
mod reader;
mod strict;
mod v3;
mod v5;

pub(super) use strict::Rules;

use bytes::{Buf, Bytes, BytesMut};

use super::{
    Acknowledgement, Auth, ConnAck, ConnectOptions, Disconnect, DisconnectProperties, SubAck, SubscribeRequest,
    UnsubscribeRequest, Violation,
};
use crate::mqtt::{Message, PublishProperties, QoS, ReasonCode, Version};
use packet::PacketType;
use strict::FixedHeader;

/// Bytes of the largest packet that there can be: the longest Remaining Length and its header.
pub(super) const MAXIMUM_PACKET_SIZE: u32 = 268_435_455 + 5;

/// A packet from the server.
#[derive(Debug)]
pub(super) enum Incoming {
    ConnAck(Box<ConnAck>),
    Publish(Publish),
    Ack(Ack),
    SubAck(Answer),
    UnsubAck(Answer),
    PingResp,
    Disconnect(Box<Disconnect>),
    Auth(Box<ServerAuth>),
}

/// PUBLISH, its topic not yet resolved.
#[derive(Debug)]
pub(super) struct Publish {
    /// Empty where an alias stands for it.
    pub(super) topic: Bytes,
    pub(super) payload: Bytes,
    pub(super) qos: QoS,
    pub(super) retain: bool,
    pub(super) dup: bool,
    /// 0 at QoS 0.
    pub(super) packet_id: u16,
    pub(super) properties: Option<Box<PublishProperties>>,
}

/// Which of the four packets that make up the hand-shakes of QoS 1 and 2.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::enum_variant_names, reason = "the specification's names")]
pub(super) enum AckKind {
    PubAck,
    PubRec,
    PubRel,
    PubComp,
}

/// PUBACK, PUBREC, PUBREL or PUBCOMP.
#[derive(Debug)]
pub(super) struct Ack {
    pub(super) kind: AckKind,
    pub(super) packet_id: u16,
    pub(super) acknowledgement: Acknowledgement,
}

/// SUBACK or UNSUBACK; the latter has no reasons in 3.1.1.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) packet_id: u16,
    pub(super) ack: Box<SubAck>,
}

/// AUTH with what the session checks and then forgets.
#[derive(Debug)]
pub(super) struct ServerAuth {
    pub(super) auth: Auth,
    pub(super) method: Option<String>,
}

/// How PUBLISH names its topic, and what makes a resend.
#[derive(Debug, Clone, Copy)]
pub(super) struct Envelope {
    /// 0 at QoS 0.
    pub(super) packet_id: u16,
    pub(super) dup: bool,
    pub(super) alias: Option<u16>,
    /// `false`: the alias alone stands for it.
    pub(super) with_topic: bool,
}

/// A packet that no valid input should lead to: the codec declined to write it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Unencodable;

impl Incoming {
    /// The specification's name of the packet.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::ConnAck(_) => "CONNACK",
            Self::Publish(_) => "PUBLISH",
            Self::Ack(ack) => ack.kind.name(),
            Self::SubAck(_) => "SUBACK",
            Self::UnsubAck(_) => "UNSUBACK",
            Self::PingResp => "PINGRESP",
            Self::Disconnect(_) => "DISCONNECT",
            Self::Auth(_) => "AUTH",
        }
    }
}

impl AckKind {
    /// The specification's name of the packet.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::PubAck => "PUBACK",
            Self::PubRec => "PUBREC",
            Self::PubRel => "PUBREL",
            Self::PubComp => "PUBCOMP",
        }
    }
}

/// Takes one whole packet from the front of `input`; `None` if none has arrived whole.
pub(super) fn read(input: &mut BytesMut, rules: Rules) -> Result<Option<Incoming>, Violation> {
    let Some(header) = strict::fixed_header(input, rules)? else { return Ok(None) };
    let size = header.length + header.remaining;
    if input.len() < size {
        return Ok(None);
    }
    strict::check(&header, &input[header.length..size], rules)?;
    if let Some(ack) = bare_ack(&header, &input[header.length..size]) {
        input.advance(size);
        return Ok(Some(Incoming::Ack(ack)));
    }
    let frame = input.split_to(size).freeze();
    let incoming = if rules.version.is_v5() { v5::read(&header, frame) } else { v3::read(&header, frame) };
    // The strict check has seen more than the codecs look at, so this is for the day on which that is not so.
    incoming.map(Some).ok_or_else(|| {
        Violation::new(ReasonCode::MalformedPacket, format!("{} that cannot be understood", header.packet))
    })
}

/// PUBACK, PUBREC, PUBREL or PUBCOMP without properties: every one of 3.1.1, and nearly every one of 5.0
/// [MQTT-3.4.2]. Read by hand, since most of what a publisher receives are these, and a frame of its own costs a
/// reference to the receive buffer.
fn bare_ack(header: &FixedHeader, body: &[u8]) -> Option<Ack> {
    let kind = match header.packet {
        PacketType::PubAck => AckKind::PubAck,
        PacketType::PubRec => AckKind::PubRec,
        PacketType::PubRel => AckKind::PubRel,
        PacketType::PubComp => AckKind::PubComp,
        _ => return None,
    };
    let (packet_id, reason) = match *body {
        [high, low] => ([high, low], ReasonCode::Success),
        // The strict check has seen that it is a reason of this packet.
        [high, low, reason] | [high, low, reason, 0] => ([high, low], ReasonCode::from_number(reason)?),
        _ => return None,
    };
    let acknowledgement = Acknowledgement { reason, details: None };
    Some(Ack { kind, packet_id: u16::from_be_bytes(packet_id), acknowledgement })
}

/// Appends CONNECT.
pub(super) fn write_connect(
    options: &ConnectOptions,
    clean_start: bool,
    buffer: &mut BytesMut,
) -> Result<(), Unencodable> {
    // The codecs set the flags at an offset from the buffer's beginning, so it must be empty.
    let mut packet = BytesMut::new();
    if options.version.is_v5() {
        v5::write_connect(options, clean_start, &mut packet)?;
    } else {
        v3::write_connect(options, clean_start, &mut packet)?;
    }
    buffer.extend_from_slice(&packet);
    Ok(())
}

/// Appends PUBLISH. The message is lent, not changed: its parts move into the codec's type and back.
pub(super) fn write_publish(
    version: Version,
    message: &mut Message,
    envelope: Envelope,
    buffer: &mut BytesMut,
) -> Result<(), Unencodable> {
    let start = buffer.len();
    let written = if version.is_v5() {
        v5::write_publish(message, envelope, buffer)
    } else {
        v3::write_publish(message, envelope, buffer)
    };
    if written.is_err() {
        buffer.truncate(start);
    }
    written
}

/// Bytes of the PUBLISH that [`write_publish`] writes with the topic in full.
pub(super) fn publish_size(version: Version, message: &Message, alias: Option<u16>) -> usize {
    let mut remaining = 2 + message.topic.as_str().len() + message.payload.len();
    if message.qos != QoS::AtMostOnce {
        remaining += 2;
    }
    if version.is_v5() {
        let properties = message.properties.as_deref().map_or(0, properties_size);
        let properties = properties + if alias.is_some() { 3 } else { 0 };
        remaining += variable_size(properties) + properties;
    }
    1 + variable_size(remaining) + remaining
}

/// Bytes of the properties that a client may send, less the topic alias.
fn properties_size(properties: &PublishProperties) -> usize {
    let text = |length: Option<usize>| length.map_or(0, |length| 3 + length);
    let pairs = properties.user_properties.iter().map(|(name, value)| 5 + name.len() + value.len());
    properties.payload_format_indicator.map_or(0, |_| 2)
        + properties.message_expiry_interval.map_or(0, |_| 5)
        + text(properties.response_topic.as_ref().map(String::len))
        + text(properties.correlation_data.as_ref().map(Bytes::len))
        + text(properties.content_type.as_ref().map(String::len))
        + pairs.sum::<usize>()
}

/// Bytes of a Variable Byte Integer.
const fn variable_size(value: usize) -> usize {
    match value {
        0..128 => 1,
        128..16_384 => 2,
        16_384..2_097_152 => 3,
        _ => 4,
    }
}

/// Appends PUBACK, PUBREC, PUBREL or PUBCOMP; `not_found`: with the reason 0x92 (5.0, PUBREL and PUBCOMP alone).
pub(super) fn write_ack(
    version: Version,
    kind: AckKind,
    packet_id: u16,
    not_found: bool,
    buffer: &mut BytesMut,
) -> Result<(), Unencodable> {
    if version.is_v5() {
        v5::write_ack(kind, packet_id, not_found, buffer)
    } else {
        v3::write_ack(kind, packet_id, buffer)
    }
}

/// SUBSCRIBE or UNSUBSCRIBE.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Subscription {
    Subscribe(SubscribeRequest),
    Unsubscribe(UnsubscribeRequest),
}

/// Bytes of SUBSCRIBE or UNSUBSCRIBE.
pub(super) fn subscription_size(version: Version, subscription: &Subscription) -> usize {
    if version.is_v5() { v5::subscription_size(subscription) } else { v3::subscription_size(subscription) }
}

/// Appends SUBSCRIBE or UNSUBSCRIBE.
pub(super) fn write_subscription(
    version: Version,
    subscription: &Subscription,
    packet_id: u16,
    buffer: &mut BytesMut,
) -> Result<(), Unencodable> {
    if version.is_v5() {
        v5::write_subscription(subscription, packet_id, buffer)
    } else {
        v3::write_subscription(subscription, packet_id, buffer)
    }
}

/// Appends PINGREQ.
pub(super) fn write_pingreq(buffer: &mut BytesMut) -> Result<(), Unencodable> {
    v3::write_pingreq(buffer)
}

/// Appends DISCONNECT; before 5.0 it has no reason. Properties that it cannot have, or that make it larger than
/// `maximum` [MQTT-3.14.2-3], are left out, and a reason that it cannot have is `UnspecifiedError`.
pub(super) fn write_disconnect(
    version: Version,
    disconnect: &Disconnect,
    maximum: u32,
    buffer: &mut BytesMut,
) -> Result<(), Unencodable> {
    if !version.is_v5() {
        return v3::write_disconnect(buffer);
    }
    let bare = |reason| Disconnect { reason, properties: DisconnectProperties::default() };
    let start = buffer.len();
    for attempt in [disconnect, &bare(disconnect.reason), &bare(ReasonCode::UnspecifiedError)] {
        if v5::write_disconnect(attempt, buffer).is_ok() && buffer.len() - start <= maximum as usize {
            return Ok(());
        }
        buffer.truncate(start);
    }
    Err(Unencodable)
}

/// Appends AUTH (5.0).
pub(super) fn write_auth(auth: &Auth, method: &str, buffer: &mut BytesMut) -> Result<(), Unencodable> {
    v5::write_auth(auth, method, buffer)
}

fn qos_of(first_byte: u8) -> QoS {
    match first_byte >> 1 & 0b11 {
        0 => QoS::AtMostOnce,
        1 => QoS::AtLeastOnce,
        _ => QoS::ExactlyOnce,
    }
}
