//! The conductor of a run: starts the workers, takes them from phase to phase, and says when it is over.
//!
//! ```text
//!              all clients stand            over
//!   Connecting ─────────────────► Running ────────► Draining ──► the next phase's Connecting, or the end
//!        ▲                           │ ▲                │
//!        └── the phase has changes   └─┘ the next phase has none: it begins where this one ends
//! ```

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc;
use std::time::{Duration, UNIX_EPOCH};

use tokio::sync::oneshot;

use super::clock::{Clock, nanos};
use super::control::{Control, Order, Progress, WorkerHandle};
use super::plan::Plan;
use super::recorder::WorkerResult;
use super::report::Ended;
use super::run::{Observer, RunError, RunOptions, Snapshot, Stage};
use super::series::Series;
use super::threshold::Measured;
use super::worker::Assignment;
use super::{Counts, Latency, Measure, Phase};

/// Where the phase that is on, or was last, lies on the run's clock.
#[derive(Debug, Clone, Copy)]
pub(super) struct PhaseTimes {
    /// When its changes were ordered; where it began, if it had none.
    pub(super) ordered: u64,
    /// When all clients stood, or had failed for good.
    pub(super) stood: u64,
    /// When its groups began to act.
    pub(super) begun: u64,
    /// When they were stopped.
    pub(super) stopped: Option<u64>,
}

/// Leads a run.
#[derive(Debug)]
pub(super) struct Conductor<'a> {
    pub(super) plan: Arc<Plan>,
    pub(super) options: &'a RunOptions,
    pub(super) clock: Clock,
    /// When the run began, UTC.
    pub(super) begun: String,
    pub(super) control: Arc<Control>,
    workers: Vec<WorkerHandle>,
    pub(super) results: Vec<oneshot::Receiver<std::io::Result<WorkerResult>>>,
    pub(super) series: Series,
    stage: Stage,
    stage_begin: u64,
    /// Of each phase until the present one; those that follow one another without a change are there beforehand.
    pub(super) phases: Vec<PhaseTimes>,
    phase: usize,
    pub(super) ended: Ended,
    /// Clients that stood when the first phase began, and those that had failed for good.
    pub(super) at_begin: (u64, u64),
    /// What had moved when it was looked at last, and when that changed.
    moved: (u64, u64),
}

/// Between "go" and the first message, so that all workers have heard it.
const LEAD: u64 = 2_000_000;
const SECOND: u64 = 1_000_000_000;
/// How long a phase without a duration may stand still before it is given up.
const STALL: u64 = 60 * SECOND;

impl<'a> Conductor<'a> {
    /// Starts the workers.
    pub(super) fn start(plan: Arc<Plan>, options: &'a RunOptions) -> Result<Self, RunError> {
        let control = Arc::new(Control::default());
        let (sender, seconds) = mpsc::channel();
        let scenario = &plan.scenario;
        let count = (scenario.workers as u64).min(scenario.own_clients()).max(1);
        let clock = Clock::start();
        let begun = jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string();
        let (mut workers, mut results) = (Vec::new(), Vec::new());
        for index in 0..count {
            let handle = WorkerHandle { progress: Arc::new(Progress::default()), ready: Arc::default() };
            let assignment = Assignment {
                index,
                workers: count,
                plan: plan.clone(),
                clock,
                control: control.clone(),
                handle: handle.clone(),
                seconds: sender.clone(),
                series_measure: scenario.series_measure(),
            };
            let (result, receiver) = oneshot::channel();
            std::thread::Builder::new()
                .name(format!("bench-{index}"))
                .spawn(move || {
                    let control = assignment.control.clone();
                    let outcome = assignment.run();
                    if outcome.is_err() {
                        control.fail();
                    }
                    // A conductor that has gone away needs no result.
                    let _ = result.send(outcome);
                })
                .map_err(|error| RunError::Worker(error.to_string()))?;
            workers.push(handle);
            results.push(receiver);
        }
        Ok(Self {
            plan,
            options,
            clock,
            begun,
            control,
            workers,
            results,
            series: Series::new(seconds),
            stage: Stage::Connecting,
            stage_begin: 0,
            phases: Vec::new(),
            phase: 0,
            ended: Ended::Done,
            at_begin: (0, 0),
            moved: (0, 0),
        })
    }

    /// Until it is over; the number of the signal that ended it, if one did.
    pub(super) async fn conduct(
        &mut self,
        observer: &mut dyn Observer,
        interrupt: &mut impl AsyncFnMut() -> u8,
    ) -> Option<u8> {
        let control = self.control.clone();
        let mut moments = tokio::time::interval(Duration::from_millis(100));
        let mut signal = None;
        self.change(0);
        loop {
            tokio::select! {
                number = interrupt() => {
                    if signal.replace(number).is_some() {
                        self.abort();
                        return signal;
                    }
                    let endless = self.plan.scenario.is_endless();
                    self.ended = if endless { Ended::Interrupted } else { Ended::InterruptedEarly };
                    if self.stage == Stage::Connecting {
                        return signal;
                    }
                    self.stop();
                }
                _ = moments.tick() => observer.moment(&self.snapshot()),
                () = control.news.notified() => {}
            }
            self.close_seconds(observer);
            if self.is_over(observer) {
                return signal;
            }
        }
    }

    /// Ends everything without waiting for anybody.
    pub(super) fn abort(&self) {
        self.control.abort();
        self.wake();
    }

    /// Has the clients disconnect; what the workers measured comes from `results`.
    pub(super) fn finish(&self) {
        self.control.finish();
        self.wake();
    }

    pub(super) fn snapshot(&self) -> Snapshot {
        let now = self.clock.now();
        Snapshot {
            phase: self.phase,
            stage: self.stage,
            elapsed: Duration::from_nanos(now),
            in_stage: Duration::from_nanos(now.saturating_sub(self.stage_begin)),
            clients: self.plan.scenario.own_clients(),
            standing: self.sum(|progress| &progress.standing),
            settled: self.sum(|progress| &progress.settled),
            sent: self.sum(|progress| &progress.sent),
            delivered: self.sum(|progress| &progress.delivered),
            outstanding: self.sum(|progress| &progress.outstanding),
            counts: self.series.counts,
            last: self.series.last(),
            measure: self.plan.scenario.series_measure(),
            quantiles: self.series.quantiles(),
        }
    }

    fn sum(&self, of: impl Fn(&Progress) -> &AtomicU64) -> u64 {
        self.workers.iter().map(|worker| of(&worker.progress).load(Ordering::Acquire)).sum()
    }

    fn order(&self, order: Order) {
        self.control.give(order);
        self.wake();
    }

    /// Whether what the workers say of themselves is true of the last order.
    fn is_obeyed(&self) -> bool {
        let given = self.control.given();
        self.workers.iter().all(|worker| worker.progress.obeyed.load(Ordering::Acquire) >= given)
    }

    fn is_drained(&self) -> bool {
        self.is_obeyed() && self.workers.iter().all(|worker| worker.progress.drained.load(Ordering::Acquire))
    }

    fn wake(&self) {
        self.workers.iter().for_each(|worker| worker.ready.wake_worker());
    }

    fn enter(&mut self, stage: Stage, now: u64) {
        self.stage = stage;
        self.stage_begin = now;
        self.moved.1 = now;
    }

    fn settings(&self, phase: usize) -> &Phase {
        &self.plan.scenario.phases[phase]
    }

    /// Orders the changes before a phase.
    fn change(&mut self, phase: usize) {
        let now = if phase == 0 { 0 } else { self.clock.now() };
        self.phase = phase;
        self.phases.push(PhaseTimes { ordered: now, stood: now, begun: u64::MAX, stopped: None });
        self.order(Order::Change { phase });
        self.enter(Stage::Connecting, now);
    }

    /// Begins a phase, and with it those that follow it without a change.
    fn begin(&mut self, now: u64) {
        let first = self.phase;
        let mut at = if first == 0 { self.barrier(now) } else { now + LEAD };
        self.enter(Stage::Running, at);
        if let Some(times) = self.phases.last_mut() {
            (times.stood, times.begun) = (now, at);
        }
        self.order(Order::Begin { phase: first, at });
        for phase in first.. {
            let Some(elapsed) = self.settings(phase).until.elapsed else { break };
            if self.plan.scenario.phases.get(phase + 1).is_none_or(|next| !next.changes.is_empty()) {
                break;
            }
            at = at.saturating_add(nanos(elapsed));
            self.phases.push(PhaseTimes { ordered: at, stood: at, begun: at, stopped: None });
            self.order(Order::Begin { phase: phase + 1, at });
        }
    }

    fn barrier(&self, now: u64) -> u64 {
        let barrier = self.options.start_at.map(|at| nanos(at.duration_since(UNIX_EPOCH).unwrap_or_default()));
        barrier.map_or(0, |barrier| self.clock.of_unix(barrier)).max(now + LEAD)
    }

    /// Nothing new is scheduled from now on.
    fn stop(&mut self) {
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

    fn is_over(&mut self, observer: &mut dyn Observer) -> bool {
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
                let quiet = now.saturating_sub(self.moved.1) > nanos(self.plan.scenario.drain);
                let hopeless = self.is_hopeless();
                if hopeless && self.ended == Ended::Done {
                    self.ended = Ended::ConnectionsLost;
                }
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
        let standing = self.sum(|progress| &progress.standing);
        if self.is_hopeless() || (self.phase == 0 && standing == 0 && self.has_failures()) {
            self.ended = if self.phase == 0 { Ended::NeverConnected } else { Ended::ConnectionsLost };
            return true;
        }
        observer.connected(&self.snapshot());
        if self.phase == 0 {
            self.at_begin = (standing, self.gone());
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
        if elapsed || received || (until.done && self.is_drained()) {
            self.stop();
        } else if until.elapsed.is_none() && now.saturating_sub(self.moved.1) > STALL && acts {
            self.ended = Ended::Stalled;
            self.stop();
        }
        false
    }

    /// Clients that are where they should be: they stand, or are away by plan.
    pub(super) fn present(&self) -> u64 {
        self.sum(|progress| &progress.settled).saturating_sub(self.gone())
    }

    /// Clients that have failed for good.
    pub(super) fn gone(&self) -> u64 {
        self.plan.scenario.own_clients().saturating_sub(self.sum(|progress| &progress.hopeful))
    }

    /// Whether no client stands or may yet.
    fn is_hopeless(&self) -> bool {
        self.plan.scenario.own_clients() > 0 && self.sum(|progress| &progress.hopeful) == 0
    }

    /// Whether a client has failed for good.
    fn has_failures(&self) -> bool {
        self.sum(|progress| &progress.hopeful) < self.plan.scenario.own_clients()
    }

    /// Notes when anything moved last.
    fn watch(&mut self, now: u64) {
        // What is not of this run does not show that it goes on.
        let delivered = if self.plan.knows_what_to_expect() {
            self.sum(|progress| &progress.distinct)
        } else {
            self.sum(|progress| &progress.delivered)
        };
        let moved = self.sum(|progress| &progress.sent) + self.sum(|progress| &progress.answered) + delivered;
        // Nothing to do is not standing still.
        let idle = self.stage == Stage::Running && self.sum(|progress| &progress.outstanding) == 0;
        if moved != self.moved.0 || idle {
            self.moved = (moved, now);
        }
    }

    fn close_seconds(&mut self, observer: &mut dyn Observer) {
        self.series.take();
        while self.series.close_one(self.clock.now()) {
            observer.second(&self.snapshot());
            if self.options.abort_on_fail && self.stage == Stage::Running && self.fails_already() {
                self.ended = Ended::Aborted;
                self.stop();
            }
        }
    }

    /// Whether a threshold has failed by what is measured so far.
    fn fails_already(&self) -> bool {
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
