//! The traffic on the wire, packet by packet: `--trace`.
//!
//! It is separate from the session, and only shares its codec, so that it shows what was sent and received and not how the
//! session understood it. A packet that cannot be read is shown too, with its fault and its first bytes. Payloads are
//! truncated, passwords and authentication data left out.

mod direction;
mod excerpt;
mod fields;
mod handshake;

use std::time::{Duration, Instant};

use bytes::BytesMut;
use serde_json::{Map, Value};

use crate::mqtt::Version;
use crate::session::codec::{self, FromClient, MAXIMUM_PACKET_SIZE, PacketType, Rules};
pub(crate) use direction::Direction;
use excerpt::{HIDDEN, hex};
use handshake::Handshakes;

/// How many bytes are shown of a packet that cannot be read.
const SHOWN_OF_MALFORMED: usize = 64;

/// One control packet.
#[derive(Debug, Clone, PartialEq)]
pub struct TracedPacket {
    /// Its direction.
    pub direction: Direction,
    /// Time since the packet before it, in either direction; zero for the first.
    pub since_previous: Duration,
    /// Its name in the specification, for example `PUBLISH`.
    pub name: &'static str,
    /// Its bytes, header included.
    pub size: usize,
    /// Its fields in the order of the wire, with the names of the specification.
    pub fields: Map<String, Value>,
    /// Which step of a delivery at QoS 1 or 2 it is, and what that means.
    pub handshake: Option<String>,
}

/// Splits the bytes of one client into packets, over all of its connections.
#[derive(Debug, Default)]
pub(crate) struct Wire {
    /// The direction of the client's packets: outgoing, unless this program is the broker.
    of_client: Direction,
    /// As named by the last CONNECT.
    version: Version,
    sent: BytesMut,
    received: BytesMut,
    previous: Option<Instant>,
    handshakes: Handshakes,
}

impl Wire {
    /// Seen from a broker, for which packets of clients are incoming.
    #[cfg(any(feature = "broker", test))]
    pub(crate) fn of_broker() -> Self {
        Self { of_client: Direction::Received, ..Self::default() }
    }

    /// A connection begins: an incomplete packet of the previous one is dropped.
    pub(crate) fn begin(&mut self) {
        self.sent.clear();
        self.received.clear();
    }

    /// Takes bytes; calls `emit` for each packet that they complete.
    pub(crate) fn take(
        &mut self,
        direction: Direction,
        bytes: &[u8],
        now: Instant,
        mut emit: impl FnMut(&TracedPacket),
    ) {
        self.buffer(direction).extend_from_slice(bytes);
        while let Some(packet) = self.next(direction, now) {
            emit(&packet);
        }
    }

    fn next(&mut self, direction: Direction, now: Instant) -> Option<TracedPacket> {
        let buffer = self.buffer(direction);
        let (packet, size) = match codec::frame(buffer) {
            Ok(frame) => frame.map(|(packet, size)| (Some(packet), size))?,
            // It is unknown where the next packet begins.
            Err(()) => (None, buffer.len()),
        };
        let frame = buffer.split_to(size);
        let name = packet.map_or("(no packet)", PacketType::name);
        let fields = self.fields(direction, packet, frame);
        let handshake = self.handshakes.step(direction, name, &fields, now);
        let since_previous = self.previous.replace(now).map(|previous| now.saturating_duration_since(previous));
        let since_previous = since_previous.unwrap_or_default();
        Some(TracedPacket { direction, since_previous, name, size, fields, handshake })
    }

    /// The fields of a packet; its fault and its first bytes if it cannot be read.
    fn fields(&mut self, direction: Direction, packet: Option<PacketType>, mut frame: BytesMut) -> Map<String, Value> {
        let rules =
            Rules { version: Some(self.version), maximum_packet_size: MAXIMUM_PACKET_SIZE, problem_information: true };
        let shown = shown_of_malformed(packet, &frame);
        let read = if direction == self.of_client {
            codec::read_from_client(&mut frame, rules).map(|packet| {
                if let Some(FromClient::Connect(connect)) = &packet {
                    self.version = connect.version;
                }
                packet.map(|packet| fields::of_client(&packet, self.version))
            })
        } else {
            codec::read_from_server(&mut frame, rules)
                .map(|packet| packet.map(|packet| fields::of_server(&packet, self.version)))
        };
        let fault = match read {
            Ok(Some(fields)) => return fields,
            Ok(None) => "not whole".into(),
            Err(violation) => violation.fault,
        };
        Map::from_iter([("malformed".to_owned(), shown.into()), ("fault".to_owned(), fault.into())])
    }

    fn buffer(&mut self, direction: Direction) -> &mut BytesMut {
        match direction {
            Direction::Sent => &mut self.sent,
            Direction::Received => &mut self.received,
        }
    }
}

/// The first bytes after the header, unless they may contain a password or Authentication Data.
fn shown_of_malformed(packet: Option<PacketType>, frame: &[u8]) -> String {
    let length = frame.iter().skip(1).take(4).take_while(|byte| **byte & 0x80 != 0).count();
    let body = frame.get(2 + length..).unwrap_or_default();
    let has_secrets = match packet {
        Some(PacketType::Connect | PacketType::Auth) => true,
        // More than flags, a reason and a Property Length.
        Some(PacketType::ConnAck) => body.len() > 3,
        _ => false,
    };
    if has_secrets { HIDDEN.to_owned() } else { hex(&body[..body.len().min(SHOWN_OF_MALFORMED)]) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn traced(direction: Direction, pieces: &[&[u8]]) -> Vec<TracedPacket> {
        let mut wire = Wire::default();
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
    fn a_broker_reads_what_it_receives_as_a_client_s() {
        let mut wire = Wire::of_broker();
        let mut packets = Vec::new();
        let connect = b"\x10\x0d\x00\x04MQTT\x04\x02\x00\x3c\x00\x01c".as_slice();
        // Without properties, as 3.1.1 has none.
        let (publish, connack) = (b"\x30\x04\x00\x01ax".as_slice(), b"\x20\x02\x00\x00".as_slice());
        for (direction, bytes) in
            [(Direction::Received, connect), (Direction::Sent, connack), (Direction::Received, publish)]
        {
            wire.take(direction, bytes, Instant::now(), |packet| packets.push(packet.clone()));
        }
        assert_eq!(packets.iter().find(|packet| packet.fields.contains_key("fault")), None);
        assert_eq!((&packets[0].fields["client_id"], &packets[2].fields["payload"]), (&"c".into(), &"x".into()));
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
        assert_eq!(packets[0].fields["fault"], "PUBLISH whose Topic Name runs past the end of the packet");
    }

    #[test]
    fn a_packet_that_cannot_be_read_shows_no_secret() {
        let connack = b"\x20\x0c\x02\x00\x09\x16\x00\x06sesame".as_slice();
        let auth = b"\xf0\x0b\x19\x09\x16\x00\x06sesame".as_slice();
        for packet in [connack, auth] {
            let fields = &traced(Direction::Received, &[packet])[0].fields;
            assert_eq!(fields["malformed"], "(hidden)", "{fields:?}");
            assert!(fields.contains_key("fault"), "{fields:?}");
        }
    }

    #[test]
    fn properties_have_the_names_of_the_specification_and_repeat_as_lists() {
        let publish = b"\x30\x16\x00\x01a\x11\x0b\x01\x0b\x02\x0b\x03\x09\x00\x01c\x26\x00\x01k\x00\x01vx".as_slice();
        let fields = &traced(Direction::Received, &[publish])[0].fields;
        assert_eq!(fields["subscription_identifier"], serde_json::json!([1, 2, 3]));
        assert_eq!(fields["user_properties"], serde_json::json!([["k", "v"]]));
        assert_eq!(fields["correlation_data"], "c");
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
