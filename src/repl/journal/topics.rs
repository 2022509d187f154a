use std::collections::BTreeMap;
use std::time::Instant;

use bytes::Bytes;

use super::rate::{Clock, Rate, Window};
use super::tree::{self, TreeLine};
use crate::mqtt::{Message, QoS, TopicFilter};

/// How much of a topic's latest payload is kept: what a line on the screen can show.
const LATEST_BYTES: usize = 1_024;

/// What is known of each topic.
#[derive(Debug)]
pub(crate) struct Topics {
    known: BTreeMap<Box<str>, Topic>,
    most: usize,
    most_bytes: usize,
    /// Of the names.
    bytes: usize,
    /// Messages of topics that are not held.
    others: u64,
    all: Window,
    clock: Clock,
}

#[derive(Debug)]
struct Topic {
    messages: u64,
    bytes: u64,
    window: Window,
    latest: Latest,
}

/// The latest message of a topic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Latest {
    /// Its number in the journal, which may have dropped it.
    pub id: u64,
    /// When it came.
    pub at: Instant,
    /// Its payload, or the beginning of a long one.
    pub head: Bytes,
    /// Bytes of the whole payload.
    pub size: usize,
    /// As it was delivered.
    pub qos: QoS,
    /// As it was delivered.
    pub retain: bool,
}

/// What is told of a topic.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct TopicReport<'a> {
    /// Its name.
    pub topic: &'a str,
    /// Messages since the start.
    pub messages: u64,
    /// Bytes of payload since the start.
    pub bytes: u64,
    /// Over the last ten seconds.
    pub rate: Rate,
    /// The latest message.
    pub latest: &'a Latest,
}

impl Topics {
    pub(super) fn new(most: usize, most_bytes: usize, now: Instant) -> Self {
        let (known, clock) = (BTreeMap::new(), Clock(now));
        Self { known, most, most_bytes, bytes: 0, others: 0, all: Window::new(), clock }
    }

    /// `message` has memory of its own, which the head of its payload shares.
    pub(super) fn push(&mut self, id: u64, message: &Message, now: Instant) {
        let (name, size) = (message.topic.as_str(), message.payload.len());
        self.all.push(size, self.clock, now);
        let head = if size <= LATEST_BYTES {
            message.payload.clone()
        } else {
            Bytes::copy_from_slice(&message.payload[..LATEST_BYTES])
        };
        let latest = Latest { id, at: now, head, size, qos: message.qos, retain: message.retain };
        let topic = if let Some(topic) = self.known.get_mut(name) {
            topic.latest = latest;
            topic
        } else if self.known.len() < self.most && self.bytes + name.len() <= self.most_bytes {
            self.bytes += name.len();
            let topic = Topic { messages: 0, bytes: 0, window: Window::new(), latest };
            self.known.entry(name.into()).or_insert(topic)
        } else {
            self.others += 1;
            return;
        };
        topic.messages += 1;
        topic.bytes += size as u64;
        topic.window.push(size, self.clock, now);
    }

    /// How many topics are held.
    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.known.len()
    }

    /// Messages of topics beyond the limit, of which nothing else is known.
    pub(crate) fn others(&self) -> u64 {
        self.others
    }

    /// Over all topics, the ones beyond the limit too.
    pub(crate) fn rate(&self, now: Instant) -> Rate {
        self.all.rate(self.clock, now)
    }

    /// The topics that send most at present, busiest first; among equals the one with more messages since the start.
    pub(crate) fn busiest(&self, count: usize, now: Instant) -> Vec<TopicReport<'_>> {
        let mut reports: Vec<_> = self.reports(|_| true, now).collect();
        reports.sort_by(|a, b| {
            let rate = b.rate.messages.total_cmp(&a.rate.messages);
            rate.then(b.messages.cmp(&a.messages)).then(a.topic.cmp(b.topic))
        });
        reports.truncate(count);
        reports
    }

    /// The topics that match, by name.
    pub(crate) fn matching<'a>(
        &'a self,
        filter: &'a TopicFilter,
        now: Instant,
    ) -> impl Iterator<Item = TopicReport<'a>> + use<'a> {
        self.reports(|name| filter.matches(name), now)
    }

    /// The levels of the topics that match, each before those below it; what is deeper than `depth` levels is counted
    /// in the level above.
    pub(crate) fn tree(&self, filter: Option<&TopicFilter>, depth: usize) -> Vec<TreeLine<'_>> {
        let matching = self.known.iter().filter(|(name, _)| filter.is_none_or(|filter| filter.matches(name)));
        tree::lines(matching.map(|(name, topic)| (&**name, topic.messages)), depth)
    }

    fn reports<'a>(
        &'a self,
        wanted: impl Fn(&str) -> bool + 'a,
        now: Instant,
    ) -> impl Iterator<Item = TopicReport<'a>> {
        self.known.iter().filter(move |(name, _)| wanted(name)).map(move |(name, topic)| TopicReport {
            topic: name,
            messages: topic.messages,
            bytes: topic.bytes,
            rate: topic.window.rate(self.clock, now),
            latest: &topic.latest,
        })
    }
}
