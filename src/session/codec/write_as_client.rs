//! Writes what only clients send.

use bytes::{BufMut, BytesMut};

use super::packet::{PacketType, Sender};
use super::property::{self, Place};
use super::put::{put_binary, put_packet};
use super::types::Unencodable;
use crate::mqtt::Version;
use crate::session::ConnectOptions;

/// Appends CONNECT.
pub(crate) fn write_connect(
    options: &ConnectOptions,
    clean_start: bool,
    buffer: &mut BytesMut,
) -> Result<(), Unencodable> {
    let version = options.version;
    let will = options.will.as_deref();
    let mut flags = u8::from(clean_start) << 1
        | u8::from(options.user_name.is_some()) << 7
        | u8::from(options.password.is_some()) << 6;
    if let Some(will) = will {
        flags |= 1 << 2 | will.qos.number() << 3 | u8::from(will.retain) << 5;
    }
    put_packet(buffer, PacketType::Connect, |body| {
        put_binary(body, if version == Version::V3_1 { b"MQIsdp" } else { b"MQTT" })?;
        body.put_slice(&[version.level(), flags]);
        body.put_u16(options.keep_alive);
        if version.is_v5() {
            property::write(&options.properties, Place::new(Sender::Client, PacketType::Connect), body)?;
        }
        put_binary(body, options.client_id.as_bytes())?;
        if let Some(will) = will {
            if version.is_v5() {
                property::write(&will.properties, Place::will(), body)?;
            }
            put_binary(body, will.topic.as_str().as_bytes())?;
            put_binary(body, &will.payload)?;
        }
        if let Some(user_name) = &options.user_name {
            put_binary(body, user_name.as_bytes())?;
        }
        options.password.as_ref().map_or(Ok(()), |password| put_binary(body, password))
    })
}
