//! Reads what the packets of both sides have in common.

use std::sync::Arc;

use bytes::{Buf, BytesMut};
use bytestring::ByteString;

use super::fields::AuthProperties;
use super::header::{FixedHeader, Rules};
use super::packet::{AckKind, PacketType, Sender};
use super::property::{self, Place};
use super::reader::Reader;
use super::reasons::read_reason;
use super::types::{Ack, NamedAuth, Publish};
use crate::mqtt::{QoS, ReasonCode, TopicErrorKind, TopicName, Version};
use crate::session::{Acknowledgement, Auth, Details, Disconnect, DisconnectProperties, Violation};

/// The context for reading a packet.
#[derive(Debug, Clone, Copy)]
pub(super) struct Context {
    pub(super) version: Version,
    pub(super) sender: Sender,
    explained: bool,
}

impl Context {
    pub(super) fn new(version: Version, sender: Sender, rules: Rules) -> Self {
        Self { version, sender, explained: rules.problem_information }
    }

    pub(super) fn place(self, packet: PacketType) -> Place {
        Place::new(self.sender, packet).explained(self.explained)
    }

    /// Properties, which only 5.0 has.
    pub(super) fn properties<P: property::Properties + Default>(
        self,
        reader: &mut Reader<'_>,
    ) -> Result<Option<P>, Violation> {
        if self.version.is_v5() { property::read(reader, self.place(reader.packet())) } else { Ok(None) }
    }
}

/// Reads PUBLISH and takes it from the front of `input`, which holds all of it.
pub(super) fn take_publish(input: &mut BytesMut, header: FixedHeader, context: Context) -> Result<Publish, Violation> {
    let mut frame = input.split_to(header.size).freeze();
    frame.advance(header.length);
    let topic_length = Reader::new(header.packet, &frame).binary("Topic Name")?.len();
    frame.advance(2);
    let topic = frame.split_to(topic_length);
    let mut reader = Reader::new(header.packet, &frame);
    let topic = read_topic(topic, &reader)?;
    if topic.is_none() && !context.version.is_v5() {
        return Err(Violation::new(ReasonCode::ProtocolError, "PUBLISH without a topic"));
    }
    let qos = match header.first_byte >> 1 & 0b11 {
        0 => QoS::AtMostOnce,
        1 => QoS::AtLeastOnce,
        _ => QoS::ExactlyOnce,
    };
    let packet_id = if qos == QoS::AtMostOnce { 0 } else { read_packet_id(&mut reader)? };
    let properties = context.properties(&mut reader)?.map(Arc::new);
    let payload_length = reader.rest().len();
    // What is left of the frame becomes the payload, which saves counting one reference more.
    frame.advance(frame.len() - payload_length);
    let (retain, dup) = (header.first_byte & 0b0001 != 0, header.first_byte & 0b1000 != 0);
    Ok(Publish { topic, payload: frame, qos, retain, dup, packet_id, properties })
}

/// A Topic Name; `None` if it is empty.
fn read_topic(topic: bytes::Bytes, reader: &Reader<'_>) -> Result<Option<TopicName>, Violation> {
    if topic.is_empty() {
        return Ok(None);
    }
    let Ok(text) = ByteString::try_from(topic) else {
        return Err(reader.malformed(format_args!("whose Topic Name is not UTF-8")));
    };
    match TopicName::received(text) {
        Ok(topic) => Ok(Some(topic)),
        Err(error) if error.kind() == TopicErrorKind::NullCharacter => {
            Err(reader.malformed(format_args!("whose Topic Name holds the character U+0000")))
        }
        Err(error) => {
            let fault = format!("PUBLISH to `{}`, which has a wildcard", error.text());
            Err(Violation::new(ReasonCode::TopicNameInvalid, fault))
        }
    }
}

pub(super) fn read_packet_id(reader: &mut Reader<'_>) -> Result<u16, Violation> {
    match reader.two_byte("Packet Identifier")? {
        0 => {
            let fault = format!("{} with a Packet Identifier of 0", reader.packet());
            Err(Violation::new(ReasonCode::ProtocolError, fault))
        }
        packet_id => Ok(packet_id),
    }
}

/// PUBACK, PUBREC, PUBREL or PUBCOMP. Reason and properties may be left out from the end [MQTT-3.4.2].
pub(super) fn read_ack(kind: AckKind, mut reader: Reader<'_>, context: Context) -> Result<Ack, Violation> {
    let packet_id = read_packet_id(&mut reader)?;
    let mut acknowledgement = Acknowledgement { reason: ReasonCode::Success, details: None };
    if context.version.is_v5() && !reader.is_empty() {
        acknowledgement.reason = read_reason(&mut reader, context.sender)?;
        if !reader.is_empty() {
            acknowledgement.details = context.properties(&mut reader)?.map(Box::new);
        }
    }
    reader.end()?;
    Ok(Ack { kind, packet_id, acknowledgement })
}

/// DISCONNECT. Reason and properties may be left out from the end [MQTT-3.14.2.1], [MQTT-3.14.2.2.1].
pub(super) fn read_disconnect(mut reader: Reader<'_>, context: Context) -> Result<Disconnect, Violation> {
    let mut disconnect = Disconnect { reason: ReasonCode::Success, properties: DisconnectProperties::default() };
    if context.version.is_v5() && !reader.is_empty() {
        disconnect.reason = read_reason(&mut reader, context.sender)?;
        if !reader.is_empty() {
            disconnect.properties = context.properties(&mut reader)?.unwrap_or_default();
        }
    }
    reader.end()?;
    Ok(disconnect)
}

/// AUTH. Reason and properties may be left out together [MQTT-3.15.2.1].
pub(super) fn read_auth(mut reader: Reader<'_>, context: Context) -> Result<NamedAuth, Violation> {
    let mut reason = ReasonCode::Success;
    let mut properties = None;
    if !reader.is_empty() {
        reason = read_reason(&mut reader, context.sender)?;
        properties = context.properties(&mut reader)?;
    }
    reader.end()?;
    let AuthProperties { method, data, reason_string, user_properties } = properties.unwrap_or_default();
    Ok(NamedAuth { auth: Auth { reason, data, details: Details { reason_string, user_properties } }, method })
}
