//! From what the workers measured to the report.

use std::collections::BTreeMap;

use super::clock::nanos;
use super::conductor::{Conductor, PhaseTimes};
use super::preflight::Resources;
use super::report::{Ended, Generator, PhaseReport, REPORT_VERSION, Rates, Report, Seconds};
use super::run::Observer;
use super::threshold::Measured as _;
use super::verdict::{Signs, Verdict};
use super::{Counts, Latencies, Latency, Measure, Reasons};
use crate::bench::usage::{peak_memory, process_cpu};

impl Conductor<'_> {
    /// Ends the workers and puts together what they measured.
    pub(super) async fn report(
        mut self,
        observer: &mut dyn Observer,
        resources: Resources,
        interrupt: &mut impl AsyncFnMut() -> u8,
    ) -> Report {
        let end = self.clock.now();
        self.finish();
        let (mut counts, mut reasons, mut latencies) = (Counts::default(), Reasons::default(), Latencies::default());
        let (mut measured, mut shares, mut last) = (Rates::default(), Vec::new(), 0);
        let mut phases = vec![(Counts::default(), Latency::new()); self.plan.scenario.phases.len()];
        for result in std::mem::take(&mut self.results) {
            let result = tokio::select! {
                result = result => result,
                _ = interrupt() => { self.abort(); continue }
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
                    for (sum, part) in phases.iter_mut().zip(&result.phases) {
                        sum.0 += &part.counts;
                        sum.1.add(&part.latency);
                    }
                }
                Ok(Err(error)) => reasons.note(format!("a worker ended: {error}")),
                Err(_) => reasons.note("a worker ended without a result".into()),
            }
        }
        self.series.take();
        while self.series.close_one_of_all(self.clock.now()) {
            observer.second(&self.snapshot());
        }
        self.settle_losses(&mut counts);
        if self.plan.scenario.planned_per_second().is_none() {
            measured.planned = None;
        }
        let report = Report {
            ended: self.ended,
            seconds: self.seconds(end, last),
            series: self.series.rows(end),
            counts,
            rates: measured,
            reasons,
            latencies: Measure::ALL.into_iter().filter_map(|m| Some((m, latencies.get(m)?.clone()))).collect(),
            phases: self.phase_reports(phases, end),
            generator: generator(shares, resources),
            ..self.empty_report()
        };
        let verdict = verdict(&report);
        let mut report = Report { verdict, ..report };
        report.judge(&self.options.thresholds);
        report
    }

    fn seconds(&self, end: u64, last_activity: u64) -> Seconds {
        let scenario = &self.plan.scenario;
        let Some(begin) = self.phases.first().map(|first| first.begun).filter(|begun| *begun != u64::MAX) else {
            return Seconds { connecting: seconds(end), ..Seconds::default() };
        };
        let stopped = self.phases.iter().rev().find_map(|phase| phase.stopped).unwrap_or(end);
        let (last, until) = match (self.phases.last(), scenario.phases.last()) {
            (Some(last), Some(settings)) if self.phases.len() == scenario.phases.len() => (*last, settings.until),
            _ => (PhaseTimes { ordered: end, begun: end, stopped: None }, super::Until::default()),
        };
        // Without a duration the last message is the end, not our noticing it.
        let measured_until = match until.elapsed {
            Some(elapsed) => stopped.min(last.begun.saturating_add(nanos(elapsed))),
            None if (until.done || until.received.is_some()) && last_activity > begin => last_activity.min(stopped),
            None => stopped,
        };
        let warmup = nanos(scenario.warmup).min(measured_until.saturating_sub(begin));
        Seconds {
            connecting: seconds(begin),
            warmup: seconds(warmup),
            measured: seconds(measured_until.saturating_sub(begin + warmup)),
            draining: seconds(end.saturating_sub(stopped)),
        }
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

    pub(super) fn empty_report(&self) -> Report {
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
            phases: Vec::new(),
            series: Vec::new(),
            generator: Generator::default(),
            verdict: Verdict::of(Signs::default()),
            thresholds: Vec::new(),
        }
    }
}

fn verdict(report: &Report) -> Verdict {
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

#[expect(clippy::cast_precision_loss, reason = "seconds of a run")]
fn seconds(nanos: u64) -> f64 {
    nanos as f64 / 1e9
}
