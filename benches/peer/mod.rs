//! A session and a minimal broker, which acknowledges what it sees and does nothing else.

use std::time::Instant;

use bytes::{BufMut, Bytes, BytesMut};
use mqttx_rs::mqtt::{Message, QoS, TopicName, Version};
use mqttx_rs::session::{ConnectOptions, Event, Session, Transmit};

/// Bytes of payload in every message.
pub(crate) const PAYLOAD: usize = 100;

/// A connected session with its wire.
pub(crate) struct Peer {
    session: Session,
    now: Instant,
    outgoing: BytesMut,
    incoming: BytesMut,
}

impl Peer {
    pub(crate) fn connected(version: Version) -> Self {
        let session = Session::new(ConnectOptions::new(version, "bench")).expect("valid options");
        let now = Instant::now();
        let (outgoing, incoming) = (BytesMut::with_capacity(128 << 10), BytesMut::with_capacity(128 << 10));
        let mut peer = Self { session, now, outgoing, incoming };
        peer.session.connect(now);
        let _ = peer.session.poll_transmit(&mut peer.outgoing, now);
        peer.outgoing.clear();
        peer.incoming.put_slice(if version.is_v5() { &[0x20, 3, 0, 0, 0] } else { &[0x20, 2, 0, 0] });
        peer.session.handle_input(&mut peer.incoming, now);
        assert!(matches!(peer.session.poll_event(), Some(Event::Connected(_))));
        peer
    }

    /// Publishes so many messages, of which `window` at a time, and sees them completed.
    pub(crate) fn publish(&mut self, message: &Message, count: usize, window: usize) {
        let mut left = count;
        let mut completed = 0;
        while completed < count {
            let batch = left.min(window);
            for _ in 0..batch {
                self.session.publish(message.clone()).expect("within the limits");
            }
            left -= batch;
            while self.session.poll_transmit(&mut self.outgoing, self.now) == Transmit::Bytes {
                if message.qos == QoS::AtMostOnce {
                    self.outgoing.clear();
                    continue;
                }
                acknowledge(&self.outgoing, &mut self.incoming);
                self.outgoing.clear();
                self.session.handle_input(&mut self.incoming, self.now);
            }
            if message.qos == QoS::AtMostOnce {
                completed += batch;
            }
            while let Some(event) = self.session.poll_event() {
                assert!(matches!(event, Event::Published { .. }));
                completed += 1;
            }
        }
    }

    /// Takes so many messages off the wire and answers them; `burst` holds packets one after the other.
    pub(crate) fn receive(&mut self, burst: &[u8], count: usize) {
        let mut received = 0;
        self.incoming.put_slice(burst);
        while received < count {
            self.session.handle_input(&mut self.incoming, self.now);
            while let Some(event) = self.session.poll_event() {
                assert!(matches!(event, Event::Message(_)));
                received += 1;
            }
            while self.session.poll_transmit(&mut self.outgoing, self.now) == Transmit::Bytes {
                acknowledge(&self.outgoing, &mut self.incoming);
                self.outgoing.clear();
                self.session.handle_input(&mut self.incoming, self.now);
            }
        }
    }
}

/// Answers each packet as the other end has to.
fn acknowledge(mut sent: &[u8], answers: &mut BytesMut) {
    while let [first, length, rest @ ..] = sent {
        let (remaining, rest) = match (length, rest) {
            (0x80.., [high, rest @ ..]) => (usize::from(length & 0x7F) | usize::from(*high) << 7, rest),
            _ => (usize::from(*length), rest),
        };
        let (body, next) = rest.split_at(remaining);
        sent = next;
        let packet_id = match first >> 4 {
            3 => 2 + usize::from(u16::from_be_bytes([body[0], body[1]])),
            _ => 0,
        };
        let answer = match first & 0xF6 {
            0x32 => 0x40,
            0x34 => 0x50,
            0x50 => 0x62,
            0x62 => 0x70,
            _ => continue,
        };
        answers.put_slice(&[answer, 2, body[packet_id], body[packet_id + 1]]);
    }
}

pub(crate) fn message(qos: QoS) -> Message {
    let topic = TopicName::parse("factory/line-4/robot-17/temperature").expect("a topic");
    Message::new(topic, Bytes::from(vec![b'x'; PAYLOAD])).with_qos(qos)
}

/// So many PUBLISH packets as a broker would send them, with packet ids from 1.
#[expect(clippy::cast_possible_truncation, reason = "the lengths are known: below 128 and 16,384")]
pub(crate) fn publishes(version: Version, qos: QoS, count: u16) -> Vec<u8> {
    let message = message(qos);
    let topic = message.topic.as_str();
    let mut burst = BytesMut::new();
    for packet_id in 1..=count {
        let extra = usize::from(qos != QoS::AtMostOnce) * 2 + usize::from(version.is_v5());
        let remaining = 2 + topic.len() + extra + PAYLOAD;
        burst.put_u8(0x30 | qos.number() << 1);
        burst.put_slice(&[(remaining & 0x7F) as u8 | 0x80, (remaining >> 7) as u8]);
        burst.put_u16(topic.len() as u16);
        burst.put_slice(topic.as_bytes());
        if qos != QoS::AtMostOnce {
            burst.put_u16(packet_id);
        }
        if version.is_v5() {
            burst.put_u8(0);
        }
        burst.put_slice(&message.payload);
    }
    burst.to_vec()
}
