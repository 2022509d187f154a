//! A scenario worked out: which client has which identifier, topics and share of the load.

mod fan_out;
mod filling;

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use fan_out::{FanOut, Presence, receivers};
use filling::Filling;

use super::{ALL_WATCHED, Change, Correlation, Group, Role, Scenario, Slice, Taps, Text};
use crate::mqtt::{
    PublishProperties, QoS, RetainHandling, Share, SubscriptionOptions, TopicError, TopicFilter, TopicName,
    UserProperties,
};
use crate::payload::Rows;
use crate::payload::placeholder::{Drawer, Name};
use crate::session::{Acknowledge, ConnectOptions, InvalidOptions, Session, SubscribeRequest};
use crate::transport::{Resolved, Stream, TlsIdentity};

/// A scenario, with its brokers looked up.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) scenario: Scenario,
    /// For each dialer, each endpoint that is reached by it, looked up.
    pub(super) resolved: Vec<Vec<Option<Arc<Resolved>>>>,
    /// For each group, how many deliveries to its clients a message to a topic leads to.
    fan_out: Vec<FanOut>,
    /// Subscriptions of each group that have not come about. Few, and none in most runs.
    absent: Mutex<HashMap<(usize, TopicFilter), u64>>,
    has_absent: AtomicBool,
    /// For each phase, which groups are there in it, and which have a session that waits for them.
    receivers: Vec<Vec<(usize, Presence)>>,
    /// For each group, which of its flows, by their places, its clients publish: itself, or those of its own.
    flows: Vec<Vec<usize>>,
    /// For each group, the number of its first publisher in stamps.
    first_publishers: Vec<u64>,
    taps: Option<Taps>,
}

/// A client by its group and its number there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ClientNumber {
    pub(super) group: usize,
    /// From 0, among all of the group over all shards.
    pub(super) number: u64,
}

/// How many deliveries a message leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Expected {
    /// To connected clients.
    pub(super) now: u32,
    /// To sessions of absent clients.
    pub(super) later: u32,
}

impl Plan {
    /// Works out a scenario and checks every topic and filter in it.
    pub(super) fn new(
        scenario: Scenario,
        resolved: Vec<Vec<Option<Arc<Resolved>>>>,
        taps: Option<Taps>,
    ) -> Result<Self, TopicError> {
        let receivers = receivers(&scenario);
        let (absent, has_absent) = (Mutex::default(), AtomicBool::default());
        let (flows, first_publishers) = (flows(&scenario), first_publishers(&scenario));
        let fan_out = Vec::new();
        let mut plan =
            Self { scenario, resolved, fan_out, absent, has_absent, receivers, flows, first_publishers, taps };
        for group in 0..plan.scenario.groups.len() {
            let mut filters = HashMap::<TopicFilter, u64>::new();
            for client in plan.own(group) {
                match &plan.scenario.groups[group].role {
                    // How many of those that come and go get a message is not planned.
                    Role::Subscribe(subscribe) if subscribe.churn.is_none() => {
                        for options in plan.subscribe_request(client)?.filters {
                            *filters.entry(options.filter).or_default() += 1;
                        }
                    }
                    // One client represents all, as only the placeholders differ, and they are text.
                    Role::Publish(_) if client.number == plan.slice(group).first => {
                        plan.topic(client, 0, &mut plan.message_drawer(client))?;
                        plan.listens(client)?;
                    }
                    _ => {}
                }
            }
            plan.fan_out.push(FanOut::new(filters));
        }
        Ok(plan)
    }

    pub(super) fn slice(&self, group: usize) -> Slice {
        self.scenario.slice(&self.scenario.groups[group])
    }

    pub(super) fn group(&self, client: ClientNumber) -> &Group {
        &self.scenario.groups[client.group]
    }

    /// What a client publishes: the places of its flows.
    pub(super) fn flows(&self, client: ClientNumber) -> &[usize] {
        &self.flows[client.group]
    }

    /// The number of a client in the stamps of a flow: of no other one in the run.
    #[expect(clippy::cast_possible_truncation, reason = "a number of the protocol's own width, which wraps")]
    pub(super) fn publisher(&self, client: ClientNumber) -> u32 {
        (self.first_publishers[client.group] + client.number) as u32
    }

    fn own(&self, group: usize) -> impl Iterator<Item = ClientNumber> + use<> {
        let slice = self.slice(group);
        (0..slice.len()).map(move |place| ClientNumber { group, number: slice.number(place) })
    }

    /// Which dialer and which endpoint a client takes: both in turn, and all pairs of them before any again.
    pub(super) fn way(&self, client: ClientNumber) -> (usize, usize) {
        let group = self.group(client);
        let (sources, endpoints) = (self.scenario.sources.max(1), group.endpoints.len().max(1));
        let number = usize::try_from(client.number).unwrap_or_default();
        (group.way * sources + number / endpoints % sources, group.endpoints.start + number % endpoints)
    }

    /// What CONNECT says for a client.
    pub(super) fn connect_options(&self, client: ClientNumber) -> ConnectOptions {
        let mut drawer = self.drawer_of(client);
        let group = self.group(client);
        let mut options = group.session.as_deref().unwrap_or(&self.scenario.session).clone();
        let (client_id, user_name) = self.names(client, &mut drawer);
        options.version = group.version;
        // In as many bytes as it has: one is kept for each client.
        options.client_id = client_id.into_boxed_str().into();
        options.user_name = user_name.map(Into::into);
        let mut fill = |text: &Text| self.fill(client, text, 1, &mut drawer);
        options.password = group.login.password.as_ref().map(|password| fill(password).into()).or(options.password);
        if let (Some(will), Some(texts)) = (&mut options.will, &group.login.will) {
            // One that is not a topic once filled is left as it was written, and the broker is asked about that.
            will.topic = TopicName::parse(fill(&texts.topic)).unwrap_or_else(|_| will.topic.clone());
            if let Some(payload) = &texts.payload {
                will.payload = fill(payload).into();
            }
            will.properties.user_properties = pairs(&texts.user_properties, &mut fill);
        }
        options.properties.user_properties = pairs(&group.login.user_properties, &mut fill);
        if let Some(kept) = self.group(client).kept_session {
            options.clean_start = false;
            options.properties.session_expiry_interval = Some(kept.expiry).filter(|_| options.version.is_v5());
        }
        let windows = self.flows(client).iter().filter_map(|flow| match &self.scenario.groups[*flow].role {
            Role::Publish(publish) => publish.window,
            _ => None,
        });
        if let Role::Subscribe(subscribe) = &self.group(client).role
            && !subscribe.processing.is_zero()
        {
            options.acknowledge = Acknowledge::Manual;
        }
        if let Some(window) = windows.max() {
            options.inflight = Some(window);
        }
        options
    }

    /// A client's session.
    pub(super) fn session(&self, client: ClientNumber) -> Result<Session, InvalidOptions> {
        let mut options = self.connect_options(client);
        let Some(authentication) = &self.group(client).login.authentication else { return Session::new(options) };
        let password = options.password.take().unwrap_or_default();
        let user_name = options.user_name.clone().unwrap_or_default();
        let authenticator = authentication(&user_name, &String::from_utf8_lossy(&password));
        let mut session = Session::new(options)?;
        session.set_authenticator(authenticator)?;
        Ok(session)
    }

    /// The files of a client's own certificate, where it has one.
    pub(super) fn certificate(&self, client: ClientNumber) -> Option<TlsIdentity> {
        let (certificate, key, key_password) = self.group(client).login.certificate.as_ref()?;
        let mut drawer = self.drawer_of(client);
        let mut fill = |text: &Text| self.fill(client, text, 1, &mut drawer).into();
        Some(TlsIdentity { certificate: fill(certificate), key: fill(key), key_password: key_password.clone() })
    }

    /// The headers of a client's own WebSocket, where it has some.
    pub(super) fn headers(&self, client: ClientNumber) -> Option<Vec<(String, String)>> {
        let headers = &self.group(client).login.headers;
        let mut drawer = self.drawer_of(client);
        let mut fill = |(name, value): &(String, Text)| (name.clone(), self.fill(client, value, 1, &mut drawer));
        (!headers.is_empty()).then(|| headers.iter().map(&mut fill).collect())
    }

    /// What is the same in all messages of a client, besides their topic.
    pub(super) fn publish_properties(&self, client: ClientNumber) -> Option<Arc<PublishProperties>> {
        let Role::Publish(publish) = &self.group(client).role else { return None };
        let listens = publish.request.as_ref().filter(|request| request.correlation == Correlation::Data);
        if (publish.user_properties.is_empty() && listens.is_none()) || !self.group(client).version.is_v5() {
            return publish.properties.clone();
        }
        let mut drawer = self.drawer_of(client);
        let mut fill = |text: &Text| self.fill(client, text, 1, &mut drawer);
        let user_properties = pairs(&publish.user_properties, &mut fill);
        let common = publish.properties.clone().unwrap_or_default().as_ref().clone();
        let response_topic = listens.map(|request| fill(&request.topic)).or(common.response_topic);
        Some(Arc::new(PublishProperties { response_topic, user_properties, ..common }))
    }

    /// Where the responses to a flow of a client come.
    pub(super) fn listens(&self, client: ClientNumber) -> Result<Option<SubscriptionOptions>, TopicError> {
        let Role::Publish(publish) = &self.group(client).role else { return Ok(None) };
        let Some(request) = &publish.request else { return Ok(None) };
        let filter = TopicFilter::parse(self.fill(client, &request.topic, 1, &mut self.drawer_of(client)))?;
        Ok(Some(SubscriptionOptions {
            filter,
            qos: publish.qos,
            no_local: false,
            retain_as_published: false,
            retain_handling: RetainHandling::DoNotSend,
        }))
    }

    fn row(&self, client: ClientNumber) -> Option<(&Rows, usize)> {
        let rows = self.group(client).login.rows.as_deref()?;
        Some((rows, rows.of_client(client.number)))
    }

    /// A client's new stream, with a tap if it is traced.
    pub(super) fn watched(&self, client: ClientNumber, stream: Stream) -> Stream {
        let is_watched = self.scenario.own_clients() <= ALL_WATCHED || client.number == self.slice(client.group).first;
        match &self.taps {
            Some(taps) if is_watched => taps.on(&self.names(client, &mut self.drawer_of(client)).0, stream),
            _ => stream,
        }
    }

    /// The topic of a client's message.
    pub(super) fn topic(
        &self,
        client: ClientNumber,
        sequence: u64,
        drawer: &mut Drawer,
    ) -> Result<TopicName, TopicError> {
        let Role::Publish(publish) = &self.group(client).role else { return TopicName::parse("") };
        drawer.begin(sequence);
        let sequence = if publish.topics > 0 { sequence % publish.topics + 1 } else { sequence };
        let mut topic = String::with_capacity(publish.topic.as_str().len() + 16);
        self.fill_into(client, &publish.topic, sequence, drawer, &mut topic);
        TopicName::parse(topic)
    }

    /// What a client draws the parts of its messages and filters from: the same values in each run with the same `--seed`.
    pub(super) fn message_drawer(&self, client: ClientNumber) -> Drawer {
        Drawer::seeded(self.scenario.seed.rotate_left(32) ^ seed_of(client))
    }

    fn fill(&self, client: ClientNumber, pattern: &Text, sequence: u64, drawer: &mut Drawer) -> String {
        let mut text = String::with_capacity(pattern.as_str().len() + 16);
        self.fill_into(client, pattern, sequence, drawer, &mut text);
        text
    }

    /// Appends a pattern filled for a client and a message.
    pub(super) fn fill_into(
        &self,
        client: ClientNumber,
        pattern: &Text,
        sequence: u64,
        drawer: &mut Drawer,
        out: &mut String,
    ) {
        // Only a pattern that shows the names pays for them.
        let names = [Name::ClientId, Name::Username];
        let (client_id, user_name) = if names.into_iter().any(|name| pattern.asks_for(name)) {
            self.names(client, &mut self.drawer_of(client))
        } else {
            (String::new(), None)
        };
        let user_name = user_name.as_deref().unwrap_or_default();
        let row = self.row(client);
        let filling = Filling { number: self.number_of(client), client_id: &client_id, user_name, sequence, row };
        filling.append(pattern, drawer, out);
    }

    /// What a client subscribes to.
    pub(super) fn subscribe_request(&self, client: ClientNumber) -> Result<SubscribeRequest, TopicError> {
        let Role::Subscribe(subscribe) = &self.group(client).role else { return Ok(SubscribeRequest::default()) };
        let drawer = &mut self.message_drawer(client);
        let mut request = SubscribeRequest {
            subscription_identifier: subscribe.subscription_identifier,
            user_properties: pairs(&subscribe.user_properties, &mut |text| self.fill(client, text, 1, drawer)),
            ..SubscribeRequest::default()
        };
        for pattern in &subscribe.filters {
            let filter = TopicFilter::parse(self.fill(client, &pattern.filter, 1, drawer))?;
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

    /// How many of our own subscribers get a message that is published to this topic in a phase.
    pub(super) fn fan_out(&self, phase: usize, topic: &TopicName) -> Expected {
        let mut expected = Expected::default();
        for (group, presence) in self.receivers.get(phase).into_iter().flatten() {
            let absent = if self.has_absent.load(Ordering::Acquire) { self.absent_of(*group, topic) } else { 0 };
            let count = self.fan_out[*group].of(topic).saturating_sub(absent);
            let count = u32::try_from(count).unwrap_or(u32::MAX);
            match presence {
                Presence::There => expected.now = expected.now.saturating_add(count),
                Presence::Waiting => expected.later = expected.later.saturating_add(count),
            }
        }
        expected
    }

    /// A subscription of a client has not come about, by its place among the client's own; nothing is expected by it.
    /// What is shared is expected all the same: the other members get it.
    pub(super) fn has_not_subscribed(&self, client: ClientNumber, place: usize) {
        let Ok(request) = self.subscribe_request(client) else { return };
        let filter = request.filters.into_iter().nth(place).map(|options| options.filter);
        if let Some(filter) = filter.filter(|filter| matches!(filter.share(), Share::All)) {
            let mut absent = self.absent.lock().unwrap_or_else(PoisonError::into_inner);
            *absent.entry((client.group, filter)).or_default() += 1;
            self.has_absent.store(true, Ordering::Release);
        }
    }

    fn absent_of(&self, group: usize, topic: &TopicName) -> u64 {
        let absent = self.absent.lock().unwrap_or_else(PoisonError::into_inner);
        let matching = absent.iter().filter(|((of, filter), _)| *of == group && filter.matches(topic.as_str()));
        matching.map(|(_, count)| count).sum()
    }

    /// How many deliveries of a retained message to this topic the changes before a phase lead to.
    pub(super) fn retained_fan_out(&self, phase: usize, topic: &TopicName) -> u64 {
        let is_sent = |group: &Group| match &group.role {
            // Shared subscriptions get no retained messages [MQTT-4.8.2-24].
            Role::Subscribe(subscribe) => {
                subscribe.filters.iter().any(|filter| filter.retain_handling != RetainHandling::DoNotSend)
            }
            _ => false,
        };
        let comes = |(group, change): &&(usize, Change)| {
            *change != Change::Disconnect && is_sent(&self.scenario.groups[*group])
        };
        let changes = self.scenario.phases.get(phase).map_or(&[][..], |phase| &phase.changes);
        changes.iter().filter(comes).map(|(group, _)| self.fan_out[*group].unshared(topic)).sum()
    }

    /// Whether losses can be detected: there are publishers and receivers in this process.
    pub(super) fn knows_what_to_expect(&self) -> bool {
        self.scenario.publishes() && self.scenario.subscribes()
    }

    /// The highest QoS of any publisher.
    pub(super) fn highest_qos(&self) -> QoS {
        self.scenario.publishers().map(|(_, publish)| publish.qos).max().unwrap_or_default()
    }

    /// The number that `{client}` is.
    fn number_of(&self, client: ClientNumber) -> u64 {
        self.scenario.start_number.saturating_add(client.number + 1)
    }

    /// The same names each time that a client is asked for its own, by whichever of its flows.
    fn drawer_of(&self, client: ClientNumber) -> Drawer {
        let group = self.group(client).flow_of.unwrap_or(client.group);
        Drawer::seeded(seed_of(ClientNumber { group, ..client }))
    }

    fn names(&self, client: ClientNumber, drawer: &mut Drawer) -> (String, Option<String>) {
        let number = self.number_of(client);
        let login = &self.group(client).login;
        let fixed_name = login.user_name.as_ref().map_or("", Text::as_str);
        let filling = Filling { number, client_id: "", user_name: fixed_name, sequence: number, row: self.row(client) };
        let client_id = filling.of(&self.group(client).client_id, drawer);
        let user_name = login.user_name.as_ref();
        let user_name = user_name.map(|name| Filling { client_id: &client_id, ..filling }.of(name, drawer));
        (client_id, user_name)
    }
}

/// Names and values, filled.
fn pairs(texts: &[(Text, Text)], fill: &mut impl FnMut(&Text) -> String) -> UserProperties {
    texts.iter().map(|(name, value)| (fill(name), fill(value))).collect()
}

/// For each group, what its clients publish.
fn flows(scenario: &Scenario) -> Vec<Vec<usize>> {
    let places = |place: usize| {
        let is_own = |(at, group): &(usize, &Group)| {
            matches!(group.role, Role::Publish(_)) && group.flow_of.unwrap_or(*at) == place
        };
        scenario.groups.iter().enumerate().filter(is_own).map(|(at, _)| at).collect()
    };
    (0..scenario.groups.len()).map(places).collect()
}

/// For each group, how many clients those before it have.
fn first_publishers(scenario: &Scenario) -> Vec<u64> {
    let before = |sum: &mut u64, group: &Group| {
        let first = *sum;
        *sum = sum.saturating_add(group.clients);
        Some(first)
    };
    scenario.groups.iter().scan(0, before).collect()
}

fn seed_of(client: ClientNumber) -> u64 {
    client.number ^ (client.group as u64) << 48 ^ 0x5DEE_CE66
}
