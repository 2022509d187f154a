//! When a worker looks next: at each wake-up, or once a tick.

use crate::bench::plan::Plan;
use crate::bench::precision::{Grain, Held, Precision};
use crate::bench::{Load, Role};
use crate::transport::Protocol;

/// How often the load is looked at, to choose the grain.
const REVIEW: u64 = 100_000_000;

/// When a worker looks next.
#[derive(Debug)]
pub(super) struct Ticker {
    precision: Precision,
    grain: Grain,
    /// Whether times are kept at all, and reported.
    is_on: bool,
    /// Messages and answers since the last review.
    events: u64,
    reviewed: u64,
    held: Option<Held>,
}

impl Ticker {
    /// Where nothing is sent as fast as possible: there, answers are awaited, and a wait would slow down the load. Over
    /// QUIC, tasks of the connections work in the same thread, which may not sleep.
    pub(super) fn of(plan: &Plan) -> Self {
        let scenario = &plan.scenario;
        let is_unpaced =
            |role: &Role| matches!(role, Role::Publish(publish) if matches!(publish.load, Load::Unpaced { .. }));
        let is_on = !scenario.groups.iter().any(|group| is_unpaced(&group.role))
            && scenario.groups.iter().any(|group| matches!(group.role, Role::Publish(_) | Role::Subscribe(_)));
        let has_tasks = scenario.endpoints.iter().any(|endpoint| endpoint.protocol == Protocol::Quic);
        let precision = if has_tasks { Precision::Fixed(Grain::Fine) } else { scenario.precision };
        Self::new(precision, is_on)
    }

    fn new(precision: Precision, is_on: bool) -> Self {
        let grain = match precision {
            Precision::Fixed(grain) => grain,
            Precision::ByLoad => Grain::Fine,
        };
        Self { precision, grain, is_on, events: 0, reviewed: 0, held: None }
    }

    /// A load begins, of so many messages and answers a second by its plan.
    pub(super) fn begin(&mut self, per_second: f64, now: u64) {
        if self.precision == Precision::ByLoad {
            self.grain = Grain::by_load(per_second, None);
        }
        (self.events, self.reviewed) = (0, now);
    }

    /// So many messages were due and answers read in a turn; `measured`: it belongs to the measured time.
    #[expect(clippy::cast_precision_loss, reason = "a rate")]
    pub(super) fn note(&mut self, events: u64, now: u64, measured: bool) {
        self.events += events;
        if measured && self.is_on {
            self.held = Held::both(self.held, Some(Held::of(self.grain)));
        }
        let since = now.saturating_sub(self.reviewed);
        if since >= REVIEW {
            if self.precision == Precision::ByLoad {
                self.grain = Grain::by_load(self.events as f64 * 1e9 / since as f64, Some(self.grain));
            }
            (self.events, self.reviewed) = (0, now);
        }
    }

    /// When the present tick is over; `None`: whatever comes first is looked at.
    pub(super) fn end_of_tick(&self, now: u64) -> Option<u64> {
        let tick = self.grain.tick().filter(|_| self.is_on)?;
        Some((now / tick + 1).saturating_mul(tick))
    }

    /// What held in the measured time; `None` where no times were kept.
    pub(super) fn held(&self) -> Option<Held> {
        self.held
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: u64 = 1_000_000;

    #[test]
    fn it_begins_by_plan_and_goes_on_by_what_is_counted() {
        let mut ticker = Ticker::new(Precision::ByLoad, true);
        ticker.begin(10_000.0, 0);
        assert_eq!(ticker.end_of_tick(0), Some(800_000));
        assert_eq!(ticker.end_of_tick(799_999), Some(800_000));
        assert_eq!(ticker.end_of_tick(800_000), Some(1_600_000));
        // 50 in 100 ms: idle.
        ticker.note(20, 50 * MS, true);
        assert!(ticker.end_of_tick(0).is_some(), "not before the review");
        ticker.note(30, 100 * MS, true);
        assert_eq!(ticker.end_of_tick(0), None);
        // 10,000 in 100 ms.
        ticker.note(10_000, 200 * MS, true);
        assert_eq!(ticker.end_of_tick(0), Some(160_000));
        assert_eq!(ticker.held(), Some(Held { finest: 50_000, coarsest: 1_000_000 }));
    }

    #[test]
    fn a_fixed_precision_holds_at_any_load() {
        let mut ticker = Ticker::new(Precision::Fixed(Grain::Medium), true);
        ticker.begin(0.0, 0);
        ticker.note(0, 100 * MS, true);
        ticker.note(1_000_000, 200 * MS, true);
        assert_eq!(ticker.end_of_tick(0), Some(160_000));
        assert_eq!(ticker.held(), Some(Held::of(Grain::Medium)));
    }

    #[test]
    fn warm_up_holds_nothing_and_an_unpaced_load_has_no_ticks() {
        let mut ticker = Ticker::new(Precision::ByLoad, true);
        ticker.begin(10_000.0, 0);
        ticker.note(10, MS, false);
        assert_eq!(ticker.held(), None);
        let mut unpaced = Ticker::new(Precision::ByLoad, false);
        unpaced.begin(10_000.0, 0);
        unpaced.note(10, MS, true);
        assert_eq!((unpaced.end_of_tick(0), unpaced.held()), (None, None));
    }
}
