//! Retained messages as they come, for `retained`.

use super::line::printable;
use crate::mqtt::{Message, TopicFilter, TopicName};

/// So many are listed or removed at once.
const MOST: usize = 100_000;

/// So much of a payload is listed.
const SEEN: usize = 200;

/// Retained messages that a command collects.
#[derive(Debug)]
pub(super) struct Collected {
    pub(super) filter: TopicFilter,
    pub(super) found: Vec<Found>,
    /// Further ones.
    pub(super) more: u64,
}

/// A retained message.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) topic: TopicName,
    /// Bytes of its payload.
    pub(super) size: usize,
    /// The beginning of that, on one line.
    pub(super) head: String,
}

impl Collected {
    pub(super) fn new(filter: TopicFilter) -> Self {
        Self { filter, found: Vec::new(), more: 0 }
    }

    /// How many there are.
    pub(super) fn count(&self) -> u64 {
        self.found.len() as u64 + self.more
    }

    /// Takes a message that was asked for; whether it was.
    pub(super) fn take(&mut self, message: &Message) -> bool {
        if !message.retain || !self.filter.matches(message.topic.as_str()) {
            return false;
        }
        if message.payload.is_empty() || self.found.iter().any(|found| found.topic == message.topic) {
            return true;
        }
        if self.found.len() >= MOST {
            self.more += 1;
            return true;
        }
        let size = message.payload.len();
        let head = String::from_utf8_lossy(&message.payload[..size.min(SEEN)]);
        let head = head.split_whitespace().collect::<Vec<_>>().join(" ");
        self.found.push(Found { topic: message.topic.clone(), size, head: printable(&head) });
        true
    }
}
