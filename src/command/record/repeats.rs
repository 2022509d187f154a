use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};

use crate::payload::Record;

/// How many messages later a repeat can arrive at most. A broker repeats only messages without an acknowledgement, which
/// are far fewer; a packet id that returns later belongs to another message.
const REACH: u64 = 10_000;

/// Recorded messages at QoS 1 and 2 that the broker may send again, of this run and the runs before: after a lost
/// connection or a crash it is unknown which acknowledgements reached the broker.
///
/// A repeat has DUP and the same packet id [MQTT-4.4.0-1].
#[derive(Debug, Default)]
pub(super) struct Repeats {
    /// By packet id: the number of the message, and its fingerprint.
    recorded: HashMap<u16, (u64, u64)>,
    hasher: RandomState,
    number: u64,
    left_out: u64,
}

impl Repeats {
    /// Adds a message that an earlier run recorded.
    pub(super) fn earlier(&mut self, number: u64, record: &Record) {
        self.number = number;
        self.remember(record);
    }

    /// Forgets messages with higher numbers: they are not in the file after all.
    pub(super) fn keep_up_to(&mut self, number: u64) {
        self.recorded.retain(|_, (recorded, _)| *recorded <= number);
        self.number = number;
    }

    /// Adds a message that is now recorded.
    pub(super) fn note(&mut self, record: &Record) {
        self.number += 1;
        self.remember(record);
    }

    /// Whether the message is recorded already; if so, counts it.
    pub(super) fn is_one(&mut self, record: &Record) -> bool {
        let is_one = record.dup
            && record.packet_id.and_then(|id| self.recorded.get(&id)).is_some_and(|(number, fingerprint)| {
                self.number - number < REACH && *fingerprint == self.fingerprint(record)
            });
        self.left_out += u64::from(is_one);
        is_one
    }

    /// How many repeats there were.
    pub(super) fn left_out(&self) -> u64 {
        self.left_out
    }

    fn remember(&mut self, record: &Record) {
        if let Some(id) = record.packet_id {
            self.recorded.insert(id, (self.number, self.fingerprint(record)));
        }
    }

    fn fingerprint(&self, record: &Record) -> u64 {
        let message = &record.message;
        self.hasher.hash_one((message.topic.as_str(), &message.payload, message.qos.number()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mqtt::{Message, QoS};

    fn record(packet_id: u16, payload: &'static str, dup: bool) -> Record {
        let message = Message::new("a".parse().unwrap(), payload).with_qos(QoS::ExactlyOnce);
        Record { dup, packet_id: Some(packet_id), ..Record::new(message) }
    }

    #[test]
    fn only_what_has_dup_the_same_id_and_the_same_content_has_come_before() {
        let mut repeats = Repeats::default();
        repeats.earlier(1, &record(7, "x", false));
        repeats.earlier(2, &record(8, "y", false));
        repeats.keep_up_to(1);
        assert!(repeats.is_one(&record(7, "x", true)));
        for other in [record(7, "x", false), record(8, "y", true), record(7, "y", true)] {
            assert!(!repeats.is_one(&other), "{other:?}");
        }
        assert_eq!(repeats.left_out(), 1);
    }

    #[test]
    fn a_packet_id_that_comes_again_much_later_is_that_of_another_message() {
        let mut repeats = Repeats::default();
        repeats.note(&record(7, "x", false));
        for _ in 0..REACH {
            repeats.note(&record(8, "y", false));
        }
        assert!(!repeats.is_one(&record(7, "x", true)));
    }
}
