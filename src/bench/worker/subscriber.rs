use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasherDefault, Hasher};

use super::subscriptions::Subscriptions;
use super::tools::Tools;
use super::work::Work;
use crate::bench::clock::nanos;
use crate::bench::{Arrival, Measure, Sequence, Subscribe};
use crate::session::Received;

/// How much the clock of a machine may be set between the beginnings of two processes before it is worth a warning,
/// nanoseconds.
const SLEWED: u64 = 1_000_000;

/// What one client receives.
#[derive(Debug, Default)]
pub(super) struct Subscriber {
    /// It subscribes and unsubscribes again and again.
    pub(super) passing: Option<Box<Subscriptions>>,
    /// It is slow, or answers.
    pub(super) work: Option<Box<Work>>,
    publishers: HashMap<u64, Sequence, BuildHasherDefault<Mix>>,
    /// Where each publisher of another run was first heard, for what is lost from then on.
    foreign_begin: u64,
    /// What came of those sent before that.
    before_begin: u64,
    /// When it connected, where that was after others had begun to publish by plan: what was sent before has waited.
    since: Option<u64>,
    /// Retained messages that came since it subscribed: publisher and number.
    retained: HashSet<(u64, u32), BuildHasherDefault<Mix>>,
    has_subscribed: bool,
    /// It is known what became of its first SUBSCRIBE.
    is_answered: bool,
}

impl Subscriber {
    pub(super) fn new(subscribe: &Subscribe) -> Self {
        let passing = subscribe.churn.map(|churn| Box::new(Subscriptions::new(nanos(churn.stay))));
        let work = Work::of(subscribe, nanos(subscribe.processing)).map(Box::new);
        Self { passing, work, ..Self::default() }
    }

    /// CONNECT is sent.
    pub(super) fn connects(&mut self, tools: &Tools) {
        self.since = (tools.phase > 0).then_some(tools.now);
    }

    /// CONNACK has arrived: whether to subscribe, as this session has not done so yet.
    pub(super) fn subscribes(&mut self, session_present: bool) -> bool {
        let subscribes = !(session_present && self.has_subscribed);
        if subscribes {
            self.retained = HashSet::default();
        }
        self.has_subscribed = true;
        subscribes
    }

    /// It is known what became of SUBSCRIBE; whether it was not before.
    pub(super) fn answer(&mut self) -> bool {
        !std::mem::replace(&mut self.is_answered, true)
    }

    /// A message arrived at `tools.now`.
    pub(super) fn receive(&mut self, received: &Received, tools: &mut Tools) {
        if self.passing.is_some() {
            tools.recorder.counts.received_in_passing += 1;
            return;
        }
        tools.recorder.delivered(tools.now);
        let mut places = tools.plan.scenario.stamp_places.iter();
        let Some(stamp) = places.find_map(|place| place.read(&received.message)) else {
            if tools.expects && !tools.plan.scenario.stamps() {
                // Presumably ours: losses are only counted.
                tools.distinct += 1;
            } else {
                tools.recorder.counts.foreign += 1;
            }
            return;
        };
        let own = stamp.run == tools.plan.scenario.run;
        if tools.expects && !own {
            tools.recorder.counts.foreign += 1;
            return;
        }
        let planned = tools.clock.of_unix(stamp.planned);
        let waited = self.since.filter(|since| own && planned < *since);
        let key = u64::from(stamp.run) << 32 | u64::from(stamp.publisher);
        if let Some(since) = waited.filter(|_| received.message.retain) {
            // In any order, and again at each subscription.
            if self.retained.insert((key, stamp.sequence)) {
                tools.distinct += 1;
                tools.recorder.step(Measure::Backlog, tools.now.saturating_sub(since));
            } else {
                tools.recorder.counts.duplicated += 1;
            }
            return;
        }
        let sequence = self.publishers.entry(key).or_insert_with(|| {
            // Of a publisher that began before us only what follows can be missed.
            let begin = if own { 0 } else { u64::from(stamp.sequence) };
            self.foreign_begin += begin;
            Sequence::beginning_at(begin)
        });
        match sequence.observe(stamp.sequence) {
            Arrival::InOrder => tools.distinct += 1,
            Arrival::Reordered => {
                tools.distinct += 1;
                tools.recorder.counts.reordered += 1;
            }
            Arrival::Duplicate => {
                tools.recorder.counts.duplicated += 1;
                return;
            }
            Arrival::Before => {
                // As it came, it is one that should have.
                tools.distinct += 1;
                self.before_begin += 1;
            }
        }
        if let Some(since) = waited {
            // It was away by our plan, so that the time before does not count.
            return tools.recorder.step(Measure::Backlog, tools.now.saturating_sub(since));
        }
        let comparable = stamp.clock == tools.clock.name() || tools.plan.scenario.trust_foreign_clocks;
        if received.message.retain || !comparable {
            return;
        }
        let mut now = tools.clock.unix(tools.now);
        if now < stamp.planned {
            // It may have come after this turn began.
            now = tools.clock.unix(tools.clock.now());
        }
        // Even of one machine, two processes may have begun before and after its clock was set.
        let tolerance = if stamp.clock == tools.clock.name() { SLEWED } else { 0 };
        if now.saturating_add(tolerance) < stamp.planned {
            tools.recorder.counts.clock_skewed += 1;
            return;
        }
        let latency = now.saturating_sub(stamp.planned);
        tools.quickest = Some(tools.quickest.map_or(latency, |quickest| quickest.min(latency)));
        tools.recorder.measure(Measure::E2e, planned, latency);
        tools.recorder.measure(Measure::E2eUncorrected, planned, now.saturating_sub(stamp.sent()));
    }

    /// The connection has ended.
    pub(super) fn cut(&mut self) {
        if let Some(passing) = &mut self.passing {
            passing.cut();
        }
        if let Some(work) = &mut self.work {
            work.cut();
        }
    }

    /// How many messages there would be without loss, according to the numbers.
    pub(super) fn span(&self) -> u64 {
        self.publishers.values().map(Sequence::span).sum::<u64>() - self.foreign_begin + self.before_begin
    }
}

/// Mixes a key that is already nearly unique.
#[derive(Debug, Default)]
struct Mix(u64);

impl Hasher for Mix {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_u64(u64::from(*byte));
        }
    }

    fn write_u32(&mut self, value: u32) {
        self.write_u64(value.into());
    }

    fn write_u64(&mut self, value: u64) {
        let mixed = (self.0 ^ value).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        self.0 = mixed ^ (mixed >> 32);
    }
}
