use std::collections::{HashMap, VecDeque};
use std::time::{Instant, SystemTime};

use bytestring::ByteString;

use super::client::Client;
use super::link::Link;
use super::notice::Notice;
use super::scram::Cache;
use super::settings::Settings;
use super::slab::Slab;
use super::stored::{Kept, Waiting};
use super::timers::{Timer, Timers};
use super::types::LinkId;
use crate::broker::id::SessionId;
use crate::broker::routing::{Recipient, Subscriptions};
use crate::broker::statistics::Statistics;
use crate::broker::store::{self, Delayed, Retained};

/// All sessions of a broker.
#[derive(Debug)]
pub(in crate::broker) struct Core {
    pub(super) settings: Settings,
    /// Both clocks, when it began.
    pub(super) started: (Instant, SystemTime),
    pub(super) random: fastrand::Rng,
    pub(super) links: Slab<Link>,
    pub(super) clients: Slab<Client>,
    pub(super) by_client: HashMap<ByteString, SessionId>,
    /// How many of `clients` have a link.
    pub(super) connected: usize,
    pub(super) subscriptions: Subscriptions,
    pub(super) retained: Retained<Kept>,
    pub(super) delayed: Delayed<Waiting>,
    pub(super) scram: Cache,
    pub(super) timers: Timers,
    pub(super) statistics: Statistics,
    /// When [`Timer::Statistics`] is set to.
    pub(super) statistics_at: Option<Instant>,
    /// Links to be asked for output.
    pub(super) ready: VecDeque<LinkId>,
    pub(super) notices: VecDeque<Notice>,
    /// The recipients of the current message: kept to reuse its memory.
    pub(super) recipients: Vec<Recipient>,
}

impl Core {
    /// `started`: now, by both clocks. `seed`: for random choices.
    pub(in crate::broker) fn new(settings: Settings, started: (Instant, SystemTime), seed: u64) -> Self {
        let limits = &settings.limits;
        let retained = store::Limits { messages: limits.max_retained, bytes: limits.max_retained_bytes };
        let delayed = store::Limits { messages: limits.max_delayed, bytes: limits.max_delayed_bytes };
        let statistics = Statistics::new(concat!("mqttx-rs ", env!("CARGO_PKG_VERSION")), started.0);
        let mut core = Self {
            started,
            random: fastrand::Rng::with_seed(seed),
            links: Slab::new(),
            clients: Slab::new(),
            by_client: HashMap::new(),
            connected: 0,
            subscriptions: Subscriptions::new(settings.shared_strategy, seed),
            retained: Retained::new(retained),
            delayed: Delayed::new(delayed),
            scram: Cache::default(),
            timers: Timers::default(),
            statistics,
            statistics_at: None,
            ready: VecDeque::new(),
            notices: VecDeque::new(),
            recipients: Vec::new(),
            settings,
        };
        if core.settings.statistics_interval.is_some() {
            core.timers.set(Timer::Statistics, &mut core.statistics_at, Some(started.0));
        }
        core
    }
}
