use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use rmqtt::types::ClientId;

use super::subscriptions::Subscription;
use crate::mqtt::SharedStrategy;

/// The members of one shared subscription, in the order of their coming.
#[derive(Debug, Default)]
pub(super) struct Group {
    members: Vec<Subscription>,
    /// Whose turn it is.
    turn: AtomicUsize,
    /// Who has all messages for now.
    favourite: Mutex<Option<ClientId>>,
}

impl Group {
    /// Adds a member, or changes the one of this client.
    pub(super) fn insert(&mut self, subscription: Subscription) {
        let known = self.members.iter_mut().find(|member| member.client_id() == subscription.client_id());
        if let Some(member) = known {
            *member = subscription;
        } else {
            self.members.push(subscription);
        }
    }

    /// The member of a client.
    pub(super) fn get(&self, client_id: &str) -> Option<&Subscription> {
        self.members.iter().find(|member| member.client_id() == client_id)
    }

    /// Takes the member of a client out.
    pub(super) fn remove(&mut self, client_id: &str) {
        self.members.retain(|member| member.client_id() != client_id);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    /// Who gets a message: one of those that are connected, or one of all when none is.
    pub(super) fn choose(
        &self,
        strategy: SharedStrategy,
        publisher: &str,
        topic: &str,
        is_connected: impl Fn(&Subscription) -> bool,
    ) -> Option<&Subscription> {
        let connected = self.members.iter().filter(|member| is_connected(member)).count();
        let candidates = || self.members.iter().filter(|member| connected == 0 || is_connected(member));
        let number = if connected == 0 { self.members.len() } else { connected };
        if number == 0 {
            return None;
        }
        match strategy {
            SharedStrategy::Random => candidates().nth(fastrand::usize(..number)),
            SharedStrategy::RoundRobin => candidates().nth(self.turn.fetch_add(1, Ordering::Relaxed) % number),
            SharedStrategy::HashClientId => candidates().nth(place_of(publisher, number)),
            SharedStrategy::HashTopic => candidates().nth(place_of(topic, number)),
            SharedStrategy::Sticky => {
                let mut favourite = self.favourite.lock().unwrap_or_else(PoisonError::into_inner);
                let chosen = candidates()
                    .find(|member| Some(member.client_id()) == favourite.as_ref())
                    .or_else(|| candidates().nth(fastrand::usize(..number)))?;
                *favourite = Some(chosen.client_id().clone());
                Some(chosen)
            }
        }
    }
}

/// The same place for the same text.
fn place_of(text: &str, number: usize) -> usize {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    // The remainder of a usize by a usize fits.
    usize::try_from(hasher.finish() % number as u64).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn group(names: &[&str]) -> Group {
        let mut group = Group::default();
        for name in names {
            group.insert(Subscription::of(name));
        }
        group
    }

    /// The clients that get messages of the publishers to the topics, while the clients of `away` are not connected.
    fn chosen(
        group: &Group,
        strategy: SharedStrategy,
        publishers: &[&str],
        topics: &[&str],
        away: &[&str],
    ) -> Vec<String> {
        let mut chosen = Vec::new();
        for publisher in publishers {
            for topic in topics {
                let member = group.choose(strategy, publisher, topic, |member| !away.contains(&&**member.client_id()));
                chosen.push(member.unwrap().client_id().to_string());
            }
        }
        chosen
    }

    #[test]
    fn an_empty_group_chooses_nobody() {
        assert!(group(&[]).choose(SharedStrategy::Random, "p", "t", |_| true).is_none());
    }

    #[test]
    fn round_robin_goes_in_the_order_of_coming_past_those_that_are_away() {
        let group = group(&["a", "b", "c"]);
        assert_eq!(chosen(&group, SharedStrategy::RoundRobin, &["p"], &["t"; 4], &[]), ["a", "b", "c", "a"]);
        assert_eq!(chosen(&group, SharedStrategy::RoundRobin, &["p"], &["t"; 4], &["b"]), ["a", "c", "a", "c"]);
    }

    #[test]
    fn when_all_are_away_one_of_them_keeps_the_message() {
        let group = group(&["a", "b"]);
        assert_eq!(chosen(&group, SharedStrategy::RoundRobin, &["p"], &["t"; 2], &["a", "b"]), ["a", "b"]);
    }

    #[test]
    fn random_reaches_everybody() {
        let reached: BTreeSet<String> =
            chosen(&group(&["a", "b", "c"]), SharedStrategy::Random, &["p"], &["t"; 200], &[]).into_iter().collect();
        assert_eq!(reached.len(), 3);
    }

    #[test]
    fn sticky_stays_until_its_member_goes() {
        let group = group(&["a", "b", "c"]);
        let first = chosen(&group, SharedStrategy::Sticky, &["p", "q"], &["t", "u"], &[]);
        assert!(first.iter().all(|client| *client == first[0]), "{first:?}");
        let second = chosen(&group, SharedStrategy::Sticky, &["p"], &["t"; 5], &[&first[0]]);
        assert!(second.iter().all(|client| *client == second[0] && *client != first[0]), "{second:?}");
    }

    #[test]
    fn hashes_depend_on_the_publisher_or_on_the_topic_alone() {
        let group = group(&["a", "b", "c"]);
        let by_topic = chosen(&group, SharedStrategy::HashTopic, &["p", "q"], &["t"], &[]);
        assert_eq!(by_topic[0], by_topic[1]);
        let by_publisher = chosen(&group, SharedStrategy::HashClientId, &["p"], &["t", "u"], &[]);
        assert_eq!(by_publisher[0], by_publisher[1]);
        let many: Vec<String> = (0..50).map(|number| number.to_string()).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        let reached: BTreeSet<String> =
            chosen(&group, SharedStrategy::HashTopic, &["p"], &many, &[]).into_iter().collect();
        assert_eq!(reached.len(), 3);
    }
}
