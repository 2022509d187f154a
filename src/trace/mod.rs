//! What crosses the wire, told packet by packet: `--trace`.
//!
//! It stands apart from the session and reads the bytes by itself, so that it shows what was sent and received, not
//! what somebody thinks of it; a packet that the session refuses is shown too. Payloads are cut short, passwords and
//! authentication data left out.

mod decode;
mod direction;
mod excerpt;
mod handshake;
mod property;
mod reader;

use std::time::{Duration, Instant};

use bytes::{Buf, BytesMut};
use serde_json::{Map, Value};

pub(crate) use direction::Direction;
use handshake::Handshakes;

/// One control packet.
#[derive(Debug, Clone, PartialEq)]
pub struct TracedPacket {
    /// Which way it goes.
    pub direction: Direction,
    /// Since the packet before it, either way; zero for the first.
    pub since_previous: Duration,
    /// The specification's name, as in `PUBLISH`.
    pub name: &'static str,
    /// Its bytes, header included.
    pub size: usize,
    /// What it says, in the order of the wire, by the specification's names.
    pub fields: Map<String, Value>,
    /// Which step of a delivery at QoS 1 or 2 it is, and what that means.
    pub handshake: Option<String>,
}

/// Cuts the bytes of one client into packets, over all of its connections.
#[derive(Debug, Default)]
pub(crate) struct Wire {
    has_properties: bool,
    sent: BytesMut,
    received: BytesMut,
    previous: Option<Instant>,
    handshakes: Handshakes,
}

impl Wire {
    /// A connection begins: what was left of a packet is gone with the one before.
    pub(crate) fn begin(&mut self) {
        self.sent.clear();
        self.received.clear();
    }

    /// Takes bytes; `tell` gets each packet that they complete.
    pub(crate) fn take(
        &mut self,
        direction: Direction,
        bytes: &[u8],
        now: Instant,
        mut tell: impl FnMut(&TracedPacket),
    ) {
        self.buffer(direction).extend_from_slice(bytes);
        while let Some(packet) = self.next(direction, now) {
            tell(&packet);
        }
    }

    fn next(&mut self, direction: Direction, now: Instant) -> Option<TracedPacket> {
        let buffer = self.buffer(direction);
        let first_byte = *buffer.first()?;
        let (name, size, frame) = match decode::frame(buffer)? {
            decode::Frame::Whole { name, header, size } => {
                let mut frame = buffer.split_to(size);
                frame.advance(header);
                (name, size, frame)
            }
            // Nobody can tell where the next packet begins.
            decode::Frame::Broken => ("(no packet)", buffer.len(), buffer.split()),
        };
        if let Some(is_v5) = decode::version_of_connect(first_byte, &frame) {
            self.has_properties = is_v5;
        }
        let fields = decode::fields(first_byte, &frame, self.has_properties);
        let handshake = self.handshakes.step(direction, name, &fields, now);
        let since_previous = self.previous.replace(now).map(|previous| now.saturating_duration_since(previous));
        let since_previous = since_previous.unwrap_or_default();
        Some(TracedPacket { direction, since_previous, name, size, fields, handshake })
    }

    fn buffer(&mut self, direction: Direction) -> &mut BytesMut {
        match direction {
            Direction::Sent => &mut self.sent,
            Direction::Received => &mut self.received,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn traced(direction: Direction, pieces: &[&[u8]]) -> Vec<TracedPacket> {
        let mut wire = Wire { has_properties: true, ..Wire::default() };
        let mut packets = Vec::new();
        for piece in pieces {
            wire.take(direction, piece, Instant::now(), |packet| packets.push(packet.clone()));
        }
        packets
    }

    const PUBLISH: &[u8] = b"\x32\x0a\x00\x01a\x00\x07\x00text";

    #[test]
    fn packets_are_told_when_they_are_whole() {
        let (first, second) = PUBLISH.split_at(5);
        let packets = traced(Direction::Received, &[first, second, b"\xd0\x00\xd0"]);
        let names: Vec<_> = packets.iter().map(|packet| (packet.name, packet.size)).collect();
        assert_eq!(names, [("PUBLISH", 12), ("PINGRESP", 2)]);
        let fields = serde_json::to_string(&packets[0].fields).unwrap();
        assert_eq!(
            fields,
            r#"{"packet_id":7,"qos":1,"dup":false,"retain":false,"topic":"a","payload_size":4,"payload":"text"}"#
        );
    }

    #[test]
    fn bytes_that_are_no_packet_are_told_and_do_no_harm() {
        for bytes in [&b"\x00\x00"[..], b"\x30\xff\xff\xff\xff\xff", b"\x32\x02\x00\x09", b"\x20\x00", b"\xe0\x01\x55"]
        {
            for packet in traced(Direction::Received, &[bytes]) {
                assert!(packet.size <= bytes.len(), "{packet:?}");
            }
        }
        let packets = traced(Direction::Received, &[b"\x32\x02\x00\x09"]);
        assert_eq!(packets[0].fields["malformed"], "0009");
    }

    #[test]
    fn secrets_are_left_out_and_payloads_cut_short() {
        let connect =
            b"\x10\x1e\x00\x04MQTT\x05\xc2\x00\x1e\x09\x15\x00\x01M\x16\x00\x02xy\x00\x01c\x00\x01u\x00\x02pw";
        let text = serde_json::to_string(&traced(Direction::Sent, &[connect])[0].fields).unwrap();
        assert!(text.contains(r#""password":"(hidden)""#) && !text.contains("pw") && !text.contains("xy"), "{text}");
        assert!(text.contains(r#""authentication_data":"(hidden)""#), "{text}");

        let mut publish = b"\x30\xd4\x01\x00\x01a\x00".to_vec();
        publish.extend_from_slice("é".repeat(104).as_bytes());
        let fields = &traced(Direction::Sent, &[&publish])[0].fields;
        assert_eq!(
            (&fields["payload_size"], &fields["payload"]),
            (&208.into(), &format!("{}…", "é".repeat(32)).into())
        );
    }
}
