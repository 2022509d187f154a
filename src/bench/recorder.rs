//! The measurements of one worker, in bounded memory except for one row per second that it sends.

use std::sync::mpsc::Sender;

use super::clock::Clock;
use super::usage::{thread_cpu, thread_wait};
use super::{Counts, Held, Latencies, Latency, Measure, Reasons};

/// One worker's part of one second.
#[derive(Debug)]
pub(super) struct Second {
    /// Seconds since the beginning of the run.
    pub(super) number: u64,
    /// What happened in it.
    pub(super) counts: Counts,
    /// Latencies that ended in it, of what is measured.
    pub(super) latency: Latency,
    /// Those of the warm-up, and of what came when the measured time was over.
    pub(super) unmeasured: Option<Latency>,
    /// What happened in it, by group; empty where there is only one.
    pub(super) groups: Vec<Counts>,
}

/// What a worker measures.
#[derive(Debug)]
pub(super) struct Recorder {
    pub(super) counts: Counts,
    pub(super) reasons: Reasons,
    pub(super) latencies: Latencies,
    /// Messages planned or sent in `from..to` are measured; the rest is warm-up.
    pub(super) from: u64,
    pub(super) to: u64,
    pub(super) measured: Measured,
    pub(super) last_activity: u64,
    /// Clients that were connected at least once.
    pub(super) ever_connected: u64,
    /// Places in windows, while messages waited for them.
    pub(super) slots: Slots,
    /// How exactly planned times were kept.
    pub(super) precision: Option<Held>,
    series_measure: Measure,
    second: u64,
    boundary: u64,
    at_boundary: Counts,
    interval: Latency,
    unmeasured: Option<Latency>,
    seconds: Sender<Second>,
    phases: Vec<PhaseResult>,
    /// At the beginning of the phase.
    at_phase: (Counts, Latency),
    /// By group; empty where there is only one.
    groups: Vec<GroupResult>,
    /// Whose connection is looked at, and what had been counted when that began.
    group: usize,
    at_group: Counts,
    /// By group, at the beginning of the second.
    groups_at_boundary: Vec<Counts>,
}

/// One worker's part of a group.
#[derive(Debug, Clone)]
pub(super) struct GroupResult {
    /// What happened to its clients.
    pub(super) counts: Counts,
    /// The latency that is of most interest of them.
    pub(super) measure: Measure,
    /// To two digits, since there may be many groups.
    pub(super) latency: Latency,
}

/// One worker's part of a phase.
#[derive(Debug, Clone)]
pub(super) struct PhaseResult {
    /// What happened from its changes on.
    pub(super) counts: Counts,
    /// Latencies that ended in it, of the measure that the series shows.
    pub(super) latency: Latency,
}

const SECOND: u64 = 1_000_000_000;

impl Recorder {
    /// `series_measure` is the latency that the series shows, `groups` that of each group.
    pub(super) fn new(series_measure: Measure, groups: Vec<Measure>, seconds: Sender<Second>) -> Self {
        let groups = if groups.len() > 1 { groups } else { Vec::new() };
        let group = |measure| GroupResult { counts: Counts::default(), measure, latency: Latency::coarse() };
        let groups: Vec<_> = groups.into_iter().map(group).collect();
        Self {
            groups_at_boundary: vec![Counts::default(); groups.len()],
            groups,
            group: 0,
            at_group: Counts::default(),
            counts: Counts::default(),
            reasons: Reasons::default(),
            latencies: Latencies::default(),
            from: u64::MAX,
            to: u64::MAX,
            measured: Measured::default(),
            last_activity: 0,
            ever_connected: 0,
            slots: Slots::default(),
            precision: None,
            series_measure,
            second: 0,
            boundary: SECOND,
            at_boundary: Counts::default(),
            interval: Latency::coarse(),
            unmeasured: None,
            seconds,
            phases: Vec::new(),
            at_phase: (Counts::default(), Latency::new()),
        }
    }

    /// From now on, events count for this phase.
    pub(super) fn enter_phase(&mut self, phase: usize) {
        while self.phases.len() < phase {
            let latency = self.latencies.get(self.series_measure).cloned().unwrap_or_default();
            let result =
                PhaseResult { counts: self.counts.since(&self.at_phase.0), latency: latency.since(&self.at_phase.1) };
            self.phases.push(result);
            self.at_phase = (self.counts, latency);
        }
    }

    /// What is counted from now on happens to a client of this group.
    pub(super) fn at_group(&mut self, group: usize) {
        if group != self.group && !self.groups.is_empty() {
            self.settle_group();
            self.group = group;
        }
    }

    /// Adds what has been counted since the last look to the group that was looked at.
    fn settle_group(&mut self) {
        if let Some(group) = self.groups.get_mut(self.group) {
            group.counts += &self.counts.since(&self.at_group);
            self.at_group = self.counts;
        }
    }

    /// Closes the second that has passed. Called before anything that happened at `now` is counted.
    pub(super) fn tick(&mut self, now: u64) {
        if now >= self.boundary {
            self.close_second();
            self.second = now / SECOND;
            self.boundary = (self.second + 1) * SECOND;
        }
    }

    /// Sends the current second away.
    pub(super) fn close_second(&mut self) {
        let counts = self.counts.since(&self.at_boundary);
        if counts != Counts::default() {
            let latency = std::mem::replace(&mut self.interval, Latency::coarse());
            self.settle_group();
            let parts = self.groups.iter().zip(&mut self.groups_at_boundary);
            let groups = parts.map(|(group, before)| group.counts.since(&std::mem::replace(before, group.counts)));
            let (number, groups, unmeasured) = (self.second, groups.collect(), self.unmeasured.take());
            // The receiver is gone when the run has been given up.
            let _ = self.seconds.send(Second { number, counts, latency, unmeasured, groups });
            self.at_boundary = self.counts;
        }
    }

    /// A message was planned for this time.
    pub(super) fn scheduled(&mut self, planned: u64) {
        self.counts.scheduled += 1;
        self.measured.scheduled += u64::from(self.is_measured(planned));
    }

    /// This many messages were sent just now.
    pub(super) fn sent(&mut self, count: u64, now: u64) {
        self.counts.sent += count;
        self.last_activity = now;
        if self.is_measured(now) {
            self.measured.sent += count;
        }
    }

    /// A message was received just now.
    pub(super) fn delivered(&mut self, now: u64) {
        self.counts.delivered += 1;
        self.last_activity = now;
        self.measured.delivered += u64::from(self.is_measured(now));
    }

    fn is_measured(&self, time: u64) -> bool {
        time >= self.from && time < self.to
    }

    /// Takes a latency for the time `belongs_to`.
    pub(super) fn measure(&mut self, measure: Measure, belongs_to: u64, nanos: u64) {
        let is_measured = self.is_measured(belongs_to);
        if is_measured {
            self.latencies.record(measure, nanos);
            self.measure_group(measure, nanos);
        }
        if measure == self.series_measure {
            if is_measured {
                self.interval.record(nanos);
            } else {
                self.unmeasured.get_or_insert_with(Latency::coarse).record(nanos);
            }
        }
    }

    /// Takes a latency of the connect phase, which has no warm-up.
    pub(super) fn step(&mut self, measure: Measure, nanos: u64) {
        self.latencies.record(measure, nanos);
        self.measure_group(measure, nanos);
        if measure == self.series_measure {
            self.interval.record(nanos);
        }
    }
}

impl Recorder {
    /// What was measured, including the last of the `phases`.
    pub(super) fn finish(mut self, phases: usize, cpu: CpuUse) -> WorkerResult {
        self.enter_phase(phases);
        self.settle_group();
        let Self {
            counts,
            reasons,
            latencies,
            measured,
            last_activity,
            ever_connected,
            slots,
            precision,
            phases,
            groups,
            ..
        } = self;
        WorkerResult {
            counts,
            reasons,
            latencies,
            cpu,
            measured,
            last_activity,
            ever_connected,
            slots,
            precision,
            phases,
            groups,
        }
    }

    fn measure_group(&mut self, measure: Measure, nanos: u64) {
        if let Some(group) = self.groups.get_mut(self.group)
            && group.measure == measure
        {
            group.latency.record(nanos);
        }
    }

    /// What was measured so far, for the report of a run that goes on. Copies the histograms: a few times a minute.
    pub(super) fn so_far(&mut self, cpu: CpuUse) -> WorkerResult {
        self.settle_group();
        WorkerResult {
            groups: self.groups.clone(),
            counts: self.counts,
            reasons: self.reasons.clone(),
            latencies: self.latencies.clone(),
            cpu,
            measured: self.measured,
            last_activity: self.last_activity,
            ever_connected: self.ever_connected,
            slots: self.slots,
            precision: self.precision,
            phases: self.phases.clone(),
        }
    }
}

/// What a worker's thread has used, and what it measured.
#[derive(Debug)]
pub(super) struct WorkerResult {
    pub(super) counts: Counts,
    pub(super) reasons: Reasons,
    pub(super) latencies: Latencies,
    pub(super) cpu: CpuUse,
    /// Of the messages planned, sent and received within the measured time.
    pub(super) measured: Measured,
    /// When a message was sent, answered or received last.
    pub(super) last_activity: u64,
    /// Clients that were connected at least once.
    pub(super) ever_connected: u64,
    /// Places in windows, while messages waited for them.
    pub(super) slots: Slots,
    /// How exactly planned times were kept.
    pub(super) precision: Option<Held>,
    /// Phase by phase.
    pub(super) phases: Vec<PhaseResult>,
    /// Group by group; empty where there is only one.
    pub(super) groups: Vec<GroupResult>,
}

/// Places in windows, while messages waited for them.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Slots {
    /// How long all of them were taken, nanoseconds of one place.
    pub(super) held: u128,
    /// How often one was given back.
    pub(super) turned: u64,
}

impl Slots {
    /// What part of that time the answers took that came as quickly as any, `fastest` nanoseconds. Near 1 a larger window
    /// carries more; near 0 the broker was slower than it could be.
    #[expect(clippy::cast_precision_loss, reason = "a ratio")]
    pub(super) fn in_use(&self, fastest: u64) -> Option<f64> {
        (self.held > 0 && self.turned > 0).then(|| self.turned as f64 * fastest as f64 / self.held as f64)
    }
}

impl std::ops::AddAssign for Slots {
    fn add_assign(&mut self, other: Self) {
        self.held += other.held;
        self.turned += other.turned;
    }
}

/// Messages within the measured time.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Measured {
    pub(super) scheduled: u64,
    pub(super) sent: u64,
    pub(super) delivered: u64,
}

/// What a thread did with the measured time.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct CpuUse {
    begin: Option<Look>,
    last: Look,
}

/// A thread's clocks, nanoseconds.
#[derive(Debug, Clone, Copy, Default)]
struct Look {
    now: u64,
    busy: u64,
    waited: u64,
}

/// Parts of a time, 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Share {
    /// On a core.
    pub(super) busy: f64,
    /// Ready to run, while others used the cores.
    pub(super) waited: f64,
}

/// What is shorter says nothing.
const SHORTEST: u64 = 10_000_000;

impl CpuUse {
    /// What part of the time it was busy, and waited for a core; `None` where that was not measured.
    #[expect(clippy::cast_precision_loss, reason = "a ratio")]
    pub(super) fn share(&self) -> Option<Share> {
        let begin = self.begin?;
        let wall = self.last.now - begin.now;
        let part = |nanos: u64| nanos as f64 / wall as f64;
        let share = Share { busy: part(self.last.busy - begin.busy), waited: part(self.last.waited - begin.waited) };
        (wall >= SHORTEST).then_some(share)
    }

    /// Looks at the thread's clocks; the first look begins.
    pub(super) fn look(&mut self, clock: &Clock) {
        let Some(busy) = thread_cpu() else { return };
        self.last = Look { now: clock.now(), busy, waited: thread_wait() };
        self.begin.get_or_insert(self.last);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    #[test]
    fn each_second_is_sent_with_what_happened_in_it() {
        let (sender, seconds) = mpsc::channel();
        let mut recorder = Recorder::new(Measure::Ack, Vec::new(), sender);
        recorder.tick(10);
        recorder.counts.sent += 3;
        recorder.tick(3 * SECOND + 5);
        recorder.counts.sent += 4;
        recorder.tick(3 * SECOND + 9);
        recorder.counts.sent += 1;
        recorder.close_second();
        let got: Vec<_> = seconds.try_iter().map(|second| (second.number, second.counts.sent)).collect();
        assert_eq!(got, [(0, 3), (3, 5)]);
    }

    #[test]
    fn warm_up_is_not_measured() {
        let mut recorder = Recorder::new(Measure::Ack, Vec::new(), mpsc::channel().0);
        (recorder.from, recorder.to) = (100, 200);
        for time in [99, 100, 199, 200] {
            recorder.measure(Measure::Ack, time, 1000);
        }
        assert_eq!(recorder.latencies.get(Measure::Ack).map(Latency::count), Some(2));
    }

    #[test]
    fn warm_up_is_in_the_second_and_apart() {
        let (sender, seconds) = mpsc::channel();
        let mut recorder = Recorder::new(Measure::Ack, Vec::new(), sender);
        recorder.from = 100;
        recorder.measure(Measure::Ack, 99, 1_000_000);
        recorder.measure(Measure::Ack, 100, 1000);
        recorder.counts.sent += 2;
        recorder.close_second();
        let second = seconds.try_iter().next().unwrap();
        assert_eq!((second.latency.count(), second.unmeasured.map(|latency| latency.count())), (1, Some(1)));
    }

    #[test]
    fn what_happens_is_of_the_group_that_is_looked_at() {
        let (sender, seconds) = mpsc::channel();
        let mut recorder = Recorder::new(Measure::Ack, vec![Measure::E2e, Measure::Ack], sender);
        (recorder.from, recorder.to) = (0, 100);
        for (group, sent, measure) in
            [(1, 2, Measure::Ack), (0, 0, Measure::E2e), (0, 0, Measure::Ack), (1, 3, Measure::Ack)]
        {
            recorder.at_group(group);
            recorder.counts.sent += sent;
            recorder.counts.delivered += u64::from(group == 0);
            recorder.measure(measure, 10, 1000);
        }
        recorder.close_second();
        let second = seconds.try_iter().next().unwrap();
        let of = |counts: &[Counts]| counts.iter().map(|counts| (counts.sent, counts.delivered)).collect::<Vec<_>>();
        assert_eq!(of(&second.groups), [(0, 2), (5, 0)]);
        let result = recorder.finish(0, CpuUse::default());
        let counts: Vec<_> = result.groups.iter().map(|group| group.counts).collect();
        assert_eq!(of(&counts), [(0, 2), (5, 0)]);
        assert_eq!(result.groups.iter().map(|group| group.latency.count()).collect::<Vec<_>>(), [1, 2]);
    }

    #[test]
    fn what_was_not_looked_at_is_not_idle() {
        assert_eq!(CpuUse::default().share(), None);
        let mut cpu = CpuUse::default();
        cpu.look(&Clock::start());
        assert_eq!(cpu.share(), None, "one look measures nothing");
    }

    #[test]
    fn a_thread_that_waits_for_a_core_is_not_idle() {
        let begin = Look { now: 0, busy: 0, waited: 0 };
        let last = Look { now: 100_000_000, busy: 25_000_000, waited: 50_000_000 };
        let cpu = CpuUse { begin: Some(begin), last };
        assert_eq!(cpu.share(), Some(Share { busy: 0.25, waited: 0.5 }));
    }
}
