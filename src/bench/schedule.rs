//! When each message is due: an open loop, so that a slow broker cannot slow down the load.
//!
//! Message `g` of all is planned at `g / rate` after the start and is sent by client `g % clients`: the clients'
//! phases are staggered by construction, and message `g` exists exactly if `g < limit`. A worker, and a shard on
//! another machine, walks the messages of its own clients only; nothing has to be agreed upon while running.

use std::sync::Arc;

use super::{Rate, Trace};

/// Which of all clients are our own: `first`, `first + step`, and so on below `total`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Slice {
    /// Number of the first, from 0.
    pub first: u64,
    /// Distance to the next.
    pub step: u64,
    /// How many clients there are in all.
    pub total: u64,
}

/// A message that is to be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Due {
    /// Which of one's own clients, from 0.
    pub client: usize,
    /// When, in nanoseconds since the start.
    pub planned: u64,
}

/// The messages of one worker, in the order in which they are due.
#[derive(Debug, Clone)]
pub(crate) struct Schedule {
    slice: Slice,
    own: u64,
    limit: Option<u64>,
    end: Option<u64>,
    next: Option<Due>,
    kind: Kind,
}

#[derive(Debug, Clone)]
enum Kind {
    Even { pace: Pace, round: u64, place: u64 },
    Poisson { own_per_second: f64, at: f64, left: Option<u64>, random: fastrand::Rng },
}

/// When message `g` of all is planned.
#[derive(Debug, Clone)]
enum Pace {
    Steady(Rate),
    /// So many at a time, at a rate on average.
    Bursts(Rate, u64),
    /// By recorded rates times a factor, from the step on that the last was in.
    Traced {
        trace: Arc<Trace>,
        factor: f64,
        step: usize,
    },
    /// From so many a second to so many more each second.
    Ramp {
        first: f64,
        gain: f64,
    },
}

impl Slice {
    /// All of them.
    pub(crate) fn all(total: u64) -> Self {
        Self { first: 0, step: 1, total }
    }

    /// The part of this one that worker `index` of `workers` takes.
    #[must_use]
    pub(crate) fn part(self, index: u64, workers: u64) -> Self {
        Self { first: self.first + index * self.step, step: self.step * workers, total: self.total }
    }

    /// How many are one's own.
    pub(crate) fn len(self) -> u64 {
        self.total.saturating_sub(self.first).div_ceil(self.step)
    }

    /// The number, among all, of one's own client `place`.
    pub(crate) fn number(self, place: u64) -> u64 {
        self.first + place * self.step
    }

    /// How many of the first `limit` messages belong to client `number` of `total`.
    pub(crate) fn quota(total: u64, number: u64, limit: u64) -> u64 {
        limit.saturating_sub(number).div_ceil(total)
    }

    /// How many of the first `limit` messages of all are one's own.
    pub(crate) fn quota_of_all(self, limit: u64) -> u64 {
        let whole_rounds = limit / self.total;
        let rest = Self { total: limit % self.total, ..self };
        whole_rounds * self.len() + rest.len()
    }
}

impl Schedule {
    /// Evenly spaced over all clients; `rate` is that of all of them together.
    pub(crate) fn even(slice: Slice, rate: Rate, limit: Option<u64>, end: Option<u64>) -> Self {
        Self::begin(slice, limit, end, Kind::Even { pace: Pace::Steady(rate), round: 0, place: 0 })
    }

    /// Evenly spaced, at a rate that grows or shrinks evenly from `from` to `to` until `end`.
    #[expect(clippy::cast_precision_loss, reason = "nanoseconds of a phase are fewer than 2^53")]
    pub(crate) fn ramp(slice: Slice, (from, to): (Rate, Rate), limit: Option<u64>, end: u64) -> Self {
        let first = from.per_second();
        let gain = (to.per_second() - first) / (end as f64 / 1e9);
        Self::begin(slice, limit, Some(end), Kind::Even { pace: Pace::Ramp { first, gain }, round: 0, place: 0 })
    }

    /// As from many independent senders: gaps are exponential, and each message is a random client's.
    pub(crate) fn poisson(
        slice: Slice,
        rate: Rate,
        limit: Option<u64>,
        end: Option<u64>,
        random: fastrand::Rng,
    ) -> Self {
        let left = limit.map(|limit| slice.quota_of_all(limit));
        let own_per_second = rate.per_second() * share(slice);
        Self::begin(slice, limit, end, Kind::Poisson { own_per_second, at: 0.0, left, random })
    }

    /// `burst` messages of all clients at a time, `rate` on average.
    pub(crate) fn bursts(slice: Slice, rate: Rate, burst: u64, limit: Option<u64>, end: Option<u64>) -> Self {
        Self::begin(slice, limit, end, Kind::Even { pace: Pace::Bursts(rate, burst.max(1)), round: 0, place: 0 })
    }

    /// By recorded rates, all of them times a factor.
    pub(crate) fn traced(slice: Slice, trace: Arc<Trace>, factor: f64, limit: Option<u64>, end: Option<u64>) -> Self {
        Self::begin(slice, limit, end, Kind::Even { pace: Pace::Traced { trace, factor, step: 0 }, round: 0, place: 0 })
    }

    fn begin(slice: Slice, limit: Option<u64>, end: Option<u64>, kind: Kind) -> Self {
        let mut schedule = Self { slice, own: slice.len(), limit, end, next: None, kind };
        schedule.next = schedule.step();
        schedule
    }

    /// How many messages of one's own are planned for the first second.
    pub(crate) fn per_second(&self) -> f64 {
        match &self.kind {
            Kind::Even { pace, .. } => {
                let of_all = match pace {
                    Pace::Steady(rate) | Pace::Bursts(rate, _) => rate.per_second(),
                    // On average: what it is at present is soon counted.
                    Pace::Traced { trace, factor, .. } => trace.per_second() * factor,
                    Pace::Ramp { first, .. } => *first,
                };
                of_all * share(self.slice)
            }
            Kind::Poisson { own_per_second, .. } => *own_per_second,
        }
    }

    /// When the next message is due; `None` after the last one.
    pub(crate) fn next_due(&self) -> Option<u64> {
        self.next.map(|due| due.planned)
    }

    /// The next message, if it is due at `now`.
    pub(crate) fn take(&mut self, now: u64) -> Option<Due> {
        let due = self.next.filter(|due| due.planned <= now)?;
        self.next = self.step();
        Some(due)
    }

    fn step(&mut self) -> Option<Due> {
        if self.own == 0 {
            return None;
        }
        let due = match &mut self.kind {
            Kind::Even { pace, round, place } => {
                let index = *round * self.slice.total + self.slice.number(*place);
                if self.limit.is_some_and(|limit| index >= limit) {
                    return None;
                }
                let due = Due { client: usize::try_from(*place).ok()?, planned: pace.planned(index)? };
                *place += 1;
                if *place == self.own {
                    (*place, *round) = (0, *round + 1);
                }
                due
            }
            Kind::Poisson { own_per_second, at, left, random } => {
                if let Some(left) = left {
                    *left = left.checked_sub(1)?;
                }
                // 1 - x, since the logarithm of 0 has no value and x may be 0 but not 1.
                *at += -(1.0 - random.f64()).ln() / *own_per_second;
                Due { client: usize::try_from(random.u64(..self.own)).ok()?, planned: nanos(*at) }
            }
        };
        self.end.is_none_or(|end| due.planned < end).then_some(due)
    }
}

impl Pace {
    /// `None`: never, as the rate shrinks to nothing before.
    #[expect(clippy::cast_precision_loss, reason = "messages of a phase are far fewer than 2^53")]
    fn planned(&mut self, index: u64) -> Option<u64> {
        match self {
            Self::Steady(rate) => Some(rate.planned(index)),
            Self::Bursts(rate, burst) => Some(rate.planned(index - index % *burst)),
            Self::Traced { trace, factor, step } => trace.planned(index as f64, *factor, step).map(nanos),
            Self::Ramp { first, gain } => {
                let (first, gain) = (*first, *gain);
                // `first * t + gain * t^2 / 2 = index`, solved so that nothing is lost where `gain` is small.
                let root = (first * first + 2.0 * gain * index as f64).sqrt();
                root.is_finite().then(|| if index == 0 { 0 } else { nanos(2.0 * index as f64 / (first + root)) })
            }
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "clients are far fewer than 2^53")]
fn share(slice: Slice) -> f64 {
    slice.len() as f64 / slice.total as f64
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "saturates, and time is not negative")]
fn nanos(seconds: f64) -> u64 {
    (seconds * 1e9) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rate(text: &str) -> Rate {
        text.parse().unwrap()
    }

    fn all(mut schedule: Schedule, slice: Slice) -> Vec<(u64, u64)> {
        let next = || schedule.take(u64::MAX);
        std::iter::from_fn(next).map(|due| (due.planned, slice.number(due.client as u64))).collect()
    }

    #[test]
    fn bursts_are_due_together_and_keep_the_rate() {
        let slice = Slice::all(2);
        let planned = all(Schedule::bursts(slice, rate("10/s"), 4, Some(10), None), slice);
        let times: Vec<_> = planned.iter().map(|(at, _)| at / 1_000_000).collect();
        assert_eq!(times, [0, 0, 0, 0, 400, 400, 400, 400, 800, 800]);
        assert_eq!(planned.iter().filter(|(_, client)| *client == 0).count(), 5, "of all clients alike");
    }

    #[test]
    fn a_trace_gives_every_shard_its_part() {
        let trace = Arc::new(Trace::parse("0,10\n1,0\n2,20\n3,0").unwrap());
        let of = |slice| all(Schedule::traced(slice, trace.clone(), 1.0, None, None), slice);
        let whole = of(Slice::all(3));
        assert_eq!(whole.len(), 30);
        let mut parts: Vec<_> = (0..2).flat_map(|index| of(Slice::all(3).part(index, 2))).collect();
        parts.sort_unstable();
        let mut sorted = whole.clone();
        sorted.sort_unstable();
        assert_eq!(parts, sorted);
        assert!(whole.iter().all(|(at, _)| !(1_000_000_000..2_000_000_000).contains(at)));
    }

    #[test]
    fn nothing_is_due_before_its_time() {
        let mut schedule = Schedule::even(Slice::all(2), rate("1000/s"), None, None);
        assert_eq!(schedule.take(0), Some(Due { client: 0, planned: 0 }));
        assert_eq!(schedule.take(999_999), None);
        assert_eq!(schedule.next_due(), Some(1_000_000));
        assert_eq!(schedule.take(1_000_000), Some(Due { client: 1, planned: 1_000_000 }));
    }

    #[test]
    fn a_late_caller_finds_every_message_at_its_planned_time() {
        let mut schedule = Schedule::even(Slice::all(1), rate("1000/s"), None, None);
        let planned: Vec<u64> = std::iter::from_fn(|| schedule.take(2_000_000_000)).map(|due| due.planned).collect();
        assert_eq!(planned.len(), 2001);
        assert_eq!(planned[1500], 1_500_000_000);
    }

    #[test]
    fn workers_and_shards_together_make_the_whole_schedule() {
        for clients in [1, 2, 7, 10] {
            let whole = Slice::all(clients);
            let expected = all(Schedule::even(whole, rate("3000/s"), Some(101), None), whole);
            assert_eq!(expected.len(), 101);
            let mut parts = Vec::new();
            for shard in 0..3 {
                for worker in 0..2 {
                    let slice = whole.part(shard, 3).part(worker, 2);
                    let part = all(Schedule::even(slice, rate("3000/s"), Some(101), None), slice);
                    assert_eq!(part.len() as u64, slice.quota_of_all(101));
                    parts.extend(part);
                }
            }
            parts.sort_unstable();
            assert_eq!(parts, expected, "{clients} clients");
        }
    }

    #[test]
    fn the_phases_of_the_clients_are_staggered() {
        let slice = Slice::all(4);
        let first: Vec<_> = all(Schedule::even(slice, rate("4/s"), Some(5), None), slice);
        assert_eq!(first, [(0, 0), (250_000_000, 1), (500_000_000, 2), (750_000_000, 3), (1_000_000_000, 0)]);
    }

    #[test]
    fn the_end_is_not_part_of_it() {
        let slice = Slice::all(1);
        assert_eq!(all(Schedule::even(slice, rate("10/s"), None, Some(1_000_000_000)), slice).len(), 10);
    }

    #[test]
    fn a_client_has_its_share_of_the_limit() {
        assert_eq!([0, 1, 2].map(|number| Slice::quota(3, number, 8)), [3, 3, 2]);
        assert_eq!([0, 1, 2].map(|number| Slice::quota(3, number, 2)), [1, 1, 0]);
    }

    #[test]
    fn a_ramp_sends_as_much_as_its_mean_and_begins_and_ends_at_its_rates() {
        const SECOND: u64 = 1_000_000_000;
        let slice = Slice::all(4);
        for (from, to) in [("100/s", "300/s"), ("300/s", "100/s"), ("200/s", "200/s"), ("1/h", "400/s")] {
            let planned = all(Schedule::ramp(slice, (rate(from), rate(to)), None, 10 * SECOND), slice);
            assert!(planned.len().abs_diff(2000) <= 2, "{from} to {to}: {}", planned.len());
            assert!(planned.is_sorted());
        }
        let planned = all(Schedule::ramp(slice, (rate("100/s"), rate("300/s")), None, 10 * SECOND), slice);
        let within = |from: u64| planned.iter().filter(|due| due.0 / SECOND == from).count();
        assert_eq!((within(0), within(9)), (110, 290));
    }

    #[expect(clippy::cast_precision_loss, reason = "statistics")]
    #[test]
    fn poisson_keeps_the_rate_the_limit_and_spreads_the_gaps() {
        let slice = Slice::all(10);
        let random = fastrand::Rng::with_seed(7);
        let planned = all(Schedule::poisson(slice, rate("1000/s"), Some(100_000), None, random), slice);
        assert_eq!(planned.len(), 100_000);
        let seconds = planned.last().unwrap().0 as f64 / 1e9;
        assert!((98.0..102.0).contains(&seconds), "{seconds}");
        let gaps: Vec<f64> = planned.windows(2).map(|pair| (pair[1].0 - pair[0].0) as f64).collect();
        let mean = gaps.iter().sum::<f64>() / gaps.len() as f64;
        let variance = gaps.iter().map(|gap| (gap - mean).powi(2)).sum::<f64>() / gaps.len() as f64;
        assert!((0.95..1.05).contains(&(variance.sqrt() / mean)), "exponential: as wide as its mean");
        for client in 0..10 {
            let own = planned.iter().filter(|message| message.1 == client).count();
            assert!((9_500..10_500).contains(&own), "client {client}: {own}");
        }
    }
}
