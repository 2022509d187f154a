use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};

use crate::mqtt::QoS;
use crate::session::Received;

/// Messages printed at QoS 1 that may arrive again: if a connection is lost, it is unknown whether the broker has
/// received the acknowledgements. At QoS 2 the session handles it.
///
/// A message that arrives again has DUP and the packet id that it had [MQTT-4.4.0-1], so one entry for each id is enough.
#[derive(Debug, Default)]
pub(super) struct Receipts {
    printed: HashMap<u16, u64>,
    hasher: RandomState,
}

impl Receipts {
    /// It has been printed.
    pub(super) fn note(&mut self, received: &Received) {
        if received.message.qos == QoS::AtLeastOnce {
            self.printed.insert(received.packet_id, self.fingerprint(received));
        }
    }

    /// Whether it has already been printed.
    pub(super) fn has(&self, received: &Received) -> bool {
        received.dup
            && received.message.qos == QoS::AtLeastOnce
            && self.printed.get(&received.packet_id) == Some(&self.fingerprint(received))
    }

    fn fingerprint(&self, received: &Received) -> u64 {
        self.hasher.hash_one((received.message.topic.as_str(), &received.message.payload))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mqtt::Message;

    fn received(packet_id: u16, payload: &'static str, dup: bool) -> Received {
        let message = Message::new("a".parse().unwrap(), payload).with_qos(QoS::AtLeastOnce);
        Received { message, dup, packet_id, token: None }
    }

    #[test]
    fn only_what_has_dup_the_same_id_and_the_same_content_has_come_before() {
        let mut receipts = Receipts::default();
        receipts.note(&received(7, "x", false));
        assert!(receipts.has(&received(7, "x", true)));
        for other in [received(7, "x", false), received(8, "x", true), received(7, "y", true)] {
            assert!(!receipts.has(&other), "{other:?}");
        }
    }
}
