//! A client that does what a test says, packet by packet, to judge a broker.

use std::net::{SocketAddr, TcpStream};

use mqttx_rs::mqtt::Version;

use super::wire::{self, Connack, Connect, Packet, Publish};
use super::{DEADLINE, Link};

/// A client with its connection; `link` takes it from where these helpers end.
#[derive(Debug)]
pub struct RawClient {
    /// The connection, for every packet that has no helper.
    pub link: Link,
    last_id: u16,
}

impl RawClient {
    /// Connects TCP and sends nothing.
    pub fn open(address: SocketAddr, version: Version) -> Self {
        let stream = TcpStream::connect_timeout(&address, DEADLINE)
            .unwrap_or_else(|error| panic!("cannot connect to {address}: {error}"));
        Self { link: Link::new(stream, version), last_id: 0 }
    }

    /// Connects with a clean session and is accepted.
    pub fn connect(address: SocketAddr, version: Version, client_id: &str) -> Self {
        Self::connect_with(address, wire::connect(version, client_id)).0
    }

    /// Connects with a CONNECT of the test's own and is accepted.
    pub fn connect_with(address: SocketAddr, connect: Connect) -> (Self, Connack) {
        let mut client = Self::open(address, connect.version);
        client.link.send(connect);
        let connack = client.link.expect_connack();
        assert_eq!(connack.code, 0, "the broker refused: {connack:?}");
        (client, connack)
    }

    /// Subscribes to one filter, which is granted.
    pub fn subscribe(&mut self, filter: &str, qos: u8) {
        let id = self.next_id();
        self.link.send(wire::subscribe(id, filter, qos));
        let suback = self.link.expect_suback();
        assert_eq!((suback.id, suback.reasons.len()), (id, 1), "{suback:?}");
        assert!(suback.reasons[0] < 0x80, "the broker refused `{filter}`: {suback:?}");
    }

    /// Publishes at any `QoS` and waits until it is acknowledged in full.
    pub fn publish(&mut self, topic: &str, payload: impl AsRef<[u8]>, qos: u8) {
        self.send_publish(wire::publish(topic, payload).qos(qos));
    }

    /// Publishes a PUBLISH of the test's own, under the next identifier, and waits until it is acknowledged in full.
    pub fn send_publish(&mut self, publish: Publish) {
        let id = if publish.qos == 0 { 0 } else { self.next_id() };
        let qos = publish.qos;
        self.link.send(publish.id(id));
        match qos {
            1 => _ = self.link.expect_puback(id),
            2 => {
                self.link.expect_pubrec(id);
                self.link.send(wire::pubrel(id));
                self.link.expect_pubcomp(id);
            }
            _ => {}
        }
    }

    /// The next message, acknowledged in full.
    pub fn expect_message(&mut self) -> Publish {
        let publish = self.link.expect_publish();
        match publish.qos {
            1 => self.link.send(wire::puback(publish.id)),
            2 => {
                self.link.send(wire::pubrec(publish.id));
                // The next messages may be on their way already.
                self.link.expect_eventually(wire::pubrel(publish.id));
                self.link.send(wire::pubcomp(publish.id));
            }
            _ => {}
        }
        publish
    }

    /// The next message, acknowledged in full, which has this topic and this payload.
    pub fn expect_text(&mut self, topic: &str, text: &str) -> Publish {
        let publish = self.expect_message();
        assert_eq!((publish.topic.as_str(), publish.text()), (topic, text));
        publish
    }

    /// Proves that the broker has nothing for us: the answer to a PINGREQ comes first.
    pub fn expect_quiet(&mut self) {
        self.link.send(Packet::Pingreq);
        self.link.expect(Packet::Pingresp);
    }

    /// Ends in order; the will does not fire. The broker closes the connection.
    pub fn disconnect(mut self) {
        self.link.send(wire::disconnect(0));
        self.link.expect_end();
    }

    fn next_id(&mut self) -> u16 {
        self.last_id = self.last_id % u16::MAX + 1;
        self.last_id
    }
}
