use std::collections::HashMap;

use super::group::{Group, GroupName, Publisher};
use super::recipient::{GroupId, Recipient, Subscription};
use crate::broker::id::SessionId;
use crate::broker::levels::{LevelTree, MAXIMUM_LEVELS, NodeId};
use crate::mqtt::{Share, SharedStrategy, TopicFilter};

/// All subscriptions of all sessions.
///
/// Finding the recipients of a message takes a step for each level of its topic and one for each recipient, and no
/// allocation, except for a session that gets it for several subscriptions that have identifiers.
#[derive(Debug)]
pub(crate) struct Subscriptions {
    /// By the filter proper, without prefix.
    by_filter: LevelTree<Subscribers>,
    groups: HashMap<GroupId, Group>,
    next_group: u64,
    sessions: HashMap<SessionId, u32>,
    slots: Vec<Slot>,
    free: Vec<u32>,
    strategy: SharedStrategy,
    random: fastrand::Rng,
    count: usize,
    /// Which search it is: what a slot remembers of an earlier one does not count.
    search: u32,
    /// The result of a search: kept to reuse its memory.
    found: Vec<NodeId>,
}

/// The outcome of a subscription.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Inserted {
    /// The session did not have it yet.
    New,
    /// The session had it; its options are the new ones now.
    Renewed,
    /// It is `$exclusive/`, and another session has it.
    Taken,
    /// The filter has more than [`MAXIMUM_LEVELS`].
    TooDeep,
}

/// All subscriptions to one filter.
#[derive(Debug, Default)]
struct Subscribers {
    plain: Vec<Plain>,
    groups: Vec<GroupId>,
}

/// An ordinary subscription.
#[derive(Debug)]
struct Plain {
    session: SessionId,
    /// Where the session is in `slots`.
    slot: u32,
    subscription: Subscription,
}

/// The state of one session.
#[derive(Debug, Default)]
struct Slot {
    is_online: bool,
    filters: HashMap<TopicFilter, Place>,
    /// The search that found it last, and where in the answer it is.
    search: u32,
    answer: u32,
}

/// Where a subscription is kept.
#[derive(Debug, Clone, Copy)]
enum Place {
    /// In a node, at an index of its `plain`.
    Plain(NodeId, u32),
    Group(NodeId, GroupId),
}

impl Subscriptions {
    /// Empty; `seed` is for the strategies that choose at random.
    pub(crate) fn new(strategy: SharedStrategy, seed: u64) -> Self {
        Self {
            by_filter: LevelTree::new(),
            groups: HashMap::new(),
            next_group: 0,
            sessions: HashMap::new(),
            slots: Vec::new(),
            free: Vec::new(),
            strategy,
            random: fastrand::Rng::with_seed(seed),
            count: 0,
            search: 0,
            found: Vec::new(),
        }
    }

    /// How many there are.
    pub(crate) fn count(&self) -> usize {
        self.count
    }

    /// How many of them are shared.
    pub(crate) fn shared_count(&self) -> usize {
        let shared = self.groups.values().filter(|group| group.name != GroupName::Exclusive);
        shared.map(Group::count).sum()
    }

    /// Whether a session has a connection. One that has subscriptions has a connection until it is said to have none.
    pub(crate) fn set_online(&mut self, session: SessionId, is_online: bool) {
        let slot = self.slot(session);
        let slot = &mut self.slots[slot as usize];
        slot.is_online = is_online;
        for place in slot.filters.values() {
            if let Place::Group(_, group) = place
                && let Some(group) = self.groups.get_mut(group)
            {
                group.set_online(session, is_online);
            }
        }
    }

    /// Adds a session's subscription, or changes it.
    pub(crate) fn insert(&mut self, session: SessionId, filter: &TopicFilter, subscription: Subscription) -> Inserted {
        if filter.body().split('/').nth(MAXIMUM_LEVELS).is_some() {
            return Inserted::TooDeep;
        }
        let slot = self.slot(session);
        let Slot { filters, is_online, .. } = &self.slots[slot as usize];
        let is_online = *is_online;
        match filters.get(filter) {
            Some(Place::Plain(node, at)) => {
                if let Some(plain) = self.by_filter.get_mut(*node).and_then(|all| all.plain.get_mut(*at as usize)) {
                    plain.subscription = subscription;
                }
                return Inserted::Renewed;
            }
            Some(Place::Group(_, group)) => {
                if let Some(group) = self.groups.get_mut(group) {
                    group.insert(session, is_online, subscription);
                }
                return Inserted::Renewed;
            }
            None => {}
        }
        let node = self.by_filter.entry(filter.body());
        let Some(subscribers) = self.by_filter.get_mut(node) else { return Inserted::TooDeep };
        let place = if let Some(name) = GroupName::of(filter) {
            let known =
                subscribers.groups.iter().find(|id| self.groups.get(id).is_some_and(|group| group.name == name));
            let id = known.copied().unwrap_or(GroupId(self.next_group));
            if known.is_none() {
                subscribers.groups.push(id);
                self.next_group += 1;
            } else if name == GroupName::Exclusive {
                return Inserted::Taken;
            }
            self.groups.entry(id).or_insert_with(|| Group::new(name)).insert(session, is_online, subscription);
            Place::Group(node, id)
        } else {
            subscribers.plain.push(Plain { session, slot, subscription });
            // Four billion subscriptions would need more memory than exists.
            Place::Plain(node, u32::try_from(subscribers.plain.len() - 1).unwrap_or(u32::MAX))
        };
        self.slots[slot as usize].filters.insert(filter.clone(), place);
        self.count += 1;
        Inserted::New
    }

    /// Removes a subscription of a session; `false` if it has none.
    pub(crate) fn remove(&mut self, session: SessionId, filter: &TopicFilter) -> bool {
        let Some(slot) = self.sessions.get(&session) else { return false };
        let Some(place) = self.slots[*slot as usize].filters.remove(filter) else { return false };
        self.take_out(session, filter, place);
        true
    }

    /// Removes a session with all its subscriptions.
    pub(crate) fn remove_session(&mut self, session: SessionId) {
        let Some(slot) = self.sessions.remove(&session) else { return };
        for (filter, place) in std::mem::take(&mut self.slots[slot as usize]).filters {
            self.take_out(session, &filter, place);
        }
        self.free.push(slot);
    }

    /// What a session subscribed to, in no particular order.
    #[cfg(test)]
    pub(crate) fn filters(&self, session: SessionId) -> impl Iterator<Item = &TopicFilter> {
        let slot = self.sessions.get(&session);
        slot.into_iter().flat_map(|slot| self.slots[*slot as usize].filters.keys())
    }

    /// Replaces the content of `recipients` with the recipients of a message.
    ///
    /// Each session comes once for all its ordinary subscriptions, with the highest of their QoS [MQTT-3.3.4-2] and all
    /// of their identifiers [MQTT-3.3.4-4], and once for each shared subscription that chose it.
    pub(crate) fn recipients(&mut self, topic: &str, publisher: Publisher<'_>, recipients: &mut Vec<Recipient>) {
        recipients.clear();
        let mut found = std::mem::take(&mut self.found);
        self.by_filter.matching(topic, &mut found);
        self.search = self.search.wrapping_add(1);
        // With a single filter, no session occurs twice.
        let overlap = found.len() > 1;
        for subscribers in found.iter().filter_map(|node| self.by_filter.get(*node)) {
            for Plain { session, slot, subscription } in &subscribers.plain {
                if subscription.no_local && publisher.session == Some(*session) {
                    continue;
                }
                if overlap {
                    let slot = &mut self.slots[*slot as usize];
                    if slot.search == self.search
                        && let Some(recipient) = recipients.get_mut(slot.answer as usize)
                        && recipient.session == *session
                    {
                        recipient.merge(*subscription);
                        continue;
                    }
                    slot.search = self.search;
                    slot.answer = u32::try_from(recipients.len()).unwrap_or(u32::MAX);
                }
                recipients.push(subscription.recipient(*session, None));
            }
        }
        // After the ordinary ones, as a copy for a group is not merged with them.
        for subscribers in found.iter().filter_map(|node| self.by_filter.get(*node)) {
            for id in &subscribers.groups {
                let Some(group) = self.groups.get_mut(id) else { continue };
                recipients.extend(group.choose(*id, self.strategy, &mut self.random, publisher, topic));
            }
        }
        found.clear();
        self.found = found;
    }

    /// Another member for a message that `except` got for its group and cannot finish, as its session is over or its
    /// connection lost. `None`: the group is gone or has no other member.
    ///
    /// An online member comes first; if the one that comes is not online, no other is.
    pub(crate) fn another_member(&mut self, group: GroupId, except: SessionId) -> Option<Recipient> {
        self.groups.get_mut(&group)?.another(group, except, &mut self.random)
    }

    /// Whether a member of a shared subscription has a connection.
    pub(crate) fn has_online_member(&self, group: GroupId) -> bool {
        self.groups.get(&group).is_some_and(super::group::Group::is_online)
    }

    /// Whether a session has a connection.
    #[cfg(test)]
    pub(crate) fn is_online(&self, session: SessionId) -> bool {
        self.sessions.get(&session).is_some_and(|slot| self.slots[*slot as usize].is_online)
    }

    fn slot(&mut self, session: SessionId) -> u32 {
        *self.sessions.entry(session).or_insert_with(|| {
            let slot = Slot { is_online: true, ..Slot::default() };
            if let Some(free) = self.free.pop() {
                self.slots[free as usize] = slot;
                return free;
            }
            self.slots.push(slot);
            // There are no more sessions than there are numbers for them.
            u32::try_from(self.slots.len() - 1).unwrap_or(u32::MAX)
        })
    }

    /// Takes out what the session's slot has given up already.
    fn take_out(&mut self, session: SessionId, filter: &TopicFilter, place: Place) {
        self.count -= 1;
        let (Place::Plain(node, _) | Place::Group(node, _)) = place;
        let Some(subscribers) = self.by_filter.get_mut(node) else { return };
        match place {
            Place::Plain(_, at) => {
                subscribers.plain.swap_remove(at as usize);
                // All ordinary subscriptions of a node have the same text.
                if let Some(moved) = subscribers.plain.get(at as usize)
                    && let Some(Place::Plain(_, place)) = self.slots[moved.slot as usize].filters.get_mut(filter)
                {
                    *place = at;
                }
            }
            Place::Group(_, id) => {
                if let Some(group) = self.groups.get_mut(&id) {
                    group.remove(session);
                    if group.is_empty() {
                        self.groups.remove(&id);
                        subscribers.groups.retain(|other| *other != id);
                    }
                }
            }
        }
        if subscribers.plain.is_empty() && subscribers.groups.is_empty() {
            self.by_filter.release(node, filter.body());
        }
    }
}

impl GroupName {
    /// The group that a filter joins; `None` for an ordinary one.
    fn of(filter: &TopicFilter) -> Option<Self> {
        match filter.share() {
            Share::All => None,
            Share::Group(name) => Some(Self::Share(name.into())),
            Share::Queue => Some(Self::Queue),
            Share::Exclusive => Some(Self::Exclusive),
        }
    }
}

#[cfg(test)]
#[path = "tests/mod.rs"]
mod tests;
