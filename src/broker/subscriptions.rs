use std::collections::HashMap;
use std::num::NonZeroU32;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use bytestring::ByteString;
use rmqtt::types::{ClientId, Id, SubRelation, SubRelations, SubscriptionOptions};

use super::shared::Group;
use super::tree::FilterTree;
use crate::mqtt::{Share, SharedStrategy, TopicFilter};

/// Who subscribed to what, and who of them is connected. Clones share the same state.
///
/// It stands in for rmqtt's own router, which knows no `$queue/`, takes `a/$b` for an invalid topic and gives one
/// client a single copy of a message that it subscribed to both plainly and in a group, or one at too low a QoS when
/// its filters overlap.
#[derive(Debug, Clone)]
pub(super) struct Subscriptions {
    state: Arc<RwLock<State>>,
    strategy: SharedStrategy,
}

#[derive(Debug, Default)]
struct State {
    /// By the filter proper, without prefix.
    by_filter: FilterTree<Subscribers>,
    connected: HashMap<ClientId, Id>,
}

/// All subscriptions to one filter.
#[derive(Debug, Default)]
struct Subscribers {
    plain: HashMap<ClientId, Subscription>,
    groups: HashMap<GroupName, Group>,
}

/// What tells the groups of one filter apart.
#[derive(Debug, PartialEq, Eq, Hash)]
enum GroupName {
    /// `$share/{name}/`.
    Share(Box<str>),
    /// `$queue/`.
    Queue,
    /// `$exclusive/`: a group of one.
    Exclusive,
}

/// One client's subscription to one filter.
#[derive(Debug, Clone)]
pub(super) struct Subscription {
    pub(super) id: Id,
    filter: ByteString,
    options: SubscriptionOptions,
    /// Whether the client had it before it subscribed last.
    renewed: bool,
}

impl Subscriptions {
    pub(super) fn new(strategy: SharedStrategy) -> Self {
        Self { state: Arc::default(), strategy }
    }

    /// Adds a client's subscription, or changes it.
    pub(super) fn insert(&self, filter: &TopicFilter, id: Id, options: SubscriptionOptions) {
        let mut subscription = Subscription { id, filter: filter.to_byte_string(), options, renewed: false };
        let mut state = self.write();
        let subscribers = state.by_filter.get_or_default(filter.body());
        subscription.renewed = subscribers.get(filter, subscription.client_id()).is_some();
        match GroupName::of(filter) {
            Some(name) => {
                subscribers.groups.entry(name).or_default().insert(subscription);
            }
            None => {
                subscribers.plain.insert(subscription.client_id().clone(), subscription);
            }
        }
    }

    /// Takes a session's subscription out; `false` if it has none, or if a later session of its client has it now.
    pub(super) fn remove(&self, filter: &TopicFilter, id: &Id) -> bool {
        let mut state = self.write();
        let Some(subscribers) = state.by_filter.get_mut(filter.body()) else { return false };
        if subscribers.get(filter, &id.client_id).is_none_or(|subscription| subscription.id != *id) {
            return false;
        }
        match GroupName::of(filter) {
            Some(name) => {
                let emptied = subscribers.groups.get_mut(&name).is_some_and(|group| {
                    group.remove(&id.client_id);
                    group.is_empty()
                });
                if emptied {
                    subscribers.groups.remove(&name);
                }
            }
            None => {
                subscribers.plain.remove(&id.client_id);
            }
        }
        if subscribers.plain.is_empty() && subscribers.groups.is_empty() {
            state.by_filter.remove(filter.body());
        }
        true
    }

    /// Whether a client has this subscription.
    pub(super) fn has(&self, filter: &TopicFilter, client_id: &str) -> bool {
        let state = self.read();
        state.by_filter.get(filter.body()).is_some_and(|subscribers| subscribers.get(filter, client_id).is_some())
    }

    /// Whether a filter is exclusive and another client has it.
    pub(super) fn is_taken(&self, filter: &TopicFilter, client_id: &str) -> bool {
        let state = self.read();
        let subscribers = state.by_filter.get(filter.body());
        filter.share() == Share::Exclusive
            && subscribers.is_some_and(|all| {
                all.groups.contains_key(&GroupName::Exclusive) && all.get(filter, client_id).is_none()
            })
    }

    /// Whether a client's subscription was there already when it subscribed last.
    pub(super) fn is_renewed(&self, filter: &TopicFilter, client_id: &str) -> bool {
        let state = self.read();
        let subscribers = state.by_filter.get(filter.body());
        subscribers.and_then(|all| all.get(filter, client_id)).is_some_and(|subscription| subscription.renewed)
    }

    /// Who gets a message: each client once for all its plain subscriptions, at the highest QoS of them
    /// [MQTT-3.3.4-2] and with all their identifiers [MQTT-3.3.4-4], and one member of each group.
    pub(super) fn recipients(&self, publisher: &str, topic: &str) -> SubRelations {
        let state = self.read();
        let matching = state.by_filter.matching(topic);
        let mut recipients = SubRelations::new();
        let mut places: HashMap<&ClientId, usize> = HashMap::new();
        for subscribers in &matching {
            for (client_id, subscription) in &subscribers.plain {
                if subscription.is_own(publisher) {
                    continue;
                }
                // With a single filter nobody comes twice, and the map stays empty.
                let place = places.get(client_id).copied();
                if let Some(recipient) = place.and_then(|place| recipients.get_mut(place)) {
                    subscription.merge_into(recipient);
                    continue;
                }
                if matching.len() > 1 {
                    places.insert(client_id, recipients.len());
                }
                recipients.push(subscription.relation());
            }
        }
        // Behind the plain ones: a client's copy from a group is one of its own.
        for group in matching.iter().flat_map(|subscribers| subscribers.groups.values()) {
            let is_connected = |member: &Subscription| state.connected.contains_key(member.client_id());
            let chosen = group.choose(self.strategy, publisher, topic, is_connected);
            recipients.extend(chosen.filter(|member| !member.is_own(publisher)).map(Subscription::relation));
        }
        recipients
    }

    /// Whether anybody gets a message.
    pub(super) fn has_recipient(&self, publisher: &str, topic: &str) -> bool {
        let state = self.read();
        state.by_filter.matching(topic).iter().any(|subscribers| {
            !subscribers.groups.is_empty() || subscribers.plain.values().any(|one| !one.is_own(publisher))
        })
    }

    /// A session has a connection.
    pub(super) fn connected(&self, id: &Id) {
        self.write().connected.insert(id.client_id.clone(), id.clone());
    }

    /// A session has lost its connection; perhaps a later one of the same client has another.
    pub(super) fn disconnected(&self, id: &Id) {
        let mut state = self.write();
        if state.connected.get(&id.client_id) == Some(id) {
            state.connected.remove(&id.client_id);
        }
    }

    /// Whether a client has a connection.
    pub(super) fn is_connected(&self, client_id: &str) -> bool {
        self.read().connected.contains_key(client_id)
    }

    fn read(&self) -> RwLockReadGuard<'_, State> {
        self.state.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, State> {
        self.state.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Subscribers {
    fn get(&self, filter: &TopicFilter, client_id: &str) -> Option<&Subscription> {
        match GroupName::of(filter) {
            Some(name) => self.groups.get(&name)?.get(client_id),
            None => self.plain.get(client_id),
        }
    }
}

impl Subscription {
    pub(super) fn client_id(&self) -> &ClientId {
        &self.id.client_id
    }

    /// Whether No Local keeps a message of this publisher from its subscriber [MQTT-3.8.3-3].
    fn is_own(&self, publisher: &str) -> bool {
        self.options.no_local() == Some(true) && self.id.client_id == publisher
    }

    fn identifier(&self) -> Option<NonZeroU32> {
        self.options.subscription_identifier()
    }

    fn relation(&self) -> SubRelation {
        let identifiers = self.identifier().map(|identifier| vec![identifier]);
        (self.filter.clone(), self.client_id().clone(), self.options.clone(), identifiers, None)
    }

    fn merge_into(&self, (_, _, options, identifiers, _): &mut SubRelation) {
        if self.options.qos() > options.qos() {
            options.set_qos(self.options.qos());
        }
        if let (SubscriptionOptions::V5(merged), SubscriptionOptions::V5(own)) = (options, &self.options) {
            merged.retain_as_published |= own.retain_as_published;
        }
        if let Some(identifier) = self.identifier() {
            identifiers.get_or_insert_default().push(identifier);
        }
    }

    /// One for tests that only look at the client.
    #[cfg(test)]
    pub(super) fn of(client_id: &str) -> Self {
        Self {
            id: Id::from(1, client_id.to_owned().into()),
            filter: ByteString::new(),
            options: SubscriptionOptions::default(),
            renewed: false,
        }
    }
}

impl GroupName {
    /// The group that a filter joins; `None` for a plain one.
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
mod tests {
    use rmqtt::types::{QoS, SubOptionsV5};

    use super::*;

    fn id(client_id: &str) -> Id {
        Id::from(1, client_id.to_owned().into())
    }

    fn options(qos: QoS, identifier: u32) -> SubscriptionOptions {
        SubscriptionOptions::V5(SubOptionsV5 {
            qos,
            shared_group: None,
            limit_subs: None,
            no_local: false,
            retain_as_published: false,
            retain_handling: rmqtt::codec::v5::RetainHandling::AtSubscribe,
            id: NonZeroU32::new(identifier),
        })
    }

    fn filter(text: &str) -> TopicFilter {
        TopicFilter::parse(text.to_owned()).unwrap()
    }

    #[test]
    fn overlapping_filters_give_one_copy_at_the_highest_qos_with_all_identifiers() {
        let subscriptions = Subscriptions::new(SharedStrategy::Random);
        subscriptions.insert(&filter("a/#"), id("c"), options(QoS::AtMostOnce, 1));
        subscriptions.insert(&filter("a/b"), id("c"), options(QoS::ExactlyOnce, 2));
        let recipients = subscriptions.recipients("p", "a/b");
        assert_eq!(recipients.len(), 1);
        let (_, client_id, options, identifiers, _) = &recipients[0];
        assert_eq!((&**client_id, options.qos()), ("c", QoS::ExactlyOnce));
        let mut identifiers: Vec<u32> = identifiers.as_ref().unwrap().iter().map(|one| one.get()).collect();
        identifiers.sort_unstable();
        assert_eq!(identifiers, [1, 2]);
    }

    #[test]
    fn a_plain_and_a_shared_subscription_of_one_client_give_a_copy_each() {
        let subscriptions = Subscriptions::new(SharedStrategy::Random);
        for text in ["x", "$share/g/x", "$share/h/x", "$queue/x"] {
            subscriptions.insert(&filter(text), id("c"), SubscriptionOptions::default());
        }
        assert_eq!(subscriptions.recipients("p", "x").len(), 4);
    }

    #[test]
    fn a_session_that_was_taken_over_does_not_remove_the_subscription_of_its_successor() {
        let subscriptions = Subscriptions::new(SharedStrategy::Random);
        let (old, new) = (id("c"), Id::new(1, 2, None, None, "c".into(), None));
        subscriptions.insert(&filter("x"), old.clone(), SubscriptionOptions::default());
        assert!(!subscriptions.is_renewed(&filter("x"), "c"));
        subscriptions.insert(&filter("x"), new.clone(), SubscriptionOptions::default());
        assert!(subscriptions.is_renewed(&filter("x"), "c"));
        assert!(!subscriptions.remove(&filter("x"), &old));
        assert!(subscriptions.has_recipient("p", "x"));
        assert!(subscriptions.remove(&filter("x"), &new));
        assert!(!subscriptions.has_recipient("p", "x"));
    }

    #[test]
    fn a_late_goodbye_does_not_disconnect_the_session_that_came_after() {
        let subscriptions = Subscriptions::new(SharedStrategy::RoundRobin);
        let (old, new) = (id("a"), Id::new(1, 2, None, None, "a".into(), None));
        subscriptions.insert(&filter("$queue/x"), new.clone(), SubscriptionOptions::default());
        subscriptions.insert(&filter("$queue/x"), id("b"), SubscriptionOptions::default());
        subscriptions.connected(&old);
        subscriptions.connected(&new);
        subscriptions.disconnected(&old);
        for _ in 0..3 {
            assert_eq!(&*subscriptions.recipients("p", "x")[0].1, "a");
        }
    }
}
