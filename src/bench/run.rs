//! The conductor of a run: starts the workers, says when to begin, to stop and to end, and puts the report together.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{self, Receiver};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio::sync::oneshot;

use super::clock::{Clock, nanos};
use super::control::{Control, Progress, WorkerHandle};
use super::plan::Plan;
use super::preflight::{Resources, Shortage};
use super::recorder::{Second, WorkerResult};
use super::report::{Ended, Generator, Parameter, REPORT_VERSION, Rates, Report, Row, Seconds};
use super::threshold::Threshold;
use super::verdict::{Signs, Verdict};
use super::worker::Assignment;
use super::{Counts, Latencies, Latency, Measure, Reasons, Scenario};
use crate::mqtt::TopicError;
use crate::transport::DialError;

/// Why a run did not begin.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// A broker's name could not be looked up.
    #[error("{0}")]
    Dial(Box<DialError>),
    /// A topic or filter that is none once its placeholders are filled.
    #[error("a topic of the run, its placeholders filled: {0}")]
    Topic(#[from] TopicError),
    /// The system does not allow as many connections.
    #[error(transparent)]
    Shortage(#[from] Shortage),
    /// A thread or its runtime could not be started.
    #[error("cannot start a worker: {0}")]
    Worker(String),
}

/// How a run is judged, besides what it does.
#[derive(Debug, Clone, Default)]
pub struct RunOptions {
    /// What makes it a failure.
    pub thresholds: Vec<Threshold>,
    /// End when one of them has failed.
    pub abort_on_fail: bool,
    /// When to begin publishing, so that several machines do it together.
    pub start_at: Option<SystemTime>,
    /// For the report.
    pub parameters: Vec<Parameter>,
}

/// Where a run is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// Clients connect and subscribe.
    Connecting,
    /// The load is on.
    Running,
    /// What is on its way is waited for.
    Draining,
}

/// A run as it is now.
#[derive(Debug, Clone, Copy)]
pub struct Snapshot {
    /// Where it is.
    pub phase: Phase,
    /// Since the first connect.
    pub elapsed: Duration,
    /// Since the phase began.
    pub in_phase: Duration,
    /// Clients of this process.
    pub clients: u64,
    /// Clients that stand.
    pub standing: u64,
    /// Clients that stand or have failed for good.
    pub settled: u64,
    /// Messages sent.
    pub sent: u64,
    /// Messages received.
    pub delivered: u64,
    /// Messages scheduled and not done with.
    pub outstanding: u64,
    /// What happened up to the last whole second.
    pub counts: Counts,
    /// The last whole second; `None` before there is one.
    pub last: Option<Row>,
}

/// Who watches a run.
pub trait Observer {
    /// All clients stand or have failed; it took so long.
    fn connected(&mut self, snapshot: &Snapshot);
    /// A second is over.
    fn second(&mut self, snapshot: &Snapshot);
    /// Ten times a second.
    fn moment(&mut self, snapshot: &Snapshot);
}

/// Runs a scenario to its end. `interrupt` says when the user wants it to end; the second time at once.
///
/// # Errors
///
/// What keeps it from beginning. Once it has begun there is always a report.
pub async fn run(
    scenario: Scenario,
    options: &RunOptions,
    observer: &mut dyn Observer,
    mut interrupt: impl AsyncFnMut() -> u8,
) -> Result<(Report, Option<u8>), RunError> {
    let resources = Resources::prepare(scenario.own_clients());
    let pairs = (scenario.dialers.len() * scenario.endpoints.len()) as u64;
    let has_ports =
        scenario.endpoints.iter().all(|endpoint| matches!(endpoint.address, crate::transport::Address::Host { .. }));
    Resources { local_ports: resources.local_ports.filter(|_| has_ports), ..resources }
        .check(scenario.own_clients(), pairs)?;
    let mut resolved = Vec::new();
    for dialer in &scenario.dialers {
        let mut of_dialer = Vec::new();
        for endpoint in &scenario.endpoints {
            of_dialer.push(Arc::new(dialer.resolve(endpoint).await.map_err(|error| RunError::Dial(Box::new(error)))?));
        }
        resolved.push(of_dialer);
    }
    let plan = Arc::new(Plan::new(scenario, resolved)?);
    let mut conductor = Conductor::start(plan, options)?;
    let signal = conductor.conduct(observer, &mut interrupt).await;
    let report = conductor.report(observer, resources, &mut interrupt).await;
    Ok((report, signal))
}

struct Conductor<'a> {
    plan: Arc<Plan>,
    options: &'a RunOptions,
    clock: Clock,
    begun: String,
    control: Arc<Control>,
    workers: Vec<WorkerHandle>,
    results: Vec<oneshot::Receiver<std::io::Result<WorkerResult>>>,
    seconds: Receiver<Second>,
    series: BTreeMap<u64, (Counts, Latency)>,
    counts: Counts,
    next_second: u64,
    phase: Phase,
    phase_begin: u64,
    begin: u64,
    stopped: Option<u64>,
    ended: Ended,
    /// What had moved when it was looked at last, and when that changed.
    moved: (u64, u64),
}

/// Between "go" and the first message, so that all workers have heard it.
const LEAD: u64 = 2_000_000;
const SECOND: u64 = 1_000_000_000;
/// How long a run without a duration may stand still before it is given up.
const STALL: u64 = 60 * SECOND;

impl<'a> Conductor<'a> {
    fn start(plan: Arc<Plan>, options: &'a RunOptions) -> Result<Self, RunError> {
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
                series_measure: series_measure(scenario),
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
            seconds,
            series: BTreeMap::new(),
            counts: Counts::default(),
            next_second: 1,
            phase: Phase::Connecting,
            phase_begin: 0,
            begin: u64::MAX,
            stopped: None,
            ended: Ended::Done,
            moved: (0, 0),
        })
    }

    /// Until it is over; the number of the signal that ended it, if one did.
    async fn conduct(&mut self, observer: &mut dyn Observer, interrupt: &mut impl AsyncFnMut() -> u8) -> Option<u8> {
        let control = self.control.clone();
        let mut moments = tokio::time::interval(Duration::from_millis(100));
        let mut signal = None;
        loop {
            tokio::select! {
                number = interrupt() => {
                    if signal.replace(number).is_some() {
                        self.control.abort();
                        self.wake();
                        return signal;
                    }
                    let endless = self.is_endless();
                    self.ended = if endless { Ended::Interrupted } else { Ended::InterruptedEarly };
                    if self.phase == Phase::Connecting {
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

    /// Whether nothing but a signal ends the run.
    fn is_endless(&self) -> bool {
        let scenario = &self.plan.scenario;
        scenario.duration.is_none() && scenario.limit.is_none()
    }

    fn sum(&self, of: impl Fn(&Progress) -> &AtomicU64) -> u64 {
        self.workers.iter().map(|worker| of(&worker.progress).load(Ordering::Acquire)).sum()
    }

    fn wake(&self) {
        self.workers.iter().for_each(|worker| worker.ready.wake_worker());
    }

    fn enter(&mut self, phase: Phase, now: u64) {
        self.phase = phase;
        self.phase_begin = now;
        self.moved.1 = now;
    }

    /// Nothing new is scheduled from now on.
    fn stop(&mut self) {
        if self.phase == Phase::Running {
            let now = self.clock.now();
            self.stopped = Some(now);
            self.control.stop();
            self.wake();
            self.enter(Phase::Draining, now);
        }
    }

    fn is_over(&mut self, observer: &mut dyn Observer) -> bool {
        let now = self.clock.now();
        let clients = self.plan.scenario.own_clients();
        if self.control.has_failed() {
            // Its clients would never settle; the reason is in its result.
            let connecting = self.phase == Phase::Connecting;
            self.ended = if connecting { Ended::NeverConnected } else { Ended::ConnectionsLost };
            return true;
        }
        match self.phase {
            Phase::Connecting => {
                if self.sum(|progress| &progress.settled) < clients {
                    return false;
                }
                if self.sum(|progress| &progress.standing) == 0 && clients > 0 {
                    self.ended = Ended::NeverConnected;
                    return true;
                }
                observer.connected(&self.snapshot());
                self.begin = self.begin_time(now);
                self.control.begin(self.begin);
                self.wake();
                self.enter(Phase::Running, self.begin);
                false
            }
            Phase::Running => {
                if now < self.begin {
                    return false;
                }
                self.watch(now);
                if self.sum(|progress| &progress.hopeful) == 0 && clients > 0 {
                    self.ended = Ended::ConnectionsLost;
                    self.stopped = Some(now);
                    return true;
                }
                let scenario = &self.plan.scenario;
                let duration_over = scenario.duration.is_some_and(|duration| now >= self.begin + nanos(duration));
                let publishes = scenario.publishes();
                let received_all =
                    !publishes && scenario.limit.is_some_and(|limit| self.sum(|progress| &progress.delivered) >= limit);
                let drained = self.workers.iter().all(|worker| worker.progress.drained.load(Ordering::Acquire));
                if duration_over || received_all || (publishes && drained) {
                    self.stop();
                } else if scenario.duration.is_none() && now.saturating_sub(self.moved.1) > STALL && publishes {
                    self.ended = Ended::Stalled;
                    self.stop();
                }
                false
            }
            Phase::Draining => {
                self.watch(now);
                let drained = self.workers.iter().all(|worker| worker.progress.drained.load(Ordering::Acquire));
                let arrived = self.sum(|progress| &progress.distinct) >= self.sum(|progress| &progress.expected);
                let hopeless = self.sum(|progress| &progress.hopeful) == 0;
                let quiet = now.saturating_sub(self.moved.1) > nanos(self.plan.scenario.drain);
                if hopeless && clients > 0 && self.ended == Ended::Done {
                    self.ended = Ended::ConnectionsLost;
                }
                (drained && arrived) || hopeless || quiet
            }
        }
    }

    fn begin_time(&self, now: u64) -> u64 {
        let barrier = self.options.start_at.map(|at| nanos(at.duration_since(UNIX_EPOCH).unwrap_or_default()));
        barrier.map_or(0, |barrier| self.clock.of_unix(barrier)).max(now + LEAD)
    }

    /// Notes when anything moved last.
    fn watch(&mut self, now: u64) {
        let moved = self.sum(|progress| &progress.sent)
            + self.sum(|progress| &progress.answered)
            + self.sum(|progress| &progress.delivered);
        // Nothing to do is not standing still.
        let idle = self.phase == Phase::Running && self.sum(|progress| &progress.outstanding) == 0;
        if moved != self.moved.0 || idle {
            self.moved = (moved, now);
        }
    }

    fn take_seconds(&mut self) {
        for second in self.seconds.try_iter() {
            self.counts += &second.counts;
            let entry = self.series.entry(second.number).or_insert_with(|| (Counts::default(), Latency::coarse()));
            entry.0 += &second.counts;
            entry.1.add(&second.latency);
        }
    }

    fn close_seconds(&mut self, observer: &mut dyn Observer) {
        self.take_seconds();
        // Workers close a second within their next look: wait a little longer for it.
        while self.clock.now() >= self.next_second * SECOND + 150_000_000 {
            self.next_second += 1;
            observer.second(&self.snapshot());
            if self.options.abort_on_fail && self.phase == Phase::Running && self.fails_already() {
                self.ended = Ended::Aborted;
                self.stop();
            }
        }
    }

    /// Whether a threshold that can only get worse has failed.
    fn fails_already(&self) -> bool {
        let mut judged = Report { counts: self.counts, ..self.empty_report() };
        let all = self.series.values().fold(Latency::coarse(), |mut sum, (_, latency)| {
            sum.add(latency);
            sum
        });
        judged.latencies.insert(series_measure(&self.plan.scenario), all);
        self.options.thresholds.iter().any(|threshold| {
            let finding = threshold.judge(&judged);
            finding.failed && finding.measured.is_some() && threshold.may_be_judged_early()
        })
    }

    fn row(&self, second: u64) -> Row {
        let Some((counts, latency)) = self.series.get(&second) else { return Row { second, ..Row::default() } };
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

    fn snapshot(&self) -> Snapshot {
        let now = self.clock.now();
        Snapshot {
            phase: self.phase,
            elapsed: Duration::from_nanos(now),
            in_phase: Duration::from_nanos(now.saturating_sub(self.phase_begin)),
            clients: self.plan.scenario.own_clients(),
            standing: self.sum(|progress| &progress.standing),
            settled: self.sum(|progress| &progress.settled),
            sent: self.sum(|progress| &progress.sent),
            delivered: self.sum(|progress| &progress.delivered),
            outstanding: self.sum(|progress| &progress.outstanding),
            counts: self.counts,
            last: (self.next_second > 1).then(|| self.row(self.next_second - 2)),
        }
    }

    /// Ends the workers and puts together what they measured.
    async fn report(
        mut self,
        observer: &mut dyn Observer,
        resources: Resources,
        interrupt: &mut impl AsyncFnMut() -> u8,
    ) -> Report {
        let end = self.clock.now();
        self.control.finish();
        self.wake();
        let (mut counts, mut reasons, mut latencies) = (Counts::default(), Reasons::default(), Latencies::default());
        let (mut measured, mut shares, mut last) = (Rates::default(), Vec::new(), 0);
        for result in std::mem::take(&mut self.results) {
            let result = tokio::select! {
                result = result => result,
                _ = interrupt() => { self.control.abort(); self.wake(); continue }
            };
            match result {
                Ok(Ok(result)) => {
                    counts += &result.counts;
                    reasons += &result.reasons;
                    latencies.add(&result.latencies);
                    measured.sent += result.measured.sent;
                    measured.delivered += result.measured.delivered;
                    *measured.planned.get_or_insert(0) += result.measured.scheduled;
                    last = last.max(result.last_activity);
                    shares.push(result.cpu.share());
                }
                Ok(Err(error)) => reasons.note(format!("a worker ended: {error}")),
                Err(_) => reasons.note("a worker ended without a result".into()),
            }
        }
        self.take_seconds();
        while self.next_second <= self.clock.now() / SECOND + 1 {
            self.next_second += 1;
            observer.second(&self.snapshot());
        }
        self.settle_losses(&mut counts);
        if self.plan.scenario.planned_per_second().is_none() {
            measured.planned = None;
        }
        let report = Report {
            ended: self.ended,
            seconds: self.phases(end, last),
            series: (0..=end / SECOND).map(|second| self.row(second)).collect(),
            counts,
            rates: measured,
            reasons,
            latencies: Measure::ALL.into_iter().filter_map(|m| Some((m, latencies.get(m)?.clone()))).collect(),
            generator: generator(shares, resources),
            ..self.empty_report()
        };
        let verdict = verdict(&report);
        let mut report = Report { verdict, ..report };
        report.judge(&self.options.thresholds);
        report
    }

    fn phases(&self, end: u64, last_activity: u64) -> Seconds {
        let scenario = &self.plan.scenario;
        if self.begin == u64::MAX {
            return Seconds { connecting: seconds(end), ..Seconds::default() };
        }
        let stopped = self.stopped.unwrap_or(end);
        // Without a duration the last message is the end, not our noticing it.
        let measured_until = match scenario.duration {
            Some(duration) => stopped.min(self.begin + nanos(duration)),
            None if scenario.limit.is_some() && last_activity > self.begin => last_activity.min(stopped),
            None => stopped,
        };
        let warmup = nanos(scenario.warmup).min(measured_until.saturating_sub(self.begin));
        Seconds {
            connecting: seconds(self.begin),
            warmup: seconds(warmup),
            measured: seconds(measured_until.saturating_sub(self.begin + warmup)),
            draining: seconds(end.saturating_sub(stopped)),
        }
    }

    /// What should have come and did not.
    fn settle_losses(&self, counts: &mut Counts) {
        let scenario = &self.plan.scenario;
        if !scenario.publishes() && scenario.shares_subscriptions() {
            // Each member of a share sees gaps by design.
            counts.expected = 0;
        }
        let distinct = counts.delivered.saturating_sub(counts.duplicated + counts.foreign);
        counts.lost = counts.expected.saturating_sub(distinct);
    }

    fn empty_report(&self) -> Report {
        let shard = self.plan.scenario.shard;
        Report {
            format: Report::FORMAT.into(),
            version: REPORT_VERSION,
            program: concat!("mqttx-rs ", env!("CARGO_PKG_VERSION")).into(),
            parameters: self.options.parameters.clone(),
            begun: self.begun.clone(),
            shard: (shard.count > 1).then_some((shard.index, shard.count)),
            ended: Ended::Done,
            seconds: Seconds::default(),
            counts: Counts::default(),
            rates: Rates::default(),
            reasons: Reasons::default(),
            latencies: BTreeMap::new(),
            series: Vec::new(),
            generator: Generator::default(),
            verdict: Verdict::of(Signs::default()),
            thresholds: Vec::new(),
        }
    }
}

/// The latency that the series shows: the longest way that is measured.
fn series_measure(scenario: &Scenario) -> Measure {
    use super::Load;
    match (scenario.publishes(), scenario.subscribes()) {
        (_, true) => Measure::E2e,
        (true, false) => {
            let paced = scenario.publishers().any(|(_, publish)| !matches!(publish.load, Load::Unpaced { .. }));
            if paced { Measure::Ack } else { Measure::AckUncorrected }
        }
        (false, false) => Measure::Connack,
    }
}

fn verdict(report: &Report) -> Verdict {
    use super::threshold::Measured;
    let p99 = |measure| report.latencies.get(&measure).map(|latency: &Latency| latency.percentile(99.0));
    Verdict::of(Signs {
        rate: report.rate(),
        busiest: report.generator.workers.iter().copied().fold(0.0, f64::max),
        send_delay_p99: p99(Measure::SendDelay),
        latency_p99: p99(Measure::E2e).or(p99(Measure::Ack)),
        held_back: report.counts.unsent + report.counts.dropped,
        late: report.counts.late,
        sent: report.counts.sent,
    })
}

fn generator(workers: Vec<f64>, resources: Resources) -> Generator {
    Generator {
        cpu_seconds: process_cpu(),
        workers,
        peak_memory: peak_memory(),
        open_files_limit: resources.open_files,
        local_ports: resources.local_ports,
    }
}

#[cfg(target_os = "linux")]
#[expect(clippy::cast_precision_loss, reason = "seconds of a run")]
fn process_cpu() -> f64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
}

#[cfg(not(target_os = "linux"))]
fn process_cpu() -> f64 {
    0.0
}

fn peak_memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok().map(|kibibytes| kibibytes * 1024)
}

#[expect(clippy::cast_precision_loss, reason = "seconds of a run")]
fn seconds(nanos: u64) -> f64 {
    nanos as f64 / 1e9
}
