//! What a run does: groups of clients, their load, and when it ends. Complete: nothing in it means "unset".

use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use super::{Measure, Needs, Precision, Rate, StampPlace, Stampable, Text, Threshold, Trace};
use crate::mqtt::{PublishProperties, QoS, RetainHandling, Version};
use crate::payload::{Codec, Rows};
use crate::session::{Authenticator, ConnectOptions};
use crate::transport::{Backoff, Dialer, Endpoint};

/// One run of the load generator.
#[derive(Debug, Clone)]
pub(crate) struct Scenario {
    /// Brokers, in turn over the clients; at least one.
    pub endpoints: Vec<Endpoint>,
    /// How they are reached: of each way, one a source address, in turn over the clients.
    pub dialers: Vec<Dialer>,
    /// How many source addresses there are; at least one.
    pub sources: usize,
    /// What CONNECT says but for what [`Login`] has.
    pub session: ConnectOptions,
    /// Clients of the same kind; subscribers first, so that nothing is published without receivers.
    pub groups: Vec<Group>,
    /// What happens, one after another; at least one.
    pub phases: Vec<Phase>,
    /// Delay between one connect and the next; none: as many at a time as `handshakes` allows.
    pub connect_interval: Duration,
    /// How many connects may be in progress at a time.
    pub handshakes: usize,
    /// What happens to a client whose connection is lost.
    pub reconnect: Option<Reconnect>,
    /// Part of the run at its beginning that is left out of latencies and rates.
    pub warmup: Duration,
    /// How long to wait for what is still on its way without seeing any of it come.
    pub drain: Duration,
    /// How exactly planned times are kept.
    pub precision: Precision,
    /// Threads.
    pub workers: usize,
    /// Which part of a run over several machines.
    pub shard: Shard,
    /// The number before that of the first client of each group.
    pub start_number: u64,
    /// Random number of the run, in its stamps.
    pub run: u32,
    /// Where stamps of received messages are looked for; at least one place.
    pub stamp_places: Vec<StampPlace>,
    /// From where what is random in messages is drawn.
    pub seed: u64,
    /// Trust one-way times from the clocks of other machines.
    pub trust_foreign_clocks: bool,
}

/// When a client connects again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Reconnect {
    /// How long to wait before each attempt, and how many there are in a row.
    pub backoff: Backoff,
    /// A connection that lasted this long resets the count: the next loss counts attempts from 1 again.
    pub stable_after: Duration,
    /// Whether a client that has never connected tries again too.
    pub also_first: bool,
}

/// Part `index` of `count`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Shard {
    /// From 0.
    pub index: u64,
    /// At least 1.
    pub count: u64,
}

/// A part of a run.
///
/// First its changes are carried out, and all clients have to be connected again: this is what a reconnect storm, a flood of
/// retained messages and the resumption of sessions measure. Then its time begins, and its groups act.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Phase {
    /// As the report names it.
    pub name: String,
    /// Which groups, by their place, connect, leave or are cut off before it.
    pub changes: Vec<(usize, Change)>,
    /// Who publishes, or connects again and again, in it.
    pub acts: Vec<Act>,
    /// When it is over.
    pub until: Until,
}

/// What happens to a group between two phases.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Change {
    /// Its clients connect, as fast as the scenario allows connects.
    Connect,
    /// Its clients leave with DISCONNECT.
    Disconnect,
    /// All of its connections are closed at once, without DISCONNECT, and opened again at once.
    Drop,
}

/// A group acts, at its own rate times a factor that may change evenly over the phase.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Act {
    /// Which group, by its place.
    pub group: usize,
    /// The factor in the beginning.
    pub from: f64,
    /// The factor at the end; different from `from` only if the phase has a duration.
    pub to: f64,
}

/// When a phase is over: the first of these.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Until {
    /// It has lasted so long, a warm-up included.
    pub elapsed: Option<Duration>,
    /// This process has received so many messages in all.
    pub received: Option<u64>,
    /// Everything that its groups are to send is sent and answered.
    pub done: bool,
}

/// Clients of one kind.
#[derive(Debug, Clone)]
pub(crate) struct Group {
    /// As the report names it.
    pub name: String,
    /// How many, over all shards.
    pub clients: u64,
    /// Their identifiers.
    pub client_id: Text,
    /// What else each says of itself.
    pub login: Login,
    /// Which of the scenario's brokers they connect to, in turn.
    pub endpoints: Range<usize>,
    /// Which way of the scenario's they take.
    pub way: usize,
    /// What CONNECT says in the place of [`Scenario::session`], where the group says so.
    pub session: Option<Box<ConnectOptions>>,
    /// The protocol's version.
    pub version: Version,
    /// What they do.
    pub role: Role,
    /// How long the broker keeps their sessions when they are away; `None`: each connection begins anew.
    pub kept_session: Option<KeptSession>,
    /// The group whose clients publish this, by its place: one flow of several over the same connections. It has no
    /// connections of its own, and as many clients as that group. `None`: a group of clients.
    pub flow_of: Option<usize>,
}

/// The identity of the clients of a group, by number or row.
#[derive(Clone, Default)]
pub(crate) struct Login {
    /// User Name.
    pub user_name: Option<Text>,
    /// Password.
    pub password: Option<Text>,
    /// PEM files of the certificate and its key, where each client has its own, and what encrypted keys are opened with.
    pub certificate: Option<(Text, Text, Option<String>)>,
    /// Texts of the will; the rest of it is in [`Scenario::session`].
    pub will: Option<WillTexts>,
    /// User properties of CONNECT.
    pub user_properties: Vec<(Text, Text)>,
    /// Headers of a WebSocket's request, where each client has its own: all of them.
    pub headers: Vec<(String, Text)>,
    /// A row for each client.
    pub rows: Option<Arc<Rows>>,
    /// Enhanced authentication, in which the password is not sent.
    pub authentication: Option<Authentication>,
}

/// Makes what authenticates a client, of its user name and its password.
pub(crate) type Authentication = Arc<dyn Fn(&str, &str) -> Box<dyn Authenticator> + Send + Sync>;

/// Texts of a will.
#[derive(Debug, Clone)]
pub(crate) struct WillTexts {
    /// Where to.
    pub topic: Text,
    /// The payload; `None`: bytes that are not text.
    pub payload: Option<Text>,
    /// User properties.
    pub user_properties: Vec<(Text, Text)>,
}

impl std::fmt::Debug for Login {
    /// Without the password.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { user_name, will, user_properties, rows, .. } = self;
        let mut shown = f.debug_struct("Login");
        shown.field("user_name", user_name).field("will", will).field("user_properties", user_properties);
        shown.field("rows", rows).finish_non_exhaustive()
    }
}

/// A session that outlives its connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct KeptSession {
    /// Session Expiry Interval, seconds; 3.1.1 knows none.
    pub expiry: u32,
}

/// What a client does.
#[derive(Debug, Clone)]
pub(crate) enum Role {
    /// Stays connected.
    Idle,
    /// Connects, stays for a while, leaves, and does so again.
    Churn(Churn),
    /// Publishes.
    Publish(Box<Publish>),
    /// Receives.
    Subscribe(Box<Subscribe>),
}

/// How clients, or subscriptions, come and go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Churn {
    /// Connects, or subscriptions, of all of them together.
    pub rate: Rate,
    /// How long each stays, from CONNACK or SUBACK.
    pub stay: Duration,
}

/// What a publisher does.
#[derive(Debug, Clone)]
pub(crate) struct Publish {
    /// Where to.
    pub topic: Text,
    /// How many topics each client has in turn, numbered by `{sequence}`; 0: it is the number of the message.
    pub topics: u64,
    /// Assurance.
    pub qos: QoS,
    /// The broker keeps the messages.
    pub retain: bool,
    /// Each is sent with DUP, which is only useful to test a broker.
    pub marked_duplicate: bool,
    /// MQTT 5.0 only; without user properties.
    pub properties: Option<Arc<PublishProperties>>,
    /// User properties, the same for all messages of a client.
    pub user_properties: Vec<(Text, Text)>,
    /// What.
    pub payload: Payload,
    /// Where each message says its number and its time; `None`: nowhere.
    pub stamp: Option<StampPlace>,
    /// What turns a filled template into a payload; `None`: it is one.
    pub codec: Option<Arc<Codec>>,
    /// When.
    pub load: Load,
    /// How many are due at a time, of all clients together; at least one.
    pub burst: u64,
    /// Rates that change; those of `load` are their average.
    pub trace: Option<Arc<Trace>>,
    /// How many messages all of the group in all shards publish, in each phase in which it acts.
    pub limit: Option<u64>,
    /// How many may be in flight, as far as the broker's Receive Maximum goes; `None`: see
    /// [`ConnectOptions::inflight`].
    pub window: Option<u16>,
    /// Each message is a request, and its response is waited for.
    pub request: Option<Request>,
}

/// How responses to requests come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Request {
    /// Where to: a topic, or a filter where the number of the request is in it.
    pub topic: Text,
    /// What tells which request a response answers.
    pub correlation: Correlation,
    /// How long each may take, from its sending.
    pub timeout: Duration,
}

/// What tells which request a response answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Correlation {
    /// Correlation Data, MQTT 5.0 only.
    Data,
    /// The number of the request, which is a level of the response's topic.
    Level(usize),
    /// The order: each response answers the first request that has none.
    Order,
}

/// What is published.
#[derive(Debug, Clone)]
pub(crate) enum Payload {
    /// The same bytes each time, or several in turn.
    Fixed(Vec<Bytes>),
    /// The same but for a stamp in it, or several in turn.
    Stamped(Vec<Stampable>),
    /// A text of its own for each message, of one or several in turn; at least one.
    Template(Vec<Text>),
}

/// When messages are sent.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Load {
    /// Evenly, at this rate for all clients together.
    Even(Rate),
    /// The same on average, as from many independent senders.
    Poisson(Rate),
    /// As fast as the window and the socket allow. Without planned times, latencies cannot be corrected.
    Unpaced {
        /// Measure from sending to acknowledgement; costs throughput, as acknowledgements are read at once.
        latency: bool,
    },
}

impl Load {
    /// The same at a rate times a factor.
    #[must_use]
    pub(crate) fn scaled(self, factor: f64) -> Self {
        match self {
            Self::Even(rate) => Self::Even(rate.scaled(factor)),
            Self::Poisson(rate) => Self::Poisson(rate.scaled(factor)),
            Self::Unpaced { .. } => self,
        }
    }
}

/// What a subscriber does.
#[derive(Debug, Clone)]
pub(crate) struct Subscribe {
    /// What to receive, each a filter when filled.
    pub filters: Vec<FilterPattern>,
    /// MQTT 5.0 only.
    pub subscription_identifier: Option<u32>,
    /// MQTT 5.0 only.
    pub user_properties: Vec<(Text, Text)>,
    /// Where stamps are, besides where the run's own publishers put them.
    pub stamp: Option<StampPlace>,
    /// It subscribes and unsubscribes again and again.
    pub churn: Option<Churn>,
    /// How long each message takes it, one after another; it is acknowledged when that is over.
    pub processing: Duration,
    /// It answers each message.
    pub reply: Option<Reply>,
}

/// How requests are answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reply {
    /// Where to, if a request does not say; wildcards are what those of the filter stood for.
    pub topic: Option<String>,
    /// What; `None`: the request's own payload.
    pub payload: Option<Bytes>,
    /// Assurance; `None`: as the request came.
    pub qos: Option<QoS>,
}

/// One filter with its options.
#[derive(Debug, Clone)]
pub(crate) struct FilterPattern {
    /// The filter.
    pub filter: Text,
    /// The highest QoS.
    pub qos: QoS,
    /// Not one's own.
    pub no_local: bool,
    /// Keep the retain flag.
    pub retain_as_published: bool,
    /// Whether retained messages come.
    pub retain_handling: RetainHandling,
}

impl Scenario {
    /// How many clients there are, over all shards.
    pub(crate) fn clients(&self) -> u64 {
        self.connecting().fold(0, |sum, group| sum.saturating_add(group.clients))
    }

    /// The groups that have connections of their own.
    pub(crate) fn connecting(&self) -> impl Iterator<Item = &Group> {
        self.groups.iter().filter(|group| group.flow_of.is_none())
    }

    /// How many of them this process has.
    pub(crate) fn own_clients(&self) -> u64 {
        self.connecting().fold(0, |sum, group| sum.saturating_add(self.slice(group).len()))
    }

    /// This process's part of a group.
    pub(crate) fn slice(&self, group: &Group) -> super::Slice {
        super::Slice::all(group.clients).part(self.shard.index, self.shard.count)
    }

    /// Whether any client publishes.
    pub(crate) fn publishes(&self) -> bool {
        self.publishers().next().is_some()
    }

    /// Whether only a signal or a threshold ends it.
    pub(crate) fn is_endless(&self) -> bool {
        self.phases.iter().any(|phase| phase.until == Until::default())
    }

    /// Whether any client receives.
    pub(crate) fn subscribes(&self) -> bool {
        self.groups.iter().any(|group| matches!(&group.role, Role::Subscribe(subscribe) if subscribe.churn.is_none()))
    }

    /// Whether any client subscribes and unsubscribes again and again.
    pub(crate) fn has_passing_subscriptions(&self) -> bool {
        self.groups.iter().any(|group| matches!(&group.role, Role::Subscribe(subscribe) if subscribe.churn.is_some()))
    }

    /// Whether any client waits for responses.
    pub(crate) fn makes_requests(&self) -> bool {
        self.publishers().any(|(_, publish)| publish.request.is_some())
    }

    /// Whether any subscription is shared, so that each receiver gets a part.
    pub(crate) fn shares_subscriptions(&self) -> bool {
        let is_shared = |filter: &FilterPattern| {
            filter.filter.as_str().starts_with("$share/") || filter.filter.as_str().starts_with("$queue/")
        };
        self.groups.iter().any(|group| match &group.role {
            Role::Subscribe(subscribe) => subscribe.filters.iter().any(is_shared),
            _ => false,
        })
    }

    /// What the publishers do.
    pub(crate) fn publishers(&self) -> impl Iterator<Item = (&Group, &Publish)> {
        self.groups.iter().filter_map(|group| match &group.role {
            Role::Publish(publish) => Some((group, &**publish)),
            _ => None,
        })
    }

    /// The same run at another rate of all publishers together, which have to be of one group.
    #[must_use]
    pub(crate) fn at_rate(&self, rate: Rate) -> Self {
        let mut scenario = self.clone();
        scenario.run = scenario.run.wrapping_add(1);
        for group in &mut scenario.groups {
            if let Role::Publish(publish) = &mut group.role {
                publish.load = match publish.load {
                    Load::Poisson(_) => Load::Poisson(rate),
                    _ => Load::Even(rate),
                };
            }
        }
        scenario
    }

    /// Why a threshold cannot be judged by what this run measures.
    pub(crate) fn cannot_judge(&self, threshold: &Threshold) -> Option<&'static str> {
        if let Some(name) = threshold.group() {
            return match self.groups.iter().find(|group| group.name == name) {
                _ if self.groups.len() < 2 => Some("the run has no groups"),
                Some(group) => threshold.cannot_be_of_group(group.measure()),
                None => Some("the run has no group of this name"),
            };
        }
        let paced = self.planned_per_second().is_some();
        let acknowledged = self.publishers().any(|(_, publish)| publish.qos > QoS::AtMostOnce);
        let numbered = !self.publishes() || self.stamps();
        match threshold.needs() {
            Needs::Plan if !self.publishes() => Some("nothing is published in this run"),
            Needs::Plan if !paced => Some("an unpaced run has no planned times"),
            Needs::Publishers | Needs::Acknowledgements if !self.publishes() => {
                Some("nothing is published in this run")
            }
            Needs::Acknowledgements if !acknowledged => Some("QoS 0 is not acknowledged"),
            Needs::Subscribers | Needs::Losses | Needs::Numbers if !self.subscribes() => {
                Some("nothing is received in this run")
            }
            Needs::Losses if !self.publishes() && self.shares_subscriptions() => {
                Some("a member of a shared subscription does not know what the others receive")
            }
            Needs::Numbers if !numbered => {
                Some("the payload carries no number: use --stamp, or --payload-size of 32 or more")
            }
            Needs::Requests if !self.makes_requests() => Some("no requests are made in this run"),
            Needs::Passing if !self.has_passing_subscriptions() => Some("no subscriptions come and go in this run"),
            Needs::Ramp if self.connect_interval.is_zero() => Some("no rate of connects is asked for"),
            Needs::Latency(measure) => self.cannot_measure(measure, paced, acknowledged),
            _ => None,
        }
    }

    fn cannot_measure(&self, measure: Measure, paced: bool, acknowledged: bool) -> Option<&'static str> {
        let times_acknowledgements =
            !self.publishers().any(|(_, publish)| publish.load == Load::Unpaced { latency: false });
        match measure {
            Measure::E2e | Measure::E2eUncorrected if !self.subscribes() => Some("nothing is received in this run"),
            Measure::E2e | Measure::E2eUncorrected if self.publishes() && !self.stamps() => {
                Some("the payload carries no time: use --stamp, or --payload-size of 32 or more")
            }
            Measure::Ack | Measure::AckUncorrected | Measure::SendDelay if !self.publishes() => {
                Some("nothing is published in this run")
            }
            Measure::Ack if !paced => Some("an unpaced run has no corrected latency: use ack_uncorrected"),
            Measure::Ack | Measure::AckUncorrected if !acknowledged => Some("QoS 0 is not acknowledged"),
            Measure::AckUncorrected if !times_acknowledgements => {
                Some("an unpaced run measures no latency without --latency")
            }
            Measure::CoreDelay if !self.publishes() => Some("nothing is published in this run"),
            Measure::SendDelay if !paced => Some("without planned times nothing is delayed"),
            Measure::Online if !self.plans_connects() => Some("no connect of this run has a planned time"),
            Measure::Backlog if self.phases.len() < 2 || !self.subscribes() => {
                Some("no messages are queued at the broker in this run")
            }
            Measure::Suback if !self.subscribes() && !self.makes_requests() && !self.has_passing_subscriptions() => {
                Some("no client subscribes in this run")
            }
            Measure::Unsuback if !self.has_passing_subscriptions() => Some("no subscriptions come and go in this run"),
            Measure::Response if !self.makes_requests() => Some("no requests are made in this run"),
            _ => None,
        }
    }

    /// Whether payloads carry number and time; what takes retained messages away has none to carry them.
    pub(crate) fn stamps(&self) -> bool {
        self.publishers().all(|(_, publish)| match &publish.payload {
            _ if publish.stamp.is_some() => true,
            Payload::Fixed(payloads) => publish.retain && payloads.iter().all(Bytes::is_empty),
            Payload::Stamped(_) | Payload::Template(_) => false,
        })
    }

    /// Whether clients come back after their connections were cut, or come and go.
    pub(crate) fn plans_connects(&self) -> bool {
        let drops = |phase: &Phase| phase.changes.iter().any(|(_, change)| *change == Change::Drop);
        self.phases.iter().any(drops) || self.groups.iter().any(|group| matches!(group.role, Role::Churn(_)))
    }

    /// The latency that the series shows: the longest way that is measured.
    pub(crate) fn series_measure(&self) -> Measure {
        match (self.publishes(), self.subscribes()) {
            _ if self.makes_requests() => Measure::Response,
            (_, true) => Measure::E2e,
            (true, false) => {
                let paced = self.publishers().any(|(_, publish)| !matches!(publish.load, Load::Unpaced { .. }));
                if paced { Measure::Ack } else { Measure::AckUncorrected }
            }
            (false, false) if self.plans_connects() => Measure::Online,
            (false, false) if self.has_passing_subscriptions() => Measure::Suback,
            (false, false) => Measure::Connack,
        }
    }

    /// The latency that a threshold means where it names none: of the longest way that is measured, of its group or of the
    /// whole run.
    pub(crate) fn way_of(&self, threshold: &Threshold) -> Measure {
        let group = self.groups.iter().find(|group| Some(group.name.as_str()) == threshold.group());
        group.map_or_else(|| self.way(), Group::measure)
    }

    /// The same, of the whole run.
    fn way(&self) -> Measure {
        let acknowledged = self.publishers().any(|(_, publish)| publish.qos > QoS::AtMostOnce);
        match (self.subscribes(), acknowledged) {
            _ if self.makes_requests() => Measure::Response,
            (true, _) => Measure::E2e,
            (false, true) => Measure::Ack,
            (false, false) if self.publishes() => Measure::SendDelay,
            (false, false) if self.has_passing_subscriptions() => Measure::Suback,
            (false, false) => Measure::Connack,
        }
    }

    /// Whether a threshold may end this run before its time: by a count that only grows, or by the latency that the
    /// series shows.
    pub(crate) fn can_judge_early(&self, threshold: &Threshold) -> bool {
        threshold.may_be_judged_early()
            && !matches!(threshold.needs(), Needs::Latency(measure) if measure != self.series_measure())
    }

    /// Messages a second that all publishers of all shards together are to send; `None` when any is unpaced.
    pub(crate) fn planned_per_second(&self) -> Option<f64> {
        let mut sum = None;
        for (_, publish) in self.publishers() {
            match publish.load {
                Load::Even(rate) | Load::Poisson(rate) => *sum.get_or_insert(0.0) += rate.per_second(),
                Load::Unpaced { .. } => return None,
            }
        }
        sum
    }
}

impl Role {
    /// Whether it does something by a plan in the phases.
    pub(crate) fn acts(&self) -> bool {
        match self {
            Self::Publish(_) | Self::Churn(_) => true,
            Self::Subscribe(subscribe) => subscribe.churn.is_some(),
            Self::Idle => false,
        }
    }
}

impl Group {
    /// The latency that is of most interest of it.
    pub(crate) fn measure(&self) -> Measure {
        match &self.role {
            Role::Subscribe(subscribe) if subscribe.churn.is_some() => Measure::Suback,
            Role::Subscribe(_) => Measure::E2e,
            Role::Publish(publish) if publish.request.is_some() => Measure::Response,
            Role::Publish(publish) => match (publish.qos, publish.load) {
                (QoS::AtMostOnce, _) => Measure::SendDelay,
                (_, Load::Unpaced { .. }) => Measure::AckUncorrected,
                _ => Measure::Ack,
            },
            Role::Churn(_) => Measure::Online,
            Role::Idle => Measure::Connack,
        }
    }
}

impl Phase {
    /// One of which all groups that can act do, at their own rate, and before which those connect that it is given.
    pub(crate) fn only(groups: &[Group], until: Until) -> Self {
        let act =
            |(place, group): (usize, &Group)| group.role.acts().then_some(Act { group: place, from: 1.0, to: 1.0 });
        let connects = |(place, group): (usize, &Group)| {
            let by_itself = matches!(group.role, Role::Churn(_)) || group.flow_of.is_some();
            (!by_itself).then_some((place, Change::Connect))
        };
        Self {
            name: "run".to_owned(),
            changes: groups.iter().enumerate().filter_map(connects).collect(),
            acts: groups.iter().enumerate().filter_map(act).collect(),
            until,
        }
    }
}

impl FilterPattern {
    /// A filter with a QoS, and the defaults of 3.1.1.
    pub(crate) fn new(filter: Text, qos: QoS) -> Self {
        let retain_handling = RetainHandling::SendAtSubscribe;
        Self { filter, qos, no_local: false, retain_as_published: false, retain_handling }
    }
}
