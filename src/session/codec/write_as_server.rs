//! Writes what only servers send.

use bytes::{BufMut, BytesMut};

use super::crate_packets;
use super::packet::{PacketType, Sender};
use super::property::{self, Place};
use super::put::{put_packet, put_within};
use super::types::Unencodable;
use crate::mqtt::Version;
use crate::session::{ConnAck, SubAck};

/// Appends CONNACK. Before 5.0 a reason without a return code cannot be written: the connection must be closed without a
/// CONNACK then [MQTT-3.2.2-6].
pub(crate) fn write_connack(
    version: Version,
    ack: &ConnAck,
    maximum: u32,
    buffer: &mut BytesMut,
) -> Result<(), Unencodable> {
    if version == Version::V3_1 && ack.session_present {
        return write_connack(version, &ConnAck { session_present: false, ..ack.clone() }, maximum, buffer);
    }
    if !version.is_v5() {
        return crate_packets::put_connack(ack, buffer);
    }
    let packet = PacketType::ConnAck;
    put_within(buffer, maximum, |buffer, explained| {
        put_packet(buffer, packet, |body| {
            body.put_slice(&[ack.session_present.into(), ack.reason.number()]);
            property::write(&ack.properties, Place::new(Sender::Server, packet).explained(explained), body)
        })
    })
}

/// Appends SUBACK; in 3.1.1 each failure is 0x80.
pub(crate) fn write_suback(
    version: Version,
    packet_id: u16,
    ack: &SubAck,
    maximum: u32,
    buffer: &mut BytesMut,
) -> Result<(), Unencodable> {
    if !version.is_v5() {
        return crate_packets::put_suback(packet_id, ack, buffer);
    }
    write_answer(PacketType::SubAck, packet_id, ack, maximum, buffer)
}

/// Appends UNSUBACK; in 3.1.1 it has no reasons.
pub(crate) fn write_unsuback(
    version: Version,
    packet_id: u16,
    ack: &SubAck,
    maximum: u32,
    buffer: &mut BytesMut,
) -> Result<(), Unencodable> {
    if !version.is_v5() {
        return crate_packets::put_unsuback(packet_id, buffer);
    }
    write_answer(PacketType::UnsubAck, packet_id, ack, maximum, buffer)
}

fn write_answer(
    packet: PacketType,
    packet_id: u16,
    ack: &SubAck,
    maximum: u32,
    buffer: &mut BytesMut,
) -> Result<(), Unencodable> {
    put_within(buffer, maximum, |buffer, explained| {
        put_packet(buffer, packet, |body| {
            body.put_u16(packet_id);
            property::write(&ack.details, Place::new(Sender::Server, packet).explained(explained), body)?;
            ack.reasons.iter().for_each(|reason| body.put_u8(reason.number()));
            Ok(())
        })
    })
}
