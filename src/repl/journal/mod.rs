//! What was received, within bounds: the last messages by number, and per topic counts, rates and the latest value.
//!
//! It only remembers; drawing is another's. Time is an argument. Whatever a broker sends, it holds no more than its
//! [`Limits`] say.

mod rate;
mod topics;
mod tree;

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use bytestring::ByteString;

use crate::mqtt::{PublishProperties, TopicName};
use crate::payload::Record;

pub(crate) use rate::Rate;
pub(crate) use topics::{TopicReport, Topics};

/// How much is remembered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Limits {
    /// Messages in full.
    pub messages: usize,
    /// Bytes of those messages. The newest is kept even if it alone is larger.
    pub bytes: usize,
    /// Topics with counts, rates and their latest value; the rarest make room for further ones.
    pub topics: usize,
    /// Bytes of what is kept of these topics: about what it takes, not only names and latest values.
    pub topic_bytes: usize,
}

impl Default for Limits {
    /// Enough for an hour by hand, and little enough for a program that stays below 64 MiB whatever comes: what is counted
    /// here takes a tenth more, and the program itself 12 MB. 100,000 topics fit with names and payloads of 40 bytes.
    fn default() -> Self {
        Self { messages: 1_000_000, bytes: 10 << 20, topics: 100_000, topic_bytes: 34 << 20 }
    }
}

/// A message that was received.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    /// Its number, from 1, in the order of receipt over all connections; never used again.
    pub id: u64,
    /// The name of the connection that it came over.
    pub connection: Arc<str>,
    /// The message and what its packet says beside it.
    pub record: Record,
    bytes: usize,
}

/// What was received.
#[derive(Debug)]
pub(crate) struct Journal {
    limits: Limits,
    entries: VecDeque<Entry>,
    /// Of the entries.
    bytes: usize,
    last_id: u64,
    topics: Topics,
}

impl Journal {
    /// Empty; rates count from `now`.
    pub(crate) fn new(limits: Limits, now: Instant) -> Self {
        let topics = Topics::new(limits.topics, limits.topic_bytes, now);
        Self { limits, entries: VecDeque::new(), bytes: 0, last_id: 0, topics }
    }

    /// Remembers a message and gives it its number.
    pub(crate) fn push(&mut self, connection: &Arc<str>, record: Record, now: Instant) -> u64 {
        self.last_id += 1;
        let record = detached(record);
        self.topics.push(self.last_id, &record.message, now);
        let bytes = size(&record);
        self.bytes += bytes;
        if self.entries.len() == self.entries.capacity() {
            // Not twice as much, which would be megabytes that nothing is in.
            self.entries.reserve_exact(self.entries.len() / 8 + 16);
        }
        self.entries.push_back(Entry { id: self.last_id, connection: Arc::clone(connection), record, bytes });
        while self.entries.len() > self.limits.messages.max(1)
            || (self.bytes > self.limits.bytes && self.entries.len() > 1)
        {
            self.bytes -= self.entries.pop_front().map_or(0, |entry| entry.bytes);
        }
        self.last_id
    }

    /// A message by its number; `None` if there was none, or it has been dropped.
    pub(crate) fn get(&self, id: u64) -> Option<&Entry> {
        let first = self.entries.front()?.id;
        self.entries.get(usize::try_from(id.checked_sub(first)?).ok()?)
    }

    /// The messages that are remembered, oldest first.
    pub(crate) fn entries(&self) -> impl DoubleEndedIterator<Item = &Entry> + ExactSizeIterator {
        self.entries.iter()
    }

    /// How many messages were received: the number of the last one.
    pub(crate) fn received(&self) -> u64 {
        self.last_id
    }

    /// The number of the oldest message that is remembered.
    pub(crate) fn oldest(&self) -> Option<u64> {
        self.entries.front().map(|entry| entry.id)
    }

    /// What is known a topic.
    pub(crate) fn topics(&self) -> &Topics {
        &self.topics
    }
}

/// The record with its own memory: as received, topic and payload keep the buffer alive that they were read into.
fn detached(mut record: Record) -> Record {
    let message = &mut record.message;
    message.payload = Bytes::copy_from_slice(&message.payload);
    // It was a topic, so it is one.
    if let Ok(topic) = TopicName::received(ByteString::from(message.topic.as_str())) {
        message.topic = topic;
    }
    if let Some(data) =
        message.properties.as_mut().and_then(|properties| Arc::make_mut(properties).correlation_data.as_mut())
    {
        *data = Bytes::copy_from_slice(data);
    }
    record
}

/// What the allocator needs for a topic and a payload besides their bytes.
const ALLOCATIONS: usize = 64;

/// About how many bytes an entry takes.
fn size(record: &Record) -> usize {
    let message = &record.message;
    let properties = message.properties.as_ref().map_or(0, |properties| {
        let text = |text: &Option<String>| text.as_ref().map_or(0, String::len);
        let pairs = properties
            .user_properties
            .iter()
            .map(|(name, value)| name.len() + value.len() + size_of::<(String, String)>());
        size_of::<PublishProperties>()
            + text(&properties.response_topic)
            + text(&properties.content_type)
            + properties.correlation_data.as_ref().map_or(0, Bytes::len)
            + properties.subscription_identifiers.len() * size_of::<u32>()
            + pairs.sum::<usize>()
    });
    size_of::<Entry>() + ALLOCATIONS + message.topic.as_str().len() + message.payload.len() + properties
}

#[cfg(test)]
mod tests;
