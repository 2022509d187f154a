//! What a run does: groups of clients, and the phases in which they act. Complete: nothing in it means "unset".

use std::time::Duration;

use bytes::Bytes;

use super::group::{Group, Role};
use super::phase::{Change, Phase, Until};
use super::publish::{Load, Payload, Publish};
use super::subscribe::FilterPattern;
use super::{Precision, Rate, StampPlace};
use crate::session::ConnectOptions;
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
    /// What CONNECT says but for what [`Login`](super::Login) has.
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
