use std::collections::BTreeSet;
use std::time::Instant;

use super::limits::{Full, Limits, Usage};
use crate::broker::levels::{LevelTree, MAXIMUM_LEVELS, NodeId};
use crate::mqtt::{TopicFilter, TopicName};

/// The last retained message of each topic.
#[derive(Debug)]
pub(crate) struct Retained<T> {
    by_topic: LevelTree<Option<Kept<T>>>,
    /// Those that expire, by when.
    expiring: BTreeSet<(Instant, NodeId)>,
    usage: Usage,
}

/// A retained message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Kept<T> {
    pub(crate) topic: TopicName,
    pub(crate) message: T,
    /// When its Message Expiry Interval is over.
    pub(crate) expires: Option<Instant>,
    bytes: usize,
}

impl<T> Retained<T> {
    pub(crate) fn new(limits: Limits) -> Self {
        Self { by_topic: LevelTree::new(), expiring: BTreeSet::new(), usage: Usage::new(limits) }
    }

    /// How many there are, those included that have expired since [`Self::remove_expired`] was called last.
    pub(crate) fn count(&self) -> usize {
        self.usage.messages()
    }

    /// The sum of the `bytes` of all.
    pub(crate) fn bytes(&self) -> usize {
        self.usage.bytes()
    }

    /// Keeps a message in place of the earlier one of its topic [MQTT-3.3.1-5].
    ///
    /// # Errors
    ///
    /// A limit is reached even without those that have expired. The earlier message of the topic stays.
    pub(crate) fn set(
        &mut self,
        topic: TopicName,
        message: T,
        bytes: usize,
        expires: Option<Instant>,
        now: Instant,
    ) -> Result<(), Full> {
        self.remove_expired(now);
        if topic.as_str().split('/').nth(MAXIMUM_LEVELS).is_some() {
            return Err(Full::Levels(MAXIMUM_LEVELS));
        }
        let earlier = self.by_topic.find(topic.as_str());
        let earlier = earlier.and_then(|node| self.by_topic.get(node)).and_then(Option::as_ref);
        let (instead, expired) = (earlier.map(|kept| kept.bytes), earlier.and_then(|kept| kept.expires));
        self.usage.add(bytes, instead)?;
        let node = self.by_topic.entry(topic.as_str());
        self.expiring.extend(expires.map(|at| (at, node)));
        if let Some(at) = expired.filter(|at| Some(*at) != expires) {
            self.expiring.remove(&(at, node));
        }
        if let Some(place) = self.by_topic.get_mut(node) {
            *place = Some(Kept { topic, message, expires, bytes });
        }
        Ok(())
    }

    /// Forgets the message of a topic [MQTT-3.3.1-6]; `None` if there is none.
    pub(crate) fn clear(&mut self, topic: &str) -> Option<T> {
        let node = self.by_topic.find(topic)?;
        self.take(node).map(|kept| kept.message)
    }

    /// The messages that a filter matches and that have not expired, ordered by topic.
    pub(crate) fn matching(&self, filter: &TopicFilter, now: Instant) -> Vec<&Kept<T>> {
        let nodes = self.by_topic.matched_by(filter.body());
        let kept = nodes.into_iter().filter_map(|node| self.by_topic.get(node)?.as_ref());
        let mut kept: Vec<_> = kept.filter(|kept| kept.expires.is_none_or(|at| at > now)).collect();
        kept.sort_unstable_by(|one, other| one.topic.cmp(&other.topic));
        kept
    }

    /// Forgets the messages whose time is over.
    pub(crate) fn remove_expired(&mut self, now: Instant) {
        while let Some((at, node)) = self.expiring.first().copied()
            && at <= now
        {
            self.expiring.pop_first();
            self.take(node);
        }
    }

    fn take(&mut self, node: NodeId) -> Option<Kept<T>> {
        let kept = self.by_topic.get_mut(node)?.take()?;
        self.by_topic.release(node, kept.topic.as_str());
        if let Some(at) = kept.expires {
            self.expiring.remove(&(at, node));
        }
        self.usage.take(kept.bytes);
        Some(kept)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;

    use super::*;

    const LIMITS: Limits = Limits { messages: 3, bytes: 100 };

    fn topic(text: &str) -> TopicName {
        TopicName::parse(text).unwrap()
    }

    fn found(retained: &Retained<u32>, filter: &str, now: Instant) -> Vec<u32> {
        let filter = TopicFilter::parse(filter).unwrap();
        retained.matching(&filter, now).into_iter().map(|kept| kept.message).collect()
    }

    #[test]
    fn the_last_message_of_a_topic_is_kept_until_it_is_cleared() {
        let (mut retained, now) = (Retained::new(LIMITS), Instant::now());
        for (text, message) in [("a/b", 1), ("a", 2), ("a/b", 3), ("$SYS/x", 4)] {
            retained.set(topic(text), message, 1, None, now).unwrap();
        }
        assert_eq!(found(&retained, "#", now), [2, 3]);
        assert_eq!(found(&retained, "a/b", now), [3]);
        assert_eq!(found(&retained, "$SYS/#", now), [4]);
        assert_eq!((retained.count(), retained.bytes()), (3, 3));
        assert_eq!((retained.clear("a/b"), retained.clear("a/b"), retained.clear("b")), (Some(3), None, None));
        assert_eq!(found(&retained, "#", now), [2]);
    }

    #[test]
    fn messages_come_ordered_by_topic() {
        let (mut retained, now) = (Retained::new(Limits { messages: 30, bytes: 100 }), Instant::now());
        for number in (10..40).rev() {
            retained.set(topic(&format!("a/{number}/x")), number, 1, None, now).unwrap();
        }
        assert_eq!(found(&retained, "a/+/x", now), (10..40).collect::<Vec<_>>());
    }

    #[test]
    fn an_expired_message_is_not_found_and_makes_room() {
        let (mut retained, start) = (Retained::new(LIMITS), Instant::now());
        let second = Duration::from_secs(1);
        for (text, message, seconds) in [("a", 1, 1), ("b", 2, 1), ("c", 3, 9)] {
            retained.set(topic(text), message, 1, Some(start + second * seconds), start).unwrap();
        }
        // One that is renewed expires when the new one does.
        retained.set(topic("b"), 4, 1, None, start).unwrap();
        assert_eq!(retained.set(topic("d"), 5, 1, None, start), Err(Full::Messages(3)));
        assert_eq!(found(&retained, "#", start), [1, 4, 3]);
        assert_eq!(found(&retained, "#", start + second), [4, 3]);
        retained.set(topic("d"), 5, 1, None, start + second).unwrap();
        assert_eq!(found(&retained, "#", start + second * 9), [4, 5]);
    }

    #[test]
    fn a_limit_keeps_what_there_is() {
        let (mut retained, now) = (Retained::new(LIMITS), Instant::now());
        retained.set(topic("a"), 1, 60, None, now).unwrap();
        retained.set(topic("b"), 2, 40, None, now).unwrap();
        assert_eq!(retained.set(topic("b"), 3, 41, None, now), Err(Full::Bytes(100)));
        assert_eq!(retained.set(topic("c"), 3, 1, None, now), Err(Full::Bytes(100)));
        assert_eq!(found(&retained, "#", now), [1, 2]);
        retained.set(topic("a"), 4, 59, None, now).unwrap();
        retained.set(topic("c"), 5, 1, None, now).unwrap();
        assert_eq!(retained.set(topic("d"), 6, 0, None, now), Err(Full::Messages(3)));
        assert_eq!((found(&retained, "#", now), retained.bytes()), (vec![4, 2, 5], 100));
    }

    proptest! {
        #[test]
        fn what_a_filter_finds_is_what_a_list_would(
            steps in prop::collection::vec(("\\$?[ab](/[ab]){0,2}", 0..3_u64, prop::option::of(1..9_u64)), 1..40),
            filter in "(\\$a|[ab+])(/[ab+]){0,2}(/#)?|#",
        ) {
            let (mut now, filter) = (Instant::now(), TopicFilter::parse(filter).unwrap());
            let mut retained = Retained::new(Limits { messages: 100, bytes: 10_000 });
            let mut naive: std::collections::BTreeMap<String, (usize, Option<Instant>)> = std::collections::BTreeMap::new();
            for (number, (text, wait, expiry)) in steps.into_iter().enumerate() {
                now += Duration::from_secs(wait);
                let expires = expiry.map(|seconds| now + Duration::from_secs(seconds));
                if number % 5 == 4 {
                    retained.clear(&text);
                    naive.remove(&text);
                } else {
                    retained.set(topic(&text), number, 10, expires, now).unwrap();
                    naive.insert(text, (number, expires));
                }
                naive.retain(|_, (_, expires)| expires.is_none_or(|at| at > now));
                let found: Vec<_> = retained.matching(&filter, now).into_iter().map(|kept| kept.message).collect();
                let expected: Vec<_> =
                    naive.iter().filter(|(topic, _)| filter.matches(topic)).map(|(_, (number, _))| *number).collect();
                prop_assert_eq!(found, expected);
                retained.remove_expired(now);
                prop_assert_eq!((retained.count(), retained.bytes()), (naive.len(), naive.len() * 10));
            }
        }
    }
}
