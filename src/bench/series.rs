//! The seconds of a run, put together from what the workers send of each.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::mpsc::Receiver;

use super::recorder::Second;
use super::report::Row;
use super::{Counts, Latency};

/// Limits of the buckets that Prometheus is given, nanoseconds: from 100 us to 100 s.
pub(crate) const BUCKETS: [u64; 13] = [
    100_000,
    250_000,
    500_000,
    1_000_000,
    2_500_000,
    5_000_000,
    10_000_000,
    50_000_000,
    100_000_000,
    500_000_000,
    1_000_000_000,
    10_000_000_000,
    100_000_000_000,
];

/// A histogram in a few numbers.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) struct Buckets {
    /// How many latencies are not above each of [`BUCKETS`].
    pub up_to: [u64; BUCKETS.len()],
    /// All of them.
    pub count: u64,
    /// Their sum, seconds.
    pub sum: f64,
}

/// Every second so far.
#[derive(Debug)]
pub(super) struct Series {
    arriving: Receiver<Second>,
    seconds: BTreeMap<u64, (Counts, Latency)>,
    /// All of them together.
    pub(super) counts: Counts,
    /// All of their latencies.
    latency: Latency,
    /// Those of them that are measured, without the warm-up.
    pub(super) measured: Latency,
    /// The first second that is not closed.
    next: u64,
    /// By group, up to now.
    groups: Arc<[GroupCounts]>,
}

/// What happened to the clients of a group.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct GroupCounts {
    /// As the report names it.
    pub name: String,
    /// Up to the last second.
    pub counts: Counts,
}

const SECOND: u64 = 1_000_000_000;
/// Workers close a second within their next look.
const PATIENCE: u64 = 150_000_000;

impl Series {
    /// `groups`: their names.
    pub(super) fn new(groups: impl Iterator<Item = String>, arriving: Receiver<Second>) -> Self {
        let (latency, measured) = (Latency::coarse(), Latency::coarse());
        let groups = groups.map(|name| GroupCounts { name, counts: Counts::default() }).collect();
        Self { arriving, seconds: BTreeMap::new(), counts: Counts::default(), latency, measured, next: 1, groups }
    }

    /// Takes what has arrived.
    pub(super) fn take(&mut self) {
        for second in self.arriving.try_iter() {
            self.counts += &second.counts;
            self.measured.add(&second.latency);
            let groups = Arc::make_mut(&mut self.groups);
            // Of one group alone the workers keep no account of its own.
            let parts = if second.groups.is_empty() { std::slice::from_ref(&second.counts) } else { &second.groups };
            groups.iter_mut().zip(parts).for_each(|(sum, part)| sum.counts += part);
            let entry = self.seconds.entry(second.number).or_insert_with(|| (Counts::default(), Latency::coarse()));
            entry.0 += &second.counts;
            for latency in [Some(&second.latency), second.unmeasured.as_ref()].into_iter().flatten() {
                self.latency.add(latency);
                entry.1.add(latency);
            }
        }
    }

    /// Closes one more second, if all of it has arrived by `now`.
    pub(super) fn close_one(&mut self, now: u64) -> bool {
        let is_over = now >= self.next * SECOND + PATIENCE;
        self.next += u64::from(is_over);
        is_over
    }

    /// Closes one more whole second, as the workers have sent their last. The rest is not a whole second, so its count is
    /// not a rate.
    pub(super) fn close_one_of_all(&mut self, now: u64) -> bool {
        let is_over = self.next <= now / SECOND;
        self.next += u64::from(is_over);
        is_over
    }

    /// All latencies so far, for a scrape.
    #[expect(clippy::cast_precision_loss, reason = "seconds for display")]
    pub(super) fn buckets(&self) -> Buckets {
        let (count, mean) = (self.latency.count(), self.latency.mean());
        let up_to = BUCKETS.map(|limit| self.latency.count_up_to(limit));
        Buckets { up_to, count, sum: if count > 0 { mean * count as f64 / 1e9 } else { 0.0 } }
    }

    /// By group, up to now.
    pub(super) fn groups(&self) -> Arc<[GroupCounts]> {
        self.groups.clone()
    }

    /// The last closed second; `None` before there is one.
    pub(super) fn last(&self) -> Option<Row> {
        (self.next > 1).then(|| self.row(self.next - 2))
    }

    /// Every second until `end`, empty ones too.
    pub(super) fn rows(&self, end: u64) -> Vec<Row> {
        (0..=end / SECOND).map(|second| self.row(second)).collect()
    }

    fn row(&self, second: u64) -> Row {
        let Some((counts, latency)) = self.seconds.get(&second) else { return Row { second, ..Row::default() } };
        let some = |value: u64| (latency.count() > 0).then_some(value);
        Row {
            second,
            connected: counts.connected,
            errors: counts.connections_failed
                + counts.connections_refused
                + counts.connections_lost
                + counts.refused
                + counts.subscriptions_refused,
            sent: counts.sent,
            acknowledged: counts.acknowledged,
            delivered: counts.delivered,
            p50: some(latency.percentile(50.0)),
            p99: some(latency.percentile(99.0)),
            max: some(latency.max()),
        }
    }
}
