use std::collections::VecDeque;

use crate::mqtt::{Message, QoS};
use crate::session::DeliveryId;

/// How many finished entries may stay behind an unfinished one.
const SLACK: usize = 1024;

/// What has been accepted and has no outcome yet: ensures that each publish gets exactly one, and counts their memory.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    /// QoS 0, by id. They are done in their order.
    unflushed: VecDeque<Entry>,
    /// QoS 1 and 2, by id. They are done in any order; the first is never done, so that empty means empty.
    unacknowledged: VecDeque<Entry>,
    done_in_between: usize,
    bytes: usize,
}

#[derive(Debug, Clone, Copy)]
struct Entry {
    id: DeliveryId,
    /// Bytes that the message takes; `None` once it is done.
    size: Option<u32>,
}

impl Ledger {
    /// Approximate bytes of a message, including what the session keeps for it.
    pub(super) fn size_of(message: &Message) -> usize {
        128 + message.topic.as_str().len() + message.payload.len()
    }

    pub(super) fn add(&mut self, id: DeliveryId, qos: QoS, size: usize) {
        self.bytes += size;
        let entry = Entry { id, size: Some(u32::try_from(size).unwrap_or(u32::MAX)) };
        match qos {
            QoS::AtMostOnce => self.unflushed.push_back(entry),
            QoS::AtLeastOnce | QoS::ExactlyOnce => self.unacknowledged.push_back(entry),
        }
    }

    /// Publishes at QoS 0 up to `through` are done; returns how many they were.
    pub(super) fn flush(&mut self, through: DeliveryId) -> usize {
        let mut count = 0;
        while self.unflushed.front().is_some_and(|entry| entry.id <= through) {
            self.pop_unflushed();
            count += 1;
        }
        count
    }

    /// Takes the first publish at QoS 0 up to `through` that has not been flushed.
    pub(super) fn take_unflushed(&mut self, through: DeliveryId) -> Option<DeliveryId> {
        self.unflushed.front().is_some_and(|entry| entry.id <= through).then(|| self.pop_unflushed()).flatten()
    }

    fn pop_unflushed(&mut self) -> Option<DeliveryId> {
        let entry = self.unflushed.pop_front()?;
        self.release(entry.size);
        Some(entry.id)
    }

    /// One publish is done, at any QoS; `false` if it was already.
    pub(super) fn finish(&mut self, id: DeliveryId) -> bool {
        // Nearly always it is the first.
        let is_first = self.unacknowledged.front().is_some_and(|entry| entry.id == id);
        let place = if is_first { Ok(0) } else { self.unacknowledged.binary_search_by_key(&id, |entry| entry.id) };
        if let Ok(at) = place {
            let Some(size) = self.unacknowledged[at].size.take() else { return false };
            self.release(Some(size));
            self.done_in_between += 1;
            self.forget_done();
            return true;
        }
        let Ok(at) = self.unflushed.binary_search_by_key(&id, |entry| entry.id) else { return false };
        let entry = self.unflushed.remove(at);
        self.release(entry.and_then(|entry| entry.size));
        true
    }

    /// Drops done entries at the front, and all of them if one that stays unfinished holds up too many.
    fn forget_done(&mut self) {
        while self.unacknowledged.front().is_some_and(|entry| entry.size.is_none()) {
            self.unacknowledged.pop_front();
            self.done_in_between -= 1;
        }
        if self.done_in_between > SLACK && self.done_in_between > self.unacknowledged.len() / 2 {
            self.unacknowledged.retain(|entry| entry.size.is_some());
            self.done_in_between = 0;
        }
        if self.unacknowledged.is_empty() {
            self.unacknowledged.shrink_to(0);
        }
    }

    /// Everything without an outcome, in the order in which it was accepted.
    pub(super) fn take_all(&mut self) -> Vec<DeliveryId> {
        let entries = self.unflushed.drain(..).chain(self.unacknowledged.drain(..));
        let mut ids: Vec<DeliveryId> = entries.filter(|entry| entry.size.is_some()).map(|entry| entry.id).collect();
        ids.sort_unstable();
        self.bytes = 0;
        self.done_in_between = 0;
        ids
    }

    /// Bytes that unfinished messages take.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    pub(super) fn is_empty(&self) -> bool {
        self.unflushed.is_empty() && self.unacknowledged.is_empty()
    }

    fn release(&mut self, size: Option<u32>) {
        self.bytes = self.bytes.saturating_sub(size.unwrap_or(0) as usize);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::mqtt::Version;
    use crate::session::{ConnectOptions, Session};

    fn ids(count: usize) -> Vec<DeliveryId> {
        let mut session = Session::new(ConnectOptions::new(Version::V5, "")).unwrap();
        let message = Message::new("a".parse().unwrap(), "");
        (0..count).map(|_| session.publish(message.clone()).unwrap()).collect()
    }

    #[test]
    fn qos_0_is_done_by_watermark_and_the_others_one_by_one() {
        let ids = ids(4);
        let mut ledger = Ledger::default();
        for (id, qos) in ids.iter().zip([QoS::AtMostOnce, QoS::AtLeastOnce, QoS::AtMostOnce, QoS::AtMostOnce]) {
            ledger.add(*id, qos, 10);
        }
        assert_eq!(ledger.flush(ids[2]), 2);
        assert_eq!(ledger.flush(ids[2]), 0);
        assert_eq!(ledger.bytes(), 20);
        assert!(ledger.finish(ids[1]) && !ledger.finish(ids[1]));
        assert_eq!(ledger.take_unflushed(ids[2]), None);
        assert_eq!(ledger.take_unflushed(ids[3]), Some(ids[3]));
        assert!(ledger.is_empty() && ledger.bytes() == 0);
    }

    #[test]
    fn one_that_stays_unfinished_does_not_keep_the_memory_of_those_behind_it() {
        let ids = ids(100_000);
        let mut ledger = Ledger::default();
        ledger.add(ids[0], QoS::AtLeastOnce, 10);
        for &id in &ids[1..] {
            ledger.add(id, QoS::AtLeastOnce, 10);
            assert!(ledger.finish(id));
        }
        assert!(ledger.unacknowledged.len() <= SLACK + 2, "{}", ledger.unacknowledged.len());
        assert_eq!(ledger.take_all(), [ids[0]]);
    }

    proptest! {
        #[test]
        fn each_publish_is_done_exactly_once(
            plan in prop::collection::vec((0u8..3, 0usize..200), 1..200),
            end in 0usize..200,
        ) {
            let ids = ids(plan.len());
            let mut ledger = Ledger::default();
            for (id, (qos, _)) in ids.iter().zip(&plan) {
                ledger.add(*id, QoS::try_from(*qos).unwrap(), 7);
            }
            let mut done = 0;
            for (_, at) in plan.iter().take(end) {
                let Some(&id) = ids.get(*at) else { continue };
                done += if at % 3 == 0 { ledger.flush(id) } else { usize::from(ledger.finish(id)) };
            }
            prop_assert_eq!(ledger.bytes(), (ids.len() - done) * 7);
            prop_assert_eq!(ledger.take_all().len(), ids.len() - done);
            prop_assert!(ledger.is_empty() && ledger.bytes() == 0);
        }
    }
}
