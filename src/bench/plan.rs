//! A scenario worked out: which client has which identifier, topics and share of the load.

use std::collections::HashMap;
use std::sync::Arc;

use super::pattern::Filling;
use super::{Group, Role, Scenario, Slice};
use crate::mqtt::{QoS, Share, SubscriptionOptions, TopicError, TopicFilter, TopicName};
use crate::session::{ConnectOptions, SubscribeRequest};
use crate::transport::Resolved;

/// A scenario, with its brokers looked up.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) scenario: Scenario,
    /// For each dialer, each endpoint looked up.
    pub(super) resolved: Vec<Vec<Arc<Resolved>>>,
    /// How many deliveries a message to a topic leads to.
    fan_out: FanOut,
}

/// A client by its group and its number there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ClientNumber {
    pub(super) group: usize,
    /// From 0, among all of the group over all shards.
    pub(super) number: u64,
}

/// Who receives what, of this process's own subscribers.
#[derive(Debug, Default)]
struct FanOut {
    exact: HashMap<String, u64>,
    wildcards: Vec<(TopicFilter, u64)>,
}

impl Plan {
    /// Works out a scenario and checks every topic and filter in it.
    pub(super) fn new(scenario: Scenario, resolved: Vec<Vec<Arc<Resolved>>>) -> Result<Self, TopicError> {
        let mut plan = Self { scenario, resolved, fan_out: FanOut::default() };
        let mut filters = HashMap::<TopicFilter, u64>::new();
        let mut random = fastrand::Rng::with_seed(0);
        for group in 0..plan.scenario.groups.len() {
            for client in plan.own(group) {
                match &plan.scenario.groups[group].role {
                    Role::Subscribe(_) => {
                        for options in plan.subscribe_request(client, &mut random)?.filters {
                            *filters.entry(options.filter).or_default() += 1;
                        }
                    }
                    // One client stands for all: only the placeholders differ, and they are text.
                    Role::Publish(_) if client.number == plan.slice(group).first => {
                        plan.topic(client, 0, &mut random)?;
                    }
                    _ => {}
                }
            }
        }
        for (filter, count) in filters {
            let count = if matches!(filter.share(), Share::All) { count } else { 1 };
            if filter.has_wildcards() {
                plan.fan_out.wildcards.push((filter, count));
            } else {
                *plan.fan_out.exact.entry(filter.body().to_owned()).or_default() += count;
            }
        }
        Ok(plan)
    }

    pub(super) fn slice(&self, group: usize) -> Slice {
        self.scenario.slice(&self.scenario.groups[group])
    }

    pub(super) fn group(&self, client: ClientNumber) -> &Group {
        &self.scenario.groups[client.group]
    }

    fn own(&self, group: usize) -> impl Iterator<Item = ClientNumber> + use<> {
        let slice = self.slice(group);
        (0..slice.len()).map(move |place| ClientNumber { group, number: slice.number(place) })
    }

    /// Which dialer and which endpoint a client takes: both in turn, and all pairs of them before any again.
    pub(super) fn way(&self, client: ClientNumber) -> (usize, usize) {
        let (dialers, endpoints) = (self.scenario.dialers.len().max(1), self.scenario.endpoints.len().max(1));
        let number = usize::try_from(client.number).unwrap_or_default();
        (number / endpoints % dialers, number % endpoints)
    }

    /// What CONNECT says for a client.
    pub(super) fn connect_options(&self, client: ClientNumber) -> ConnectOptions {
        let mut options = self.scenario.session.clone();
        let mut random = random_of(client);
        let (client_id, user_name) = self.names(client, &mut random);
        options.client_id = client_id.into();
        if let Some(user_name) = user_name {
            options.user_name = Some(user_name.into());
        }
        if let Role::Publish(publish) = &self.group(client).role {
            options.maximum_outstanding = publish.window;
        }
        options
    }

    /// Where a client's message goes.
    pub(super) fn topic(
        &self,
        client: ClientNumber,
        sequence: u64,
        random: &mut fastrand::Rng,
    ) -> Result<TopicName, TopicError> {
        let Role::Publish(publish) = &self.group(client).role else { return TopicName::parse("") };
        let sequence = if publish.topics > 0 { sequence % publish.topics + 1 } else { sequence };
        TopicName::parse(self.fill(client, &publish.topic, sequence, random))
    }

    /// A pattern filled for a client and a message.
    pub(super) fn fill(
        &self,
        client: ClientNumber,
        pattern: &super::Pattern,
        sequence: u64,
        random: &mut fastrand::Rng,
    ) -> String {
        let (client_id, user_name) = self.names(client, &mut random_of(client));
        let user_name = user_name.as_deref().or(self.scenario.session.user_name.as_deref()).unwrap_or_default();
        pattern.fill(Filling { number: client.number + 1, client_id: &client_id, user_name, sequence }, random)
    }

    /// What a client subscribes to.
    pub(super) fn subscribe_request(
        &self,
        client: ClientNumber,
        random: &mut fastrand::Rng,
    ) -> Result<SubscribeRequest, TopicError> {
        let Role::Subscribe(subscribe) = &self.group(client).role else { return Ok(SubscribeRequest::default()) };
        let mut request = SubscribeRequest {
            subscription_identifier: subscribe.subscription_identifier,
            ..SubscribeRequest::default()
        };
        for pattern in &subscribe.filters {
            let filter = TopicFilter::parse(self.fill(client, &pattern.filter, 1, random))?;
            request.filters.push(SubscriptionOptions {
                filter,
                qos: pattern.qos,
                no_local: pattern.no_local,
                retain_as_published: pattern.retain_as_published,
                retain_handling: pattern.retain_handling,
            });
        }
        Ok(request)
    }

    /// How many of our own subscribers get a message to this topic.
    pub(super) fn fan_out(&self, topic: &TopicName) -> u64 {
        let exact = self.fan_out.exact.get(topic.as_str()).copied().unwrap_or_default();
        let matching = self.fan_out.wildcards.iter().filter(|(filter, _)| filter.matches(topic.as_str()));
        exact + matching.map(|(_, count)| count).sum::<u64>()
    }

    /// Whether losses can be told: somebody publishes and somebody receives, in this process.
    pub(super) fn knows_what_to_expect(&self) -> bool {
        self.scenario.publishes() && self.scenario.subscribes()
    }

    /// The highest QoS that anybody publishes with.
    pub(super) fn highest_qos(&self) -> QoS {
        self.scenario.publishers().map(|(_, publish)| publish.qos).max().unwrap_or_default()
    }

    fn names(&self, client: ClientNumber, random: &mut fastrand::Rng) -> (String, Option<String>) {
        let number = client.number + 1;
        let fixed_name = self.scenario.session.user_name.as_deref().unwrap_or_default();
        let filling = Filling { number, client_id: "", user_name: fixed_name, sequence: number };
        let client_id = self.group(client).client_id.fill(filling, random);
        let user_name = self.scenario.user_name.as_ref();
        let user_name = user_name.map(|name| name.fill(Filling { client_id: &client_id, ..filling }, random));
        (client_id, user_name)
    }
}

/// The same names each time that a client is asked for its own.
fn random_of(client: ClientNumber) -> fastrand::Rng {
    fastrand::Rng::with_seed(client.number ^ (client.group as u64) << 48 ^ 0x5DEE_CE66)
}
