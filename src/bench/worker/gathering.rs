//! Lets incoming data accumulate before it is read.
//!
//! Brokers send a segment for each message and each acknowledgement, and a wake-up for each of them costs more than
//! all the rest of it. A thread that sleeps for a moment instead finds many at once. It does so only where no figure
//! that is reported changes by it.

use std::ops::RangeInclusive;
use std::time::Duration;

use crate::bench::plan::Plan;
use crate::bench::{Load, Role};
use crate::mqtt::QoS;

/// How long acknowledgements gather, at least and at most.
const ACKNOWLEDGEMENTS: RangeInclusive<Duration> = Duration::from_micros(100)..=Duration::from_millis(10);
/// How many publishes one read should complete at most.
const COMPLETED: u64 = 256;
/// The smallest window with which anything gathers: the broker must not wait for us.
const WINDOW: u64 = 32;
/// How long deliveries gather: less is not worth a system call, and more would be seen in the seconds of the series.
const DELIVERIES: RangeInclusive<Duration> = Duration::from_micros(50)..=Duration::from_millis(1);
/// The fraction of the quickest delivery that gathering may add to a latency, too small to see in a histogram.
const UNSEEN: u64 = 100;

/// What a worker lets gather.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Gathering {
    /// Nothing: every wake-up counts.
    Nothing,
    /// Acknowledgements of unpaced publishers whose latency is not asked for.
    Acknowledgements { qos: QoS, wait: Duration },
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
            Self::Acknowledgements { qos: plan.highest_qos(), wait: *ACKNOWLEDGEMENTS.start() }
        } else {
            Self::Nothing
        }
    }

    /// How long to sleep after a turn in which everything that had come was read; `window` is the smallest of any
    /// publisher.
    pub(super) fn after(&mut self, harvest: Harvest, window: u64) -> Option<Duration> {
        let completed = harvest.completed.checked_div(harvest.reads)?;
        match self {
            Self::Nothing => None,
            Self::Acknowledgements { .. } if window < WINDOW => None,
            Self::Acknowledgements { qos, wait } => {
                // Half of the window is on its way there while the other half gathers here; at QoS 2 half of that is
                // PUBREC.
                let part = if *qos == QoS::ExactlyOnce { 4 } else { 2 };
                let wanted = (window / part).min(COMPLETED);
                let adapted = if completed < wanted { *wait * 5 / 4 } else { *wait * 4 / 5 };
                *wait = adapted.clamp(*ACKNOWLEDGEMENTS.start(), *ACKNOWLEDGEMENTS.end());
                Some(*wait)
            }
            Self::Deliveries => {
                let wait = Duration::from_nanos(harvest.quickest? / UNSEEN);
                (wait >= *DELIVERIES.start()).then_some(wait.min(*DELIVERIES.end()))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn harvest(quickest: Option<Duration>) -> Harvest {
        let nanos = |latency: Duration| u64::try_from(latency.as_nanos()).unwrap();
        Harvest { reads: 1, completed: 0, quickest: quickest.map(nanos) }
    }

    #[test]
    fn deliveries_gather_for_a_hundredth_of_the_quickest_of_them() {
        let after = |micros| Gathering::Deliveries.after(harvest(Some(Duration::from_micros(micros))), 20);
        assert_eq!(after(200), None, "2 us are not worth a sleep");
        assert_eq!(after(4_999), None);
        assert_eq!(after(5_000), Some(Duration::from_micros(50)));
        assert_eq!(after(20_000), Some(Duration::from_micros(200)));
        assert_eq!(after(60_000_000), Some(Duration::from_millis(1)));
    }

    #[test]
    fn without_a_latency_nothing_says_that_a_wait_would_go_unseen() {
        assert_eq!(Gathering::Deliveries.after(harvest(None), 20), None);
    }

    #[test]
    fn acknowledgements_gather_until_a_read_brings_half_a_window_of_them() {
        let mut gathering = Gathering::Acknowledgements { qos: QoS::AtLeastOnce, wait: Duration::from_micros(100) };
        let harvest = |completed| Harvest { reads: 2, completed, quickest: None };
        assert_eq!(gathering.after(harvest(98), 100), Some(Duration::from_micros(125)));
        assert_eq!(gathering.after(harvest(100), 100), Some(Duration::from_micros(100)));
        assert_eq!(gathering.after(Harvest::default(), 100), None, "nothing was read");
    }

    #[test]
    fn with_a_small_window_the_broker_never_waits_for_us() {
        let mut gathering = Gathering::Acknowledgements { qos: QoS::AtLeastOnce, wait: Duration::from_micros(100) };
        assert_eq!(gathering.after(Harvest { reads: 1, completed: 1, quickest: None }, 1), None);
    }
}
