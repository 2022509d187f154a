//! Checks every packet from the server against the specification before a codec crate sees it.
//!
//! It stands apart since the codec crates let much pass that the specification forbids, and name faults in words
//! that are of no use to a reader. What passes here is legal, if odd; what does not is a [`Violation`].

use super::packet::PacketType;
use super::property;
use super::reader::{Reader, Variable, variable_byte_integer};
use crate::mqtt::{QoS, ReasonCode, Version};
use crate::session::Violation;

/// What this end agreed to at CONNECT, as far as it binds the packets of the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::session) struct Rules {
    /// Version of the protocol.
    pub(in crate::session) version: Version,
    /// The Maximum Packet Size that we announced.
    pub(in crate::session) maximum_packet_size: u32,
    /// Request Problem Information.
    pub(in crate::session) problem_information: bool,
}

/// A Fixed Header [MQTT-2.1] that is in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct FixedHeader {
    pub(super) packet: PacketType,
    pub(super) first_byte: u8,
    /// Bytes of the header.
    pub(super) length: usize,
    /// Bytes behind it.
    pub(super) remaining: usize,
}

/// Reads the header at the front; `None` if it has not all arrived. A fault is told at its first byte.
pub(super) fn fixed_header(input: &[u8], rules: Rules) -> Result<Option<FixedHeader>, Violation> {
    let Some((&first_byte, rest)) = input.split_first() else { return Ok(None) };
    let packet = packet_type(first_byte, rules.version)?;
    let malformed = |fault: String| Err(Violation::new(ReasonCode::MalformedPacket, fault));
    let (remaining, length) = match variable_byte_integer(rest) {
        Variable::Value { value, length, shortest } if shortest || !rules.version.is_v5() => (value, length),
        Variable::Value { .. } => {
            return malformed(format!("{packet} whose Remaining Length is longer than it need be"));
        }
        Variable::Unfinished => return Ok(None),
        Variable::TooLong => return malformed(format!("{packet} whose Remaining Length has more than four bytes")),
    };
    let header = FixedHeader { packet, first_byte, length: 1 + length, remaining: remaining as usize };
    let (size, maximum) = (header.length + header.remaining, rules.maximum_packet_size);
    if size > maximum as usize {
        let fault = format!("{packet} of {size} bytes, though CONNECT had set a Maximum Packet Size of {maximum}");
        return Err(Violation::new(ReasonCode::PacketTooLarge, fault));
    }
    Ok(Some(header))
}

fn packet_type(first_byte: u8, version: Version) -> Result<PacketType, Violation> {
    let packet = match PacketType::of(first_byte) {
        Some(packet) if packet != PacketType::Auth || version.is_v5() => packet,
        _ => {
            let fault = format!("packet of type {}, which MQTT {version} does not have", first_byte >> 4);
            return Err(Violation::new(ReasonCode::MalformedPacket, fault));
        }
    };
    let from_clients = match packet {
        PacketType::Connect | PacketType::Subscribe | PacketType::Unsubscribe | PacketType::PingReq => true,
        PacketType::Disconnect => !version.is_v5(),
        _ => false,
    };
    if from_clients {
        let fault = format!("{packet}, which only clients may send");
        return Err(Violation::new(ReasonCode::ProtocolError, fault));
    }
    let flags = first_byte & 0x0F;
    // MQTT 3.1 set DUP in a PUBREL that was sent again.
    let resent_release = version == Version::V3_1 && packet == PacketType::PubRel && flags == 0b1010;
    if packet.reserved_flags().is_some_and(|reserved| reserved != flags) && !resent_release {
        let fault = format!("{packet} whose reserved flags are 0b{flags:04b}");
        return Err(Violation::new(ReasonCode::MalformedPacket, fault));
    }
    if packet == PacketType::Publish {
        check_publish_flags(flags)?;
    }
    Ok(packet)
}

fn check_publish_flags(flags: u8) -> Result<(), Violation> {
    match flags >> 1 & 0b11 {
        0 if flags & 0b1000 != 0 => Err(Violation::new(ReasonCode::ProtocolError, "PUBLISH at QoS 0 with DUP")),
        0..=2 => Ok(()),
        _ => Err(Violation::new(ReasonCode::MalformedPacket, "PUBLISH at QoS 3")),
    }
}

/// Checks a whole packet; `body` is what follows the header.
pub(super) fn check(header: &FixedHeader, body: &[u8], rules: Rules) -> Result<(), Violation> {
    let reader = Reader::new(header.packet, body);
    match header.packet {
        PacketType::Publish => check_publish(reader, header.first_byte, rules),
        PacketType::PubAck | PacketType::PubRec | PacketType::PubRel | PacketType::PubComp => check_ack(reader, rules),
        PacketType::ConnAck => check_connack(reader, rules),
        PacketType::SubAck | PacketType::UnsubAck => check_suback(reader, rules),
        PacketType::PingResp => reader.end(),
        PacketType::Disconnect => check_disconnect(reader, rules),
        PacketType::Auth => check_auth(reader, rules),
        // The header's check lets none of these through.
        PacketType::Connect | PacketType::Subscribe | PacketType::Unsubscribe | PacketType::PingReq => Ok(()),
    }
}

fn check_publish(mut reader: Reader<'_>, first_byte: u8, rules: Rules) -> Result<(), Violation> {
    let topic = reader.text("Topic Name")?;
    if memchr::memchr2(b'+', b'#', topic.as_bytes()).is_some() {
        let fault = format!("PUBLISH to `{topic}`, which has a wildcard");
        return Err(Violation::new(ReasonCode::TopicNameInvalid, fault));
    }
    if topic.is_empty() && !rules.version.is_v5() {
        return Err(Violation::new(ReasonCode::ProtocolError, "PUBLISH without a topic"));
    }
    if first_byte >> 1 & 0b11 != QoS::AtMostOnce.number() {
        check_packet_id(&mut reader)?;
    }
    if rules.version.is_v5() {
        property::check(&mut reader, rules.problem_information)?;
    }
    Ok(())
}

fn check_packet_id(reader: &mut Reader<'_>) -> Result<(), Violation> {
    if reader.two_byte("Packet Identifier")? == 0 {
        let fault = format!("{} with a Packet Identifier of 0", reader.packet());
        return Err(Violation::new(ReasonCode::ProtocolError, fault));
    }
    Ok(())
}

fn check_ack(mut reader: Reader<'_>, rules: Rules) -> Result<(), Violation> {
    check_packet_id(&mut reader)?;
    if rules.version.is_v5() && !reader.is_empty() {
        check_reason(&mut reader)?;
        if !reader.is_empty() {
            property::check(&mut reader, rules.problem_information)?;
        }
    }
    reader.end()
}

fn check_suback(mut reader: Reader<'_>, rules: Rules) -> Result<(), Violation> {
    check_packet_id(&mut reader)?;
    if rules.version.is_v5() {
        property::check(&mut reader, rules.problem_information)?;
    } else if reader.packet() == PacketType::UnsubAck {
        return reader.end();
    }
    if reader.is_empty() {
        let fault = format!("{} without one Reason Code", reader.packet());
        return Err(Violation::new(ReasonCode::ProtocolError, fault));
    }
    while !reader.is_empty() {
        if rules.version.is_v5() {
            check_reason(&mut reader)?;
            continue;
        }
        let code = reader.byte("Return Code")?;
        if !matches!(code, 0..=2 | 0x80) {
            let fault = format!("SUBACK with the Return Code 0x{code:02X}, which is reserved");
            return Err(Violation::new(ReasonCode::ProtocolError, fault));
        }
    }
    Ok(())
}

/// CONNACK of a server that knows 3.1.1 alone and refuses our 5.0: flags, then return code 1 [MQTT-3.1.2-2] of 3.1.1.
pub(super) const REFUSAL_BY_3_1_1: &[u8] = &[0, 1];

fn check_connack(mut reader: Reader<'_>, rules: Rules) -> Result<(), Violation> {
    if rules.version.is_v5() && reader.rest() == REFUSAL_BY_3_1_1 {
        return Ok(());
    }
    let flags = reader.byte("Connect Acknowledge Flags")?;
    if flags > 1 && rules.version != Version::V3_1 {
        let fault = format!("CONNACK whose reserved flags are set: 0x{flags:02X}");
        return Err(Violation::new(ReasonCode::MalformedPacket, fault));
    }
    let refused = if rules.version.is_v5() {
        check_reason(&mut reader)?
    } else {
        let code = reader.byte("Return Code")?;
        if ReasonCode::from_connect_return_code(code).is_none() {
            let fault = format!("CONNACK with the Return Code {code}, which is reserved");
            return Err(Violation::new(ReasonCode::ProtocolError, fault));
        }
        code != 0
    };
    if refused && flags == 1 && rules.version != Version::V3_1 {
        let fault = "CONNACK that refuses and has Session Present";
        return Err(Violation::new(ReasonCode::ProtocolError, fault));
    }
    if rules.version.is_v5() {
        property::check(&mut reader, rules.problem_information)?;
    }
    reader.end()
}

fn check_disconnect(mut reader: Reader<'_>, rules: Rules) -> Result<(), Violation> {
    // Reason Code and Property Length may be left out from the end [MQTT-3.14.2.1], [MQTT-3.14.2.2.1].
    if !reader.is_empty() {
        check_reason(&mut reader)?;
        if !reader.is_empty() {
            property::check(&mut reader, rules.problem_information)?;
        }
    }
    reader.end()
}

fn check_auth(mut reader: Reader<'_>, rules: Rules) -> Result<(), Violation> {
    // Both may be left out together [MQTT-3.15.2.1].
    if !reader.is_empty() {
        check_reason(&mut reader)?;
        property::check(&mut reader, rules.problem_information)?;
    }
    reader.end()
}

/// Reads a Reason Code and checks that this packet may have it; whether it is a failure.
fn check_reason(reader: &mut Reader<'_>) -> Result<bool, Violation> {
    let packet = reader.packet();
    let number = reader.byte("Reason Code")?;
    if allowed_reasons(packet).contains(&number) {
        return Ok(number >= 0x80);
    }
    let fault = match ReasonCode::from_number(number) {
        Some(reason) => format!("{packet} with the Reason Code {reason}, which it cannot have"),
        None => format!("{packet} with the Reason Code 0x{number:02X}, which the specification does not have"),
    };
    Err(Violation::new(ReasonCode::ProtocolError, fault))
}

/// The Reason Codes of a packet from a server [MQTT-2.4].
fn allowed_reasons(packet: PacketType) -> &'static [u8] {
    match packet {
        PacketType::PubAck | PacketType::PubRec => &[0x00, 0x10, 0x80, 0x83, 0x87, 0x90, 0x91, 0x97, 0x99],
        PacketType::PubRel | PacketType::PubComp => &[0x00, 0x92],
        PacketType::SubAck => &[0x00, 0x01, 0x02, 0x80, 0x83, 0x87, 0x8F, 0x91, 0x97, 0x9E, 0xA1, 0xA2],
        PacketType::UnsubAck => &[0x00, 0x11, 0x80, 0x83, 0x87, 0x8F, 0x91],
        PacketType::ConnAck => &[
            0x00, 0x80, 0x81, 0x82, 0x83, 0x84, 0x85, 0x86, 0x87, 0x88, 0x89, 0x8A, 0x8C, 0x90, 0x95, 0x97, 0x99, 0x9A,
            0x9B, 0x9C, 0x9D, 0x9F,
        ],
        PacketType::Disconnect => &[
            0x00, 0x80, 0x81, 0x82, 0x83, 0x87, 0x89, 0x8B, 0x8D, 0x8E, 0x8F, 0x90, 0x93, 0x94, 0x95, 0x96, 0x97, 0x98,
            0x99, 0x9A, 0x9B, 0x9C, 0x9D, 0x9E, 0x9F, 0xA0, 0xA1, 0xA2,
        ],
        PacketType::Auth => &[0x00, 0x18],
        _ => &[],
    }
}
