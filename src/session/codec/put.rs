//! Writes the data types of the specification [MQTT-1.5], and frames around them.

use bytes::{BufMut, BytesMut};

use super::packet::PacketType;
use super::reader::variable_size;
use super::types::Unencodable;

/// The largest Variable Byte Integer, and so the longest Remaining Length.
const MAXIMUM_VARIABLE: usize = 268_435_455;

/// Appends a Variable Byte Integer.
pub(super) fn put_variable(buffer: &mut impl BufMut, mut value: usize) -> Result<(), Unencodable> {
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

/// Appends a packet that is too rare to make counting its size beforehand worthwhile: its body is written behind a
/// Remaining Length of one byte, and moved in the rare case that it needs more.
pub(super) fn put_packet(
    buffer: &mut BytesMut,
    packet: PacketType,
    write_body: impl FnOnce(&mut BytesMut) -> Result<(), Unencodable>,
) -> Result<(), Unencodable> {
    whole(buffer, |buffer| {
        buffer.put_slice(&[packet.first_byte(), 0]);
        let body = buffer.len();
        write_body(buffer)?;
        let end = buffer.len();
        let remaining = end - body;
        if remaining > MAXIMUM_VARIABLE {
            return Err(Unencodable);
        }
        let more = variable_size(remaining) - 1;
        buffer.put_bytes(0, more);
        buffer.copy_within(body..end, body + more);
        let mut length = &mut buffer[body - 1..body + more];
        put_variable(&mut length, remaining)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_of_any_length_follows_its_length() {
        for (size, header) in [
            (0, &[0xC0, 0][..]),
            (127, &[0xC0, 0x7F]),
            (128, &[0xC0, 0x80, 1]),
            (16_383, &[0xC0, 0xFF, 0x7F]),
            (16_384, &[0xC0, 0x80, 0x80, 1]),
            (2_097_152, &[0xC0, 0x80, 0x80, 0x80, 1]),
        ] {
            let body: Vec<u8> = (0_u32..size).map(|at| at.to_le_bytes()[0]).collect();
            let mut buffer = BytesMut::from("before");
            put_packet(&mut buffer, PacketType::PingReq, |buffer| {
                buffer.put_slice(&body);
                Ok(())
            })
            .unwrap();
            assert_eq!(buffer, [b"before", header, &body].concat(), "{size}");
        }
    }

    #[test]
    fn a_body_that_cannot_be_written_leaves_nothing_behind() {
        let mut buffer = BytesMut::from("before");
        let failed = put_packet(&mut buffer, PacketType::PingReq, |buffer| {
            buffer.put_u8(1);
            Err(Unencodable)
        });
        assert!(failed.is_err());
        assert_eq!(buffer, "before");
    }
}
