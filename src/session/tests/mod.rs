//! The rules of the session, each on the bytes that both ends would see.

mod auth;
mod connect;
mod incoming;
mod journal;
mod keep_alive;
mod limits;
mod publish;
mod resume;
mod strict;
mod subscribe;
mod windows;

use std::time::{Duration, Instant};

use bytes::BytesMut;

use super::*;
use crate::mqtt::{Message, QoS, ReasonCode, TopicFilter, TopicName, Version};

/// A session and the wire to a broker whose part the test plays, byte by byte.
struct Wire {
    session: Session,
    now: Instant,
}

/// CONNACK that accepts: no session, nothing limited.
const ACCEPTED_V5: &str = "20 03 00 00 00";
const ACCEPTED_V3: &str = "20 02 00 00";

impl Wire {
    fn new(options: ConnectOptions) -> Self {
        Self { session: Session::new(options).unwrap(), now: Instant::now() }
    }

    /// Connected, with CONNECT, CONNACK and their event out of the way.
    fn connected(options: ConnectOptions, connack: &str) -> Self {
        let mut wire = Self::new(options);
        wire.reconnect(connack);
        assert!(matches!(wire.events()[..], [Event::Connected(_)]));
        wire
    }

    fn v5() -> Self {
        Self::connected(options(Version::V5), ACCEPTED_V5)
    }

    fn v3() -> Self {
        Self::connected(options(Version::V3_1_1), ACCEPTED_V3)
    }

    /// A new network connection up to CONNACK; returns what followed CONNECT.
    fn reconnect(&mut self, connack: &str) -> Vec<u8> {
        self.session.connect(self.now);
        let connect = self.sent();
        assert_eq!(connect[0], 0x10, "{connect:02x?}");
        self.receive(connack);
        self.sent()
    }

    fn lose(&mut self) {
        self.session.handle_closed(self.now);
        assert_eq!(self.events().pop(), Some(Event::Disconnected(Disconnected::Lost)));
    }

    fn receive(&mut self, bytes: &str) {
        self.receive_bytes(&hex(bytes));
    }

    fn receive_bytes(&mut self, bytes: &[u8]) {
        let mut input = BytesMut::from(bytes);
        self.session.handle_input(&mut input, self.now);
        assert!(input.is_empty(), "not taken: {input:02x?}");
    }

    /// Everything there is to send.
    fn sent(&mut self) -> Vec<u8> {
        let mut sent = Vec::new();
        let mut buffer = BytesMut::new();
        while self.session.poll_transmit(&mut buffer, self.now) == Transmit::Bytes {
            sent.extend_from_slice(&buffer.split());
        }
        self.session.handle_flushed();
        sent
    }

    fn closes(&mut self) -> bool {
        self.session.poll_transmit(&mut BytesMut::new(), self.now) == Transmit::Close
    }

    fn events(&mut self) -> Vec<Event> {
        std::iter::from_fn(|| self.session.poll_event()).collect()
    }

    fn event(&mut self) -> Event {
        let mut events = self.events();
        assert_eq!(events.len(), 1, "{events:?}");
        events.remove(0)
    }

    /// Messages received, topic and payload.
    fn messages(&mut self) -> Vec<(String, String)> {
        let text = |event| match event {
            Event::Message(Received { message, .. }) => {
                (message.topic.to_string(), String::from_utf8(message.payload.to_vec()).unwrap())
            }
            other => panic!("{other:?}"),
        };
        self.events().into_iter().map(text).collect()
    }

    fn publish(&mut self, topic: &str, payload: &'static str, qos: QoS) -> DeliveryId {
        self.session.publish(message(topic, payload, qos)).unwrap()
    }

    /// The connection is over for a fault of the broker, and DISCONNECT says so.
    fn assert_blamed(&mut self, reason: ReasonCode) -> String {
        let Some(Event::Disconnected(Disconnected::Violation(violation))) = self.events().pop() else {
            panic!("the broker was not blamed");
        };
        assert_eq!(violation.reason, reason, "{violation}");
        let disconnect =
            if self.session.options().version.is_v5() { vec![0xE0, 2, reason.number(), 0] } else { Vec::new() };
        assert_eq!(self.sent(), disconnect, "{violation}");
        assert!(self.closes());
        violation.to_string()
    }

    fn pass(&mut self, milliseconds: u64) {
        self.now += Duration::from_millis(milliseconds);
    }
}

fn options(version: Version) -> ConnectOptions {
    ConnectOptions::new(version, "me")
}

/// A session that outlives its connections.
fn lasting(version: Version) -> ConnectOptions {
    let mut options = options(version);
    options.clean_start = false;
    options.properties.session_expiry_interval = Some(60);
    options
}

fn message(topic: &str, payload: &'static str, qos: QoS) -> Message {
    Message::new(TopicName::parse(topic).unwrap(), payload).with_qos(qos)
}

fn filter(text: &str) -> TopicFilter {
    TopicFilter::parse(text).unwrap()
}

/// Bytes from hexadecimal digits and 'text', white space between them.
pub(in crate::session) fn hex(text: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    for word in text.split_whitespace() {
        match word.strip_prefix('\'').and_then(|word| word.strip_suffix('\'')) {
            Some(word) => bytes.extend_from_slice(word.as_bytes()),
            None => bytes.extend(data_encoding::HEXLOWER_PERMISSIVE.decode(word.as_bytes()).unwrap()),
        }
    }
    bytes
}

/// Whole packets of fewer than 128 bytes, one by one.
fn packets(mut bytes: &[u8]) -> Vec<&[u8]> {
    let mut packets = Vec::new();
    while !bytes.is_empty() {
        let (packet, rest) = bytes.split_at(2 + usize::from(bytes[1]));
        packets.push(packet);
        bytes = rest;
    }
    packets
}

fn acknowledged(id: DeliveryId) -> Event {
    with_reason(id, ReasonCode::Success)
}

/// The outcome of a publish after the server's plain answer with this reason.
fn with_reason(id: DeliveryId, reason: ReasonCode) -> Event {
    let acknowledgement = Acknowledgement { reason, details: None };
    let outcome = if reason.is_failure() {
        PublishOutcome::Refused(acknowledgement)
    } else {
        PublishOutcome::Acknowledged(acknowledgement)
    };
    Event::Published { id, outcome }
}
