//! Reads what servers send.

use bytes::{Buf, BytesMut};

use super::header::{Rules, fixed_header};
use super::packet::{AckKind, PacketType, Sender};
use super::read::{Context, read_ack, read_auth, read_disconnect, read_packet_id, take_publish};
use super::reader::Reader;
use super::reasons::read_reason;
use super::types::{Answer, FromServer};
use crate::mqtt::{ConnAckProperties, ReasonCode, Version};
use crate::session::{ConnAck, SubAck, Violation};

/// CONNACK of a server that supports only 3.1.1 and refuses our 5.0: flags, then return code 1 [MQTT-3.1.2-2] of 3.1.1.
const REFUSAL_BY_3_1_1: &[u8] = &[0, 1];

/// Takes one whole packet from the front of `input`; `None` if none has arrived completely.
pub(crate) fn read_from_server(input: &mut BytesMut, rules: Rules) -> Result<Option<FromServer>, Violation> {
    let Some(header) = fixed_header(input, Sender::Server, rules)? else { return Ok(None) };
    if input.len() < header.size {
        return Ok(None);
    }
    // A server answers a CONNECT, which named the version.
    let context = Context::new(rules.version.unwrap_or_default(), Sender::Server, rules);
    if header.packet == PacketType::Publish {
        return take_publish(input, header, context).map(FromServer::Publish).map(Some);
    }
    let reader = Reader::new(header.packet, &input[header.length..header.size]);
    let ack = |kind| read_ack(kind, reader.clone(), context).map(FromServer::Ack);
    let packet = match header.packet {
        PacketType::PubAck => ack(AckKind::PubAck)?,
        PacketType::PubRec => ack(AckKind::PubRec)?,
        PacketType::PubRel => ack(AckKind::PubRel)?,
        PacketType::PubComp => ack(AckKind::PubComp)?,
        PacketType::ConnAck => FromServer::ConnAck(Box::new(read_connack(reader, context)?)),
        PacketType::SubAck => FromServer::SubAck(read_answer(reader, context)?),
        PacketType::UnsubAck => FromServer::UnsubAck(read_answer(reader, context)?),
        PacketType::PingResp => {
            reader.end()?;
            FromServer::PingResp
        }
        PacketType::Disconnect => FromServer::Disconnect(Box::new(read_disconnect(reader, context)?)),
        PacketType::Auth => FromServer::Auth(Box::new(read_auth(reader, context)?)),
        PacketType::Publish
        | PacketType::Connect
        | PacketType::Subscribe
        | PacketType::Unsubscribe
        | PacketType::PingReq => {
            // PUBLISH is read above, and the header's check lets none of the others through.
            return Err(reader.malformed(format_args!("that cannot be understood")));
        }
    };
    input.advance(header.size);
    Ok(Some(packet))
}

fn read_connack(mut reader: Reader<'_>, context: Context) -> Result<ConnAck, Violation> {
    let version = context.version;
    if version.is_v5() && reader.rest() == REFUSAL_BY_3_1_1 {
        let reason = ReasonCode::UnsupportedProtocolVersion;
        return Ok(ConnAck { session_present: false, reason, properties: ConnAckProperties::default() });
    }
    let flags = reader.byte("Connect Acknowledge Flags")?;
    if flags > 1 && version != Version::V3_1 {
        return Err(reader.malformed(format_args!("whose reserved flags are set: 0x{flags:02X}")));
    }
    let reason = if version.is_v5() {
        read_reason(&mut reader, context.sender)?
    } else {
        let code = reader.byte("Return Code")?;
        ReasonCode::from_connect_return_code(code).ok_or_else(|| {
            let fault = format!("CONNACK with the Return Code {code}, which is reserved");
            Violation::new(ReasonCode::ProtocolError, fault)
        })?
    };
    let session_present = flags == 1 && version != Version::V3_1;
    if reason.is_failure() && session_present {
        let fault = "CONNACK that refuses and has Session Present";
        return Err(Violation::new(ReasonCode::ProtocolError, fault));
    }
    let properties = context.properties(&mut reader)?.unwrap_or_default();
    reader.end()?;
    Ok(ConnAck { session_present, reason, properties })
}

/// SUBACK or UNSUBACK.
fn read_answer(mut reader: Reader<'_>, context: Context) -> Result<Answer, Violation> {
    let packet_id = read_packet_id(&mut reader)?;
    let details = context.properties(&mut reader)?.unwrap_or_default();
    let mut reasons = Vec::new();
    if !context.version.is_v5() && reader.packet() == PacketType::UnsubAck {
        reader.end()?;
    } else if reader.is_empty() {
        let fault = format!("{} without one Reason Code", reader.packet());
        return Err(Violation::new(ReasonCode::ProtocolError, fault));
    }
    while !reader.is_empty() {
        reasons.push(if context.version.is_v5() {
            read_reason(&mut reader, context.sender)?
        } else {
            read_return_code(&mut reader)?
        });
    }
    Ok(Answer { packet_id, ack: Box::new(SubAck { reasons, details }) })
}

/// The answer of SUBACK of 3.1.1 for a filter.
fn read_return_code(reader: &mut Reader<'_>) -> Result<ReasonCode, Violation> {
    match reader.byte("Return Code")? {
        0 => Ok(ReasonCode::Success),
        1 => Ok(ReasonCode::GrantedQoS1),
        2 => Ok(ReasonCode::GrantedQoS2),
        0x80 => Ok(ReasonCode::UnspecifiedError),
        code => {
            let fault = format!("SUBACK with the Return Code 0x{code:02X}, which is reserved");
            Err(Violation::new(ReasonCode::ProtocolError, fault))
        }
    }
}
