//! A [`Session`] without a network, for what would take minutes or thousands of packets: its clock is the test's.

use std::time::{Duration, Instant};

use bytes::BytesMut;
use mqttx_rs::mqtt::{Message, QoS, Version};
use mqttx_rs::session::{ConnectOptions, DeliveryId, Event, Session, Transmit};

use super::wire::{self, Connack, Packet};

/// A connected session, and the broker's end of its connection.
#[derive(Debug)]
pub struct Direct {
    /// The session, for every call that has no helper.
    pub session: Session,
    version: Version,
    started: Instant,
    now: Instant,
}

impl Direct {
    /// Connects and is accepted.
    pub fn connected(options: ConnectOptions, connack: Connack) -> Self {
        let (version, now) = (options.version, Instant::now());
        let session = Session::new(options).expect("the options are valid");
        let mut direct = Self { session, version, started: now, now };
        direct.reconnect(connack);
        direct
    }

    /// Loses the connection, if there is one, and connects anew.
    pub fn reconnect(&mut self, connack: Connack) {
        self.session.handle_closed(self.now);
        _ = self.events();
        self.session.connect(self.now);
        let sent = self.sent();
        assert!(matches!(sent[..], [Packet::Connect(_)]), "{sent:?}");
        self.receive(connack);
        let event = self.session.poll_event();
        assert!(matches!(event, Some(Event::Connected(_))), "{event:?}");
    }

    /// The broker sends a packet.
    pub fn receive(&mut self, packet: impl Into<Packet>) {
        let mut input = BytesMut::from(&packet.into().encode(self.version)[..]);
        self.session.handle_input(&mut input, self.now);
        assert!(input.is_empty(), "a whole packet is taken as a whole");
    }

    /// Everything that the session sends to the broker.
    pub fn sent(&mut self) -> Vec<Packet> {
        let (mut all, mut bytes) = (Vec::new(), BytesMut::new());
        while self.session.poll_transmit(&mut bytes, self.now) == Transmit::Bytes {
            all.extend_from_slice(&bytes);
            bytes.clear();
        }
        let (mut packets, mut rest) = (Vec::new(), &all[..]);
        while let Some((packet, length)) = wire::decode(self.version, rest).expect("the session speaks MQTT") {
            packets.push(packet);
            rest = &rest[length..];
        }
        assert!(rest.is_empty(), "a packet is sent in part: {rest:x?}");
        packets
    }

    /// Everything that the session reports.
    pub fn events(&mut self) -> Vec<Event> {
        std::iter::from_fn(|| self.session.poll_event()).collect()
    }

    /// Publishes, and the session accepts.
    pub fn publish(&mut self, topic: &str, payload: &str, qos: u8) -> DeliveryId {
        let topic = topic.parse().expect("a valid topic");
        let message = Message::new(topic, payload.to_owned()).with_qos(QoS::try_from(qos).expect("a valid QoS"));
        self.session.publish(message).expect("the session accepts")
    }

    /// Lets some time pass, of which the session hears at the next call.
    pub fn pass(&mut self, time: Duration) {
        self.now += time;
    }

    /// The stream has taken a part of what was sent last, and not all.
    pub fn progress(&mut self) {
        self.session.handle_progress(self.now);
    }

    /// Passes the elapsed time to the session.
    pub fn look_at_the_clock(&mut self) {
        self.session.handle_timeout(self.now);
    }

    /// Lets the clock run to the session's own deadline and returns what it sends then.
    pub fn run_to_deadline(&mut self) -> Vec<Packet> {
        self.now = self.session.poll_timeout().expect("the session waits for something");
        self.look_at_the_clock();
        self.sent()
    }

    /// How long it has been since the start.
    pub fn elapsed(&self) -> Duration {
        self.now - self.started
    }
}
