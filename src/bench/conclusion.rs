//! Turns the measurements of the workers into the report.

use std::time::UNIX_EPOCH;

use super::clock::nanos;
use super::conductor::{Conductor, PhaseTimes};
use super::metric::Measured as _;
use super::preflight::Resources;
use super::recorder::{Share, Slots, WorkerResult};
use super::report::{Clients, Ended, Generator, GroupReport, PhaseReport, Rates, Report, Seconds};
use super::run::Observer;
use super::verdict::{Signs, Verdict};
use super::{Change, Counts, Held, Latencies, Latency, Measure, Reasons};
use crate::bench::usage::{peak_memory, process_cpu};

impl Conductor<'_> {
    /// Ends the workers and merges what they measured.
    pub(super) async fn report(
        mut self,
        observer: &mut dyn Observer,
        interrupt: &mut impl AsyncFnMut() -> u8,
    ) -> Report {
        let end = self.clock.now();
        let mut reasons = Reasons::default();
        let clients = self.clients(0);
        self.finish();
        let mut measured = Vec::new();
        for mut result in std::mem::take(&mut self.results) {
            let result = loop {
                tokio::select! {
                    result = &mut result => break result,
                    // Workers that get the order end at once, and hand over what they have.
                    _ = interrupt() => self.abort(),
                }
            };
            match result {
                Ok(Ok(result)) => measured.push(result),
                Ok(Err(error)) => reasons.note(format!("a worker ended: {error}")),
                Err(_) => reasons.note("a worker ended without a result".into()),
            }
        }
        self.series.take();
        while self.series.close_one_of_all(self.clock.now()) {
            observer.second(&self.snapshot());
        }
        let mut report = self.assemble(measured, reasons, end, self.ended);
        // The state before they were ordered to leave.
        report.clients.missing = clients.missing;
        report.judge(&self.options.thresholds);
        report
    }

    /// What the workers measured up to `end`, as a report.
    pub(super) fn assemble(&self, results: Vec<WorkerResult>, reasons: Reasons, end: u64, ended: Ended) -> Report {
        let (mut counts, mut reasons, mut latencies) = (Counts::default(), reasons, Latencies::default());
        let (mut measured, mut shares, mut last, mut ever_connected) = (Rates::default(), Vec::new(), 0, 0);
        let (mut slots, mut precision) = (Slots::default(), None);
        let mut phases = vec![(Counts::default(), Latency::new()); self.plan.scenario.phases.len()];
        let mut groups = self.empty_groups();
        for result in results {
            counts += &result.counts;
            reasons += &result.reasons;
            latencies.add(&result.latencies);
            measured.sent += result.measured.sent;
            measured.delivered += result.measured.delivered;
            slots += result.slots;
            precision = Held::both(precision, result.precision);
            *measured.planned.get_or_insert(0) += result.measured.scheduled;
            last = last.max(result.last_activity);
            ever_connected += result.ever_connected;
            shares.extend(result.cpu.share());
            for (sum, part) in phases.iter_mut().zip(&result.phases) {
                sum.0 += &part.counts;
                sum.1.add(&part.latency);
            }
            for (sum, part) in groups.iter_mut().zip(&result.groups) {
                sum.counts += &part.counts;
                if part.latency.count() > 0 {
                    sum.latency.get_or_insert_with(Latency::coarse).add(&part.latency);
                }
            }
        }
        self.settle_losses(&mut counts, ended);
        if self.plan.scenario.planned_per_second().is_none() {
            measured.planned = None;
        }
        let report = Report {
            ended,
            seconds: self.seconds(end, last),
            clients: self.clients(ever_connected),
            series: self.series.rows(end),
            counts,
            rates: measured,
            reasons,
            latencies: Measure::ALL.into_iter().filter_map(|m| Some((m, latencies.get(m)?.clone()))).collect(),
            phases: self.phase_reports(phases, end),
            groups,
            generator: Generator { precision, ..generator(&shares, self.resources) },
            ..self.empty_report()
        };
        let verdict = verdict(&report, slots);
        Report { verdict, ..report }
    }

    fn seconds(&self, end: u64, last_activity: u64) -> Seconds {
        let scenario = &self.plan.scenario;
        let begun = self.phases.first().filter(|first| first.begun != u64::MAX);
        let Some(PhaseTimes { begun: begin, stood, .. }) = begun.copied() else {
            return Seconds { connecting: seconds(end), ramp: self.ramp(), ..Seconds::default() };
        };
        let stopped = self.phases.iter().rev().find_map(|phase| phase.stopped).unwrap_or(end);
        let (last, until) = match (self.phases.last(), scenario.phases.last()) {
            (Some(last), Some(settings)) if self.phases.len() == scenario.phases.len() => (*last, settings.until),
            _ => (PhaseTimes { ordered: end, stood: end, begun: end, stopped: None }, super::Until::default()),
        };
        // Without a duration the last message is the end, not our noticing it.
        let measured_until = match until.elapsed {
            Some(elapsed) => stopped.min(last.begun.saturating_add(nanos(elapsed))),
            None if (until.done || until.received.is_some()) && last_activity > begin => last_activity.min(stopped),
            None => stopped,
        };
        let warmup = nanos(scenario.warmup).min(measured_until.saturating_sub(begin));
        Seconds {
            connecting: seconds(stood),
            ramp: self.ramp(),
            waiting: seconds(begin.saturating_sub(stood)),
            late_start: self.late(),
            warmup: seconds(warmup),
            measured: seconds(measured_until.saturating_sub(begin + warmup)),
            draining: seconds(end.saturating_sub(stopped)),
        }
    }

    /// `ever_connected`: how many were connected at least once, for a run that ends while the first ones connect.
    fn clients(&self, ever_connected: u64) -> Clients {
        let count = self.plan.scenario.own_clients();
        let (connected, failed) = self.at_begin.unwrap_or_else(|| (ever_connected, self.gone()));
        Clients { count, connected, failed, missing: count.saturating_sub(self.present()) }
    }

    /// How many seconds the load began after `--start-at`.
    fn late(&self) -> Option<f64> {
        let begun = self.phases.first().map(|first| first.begun).filter(|begun| *begun != u64::MAX)?;
        let barrier = nanos(self.options.start_at?.duration_since(UNIX_EPOCH).unwrap_or_default());
        Some(seconds(self.clock.unix(begun).saturating_sub(barrier)))
    }

    /// Phase by phase, where there are several.
    fn phase_reports(&self, measured: Vec<(Counts, Latency)>, end: u64) -> Vec<PhaseReport> {
        let settings = &self.plan.scenario.phases;
        if settings.len() < 2 {
            return Vec::new();
        }
        let times = self.phases.iter().enumerate();
        let rows = times.zip(measured).zip(settings).map(|(((place, times), (counts, latency)), settings)| {
            let begun = times.begun.min(end);
            let until = self.phases.get(place + 1).map_or(end, |next| next.ordered);
            PhaseReport {
                name: settings.name.clone(),
                connecting: seconds(begun.saturating_sub(times.ordered)),
                running: seconds(times.stopped.unwrap_or(until).saturating_sub(begun)),
                counts,
                latency: (latency.count() > 0).then_some(latency),
            }
        });
        rows.collect()
    }

    /// A report for each group, if there are several.
    fn empty_groups(&self) -> Vec<GroupReport> {
        let scenario = &self.plan.scenario;
        let groups = scenario.groups.iter().filter(|_| scenario.groups.len() > 1).map(|group| GroupReport {
            name: group.name.clone(),
            clients: scenario.slice(group).len(),
            counts: Counts::default(),
            measure: group.measure(),
            latency: None,
        });
        groups.collect()
    }

    /// How long connecting all clients should take, if a rate was given.
    #[expect(clippy::cast_precision_loss, reason = "seconds of a run")]
    fn ramp(&self) -> Option<f64> {
        let scenario = &self.plan.scenario;
        let first = scenario.phases.first()?;
        let connects = first.changes.iter().filter(|(_, change)| *change == Change::Connect);
        // Nothing waits for the last one.
        let last = connects.map(|(group, _)| scenario.groups[*group].clients).sum::<u64>().checked_sub(1)?;
        let interval = scenario.connect_interval.as_secs_f64();
        (interval > 0.0).then_some(last as f64 * interval)
    }

    /// What should have arrived and did not.
    fn settle_losses(&self, counts: &mut Counts, ended: Ended) {
        if ended == Ended::Unfinished {
            // What is in transit is not lost.
            return;
        }
        let scenario = &self.plan.scenario;
        if !scenario.publishes() && scenario.shares_subscriptions() {
            // Each member of a share sees gaps by design.
            counts.expected = 0;
        }
        let distinct = counts.delivered.saturating_sub(counts.duplicated + counts.foreign);
        counts.lost = counts.expected.saturating_sub(distinct);
    }

    pub(super) fn empty_report(&self) -> Report {
        let shard = self.plan.scenario.shard;
        Report {
            parameters: self.options.parameters.clone(),
            started_at: self.begun.clone(),
            run: self.options.identity.clone(),
            shard: (shard.count > 1).then_some((shard.index, shard.count)),
            ..Report::empty()
        }
    }
}

/// Only a load has a bottleneck.
fn verdict(report: &Report, slots: Slots) -> Option<Verdict> {
    if report.counts.scheduled + report.counts.sent == 0 {
        return None;
    }
    let p99 = |measure| report.latencies.get(&measure).map(|latency: &Latency| latency.percentile(99.0));
    let Generator { worker_busy, worker_waiting, .. } = &report.generator;
    let busiest =
        worker_busy.iter().zip(worker_waiting).max_by(|one, other| (one.0 + one.1).total_cmp(&(other.0 + other.1)));
    let fastest = report.latencies.get(&Measure::AckUncorrected).map(Latency::min);
    Some(Verdict::of(&Signs {
        rate: report.rate(),
        busiest: busiest.map(|(busy, waited)| Share { busy: *busy, waited: *waited }),
        send_delay_p99: p99(Measure::SendDelay),
        precision: report.generator.precision.map(|held| held.coarsest),
        core_delay_p99: p99(Measure::CoreDelay),
        latency_p99: p99(Measure::E2e).or(p99(Measure::Ack)).or(p99(Measure::AckUncorrected)),
        window_in_use: fastest.and_then(|fastest| slots.in_use(fastest)),
        counts: report.counts,
    }))
}

fn generator(shares: &[Share], resources: Resources) -> Generator {
    Generator {
        cpu_seconds: process_cpu(),
        worker_busy: shares.iter().map(|share| share.busy).collect(),
        worker_waiting: shares.iter().map(|share| share.waited).collect(),
        precision: None,
        peak_memory: peak_memory(),
        open_files_limit: resources.open_files,
        local_ports: resources.local_ports,
    }
}

#[expect(clippy::cast_precision_loss, reason = "seconds of a run")]
fn seconds(nanos: u64) -> f64 {
    nanos as f64 / 1e9
}
