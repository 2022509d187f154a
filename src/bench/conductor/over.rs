//! When a run, or a phase of it, is over: all is done, its time has passed, nothing moves any more, or a threshold has failed.

use std::sync::atomic::{AtomicBool, Ordering};

use super::{Conductor, SECOND};
use crate::bench::clock::nanos;
use crate::bench::control::{Order, Progress};
use crate::bench::report::Ended;
use crate::bench::run::{Observer, Stage};
use crate::bench::{Counts, Latency, Measure, Measured};

/// How long a phase without a duration may make no progress before it is given up.
const STALL: u64 = 60 * SECOND;
/// The longest wait for outstanding messages, in multiples of `--drain`, even if they keep trickling in.
const DRAINS: u64 = 10;

impl Conductor<'_> {
    /// Nothing new is scheduled from now on.
    pub(super) fn stop(&mut self) {
        if self.stage == Stage::Running {
            let now = self.clock.now();
            self.phases.truncate(self.phase + 1);
            if let Some(times) = self.phases.last_mut() {
                times.stopped = Some(now);
            }
            self.order(Order::Stop);
            self.enter(Stage::Draining, now);
        }
    }

    pub(super) fn is_over(&mut self, observer: &mut dyn Observer) -> bool {
        let now = self.clock.now();
        if self.control.has_failed() {
            // Its clients would never settle; the reason is in its result.
            self.ended = Ended::GeneratorFailed;
            return true;
        }
        match self.stage {
            Stage::Connecting => self.is_over_while_connecting(now, observer),
            Stage::Running => self.is_over_while_running(now),
            Stage::Draining => {
                self.watch(now);
                let arrived = self.sum(|progress| &progress.distinct) >= self.sum(|progress| &progress.expected);
                let drain = nanos(self.plan.scenario.drain);
                let at_most = if self.signal.is_some() { drain } else { drain.saturating_mul(DRAINS) };
                let quiet = now.saturating_sub(self.moved.1) > drain || now.saturating_sub(self.stage_begin) > at_most;
                let hopeless = self.is_hopeless();
                if hopeless && self.ended == Ended::Done {
                    self.ended = Ended::ConnectionsLost;
                }
                let quiet = quiet || std::mem::take(&mut self.has_drained);
                let drained = (self.is_drained() && arrived) || hopeless || quiet;
                let goes_on = self.ended == Ended::Done && self.phase + 1 < self.plan.scenario.phases.len();
                if drained && goes_on {
                    self.change(self.phase + 1);
                }
                drained && !goes_on
            }
        }
    }

    fn is_over_while_connecting(&mut self, now: u64, observer: &mut dyn Observer) -> bool {
        if !self.is_obeyed() || self.sum(|progress| &progress.settled) < self.plan.scenario.own_clients() {
            return false;
        }
        let ready = self.sum(|progress| &progress.ready);
        if self.is_hopeless() || (self.phase == 0 && ready == 0 && self.has_failures()) {
            self.ended = if self.phase == 0 { Ended::NeverConnected } else { Ended::ConnectionsLost };
            return true;
        }
        observer.connected(&self.snapshot());
        if self.phase == 0 {
            self.at_begin = Some((ready, self.gone()));
        }
        self.begin(now);
        false
    }

    fn is_over_while_running(&mut self, now: u64) -> bool {
        while self.phases.get(self.phase + 1).is_some_and(|next| now >= next.begun) {
            let end = self.phases[self.phase + 1].begun;
            self.phases[self.phase].stopped = Some(end);
            self.phase += 1;
            self.enter(Stage::Running, end);
        }
        if now < self.phases[self.phase].begun {
            return false;
        }
        self.watch(now);
        if self.is_hopeless() {
            self.ended = Ended::ConnectionsLost;
            self.phases[self.phase].stopped = Some(now);
            return true;
        }
        let until = self.settings(self.phase).until;
        let acts = !self.settings(self.phase).acts.is_empty();
        let elapsed =
            until.elapsed.is_some_and(|elapsed| now >= self.phases[self.phase].begun.saturating_add(nanos(elapsed)));
        let received = until.received.is_some_and(|limit| self.sum(|progress| &progress.delivered) >= limit);
        if elapsed || received || (until.done && (self.is_drained() || self.waits_in_vain(now))) {
            self.stop();
        } else if until.elapsed.is_none() && now.saturating_sub(self.moved.1) > STALL && acts {
            self.ended = Ended::Stalled;
            self.stop();
        }
        false
    }

    /// Everything is sent, and the answers do not come, or trickle in without an end. The wait for them is the drain's.
    fn waits_in_vain(&mut self, now: u64) -> bool {
        let all = |of: fn(&Progress) -> &AtomicBool| {
            self.workers.iter().all(|worker| of(&worker.progress).load(Ordering::Acquire))
        };
        if !self.is_obeyed() || !all(|progress| &progress.all_sent) {
            self.all_sent = None;
            return false;
        }
        let since = *self.all_sent.get_or_insert(now);
        let drain = nanos(self.plan.scenario.drain);
        let quiet_since = self.moved.1.max(since);
        let gives_up =
            now.saturating_sub(quiet_since) > drain || now.saturating_sub(since) > drain.saturating_mul(DRAINS);
        if gives_up {
            self.has_drained = true;
        }
        gives_up
    }

    /// Clients in their planned state: connected, or away by plan.
    pub(in crate::bench) fn present(&self) -> u64 {
        self.sum(|progress| &progress.settled).saturating_sub(self.gone())
    }

    /// Clients that have failed for good.
    pub(in crate::bench) fn gone(&self) -> u64 {
        self.plan.scenario.own_clients().saturating_sub(self.sum(|progress| &progress.hopeful))
    }

    /// Whether no client is connected or may still connect.
    pub(super) fn is_hopeless(&self) -> bool {
        self.plan.scenario.own_clients() > 0 && self.sum(|progress| &progress.hopeful) == 0
    }

    /// Whether a client has failed for good.
    pub(super) fn has_failures(&self) -> bool {
        self.sum(|progress| &progress.hopeful) < self.plan.scenario.own_clients()
    }

    /// Notes when anything moved last.
    pub(super) fn watch(&mut self, now: u64) {
        // Messages of other runs are not progress.
        let delivered = if self.plan.knows_what_to_expect() {
            self.sum(|progress| &progress.distinct)
        } else {
            self.sum(|progress| &progress.delivered)
        };
        let moved = self.sum(|progress| &progress.sent) + self.sum(|progress| &progress.answered) + delivered;
        // Having nothing to do is not a lack of progress.
        let idle = self.stage == Stage::Running && self.sum(|progress| &progress.outstanding) == 0;
        if moved != self.moved.0 || idle {
            self.moved = (moved, now);
        }
    }

    /// Whether a threshold has failed by what is measured so far.
    pub(super) fn fails_already(&self) -> bool {
        let sofar = SoFar {
            measure: self.plan.scenario.series_measure(),
            latency: &self.series.measured,
            counts: &self.series.counts,
        };
        self.options.thresholds.iter().any(|threshold| threshold.fails_already(&sofar))
    }
}

/// A run before its end, as thresholds see it.
struct SoFar<'a> {
    measure: Measure,
    latency: &'a Latency,
    counts: &'a Counts,
}

impl Measured for SoFar<'_> {
    fn latency(&self, measure: Measure) -> Option<&Latency> {
        (measure == self.measure).then_some(self.latency)
    }

    fn counts(&self) -> &Counts {
        self.counts
    }

    fn rate(&self) -> Option<f64> {
        None
    }

    fn throughput(&self) -> Option<f64> {
        None
    }
}
