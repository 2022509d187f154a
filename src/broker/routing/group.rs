use std::hash::{DefaultHasher, Hash, Hasher};

use super::recipient::{GroupId, Recipient, Subscription};
use crate::broker::id::SessionId;
use crate::mqtt::SharedStrategy;

/// Where a message comes from, for No Local and for [`SharedStrategy::HashClientId`].
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Publisher<'a> {
    /// The session that publishes now; `None` for the broker itself and for a message whose session is over.
    pub(crate) session: Option<SessionId>,
    /// The client identifier, so that the same client maps to the same member after it reconnects.
    pub(crate) client_id: &'a str,
}

/// What distinguishes the groups of one filter.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum GroupName {
    /// `$share/{name}/`.
    Share(Box<str>),
    /// `$queue/`.
    Queue,
    /// `$exclusive/`: a group of one.
    Exclusive,
}

/// The members of one shared subscription, in the order of joining.
#[derive(Debug)]
pub(super) struct Group {
    pub(super) name: GroupName,
    members: Vec<Member>,
    /// How many of them have a connection.
    online: usize,
    /// Whose turn it is.
    turn: usize,
    /// The member that gets all messages for now.
    favourite: Option<SessionId>,
}

#[derive(Debug)]
struct Member {
    session: SessionId,
    is_online: bool,
    subscription: Subscription,
}

impl Group {
    pub(super) fn new(name: GroupName) -> Self {
        Self { name, members: Vec::new(), online: 0, turn: 0, favourite: None }
    }

    /// Adds a member, or changes the one of this session.
    pub(super) fn insert(&mut self, session: SessionId, is_online: bool, subscription: Subscription) {
        if let Some(member) = self.members.iter_mut().find(|member| member.session == session) {
            member.subscription = subscription;
        } else {
            self.members.push(Member { session, is_online, subscription });
            self.online += usize::from(is_online);
        }
    }

    /// Removes the member of a session.
    pub(super) fn remove(&mut self, session: SessionId) {
        self.members.retain(|member| member.session != session);
        self.online = self.members.iter().filter(|member| member.is_online).count();
    }

    pub(super) fn set_online(&mut self, session: SessionId, is_online: bool) {
        if let Some(member) = self.members.iter_mut().find(|member| member.session == session) {
            member.is_online = is_online;
            self.online = self.members.iter().filter(|member| member.is_online).count();
        }
    }

    /// Whether any member has a connection.
    pub(super) fn is_online(&self) -> bool {
        self.online > 0
    }

    /// How many members there are.
    pub(super) fn count(&self) -> usize {
        self.members.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    /// The member that gets a message: one that is online, or any if none is.
    pub(super) fn choose(
        &mut self,
        id: GroupId,
        strategy: SharedStrategy,
        random: &mut fastrand::Rng,
        publisher: Publisher<'_>,
        topic: &str,
    ) -> Option<Recipient> {
        // An exclusive subscription is not shared: its copy is an ordinary one.
        if self.name == GroupName::Exclusive {
            let Member { session, subscription, .. } = self.members.first()?;
            let is_own = subscription.no_local && publisher.session == Some(*session);
            return (!is_own).then(|| subscription.recipient(*session, None));
        }
        let number = if self.online == 0 { self.members.len() } else { self.online };
        let place = match strategy {
            _ if number == 0 => return None,
            SharedStrategy::Random => random.usize(..number),
            SharedStrategy::RoundRobin => {
                self.turn = self.turn.wrapping_add(1);
                self.turn.wrapping_sub(1) % number
            }
            SharedStrategy::HashClientId => place_of(publisher.client_id, number),
            SharedStrategy::HashTopic => place_of(topic, number),
            SharedStrategy::Sticky => {
                let favourite = self.candidates().position(|member| Some(member.session) == self.favourite);
                favourite.unwrap_or_else(|| random.usize(..number))
            }
        };
        // All are online most of the time, and the place is known without a walk.
        let chosen = if number == self.members.len() { self.members.get(place) } else { self.candidates().nth(place) };
        let recipient = chosen.map(|member| member.subscription.recipient(member.session, Some(id)))?;
        self.favourite = Some(recipient.session);
        Some(recipient)
    }

    /// The member that gets a message that `except` cannot finish; an online member is preferred.
    pub(super) fn another(&mut self, id: GroupId, except: SessionId, random: &mut fastrand::Rng) -> Option<Recipient> {
        let others = |is_online| {
            self.members.iter().filter(move |member| member.session != except && member.is_online == is_online)
        };
        let is_online = others(true).next().is_some();
        let number = others(is_online).count();
        let Member { session, subscription, .. } = others(is_online).nth(random.usize(..number.max(1)))?;
        Some(subscription.recipient(*session, Some(id)))
    }

    /// Those that messages are divided among now.
    fn candidates(&self) -> impl Iterator<Item = &Member> {
        self.members.iter().filter(|member| self.online == 0 || member.is_online)
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

    fn group(members: u32) -> Group {
        let mut group = Group::new(GroupName::Queue);
        for member in 0..members {
            group.insert(SessionId(member), true, Subscription::default());
        }
        group
    }

    /// The members that get messages of the publishers to the topics.
    fn chosen(group: &mut Group, strategy: SharedStrategy, publishers: &[&str], topics: &[&str]) -> Vec<u32> {
        let mut random = fastrand::Rng::with_seed(1);
        let mut chosen = Vec::new();
        for client_id in publishers {
            for topic in topics {
                let publisher = Publisher { session: None, client_id };
                let recipient = group.choose(GroupId(0), strategy, &mut random, publisher, topic);
                chosen.push(recipient.unwrap().session.0);
            }
        }
        chosen
    }

    #[test]
    fn an_empty_group_chooses_nobody() {
        let mut random = fastrand::Rng::with_seed(1);
        for strategy in [SharedStrategy::Random, SharedStrategy::RoundRobin, SharedStrategy::Sticky] {
            assert!(group(0).choose(GroupId(0), strategy, &mut random, Publisher::default(), "t").is_none());
        }
        assert!(group(1).another(GroupId(0), SessionId(0), &mut random).is_none());
    }

    #[test]
    fn round_robin_goes_in_the_order_of_coming_past_those_that_are_away() {
        let mut group = group(3);
        assert_eq!(chosen(&mut group, SharedStrategy::RoundRobin, &["p"], &["t"; 4]), [0, 1, 2, 0]);
        group.set_online(SessionId(1), false);
        assert_eq!(chosen(&mut group, SharedStrategy::RoundRobin, &["p"], &["t"; 4]), [0, 2, 0, 2]);
    }

    #[test]
    fn when_all_are_away_one_of_them_keeps_the_message() {
        let mut group = group(2);
        group.set_online(SessionId(0), false);
        group.set_online(SessionId(1), false);
        assert_eq!(chosen(&mut group, SharedStrategy::RoundRobin, &["p"], &["t"; 2]), [0, 1]);
    }

    #[test]
    fn random_reaches_everybody() {
        let reached: BTreeSet<u32> =
            chosen(&mut group(3), SharedStrategy::Random, &["p"], &["t"; 200]).into_iter().collect();
        assert_eq!(reached.len(), 3);
    }

    #[test]
    fn sticky_stays_until_its_member_goes() {
        let mut group = group(3);
        let first = chosen(&mut group, SharedStrategy::Sticky, &["p", "q"], &["t", "u"]);
        assert!(first.iter().all(|member| *member == first[0]), "{first:?}");
        group.set_online(SessionId(first[0]), false);
        let second = chosen(&mut group, SharedStrategy::Sticky, &["p"], &["t"; 5]);
        assert!(second.iter().all(|member| *member == second[0] && *member != first[0]), "{second:?}");
    }

    #[test]
    fn hashes_depend_on_the_publisher_or_on_the_topic_alone() {
        let mut group = group(3);
        let by_topic = chosen(&mut group, SharedStrategy::HashTopic, &["p", "q"], &["t"]);
        assert_eq!(by_topic[0], by_topic[1]);
        let by_publisher = chosen(&mut group, SharedStrategy::HashClientId, &["p"], &["t", "u"]);
        assert_eq!(by_publisher[0], by_publisher[1]);
        let many: Vec<String> = (0..50).map(|number| number.to_string()).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        let reached: BTreeSet<u32> = chosen(&mut group, SharedStrategy::HashTopic, &["p"], &many).into_iter().collect();
        assert_eq!(reached.len(), 3);
    }

    #[test]
    fn another_member_is_online_if_any_is() {
        let (mut group, mut random) = (group(3), fastrand::Rng::with_seed(1));
        group.set_online(SessionId(1), false);
        for _ in 0..20 {
            let other = group.another(GroupId(0), SessionId(0), &mut random).unwrap();
            assert_eq!(other.session, SessionId(2));
        }
        group.set_online(SessionId(2), false);
        assert!(group.another(GroupId(0), SessionId(0), &mut random).is_some_and(|one| one.session != SessionId(0)));
    }
}
