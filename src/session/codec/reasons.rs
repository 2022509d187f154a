//! Which Reason Code is allowed in which packet, depending on the sender [MQTT-2.4].

use super::packet::{PacketType, Sender};
use super::reader::Reader;
use crate::mqtt::ReasonCode;
use crate::session::Violation;

/// Reads a Reason Code and checks that this packet may have it.
pub(super) fn read_reason(reader: &mut Reader<'_>, sender: Sender) -> Result<ReasonCode, Violation> {
    let packet = reader.packet();
    let number = reader.byte("Reason Code")?;
    let fault = match ReasonCode::from_number(number) {
        Some(reason) if is_allowed(reason, packet, sender) => return Ok(reason),
        Some(reason) => format!("{packet} with the Reason Code {reason}, which it cannot have"),
        None => format!("{packet} with the Reason Code 0x{number:02X}, which the specification does not have"),
    };
    Err(Violation::new(ReasonCode::ProtocolError, fault))
}

/// Whether a packet may have a reason.
pub(super) fn is_allowed(reason: ReasonCode, packet: PacketType, sender: Sender) -> bool {
    allowed(packet, sender).contains(&reason.number())
}

const fn allowed(packet: PacketType, sender: Sender) -> &'static [u8] {
    match (packet, sender) {
        (PacketType::PubAck | PacketType::PubRec, _) => &[0x00, 0x10, 0x80, 0x83, 0x87, 0x90, 0x91, 0x97, 0x99],
        (PacketType::PubRel | PacketType::PubComp, _) => &[0x00, 0x92],
        (PacketType::SubAck, _) => &[0x00, 0x01, 0x02, 0x80, 0x83, 0x87, 0x8F, 0x91, 0x97, 0x9E, 0xA1, 0xA2],
        (PacketType::UnsubAck, _) => &[0x00, 0x11, 0x80, 0x83, 0x87, 0x8F, 0x91],
        (PacketType::ConnAck, _) => &[
            0x00, 0x80, 0x81, 0x82, 0x83, 0x84, 0x85, 0x86, 0x87, 0x88, 0x89, 0x8A, 0x8C, 0x90, 0x95, 0x97, 0x99, 0x9A,
            0x9B, 0x9C, 0x9D, 0x9F,
        ],
        (PacketType::Disconnect, Sender::Server) => &[
            0x00, 0x80, 0x81, 0x82, 0x83, 0x87, 0x89, 0x8B, 0x8D, 0x8E, 0x8F, 0x90, 0x93, 0x94, 0x95, 0x96, 0x97, 0x98,
            0x99, 0x9A, 0x9B, 0x9C, 0x9D, 0x9E, 0x9F, 0xA0, 0xA1, 0xA2,
        ],
        (PacketType::Disconnect, Sender::Client) => {
            &[0x00, 0x04, 0x80, 0x81, 0x82, 0x83, 0x90, 0x93, 0x94, 0x95, 0x96, 0x97, 0x98, 0x99]
        }
        (PacketType::Auth, Sender::Server) => &[0x00, 0x18],
        (PacketType::Auth, Sender::Client) => &[0x18, 0x19],
        _ => &[],
    }
}
