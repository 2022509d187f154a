//! The Fixed Header [MQTT-2.1], and its faults.

use super::packet::{PacketType, Sender};
use super::reader::{Variable, variable_byte_integer};
use crate::mqtt::{ReasonCode, Version};
use crate::session::Violation;

/// Bytes of the largest possible packet: the longest Remaining Length and its header.
pub(crate) const MAXIMUM_PACKET_SIZE: u32 = 268_435_455 + 5;

/// The limits for packets of the other side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Rules {
    /// Version of the protocol; `None`: CONNECT, which names it, is still to come.
    pub(crate) version: Option<Version>,
    /// The Maximum Packet Size that this end announced.
    pub(crate) maximum_packet_size: u32,
    /// Request Problem Information of this end's CONNECT; for a server `true`.
    pub(crate) problem_information: bool,
}

/// A valid Fixed Header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct FixedHeader {
    pub(super) packet: PacketType,
    pub(super) first_byte: u8,
    /// Bytes of the header.
    pub(super) length: usize,
    /// Bytes of the whole packet.
    pub(super) size: usize,
}

/// Reads the header at the front; `None` if it has not all arrived. A fault is reported at its first byte.
pub(super) fn fixed_header(input: &[u8], sender: Sender, rules: Rules) -> Result<Option<FixedHeader>, Violation> {
    let Some((&first_byte, rest)) = input.split_first() else { return Ok(None) };
    let packet = packet_type(first_byte, sender, rules.version)?;
    let malformed = |fault: String| Err(Violation::new(ReasonCode::MalformedPacket, fault));
    let (remaining, length) = match variable_byte_integer(rest) {
        // Only 5.0 requires the shortest form; for a CONNECT the version is not known yet.
        Variable::Value { value, length, shortest } if shortest || rules.version != Some(Version::V5) => {
            (value as usize, length)
        }
        Variable::Value { .. } => {
            return malformed(format!("{packet} whose Remaining Length is longer than it need be"));
        }
        Variable::Unfinished => return Ok(None),
        Variable::TooLong => return malformed(format!("{packet} whose Remaining Length has more than four bytes")),
    };
    let header = FixedHeader { packet, first_byte, length: 1 + length, size: 1 + length + remaining };
    if header.size > rules.maximum_packet_size as usize {
        let (size, limit, maximum) = (header.size, sender.limited_by(), rules.maximum_packet_size);
        let fault = format!("{packet} of {size} bytes, though {limit} had set a Maximum Packet Size of {maximum}");
        return Err(Violation::new(ReasonCode::PacketTooLarge, fault));
    }
    Ok(Some(header))
}

fn packet_type(first_byte: u8, sender: Sender, version: Option<Version>) -> Result<PacketType, Violation> {
    let known = PacketType::of(first_byte);
    let Some(packet) = known.filter(|packet| *packet != PacketType::Auth || version.is_none_or(Version::is_v5)) else {
        let version = version.map_or(String::new(), |version| format!(" {version}"));
        let fault = format!("packet of type {}, which MQTT{version} does not have", first_byte >> 4);
        return Err(Violation::new(ReasonCode::MalformedPacket, fault));
    };
    let Some(version) = version else {
        if packet != PacketType::Connect {
            return Err(Violation::new(ReasonCode::ProtocolError, format!("{packet} before CONNECT")));
        }
        return check_flags(packet, first_byte & 0x0F, None);
    };
    if packet.is_forbidden_to(sender, version) {
        let fault = format!("{packet}, which only {} may send", sender.other().plural());
        return Err(Violation::new(ReasonCode::ProtocolError, fault));
    }
    check_flags(packet, first_byte & 0x0F, Some(version))
}

fn check_flags(packet: PacketType, flags: u8, version: Option<Version>) -> Result<PacketType, Violation> {
    let fault = if packet == PacketType::Publish {
        match flags >> 1 & 0b11 {
            0 if flags & 0b1000 != 0 => {
                return Err(Violation::new(ReasonCode::ProtocolError, "PUBLISH at QoS 0 with DUP"));
            }
            0..=2 => return Ok(packet),
            _ => "PUBLISH at QoS 3".to_owned(),
        }
    } else {
        let wanted = packet.first_byte() & 0x0F;
        // MQTT 3.1 set DUP in a PUBREL, SUBSCRIBE or UNSUBSCRIBE that was sent again.
        let is_again = version == Some(Version::V3_1) && wanted == 0b0010 && flags == 0b1010;
        if flags == wanted || is_again {
            return Ok(packet);
        }
        format!("{packet} whose reserved flags are 0b{flags:04b}")
    };
    Err(Violation::new(ReasonCode::MalformedPacket, fault))
}

/// Whether this is the beginning of a CONNECT of MQTT 5.0, whatever else it contains.
pub(crate) fn is_connect_of_v5(bytes: &[u8]) -> bool {
    let Some((&first_byte, rest)) = bytes.split_first() else { return false };
    let Variable::Value { length, .. } = variable_byte_integer(rest) else { return false };
    PacketType::of(first_byte) == Some(PacketType::Connect) && rest[length..].starts_with(b"\0\x04MQTT\x05")
}

/// The packet at the front of some bytes, legal or not: its type, and its size once all of it has arrived. `Err`:
/// it is unknown where the next packet begins.
pub(crate) fn frame(bytes: &[u8]) -> Result<Option<(PacketType, usize)>, ()> {
    let Some((&first_byte, rest)) = bytes.split_first() else { return Ok(None) };
    let packet = PacketType::of(first_byte).ok_or(())?;
    match variable_byte_integer(rest) {
        Variable::Value { value, length, .. } => {
            let size = 1 + length + value as usize;
            Ok((bytes.len() >= size).then_some((packet, size)))
        }
        Variable::Unfinished => Ok(None),
        Variable::TooLong => Err(()),
    }
}
