//! The conductor of a run: starts the workers, takes them from phase to phase, and says when it is over.
//!
//! ```text
//!              all clients connected        over
//!   Connecting ─────────────────► Running ────────► Draining ──► the next phase's Connecting, or the end
//!        ▲                           │ ▲                │
//!        └── the phase has changes   └─┘ the next phase has none: it begins where this one ends
//! ```

mod over;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc;
use std::time::{Duration, UNIX_EPOCH};

use tokio::sync::oneshot;

use super::clock::{Clock, nanos};
use super::control::{Control, Order, Progress, WorkerHandle};
use super::plan::Plan;
use super::preflight::Resources;
use super::recorder::WorkerResult;
use super::report::Ended;
use super::run::{Observer, RunError, RunOptions, Snapshot, Stage};
use super::series::Series;
use super::worker::Assignment;
use super::{Phase, Reasons};

/// Times of the current phase, or the last one, on the clock of the run.
#[derive(Debug, Clone, Copy)]
pub(super) struct PhaseTimes {
    /// When its changes were ordered; where it began, if it had none.
    pub(super) ordered: u64,
    /// When all clients were connected, or had failed for good.
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
    /// What the machine has for it.
    pub(super) resources: Resources,
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
    /// Clients that were connected when the first phase began, and those that had failed for good.
    pub(super) at_begin: Option<(u64, u64)>,
    /// The progress at the last look, and when it last changed.
    moved: (u64, u64),
    /// Since when everything is sent and only answers are waited for.
    all_sent: Option<u64>,
    /// The wait for answers is over before the load was told to end.
    has_drained: bool,
    /// When a signal asked for the end: nothing is waited for longer than `--drain` after it.
    signal: Option<u8>,
    /// When the report was last written while the run goes on, and what the workers have left for the next.
    interim: Interim,
}

/// The report of a run that goes on.
#[derive(Debug, Default)]
struct Interim {
    asked_at: u64,
    asked: bool,
    results: Vec<Option<WorkerResult>>,
}

/// Between "go" and the first message, so that all workers have received it.
const LEAD: u64 = 2_000_000;
const SECOND: u64 = 1_000_000_000;
/// How often the report of a run that goes on is written.
const INTERIM: u64 = 3 * SECOND;

impl<'a> Conductor<'a> {
    /// Starts the workers.
    pub(super) fn start(plan: Arc<Plan>, resources: Resources, options: &'a RunOptions) -> Result<Self, RunError> {
        let control = Arc::new(Control::default());
        let (sender, seconds) = mpsc::channel();
        let scenario = &plan.scenario;
        let count = (scenario.workers as u64).min(scenario.own_clients()).max(1);
        let names = scenario.groups.iter().map(|group| group.name.clone()).collect::<Vec<_>>().into_iter();
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
            resources,
            clock,
            begun,
            control,
            workers,
            results,
            series: Series::new(names, seconds),
            stage: Stage::Connecting,
            stage_begin: 0,
            phases: Vec::new(),
            phase: 0,
            ended: Ended::Done,
            at_begin: None,
            moved: (0, 0),
            all_sent: None,
            has_drained: false,
            signal: None,
            interim: Interim::default(),
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
        self.change(0);
        loop {
            tokio::select! {
                number = interrupt() => {
                    if self.is_over_by_signal(number, observer) {
                        return self.signal;
                    }
                }
                _ = moments.tick() => observer.moment(&self.snapshot()),
                () = control.news.notified() => {}
            }
            self.close_seconds(observer);
            self.write_interim(observer);
            if self.is_over(observer) {
                return self.signal;
            }
        }
    }

    /// A signal ends the load, and outstanding messages are waited for; during that wait, a signal ends the run.
    fn is_over_by_signal(&mut self, number: u8, observer: &mut dyn Observer) -> bool {
        let is_first = self.signal.replace(number).is_none();
        if is_first {
            let endless = self.plan.scenario.is_endless() && self.stage != Stage::Draining;
            self.ended = if endless { Ended::Interrupted } else { Ended::InterruptedEarly };
        }
        match self.stage {
            Stage::Connecting => true,
            // Of a load by number only the wait for answers is left, as in the drain.
            Stage::Running if self.all_sent.is_some() => {
                self.stop();
                observer.cut_short(&self.snapshot());
                true
            }
            Stage::Running => {
                self.stop();
                observer.stopping(&self.snapshot(), self.plan.scenario.drain);
                false
            }
            Stage::Draining => {
                observer.cut_short(&self.snapshot());
                true
            }
        }
    }

    /// Has what is measured so far written every few seconds, so that a run that is killed leaves it behind.
    fn write_interim(&mut self, observer: &mut dyn Observer) {
        if !self.options.keeps_results {
            return;
        }
        let now = self.clock.now();
        if !self.interim.asked && now >= self.interim.asked_at + INTERIM {
            self.interim = Interim { asked_at: now, asked: true, results: self.workers.iter().map(|_| None).collect() };
            self.control.ask();
        }
        if self.interim.asked {
            for (place, worker) in self.interim.results.iter_mut().zip(&self.workers) {
                *place = worker.progress.collect().or(place.take());
            }
            if self.interim.results.iter().all(Option::is_some) {
                self.interim.asked = false;
                let results = std::mem::take(&mut self.interim.results).into_iter().flatten().collect();
                observer.interim(&self.assemble(results, Reasons::default(), now, Ended::Unfinished));
            }
        }
    }

    /// Ends everything without waiting.
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
            lasts: self.settings(self.phase).until.elapsed.filter(|_| self.stage == Stage::Running),
            starts_in: (self.stage == Stage::Running && self.stage_begin > now)
                .then(|| Duration::from_nanos(self.stage_begin - now)),
            late: self.lateness(now),
            clients: self.plan.scenario.own_clients(),
            ready: self.sum(|progress| &progress.ready),
            settled: self.sum(|progress| &progress.settled),
            sent: self.sum(|progress| &progress.sent),
            delivered: self.sum(|progress| &progress.delivered),
            outstanding: self.sum(|progress| &progress.outstanding),
            counts: self.series.counts,
            groups: self.series.groups(),
            last: self.series.last(),
            measure: self.plan.scenario.series_measure(),
            buckets: self.series.buckets(),
        }
    }

    fn sum(&self, of: impl Fn(&Progress) -> &AtomicU64) -> u64 {
        self.workers.iter().map(|worker| of(&worker.progress).load(Ordering::Acquire)).sum()
    }

    fn order(&self, order: Order) {
        self.control.give(order);
        self.wake();
    }

    /// Whether the state of the workers already reflects the last order.
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

    /// How late the first phase is at this moment, if it has not begun.
    #[expect(clippy::cast_precision_loss, reason = "seconds of a run")]
    fn lateness(&self, now: u64) -> Option<f64> {
        let barrier = nanos(self.options.start_at?.duration_since(UNIX_EPOCH).unwrap_or_default());
        let behind = self.clock.unix(now).checked_sub(barrier)?;
        (self.phase == 0 && self.stage == Stage::Connecting).then_some(behind as f64 / 1e9)
    }

    fn barrier(&self, now: u64) -> u64 {
        let barrier = self.options.start_at.map(|at| nanos(at.duration_since(UNIX_EPOCH).unwrap_or_default()));
        barrier.map_or(0, |barrier| self.clock.of_unix(barrier)).max(now + LEAD)
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
}
