use std::collections::VecDeque;

use crate::mqtt::{Message, QoS};
use crate::session::DeliveryId;

/// Done entries that may stay behind one that is not.
const SLACK: usize = 1024;

/// What has been accepted and has no outcome yet: that each publish gets exactly one, and how much memory they hold.
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
    /// Bytes that a message takes, about, with what the session keeps beside it.
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
        if let Ok(at) = self.unacknowledged.binary_search_by_key(&id, |entry| entry.id) {
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
