use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::rate::{Clock, Rate, Window};
use super::tree::{self, TreeLine};
use crate::mqtt::{Message, QoS, TopicFilter};

/// How much of a topic's latest payload is kept: what a line on the screen can show.
const LATEST_BYTES: usize = 1_024;

/// About what a topic takes besides its name and its value: its places in the list, in the map and among the ranks, and
/// what the allocator needs for its name and its value.
const TOPIC_BYTES: usize = size_of::<Topic>() + 120;

/// What is known of each topic, within bounds.
///
/// If there is no room for a new topic, it replaces the one with the fewest messages and inherits its count
/// (Space-Saving, Metwally and others 2005): a topic with more than its share of the messages is always held, and no
/// count is too low. By how much it may be too high is known for each.
#[derive(Debug)]
pub(crate) struct Topics {
    places: BTreeMap<Arc<str>, u32>,
    held: Vec<Topic>,
    /// Places by their messages, fewest first; kept only once a topic had to make room.
    ranks: Option<BTreeSet<(u64, u32)>>,
    most: usize,
    most_bytes: usize,
    /// Of all that is held.
    bytes: usize,
    /// Topics that made room for others.
    evicted: u64,
    /// Messages of topics that are too long to be held.
    others: u64,
    all: Window,
    clock: Clock,
}

#[derive(Debug)]
struct Topic {
    name: Arc<str>,
    messages: u64,
    /// How many of those may be another topic's.
    inherited: u64,
    bytes: u64,
    window: Window,
    /// Number of the latest message.
    id: u64,
    /// Its payload, or the beginning of a long one.
    head: Arc<[u8]>,
    /// Bytes of the whole payload: no packet has more.
    size: u32,
    qos: QoS,
    retain: bool,
    /// When it came, behind the clock's start.
    at: Since,
    /// When its payload became another.
    changed: Since,
}

/// Milliseconds since the clock's start: an `Instant` takes twice as much.
#[derive(Debug, Clone, Copy)]
struct Since(u64);

impl Since {
    fn of(now: Instant, clock: Clock) -> Self {
        Self(u64::try_from(now.saturating_duration_since(clock.0).as_millis()).unwrap_or(u64::MAX))
    }

    fn instant(self, clock: Clock) -> Instant {
        clock.0.checked_add(Duration::from_millis(self.0)).unwrap_or(clock.0)
    }
}

/// The latest message of a topic.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Latest<'a> {
    /// Its number in the journal, which may have dropped it.
    pub id: u64,
    /// When it came, to the millisecond.
    pub at: Instant,
    /// Its payload, or the beginning of a long one.
    pub head: &'a Arc<[u8]>,
    /// Bytes of the whole payload.
    pub size: usize,
    /// As it was delivered.
    pub qos: QoS,
    /// As it was delivered.
    pub retain: bool,
}

/// What is reported about a topic.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct TopicReport<'a> {
    /// Its name.
    pub topic: &'a Arc<str>,
    /// Messages since the start, at most.
    pub messages: u64,
    /// By how many `messages` may be too high.
    pub inherited: u64,
    /// Bytes of payload since the start.
    pub bytes: u64,
    /// Over the last ten seconds.
    pub rate: Rate,
    /// The latest message.
    pub latest: Latest<'a>,
    /// When its payload became another.
    pub changed: Instant,
}

impl Topics {
    pub(super) fn new(most: usize, most_bytes: usize, now: Instant) -> Self {
        Self {
            places: BTreeMap::new(),
            held: Vec::new(),
            ranks: None,
            most: most.max(1),
            most_bytes,
            bytes: 0,
            evicted: 0,
            others: 0,
            all: Window::new(),
            clock: Clock(now),
        }
    }

    pub(super) fn push(&mut self, id: u64, message: &Message, now: Instant) {
        let (name, size) = (message.topic.as_str(), message.payload.len());
        self.all.push(size, self.clock, now);
        let head = &message.payload[..size.min(LATEST_BYTES)];
        let at = Since::of(now, self.clock);
        let Some(place) = self.place(name, head.len(), at) else {
            self.others += 1;
            return;
        };
        let topic = &mut self.held[place as usize];
        self.bytes = self.bytes + head.len() - topic.head.len();
        let size_of_all = u32::try_from(size).unwrap_or(u32::MAX);
        if topic.size != size_of_all || *topic.head != *head {
            topic.changed = at;
            topic.head = head.into();
        }
        (topic.id, topic.size, topic.qos, topic.retain, topic.at) = (id, size_of_all, message.qos, message.retain, at);
        if let Some(ranks) = &mut self.ranks {
            ranks.remove(&(topic.messages, place));
            ranks.insert((topic.messages + 1, place));
        }
        topic.messages += 1;
        topic.bytes += size as u64;
        topic.window.push(size, self.clock, now);
        // Its latest payload may be longer than the one before.
        while self.bytes > self.most_bytes && self.held.len() > 1 && self.evict().is_some() {}
    }

    /// The place of a topic, a new one if need be; `None` if it is longer than all that may be held.
    fn place(&mut self, name: &str, head: usize, at: Since) -> Option<u32> {
        if let Some(place) = self.places.get(name) {
            return Some(*place);
        }
        let needed = TOPIC_BYTES + name.len() + head;
        if TOPIC_BYTES + name.len() > self.most_bytes {
            return None;
        }
        let mut inherited = 0;
        while self.held.len() >= self.most || (self.bytes + needed > self.most_bytes && !self.held.is_empty()) {
            inherited = self.evict()?;
        }
        let name: Arc<str> = name.into();
        self.bytes += TOPIC_BYTES + name.len();
        let place = u32::try_from(self.held.len()).ok()?;
        if self.held.len() == self.held.capacity() {
            // Not twice as much, which would be megabytes that nothing is in.
            self.held.reserve_exact(self.held.len() / 8 + 16);
        }
        self.held.push(Topic {
            name: name.clone(),
            messages: inherited,
            inherited,
            bytes: 0,
            window: Window::new(),
            id: 0,
            head: Arc::default(),
            size: 0,
            qos: QoS::AtMostOnce,
            retain: false,
            at,
            changed: at,
        });
        self.places.insert(name, place);
        if let Some(ranks) = &mut self.ranks {
            ranks.insert((inherited, place));
        }
        Some(place)
    }

    /// Drops the topic with the fewest messages, and returns how many those were.
    fn evict(&mut self) -> Option<u64> {
        let held = &self.held;
        let ranks =
            self.ranks.get_or_insert_with(|| (0..).zip(held).map(|(place, topic)| (topic.messages, place)).collect());
        let (messages, place) = ranks.pop_first()?;
        // The last one takes its place.
        let moved = u32::try_from(self.held.len() - 1).ok()?;
        if let Some(last) = self.held.last().filter(|_| moved != place) {
            ranks.remove(&(last.messages, moved));
            ranks.insert((last.messages, place));
            self.places.insert(last.name.clone(), place);
        }
        let topic = self.held.swap_remove(place as usize);
        self.places.remove(&topic.name);
        self.bytes -= TOPIC_BYTES + topic.name.len() + topic.head.len();
        self.evicted += 1;
        Some(messages)
    }

    /// How many topics are held.
    pub(crate) fn len(&self) -> usize {
        self.held.len()
    }

    /// Topics that made room for others: beyond those held, as many at most were seen.
    pub(crate) fn evicted(&self) -> u64 {
        self.evicted
    }

    /// Messages of topics that are too long to be held, of which nothing else is known.
    pub(crate) fn others(&self) -> u64 {
        self.others
    }

    /// Over all topics, those that are not held too.
    pub(crate) fn rate(&self, now: Instant) -> Rate {
        self.all.rate(self.clock, now)
    }

    /// What is known of a topic.
    pub(crate) fn get(&self, topic: &str, now: Instant) -> Option<TopicReport<'_>> {
        let place = self.places.get(topic)?;
        Some(self.report(&self.held[*place as usize], now))
    }

    /// The places of the topics that are wanted, by name or the newest first. [`Self::at`] describes each, until the next
    /// message comes.
    pub(crate) fn order(&self, is_wanted: impl Fn(&str) -> bool, is_by_recency: bool) -> Vec<u32> {
        let wanted = self.places.iter().filter(|(name, _)| is_wanted(name));
        let mut places: Vec<_> = wanted.map(|(_, place)| *place).collect();
        if is_by_recency {
            places.sort_unstable_by_key(|place| std::cmp::Reverse(self.held[*place as usize].id));
        }
        places
    }

    /// The topic at a place.
    pub(crate) fn at(&self, place: u32, now: Instant) -> TopicReport<'_> {
        self.report(&self.held[place as usize], now)
    }

    /// Where a topic is among places.
    pub(crate) fn position(&self, places: &[u32], topic: &str) -> Option<usize> {
        let wanted = self.places.get(topic)?;
        places.iter().position(|place| place == wanted)
    }

    /// The topics that send most at present, busiest first; among equals the one with more messages since the start.
    pub(crate) fn busiest(&self, count: usize, now: Instant) -> Vec<TopicReport<'_>> {
        let mut reports: Vec<_> = self.held.iter().map(|topic| self.report(topic, now)).collect();
        reports.sort_by(|a, b| {
            let rate = b.rate.messages.total_cmp(&a.rate.messages);
            rate.then(b.messages.cmp(&a.messages)).then_with(|| a.topic.cmp(b.topic))
        });
        reports.truncate(count);
        reports
    }

    /// The levels of the topics that match, each before those below it; what is deeper than `depth` levels is counted
    /// in the level above.
    pub(crate) fn tree(&self, filter: Option<&TopicFilter>, depth: usize) -> Vec<TreeLine<'_>> {
        let matching = self.places.iter().filter(|(name, _)| filter.is_none_or(|filter| filter.matches(name)));
        tree::lines(matching.map(|(name, place)| (&**name, self.held[*place as usize].messages)), depth)
    }

    fn report<'a>(&'a self, topic: &'a Topic, now: Instant) -> TopicReport<'a> {
        TopicReport {
            topic: &topic.name,
            messages: topic.messages,
            inherited: topic.inherited,
            bytes: topic.bytes,
            rate: topic.window.rate(self.clock, now),
            latest: Latest {
                id: topic.id,
                at: topic.at.instant(self.clock),
                head: &topic.head,
                size: topic.size as usize,
                qos: topic.qos,
                retain: topic.retain,
            },
            changed: topic.changed.instant(self.clock),
        }
    }
}
