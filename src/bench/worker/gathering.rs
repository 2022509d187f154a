//! Lets incoming data accumulate before it is read.
//!
//! Brokers send a segment for each message and each acknowledgement, and a wake-up for each of them costs more than
//! all the rest of it. A thread that sleeps for a moment instead finds many at once. It does so only where no figure
//! that is reported changes by it.

use std::ops::RangeInclusive;
use std::time::Duration;

use super::lag::SLACK;
use crate::bench::plan::Plan;
use crate::bench::{Load, Role};
use crate::mqtt::QoS;

/// How long acknowledgements gather, at least and at most.
const ACKNOWLEDGEMENTS: RangeInclusive<Duration> = Duration::from_micros(20)..=Duration::from_millis(10);
/// How many publishes one read should complete at most.
const COMPLETED: u64 = 256;
/// Acknowledgements gather for one part in so many of the time in queues of the broker. With two parts, and a broker that
/// holds back all but the first answer until we write, each wait would be reason enough for the next one.
const PART: u64 = 3;
/// How often that time is looked at, nanoseconds. From a longer time, in which we slept or were cut off, nothing follows.
const REVIEW: RangeInclusive<u64> = 20_000_000..=1_000_000_000;
/// How long deliveries gather: less is not worth a system call, and more would be seen in the seconds of the series.
const DELIVERIES: RangeInclusive<Duration> = Duration::from_micros(50)..=Duration::from_millis(1);
/// The fraction of the quickest delivery that gathering may add to a latency, too small to see in a histogram.
const UNSEEN: u64 = 100;

/// What a worker lets gather.
#[derive(Debug)]
pub(super) enum Gathering {
    /// Nothing: every wake-up counts.
    Nothing,
    /// Acknowledgements of unpaced publishers whose latency is not asked for.
    Acknowledgements(Acknowledgements),
    /// Deliveries of subscribers alone, at `QoS` 0, as long as they take much longer than the wait.
    Deliveries,
}

/// What one turn of a worker read.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Harvest {
    pub(super) reads: u64,
    /// Publishes answered to the end.
    pub(super) completed: u64,
    /// The smallest end-to-end latency, in nanoseconds; `None` if nothing came whose latency is known.
    pub(super) quickest: Option<u64>,
}

impl Gathering {
    pub(super) fn of(plan: &Plan) -> Self {
        let unpaced = |load: Load| matches!(load, Load::Unpaced { latency: false });
        let publishers = || plan.scenario.publishers().map(|(_, publish)| publish);
        let receives_at_most_once = plan.scenario.groups.iter().all(|group| match &group.role {
            // Above, the broker would wait for our acknowledgements.
            Role::Subscribe(subscribe) => subscribe.filters.iter().all(|filter| filter.qos == QoS::AtMostOnce),
            _ => false,
        });
        if receives_at_most_once {
            Self::Deliveries
        } else if !plan.knows_what_to_expect()
            && plan.highest_qos() > QoS::AtMostOnce
            && publishers().all(|publish| unpaced(publish.load))
        {
            Self::Acknowledgements(Acknowledgements::of(plan.highest_qos()))
        } else {
            Self::Nothing
        }
    }

    /// How long to sleep after a turn at `now` in which everything that had come was read.
    pub(super) fn after(&mut self, harvest: Harvest, publishers: Publishers, now: u64) -> Option<Duration> {
        match self {
            Self::Nothing => None,
            Self::Acknowledgements(acknowledgements) => acknowledgements.after(harvest, publishers, now),
            Self::Deliveries => {
                let wait = Duration::from_nanos(harvest.quickest? / UNSEEN);
                (harvest.reads > 0 && wait >= *DELIVERIES.start()).then_some(wait.min(*DELIVERIES.end()))
            }
        }
    }
}

/// What the publishers of a worker have under way.
#[derive(Debug, Clone, Copy)]
pub(super) struct Publishers {
    /// How many are connected.
    pub(super) count: u64,
    /// The smallest window of any of them.
    pub(super) window: u64,
    /// The shortest time in which the broker has answered anything, nanoseconds.
    pub(super) round_trip: u64,
}

/// Acknowledgements that gather, at no cost of messages a second.
///
/// By Little's law, a message is under way for as long as the present rate takes to answer all that are under way. A
/// round trip is part of that time, and the rest is spent in queues of the broker: it has enough to do while we come
/// later by a third of that. Without such a rest the broker waits for us, and nothing gathers.
#[derive(Debug)]
pub(super) struct Acknowledgements {
    /// How often a message is answered: PUBACK, or PUBREC and PUBCOMP.
    answers: u64,
    wait: Duration,
    /// When the rate was looked at last, and how many publishes were completed since.
    reviewed: u64,
    completed: u64,
    /// How long a message is under way, nanoseconds; `None` before the first look, or after a long pause.
    under_way: Option<u64>,
}

impl Acknowledgements {
    fn of(qos: QoS) -> Self {
        let answers = if qos == QoS::ExactlyOnce { 2 } else { 1 };
        Self { answers, wait: *ACKNOWLEDGEMENTS.start(), reviewed: 0, completed: 0, under_way: None }
    }

    fn after(&mut self, harvest: Harvest, publishers: Publishers, now: u64) -> Option<Duration> {
        self.completed += harvest.completed;
        let since = now.saturating_sub(self.reviewed);
        if since >= *REVIEW.start() {
            let in_flight = publishers.count.saturating_mul(publishers.window);
            let at_this_rate = since.saturating_mul(in_flight).checked_div(self.completed);
            self.under_way = at_this_rate.filter(|_| REVIEW.contains(&since));
            (self.reviewed, self.completed) = (now, 0);
        }
        let completed = harvest.completed.checked_div(harvest.reads)?;
        // Half of the window is on its way there while the other half gathers here; at QoS 2 half of that is PUBREC.
        let wanted = (publishers.window / (2 * self.answers)).min(COMPLETED);
        let adapted = if completed < wanted { self.wait * 5 / 4 } else { self.wait * 4 / 5 };
        self.wait = adapted.clamp(*ACKNOWLEDGEMENTS.start(), *ACKNOWLEDGEMENTS.end());
        let in_queues = self.under_way?.checked_sub(publishers.round_trip.saturating_mul(self.answers))?;
        let most = Duration::from_nanos((in_queues / (PART * self.answers)).saturating_sub(SLACK));
        // A broker that answers in large batches by itself is not waited for.
        let wait = self.wait.min(most);
        (wait > *ACKNOWLEDGEMENTS.start()).then_some(wait)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::clock::nanos;

    const MS: u64 = 1_000_000;

    fn deliveries(quickest: Option<Duration>) -> Option<Duration> {
        let publishers = Publishers { count: 0, window: u64::MAX, round_trip: u64::MAX };
        Gathering::Deliveries.after(Harvest { reads: 1, completed: 0, quickest: quickest.map(nanos) }, publishers, 0)
    }

    #[test]
    fn deliveries_gather_for_a_hundredth_of_the_quickest_of_them() {
        let after = |micros| deliveries(Some(Duration::from_micros(micros)));
        assert_eq!(after(200), None, "2 us are not worth a sleep");
        assert_eq!(after(4_999), None);
        assert_eq!(after(5_000), Some(Duration::from_micros(50)));
        assert_eq!(after(20_000), Some(Duration::from_micros(200)));
        assert_eq!(after(60_000_000), Some(Duration::from_millis(1)));
    }

    #[test]
    fn without_a_latency_nothing_says_that_a_wait_would_go_unseen() {
        assert_eq!(deliveries(None), None);
    }

    /// A broker that answers after a round trip, but not more messages than it can work through.
    struct Broker {
        round_trip: u64,
        /// Nanoseconds of its time for a message.
        work: u64,
        /// Whether all but the first answer come when we have written again.
        holds_back: bool,
    }

    /// Rounds in which all that may be under way is answered: the wait at the end, and how long a round takes with it and
    /// without.
    fn rounds(broker: &Broker, qos: QoS, publishers: Publishers) -> (Option<Duration>, [u64; 2]) {
        let mut gathering = Acknowledgements::of(qos);
        let (in_flight, answers) = (publishers.count * publishers.window, gathering.answers);
        let round = |wait: Option<Duration>| {
            let held_back = if broker.holds_back { 2 } else { 1 };
            let waited = wait.map_or(0, |wait| nanos(wait) + SLACK) * held_back;
            (broker.work * in_flight).max((broker.round_trip + waited) * answers)
        };
        let (mut now, mut wait) = (100 * MS, None);
        for _ in 0..1_000 {
            now += round(wait);
            // Less than is wanted in a turn, so that nothing but the time in queues limits the wait.
            let harvest = Harvest { reads: publishers.count, completed: in_flight / 10, quickest: None };
            for _ in 0..10 {
                wait = gathering.after(harvest, publishers, now);
            }
        }
        (wait, [round(wait), round(None)])
    }

    #[test]
    fn acknowledgements_gather_where_the_broker_has_a_queue() {
        let publishers = Publishers { count: 5, window: 100, round_trip: MS / 5 };
        let broker = Broker { round_trip: MS / 5, work: 10_000, holds_back: false };
        let (wait, took) = rounds(&broker, QoS::AtLeastOnce, publishers);
        // 500 messages take it 5 ms.
        assert_eq!(wait, Some(Duration::from_nanos((5 * MS - MS / 5) / PART - SLACK)));
        assert_eq!(took, [5 * MS; 2]);
        let (wait, took) = rounds(&broker, QoS::ExactlyOnce, publishers);
        assert!(wait.is_some_and(|wait| wait > Duration::from_micros(500)), "{wait:?}");
        assert_eq!(took, [5 * MS; 2]);
    }

    #[test]
    fn nothing_gathers_where_the_window_is_all_that_holds_us_up() {
        for holds_back in [false, true] {
            for qos in [QoS::AtLeastOnce, QoS::ExactlyOnce] {
                for round_trip in [MS / 10, MS, 10 * MS, 100 * MS] {
                    let publishers = Publishers { count: 10, window: 100, round_trip };
                    let broker = Broker { round_trip, work: 1, holds_back };
                    let (wait, [with, without]) = rounds(&broker, qos, publishers);
                    assert_eq!((wait, with), (None, without), "{qos:?}, {round_trip} ns, {holds_back}");
                }
            }
        }
    }

    #[test]
    fn a_broker_that_answers_half_a_window_at_once_is_not_waited_for() {
        let publishers = Publishers { count: 5, window: 100, round_trip: 0 };
        let mut gathering = Acknowledgements::of(QoS::AtLeastOnce);
        let mut after = |completed, now| {
            let harvest = Harvest { reads: 1, completed, quickest: None };
            (0..100).map(|_| gathering.after(harvest, publishers, now)).last().flatten()
        };
        after(1, MS);
        assert!(after(49, 50 * MS).is_some());
        assert_eq!(after(50, 51 * MS), None);
    }

    #[test]
    fn nothing_gathers_before_the_rate_and_the_round_trip_are_known() {
        let harvest = Harvest { reads: 1, completed: 1, quickest: None };
        let mut gathering = Acknowledgements::of(QoS::AtLeastOnce);
        let publishers = Publishers { count: 5, window: 100, round_trip: u64::MAX };
        assert_eq!(gathering.after(harvest, publishers, MS), None);
        assert_eq!(gathering.after(harvest, publishers, 50 * MS), None);
        let publishers = Publishers { round_trip: MS, ..publishers };
        assert!(gathering.after(harvest, publishers, 51 * MS).is_some());
        assert_eq!(gathering.after(Harvest::default(), publishers, 52 * MS), None, "nothing was read");
    }

    #[test]
    fn after_a_pause_the_rate_is_looked_at_anew() {
        let harvest = Harvest { reads: 1, completed: 1, quickest: None };
        let publishers = Publishers { count: 5, window: 100, round_trip: MS };
        let mut gathering = Acknowledgements::of(QoS::AtLeastOnce);
        gathering.after(harvest, publishers, MS);
        assert!(gathering.after(harvest, publishers, 50 * MS).is_some());
        assert_eq!(gathering.after(harvest, publishers, 60_000 * MS), None);
    }
}
