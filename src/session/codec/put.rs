//! Writes the data types of the specification [MQTT-1.5], and frames around them.

use bytes::{BufMut, BytesMut};

use super::packet::PacketType;
use super::types::Unencodable;

/// The largest Variable Byte Integer, and so the longest Remaining Length.
const MAXIMUM_VARIABLE: usize = 268_435_455;

/// Appends a Variable Byte Integer.
pub(super) fn put_variable(buffer: &mut BytesMut, mut value: usize) -> Result<(), Unencodable> {
    if value > MAXIMUM_VARIABLE {
        return Err(Unencodable);
    }
    while value >= 0x80 {
        buffer.put_u8(value.to_le_bytes()[0] | 0x80);
        value >>= 7;
    }
    buffer.put_u8(value.to_le_bytes()[0]);
    Ok(())
}

/// Appends Binary Data, or a UTF-8 Encoded String.
pub(super) fn put_binary(buffer: &mut BytesMut, bytes: &[u8]) -> Result<(), Unencodable> {
    buffer.put_u16(u16::try_from(bytes.len()).map_err(|_| Unencodable)?);
    buffer.put_slice(bytes);
    Ok(())
}

/// Appends what `write` appends, or nothing if it fails.
pub(super) fn whole(
    buffer: &mut BytesMut,
    write: impl FnOnce(&mut BytesMut) -> Result<(), Unencodable>,
) -> Result<(), Unencodable> {
    let start = buffer.len();
    let written = write(buffer);
    if written.is_err() {
        buffer.truncate(start);
    }
    written
}

/// Appends a packet that is too rare to make counting its size beforehand worthwhile.
pub(super) fn put_packet(
    buffer: &mut BytesMut,
    packet: PacketType,
    write_body: impl FnOnce(&mut BytesMut) -> Result<(), Unencodable>,
) -> Result<(), Unencodable> {
    let mut body = BytesMut::new();
    write_body(&mut body)?;
    whole(buffer, |buffer| {
        buffer.put_u8(packet.first_byte());
        put_variable(buffer, body.len())?;
        buffer.put_slice(&body);
        Ok(())
    })
}

/// Appends a packet with its explanations, or without them if it would be larger than `maximum` [MQTT-3.4.2-2];
/// `write` is called for both.
pub(super) fn put_within(
    buffer: &mut BytesMut,
    maximum: u32,
    write: impl Fn(&mut BytesMut, bool) -> Result<(), Unencodable>,
) -> Result<(), Unencodable> {
    let put = |buffer: &mut BytesMut, explained| {
        whole(buffer, |buffer| {
            let start = buffer.len();
            write(buffer, explained)?;
            if buffer.len() - start > maximum as usize { Err(Unencodable) } else { Ok(()) }
        })
    };
    put(buffer, true).or_else(|_| put(buffer, false))
}
