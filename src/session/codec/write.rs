//! Writes what both sides send, except PUBLISH.

use bytes::{BufMut, BytesMut};

use super::crate_packets;
use super::fields::AuthProperties;
use super::packet::{AckKind, PacketType, Sender};
use super::property::{self, Place};
use super::put::{put_packet, put_within};
use super::reasons::is_allowed;
use super::types::Unencodable;
use crate::mqtt::{ReasonCode, Version};
use crate::session::{Acknowledgement, Auth, Disconnect};

/// Appends PUBACK, PUBREC, PUBREL or PUBCOMP; before 5.0 it has no reason. The explanations are left out if the
/// packet would be larger than `maximum` [MQTT-3.4.2-2].
pub(crate) fn write_ack(
    version: Version,
    kind: AckKind,
    packet_id: u16,
    acknowledgement: &Acknowledgement,
    maximum: u32,
    buffer: &mut BytesMut,
) -> Result<(), Unencodable> {
    let Acknowledgement { reason, details } = acknowledgement;
    if !version.is_v5() || (*reason == ReasonCode::Success && details.is_none()) {
        return crate_packets::put_ack(kind, packet_id, buffer);
    }
    let packet = kind.packet();
    let Some(details) = details.as_deref() else {
        let [high, low] = packet_id.to_be_bytes();
        buffer.put_slice(&[packet.first_byte(), 4, high, low, reason.number(), 0]);
        return Ok(());
    };
    put_within(buffer, maximum, |buffer, explained| {
        put_packet(buffer, packet, |body| {
            body.put_u16(packet_id);
            body.put_u8(reason.number());
            // Explanations are allowed in these packets from either side.
            property::write(details, Place::new(Sender::Server, packet).explained(explained), body)
        })
    })
}

/// Appends DISCONNECT; before 5.0 it has no reason, and a server does not send it, so nothing is written.
///
/// Properties that it cannot have from this side are left out, and explanations if it would be larger than
/// `maximum` [MQTT-3.14.2-3]; a reason that it cannot have is `UnspecifiedError`.
pub(crate) fn write_disconnect(
    version: Version,
    sender: Sender,
    disconnect: &Disconnect,
    maximum: u32,
    buffer: &mut BytesMut,
) -> Result<(), Unencodable> {
    if !version.is_v5() {
        return if sender == Sender::Client { crate_packets::put_disconnect(buffer) } else { Ok(()) };
    }
    let packet = PacketType::Disconnect;
    let is_known = is_allowed(disconnect.reason, packet, sender);
    let reason = if is_known { disconnect.reason } else { ReasonCode::UnspecifiedError };
    put_within(buffer, maximum, |buffer, explained| {
        put_packet(buffer, packet, |body| {
            body.put_u8(reason.number());
            property::write(&disconnect.properties, Place::new(sender, packet).explained(explained), body)?;
            // Both may be left out if they say nothing [MQTT-3.14.2.1].
            if *body == [0, 0][..] {
                body.clear();
            }
            Ok(())
        })
    })
}

/// Appends AUTH (5.0). Explanations are left out if it would be larger than `maximum` [MQTT-3.15.2-2].
pub(crate) fn write_auth(
    sender: Sender,
    auth: &Auth,
    method: &str,
    maximum: u32,
    buffer: &mut BytesMut,
) -> Result<(), Unencodable> {
    let packet = PacketType::Auth;
    let properties = AuthProperties {
        method: Some(method.to_owned()),
        data: auth.data.clone(),
        reason_string: auth.details.reason_string.clone(),
        user_properties: auth.details.user_properties.clone(),
    };
    put_within(buffer, maximum, |buffer, explained| {
        put_packet(buffer, packet, |body| {
            body.put_u8(auth.reason.number());
            property::write(&properties, Place::new(sender, packet).explained(explained), body)
        })
    })
}
