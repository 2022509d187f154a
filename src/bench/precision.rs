//! How exactly a load keeps its planned times.
//!
//! A wake-up for each message and each answer costs more than all the rest of them. Within the precision, a worker lets
//! gather what falls due and what arrives, and looks once a tick. Nothing is ever sent before its planned time, and
//! latencies still count from that time, so a coarse precision can only make a broker look slower.

use serde::{Deserialize, Serialize};

/// How exactly a run keeps its planned times.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Precision {
    /// As exactly as is cheap at the load of each moment.
    #[default]
    ByLoad,
    /// Always the same.
    Fixed(Grain),
}

/// What falls due or arrives within a grain may be looked at together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Grain {
    /// 50 us, without ticks: each message and each answer wakes the worker.
    Fine,
    /// 200 us.
    Medium,
    /// 1 ms.
    Coarse,
}

/// Messages and answers a second below which a worker is idle anyway, with a wake-up for each.
const IDLE: f64 = 1_000.0;
/// So many times [`IDLE`] end a fine grain, so that a load near it does not switch back and forth.
const NO_LONGER_IDLE: f64 = 1.5;
/// With so many messages and answers in each, wake-ups are a small part of the work.
const WORTH_A_WAKE_UP: f64 = 8.0;

impl Grain {
    /// The precision, nanoseconds.
    pub(crate) const fn nanos(self) -> u64 {
        match self {
            Self::Fine => 50_000,
            Self::Medium => 200_000,
            Self::Coarse => 1_000_000,
        }
    }

    /// From one look to the next, nanoseconds; `None`: at each wake-up. Shorter than the precision, which is to hold for
    /// 99 of 100 messages with the time that waking up and sending takes.
    pub(crate) const fn tick(self) -> Option<u64> {
        match self {
            Self::Fine => None,
            Self::Medium | Self::Coarse => Some(self.nanos() / 5 * 4),
        }
    }

    /// The grain for so many messages and answers a second in one worker: the finest at which wake-ups are a small part
    /// of the work, be it that there is little work, or much in each. `before` is the present one.
    pub(crate) fn by_load(per_second: f64, before: Option<Self>) -> Self {
        let idle = if before == Some(Self::Fine) { IDLE * NO_LONGER_IDLE } else { IDLE };
        #[expect(clippy::cast_precision_loss, reason = "a ratio")]
        let in_each = |grain: Self| per_second * grain.tick().unwrap_or(grain.nanos()) as f64 / 1e9;
        if per_second < idle || in_each(Self::Fine) >= WORTH_A_WAKE_UP {
            Self::Fine
        } else if in_each(Self::Medium) >= WORTH_A_WAKE_UP {
            Self::Medium
        } else {
            Self::Coarse
        }
    }
}

/// The precisions that held in the measured time, nanoseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Held {
    /// The finest.
    pub finest: u64,
    /// The coarsest; the same where it was fixed, or the load never changed.
    pub coarsest: u64,
}

impl Held {
    /// Of one grain.
    pub(crate) fn of(grain: Grain) -> Self {
        Self { finest: grain.nanos(), coarsest: grain.nanos() }
    }

    /// Both, where both are known.
    pub(crate) fn both(one: Option<Self>, other: Option<Self>) -> Option<Self> {
        match (one, other) {
            (Some(one), Some(other)) => {
                Some(Self { finest: one.finest.min(other.finest), coarsest: one.coarsest.max(other.coarsest) })
            }
            (one, other) => one.or(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_idle_worker_is_exact_and_a_busy_one_gathers_until_each_wake_up_has_much_to_do() {
        let by_load = |per_second| Grain::by_load(per_second, None);
        assert_eq!(by_load(0.0), Grain::Fine);
        assert_eq!(by_load(999.0), Grain::Fine);
        for gathers in [1_000.0, 2_500.0, 20_000.0, 49_000.0] {
            assert_eq!(by_load(gathers), Grain::Coarse, "{gathers}");
        }
        assert_eq!(by_load(50_001.0), Grain::Medium, "8 in each of its ticks");
        assert_eq!(by_load(159_000.0), Grain::Medium);
        assert_eq!(by_load(160_001.0), Grain::Fine, "8 in each 50 us without waiting for them");
    }

    #[test]
    fn a_load_near_the_limit_does_not_switch_back_and_forth() {
        for per_second in [1_000.0, 1_400.0] {
            for before in [Grain::Fine, Grain::Coarse] {
                assert_eq!(Grain::by_load(per_second, Some(before)), before, "{per_second}");
            }
        }
        assert_eq!(Grain::by_load(1_500.0, Some(Grain::Fine)), Grain::Coarse);
        assert_eq!(Grain::by_load(990.0, Some(Grain::Coarse)), Grain::Fine);
    }

    #[test]
    fn a_tick_leaves_time_for_sending_within_the_precision() {
        for grain in [Grain::Medium, Grain::Coarse] {
            assert!(grain.tick().is_some_and(|tick| tick < grain.nanos()), "{grain:?}");
        }
        assert_eq!(Grain::Fine.tick(), None);
    }

    #[test]
    fn what_held_is_from_the_finest_to_the_coarsest() {
        let (fine, coarse) = (Some(Held::of(Grain::Fine)), Some(Held::of(Grain::Coarse)));
        assert_eq!(Held::both(None, coarse), coarse);
        assert_eq!(Held::both(fine, None), fine);
        assert_eq!(Held::both(coarse, fine), Some(Held { finest: 50_000, coarsest: 1_000_000 }));
    }
}
