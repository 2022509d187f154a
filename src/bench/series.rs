//! The seconds of a run, put together from what the workers send of each.

use std::collections::BTreeMap;
use std::sync::mpsc::Receiver;

use super::recorder::Second;
use super::report::Row;
use super::{Counts, Latency};

/// What a histogram says, in nanoseconds, to two digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Quantiles {
    /// Half of the latencies are not above it.
    pub p50: u64,
    /// 90 per cent of them.
    pub p90: u64,
    /// 99 per cent.
    pub p99: u64,
    /// 99.9 per cent.
    pub p99_9: u64,
    /// The longest.
    pub max: u64,
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
}

const SECOND: u64 = 1_000_000_000;
/// Workers close a second within their next look.
const PATIENCE: u64 = 150_000_000;

impl Series {
    pub(super) fn new(arriving: Receiver<Second>) -> Self {
        let (latency, measured) = (Latency::coarse(), Latency::coarse());
        Self { arriving, seconds: BTreeMap::new(), counts: Counts::default(), latency, measured, next: 1 }
    }

    /// Takes what has arrived.
    pub(super) fn take(&mut self) {
        for second in self.arriving.try_iter() {
            self.counts += &second.counts;
            self.measured.add(&second.latency);
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

    /// Closes one more whole second, since the workers have sent their last. What is left is no second, and its
    /// count no rate.
    pub(super) fn close_one_of_all(&mut self, now: u64) -> bool {
        let is_over = self.next <= now / SECOND;
        self.next += u64::from(is_over);
        is_over
    }

    /// What all latencies so far say.
    pub(super) fn quantiles(&self) -> Option<Quantiles> {
        let at = |percent: f64| self.latency.percentile(percent);
        let (p50, p90, p99, p99_9) = (at(50.0), at(90.0), at(99.0), at(99.9));
        (self.latency.count() > 0).then(|| Quantiles { p50, p90, p99, p99_9, max: self.latency.max() })
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
            errors: counts.connects_failed
                + counts.connects_refused
                + counts.connections_lost
                + counts.refused
                + counts.subscribes_refused,
            sent: counts.sent,
            acknowledged: counts.acknowledged,
            delivered: counts.delivered,
            p50: some(latency.percentile(50.0)),
            p99: some(latency.percentile(99.0)),
            max: some(latency.max()),
        }
    }
}
