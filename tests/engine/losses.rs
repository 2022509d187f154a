//! The promise of QoS 1 and 2 as a whole, over real connections that break anywhere: messages flow both ways while the
//! broker resets one link after another. `session_properties.rs` tries the same without a network, in more ways.

use std::collections::{HashMap, HashSet, VecDeque};

use mqttx_rs::mqtt::Version;

use crate::support::engine::{Engine, VERSIONS, persistent};
use crate::support::wire::{Ack, AckKind, Packet, connack, puback, pubcomp, publish, pubrec, pubrel};
use crate::support::{Link, ScriptedBroker};

/// Messages in each direction.
const MESSAGES: usize = 600;
/// Links that break.
const CUTS: usize = 40;
/// Messages that the broker has outstanding at a time.
const WINDOW: usize = 8;

#[test]
fn no_message_is_lost_and_none_of_qos_2_doubled_over_many_broken_links() {
    for version in VERSIONS {
        let broker = ScriptedBroker::start();
        let mut engine = Engine::steadfast(&broker, persistent(version));
        let playing = std::thread::spawn(move || Broker::new(version).play(&broker));

        let deliveries: Vec<_> =
            (0..MESSAGES).map(|number| engine.publish("up", number.to_string(), qos_of(number))).collect();
        let mut came_down = HashMap::new();
        while came_down.len() < MESSAGES {
            *came_down.entry(engine.expect_text()).or_insert(0) += 1;
        }
        for delivery in deliveries {
            assert!(!delivery.acknowledged().is_failure());
        }
        engine.disconnect();
        let went_up = playing.join().unwrap();

        for (direction, counts) in [("up", went_up), ("down", came_down)] {
            for number in 0..MESSAGES {
                let count = counts.get(&number.to_string()).copied().unwrap_or(0);
                let fine = if qos_of(number) == 2 { count == 1 } else { count >= 1 };
                assert!(fine, "message {number} came {count} times {direction}, at QoS {}", qos_of(number));
            }
        }
    }
}

/// Odd numbers at `QoS` 1, even ones at `QoS` 2.
fn qos_of(number: usize) -> u8 {
    if number % 2 == 1 { 1 } else { 2 }
}

/// A broker with one session, which outlives its links.
struct Broker {
    random: fastrand::Rng,
    /// How often each payload was delivered.
    delivered: HashMap<String, u32>,
    /// Ids at QoS 2 that came and were not released.
    unreleased: HashSet<u16>,
    /// Sent and not completed, in order: id, number, and whether PUBREC came.
    outstanding: VecDeque<(u16, usize, bool)>,
    sent: usize,
}

impl Broker {
    fn new(version: Version) -> Self {
        let random = fastrand::Rng::with_seed(version.level().into());
        let (delivered, unreleased, outstanding) = (HashMap::new(), HashSet::new(), VecDeque::new());
        Self { random, delivered, unreleased, outstanding, sent: 0 }
    }

    /// Plays links that break and one that does not, until the client leaves; what was delivered.
    fn play(mut self, broker: &ScriptedBroker) -> HashMap<String, u32> {
        for round in 0..=CUTS {
            let answer = if round == 0 { connack() } else { connack().session_present() };
            let (mut link, _) = broker.accept_session(answer);
            for (id, number, received) in &self.outstanding {
                if *received {
                    link.send(pubrel(*id));
                } else {
                    link.send(publish("down", number.to_string()).qos(qos_of(*number)).id(*id).dup());
                }
            }
            let mut patience = if round == CUTS { usize::MAX } else { self.random.usize(1..60) };
            while patience > 0 {
                self.fill_the_window(&mut link);
                patience -= 1;
                match link.receive() {
                    Packet::Disconnect(_) => {
                        link.expect_end();
                        return self.delivered;
                    }
                    packet => self.answer(&mut link, packet),
                }
            }
            link.cut();
        }
        unreachable!("the last link has no end but the client's");
    }

    fn fill_the_window(&mut self, link: &mut Link) {
        while self.outstanding.len() < WINDOW && self.sent < MESSAGES {
            let (number, id) = (self.sent, u16::try_from(self.sent + 1).unwrap());
            link.send(publish("down", number.to_string()).qos(qos_of(number)).id(id));
            self.outstanding.push_back((id, number, false));
            self.sent += 1;
        }
    }

    fn answer(&mut self, link: &mut Link, packet: Packet) {
        match packet {
            Packet::Publish(publish) => {
                let is_new = publish.qos == 1 || self.unreleased.insert(publish.id);
                if is_new {
                    *self.delivered.entry(publish.text().to_owned()).or_insert(0) += 1;
                }
                link.send(if publish.qos == 1 { puback(publish.id) } else { pubrec(publish.id) });
            }
            Packet::Ack(Ack { kind: AckKind::Pubrel, id, .. }) => {
                self.unreleased.remove(&id);
                link.send(pubcomp(id));
            }
            Packet::Ack(Ack { kind: AckKind::Pubrec, id, .. }) => {
                let outstanding = self.outstanding.iter_mut().find(|(its_id, ..)| *its_id == id);
                outstanding.expect("PUBREC is for what was sent").2 = true;
                link.send(pubrel(id));
            }
            Packet::Ack(Ack { id, .. }) => self.outstanding.retain(|(its_id, ..)| *its_id != id),
            other => panic!("the client has no reason to send {other:?}"),
        }
    }
}
