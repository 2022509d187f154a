//! `bench --find-max`: the load at one rate after another, until the highest rate is found that meets every condition.

use std::time::Instant;

use super::interrupt::Interrupt;
use super::load::{conclude, display, not_begun, show, watched};
use super::metrics::Metrics;
use crate::bench::{
    Ended, LimitedBy, Measure, Measured, Rate, Report, Search, SearchEnded, SearchReport, SearchStep, StepOutcome,
};
use crate::error::{Error, ErrorKind, ExitStatus};
use crate::output::{Talk, Terminal, bench_step};
use crate::settings::BenchSettings;

/// The fraction of the plan that must be sent and received; the rest is at the edge of the measured time.
const REACHED: f64 = 0.99;

/// A search in progress.
struct Finding<'a> {
    settings: &'a BenchSettings,
    search: Search,
    steps: Vec<SearchStep>,
    /// The report of the highest rate that met the conditions.
    best: Option<(u64, Report)>,
    /// The report of the last step.
    last: Option<Report>,
}

/// Searches, shows each step, and keeps the report of the highest rate that met the conditions.
pub(super) async fn find_max(
    settings: &BenchSettings,
    metrics: Option<&Metrics>,
    signals: &mut Interrupt,
    terminal: Terminal,
    talk: Talk,
) -> Result<ExitStatus, Error> {
    let begun = Instant::now();
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a rate is not negative")]
    let first = settings.scenario.planned_per_second().unwrap_or(1000.0) as u64;
    let search = Search::new(first, settings.find_max.confirmations);
    let mut finding = Finding { settings, search, steps: Vec::new(), best: None, last: None };
    let step_time = settings.scenario.phases.iter().filter_map(|phase| phase.until.elapsed).sum();
    let (ended, signal) = loop {
        let Some(rate) = finding.search.next_rate() else {
            break (if finding.search.is_starved() { SearchEnded::Starved } else { SearchEnded::Done }, None);
        };
        if begun.elapsed().saturating_add(step_time) > settings.find_max.max_time && !finding.steps.is_empty() {
            break (SearchEnded::OutOfTime, None);
        }
        let scenario = settings.scenario.at_rate(Rate::of_second(rate));
        let mut display = display(settings, terminal, talk);
        let interrupt = async || signals.received().await;
        let (report, signal) =
            watched(scenario, &settings.options, &mut display, metrics, interrupt).await.map_err(not_begun)?;
        display.end(&report);
        if signal.is_some() {
            finding.last.get_or_insert(report);
            break (SearchEnded::Interrupted, signal);
        }
        // Many brokers close connections when overloaded: that rate does not count.
        let cut = report.ended == Ended::ConnectionsLost && finding.best.is_some();
        if report.ended != Ended::Done && !cut {
            return conclude(&report, &settings.results, terminal, talk, None);
        }
        let step = finding.judge(rate, &report);
        if !settings.results.takes_stdout() {
            show(&bench_step(&step), terminal)?;
        }
        finding.note(rate, step, report);
        settings.results.keep_interim(&finding.report(SearchEnded::Unfinished));
    };
    finding.conclude(ended, signal, terminal, talk)
}

impl Finding<'_> {
    /// The result of a step.
    fn judge(&self, rate: u64, report: &Report) -> SearchStep {
        let limited_by = report.verdict.as_ref().map(|verdict| verdict.limited_by);
        let starved = matches!(limited_by, Some(LimitedBy::Machine | LimitedBy::Generator));
        let why_not = self.why_not(report);
        let outcome = match &why_not {
            None => StepOutcome::Passed,
            Some(_) if starved && report.ended != Ended::ConnectionsLost => StepOutcome::Starved,
            Some(_) => StepOutcome::Failed,
        };
        let latency = [Measure::E2e, Measure::Ack].iter().find_map(|measure| report.latencies.get(measure));
        SearchStep {
            rate,
            sent: report.sent_per_second(),
            delivered: report.delivered_per_second().filter(|_| report.counts.expected > 0),
            p99: latency.map(|latency| latency.percentile(99.0)),
            lost: report.counts.lost,
            limited_by,
            outcome,
            reason: why_not,
        }
    }

    /// Why a rate does not meet the conditions; `None`: it does. One that was not reached does not, however short the latencies of what
    /// was sent.
    fn why_not(&self, report: &Report) -> Option<String> {
        if report.ended == Ended::ConnectionsLost {
            return Some("all connections were lost".to_owned());
        }
        if report.rate().is_none_or(|reached| reached < REACHED) {
            return Some("not sent at this rate".to_owned());
        }
        if report.delivered_part().is_some_and(|part| part < REACHED) {
            return Some("not received at this rate".to_owned());
        }
        let broken = self.settings.find_max.conditions.iter().find(|condition| !condition.holds(report))?;
        let measured = broken.judge(report).measured_text.map_or_else(String::new, |shown| format!(": {shown}"));
        Some(format!("`{broken}` is not met{measured}"))
    }

    fn note(&mut self, rate: u64, step: SearchStep, report: Report) {
        self.search.note(rate, step.outcome);
        let holds = step.outcome == StepOutcome::Passed;
        self.steps.push(step);
        // A result that failed later does not count.
        let found = self.search.found();
        self.best.take_if(|(best, _)| Some(*best) > found);
        if holds && found == Some(rate) {
            self.best = Some((rate, report.clone()));
        }
        self.last = Some(report);
    }

    /// The report of the best step, with the search.
    fn report(&self, ended: SearchEnded) -> Report {
        let best = self.best.as_ref().map(|(_, report)| report);
        let mut report = best.or(self.last.as_ref()).cloned().unwrap_or_else(Report::empty);
        if ended == SearchEnded::Unfinished {
            report.ended = Ended::Unfinished;
        }
        report.search = Some(SearchReport {
            conditions: self.settings.find_max.conditions.iter().map(ToString::to_string).collect(),
            found: self.search.found(),
            confirmed: self.search.is_confirmed(),
            ended,
            steps: self.steps.clone(),
        });
        report
    }

    fn conclude(
        self,
        ended: SearchEnded,
        signal: Option<u8>,
        terminal: Terminal,
        talk: Talk,
    ) -> Result<ExitStatus, Error> {
        let report = self.report(ended);
        let found = self.search.found();
        let status = if self.best.is_some() || self.last.is_some() {
            conclude(&report, &self.settings.results, terminal, talk, None)
        } else {
            Ok(ExitStatus::Done)
        };
        let short = match ended {
            SearchEnded::Interrupted => "interrupted",
            SearchEnded::OutOfTime => "--max-time expired",
            SearchEnded::Starved => "this machine was too busy, three times in a row",
            SearchEnded::Done | SearchEnded::Unfinished => "",
        };
        match (found, ended) {
            (Some(rate), SearchEnded::Done) => {
                talk.success(format_args!("The highest rate that meets the conditions is {rate}/s"));
            }
            (Some(rate), _) => {
                talk.warning(format_args!("{short}: the highest rate so far that meets the conditions is {rate}/s"));
            }
            (None, SearchEnded::Done) => {
                let message = "even one message per second does not meet the conditions of --find-max";
                return Err(Error::new(ErrorKind::Threshold, message));
            }
            (None, _) => talk.warning(format_args!("{short}: no rate so far meets the conditions")),
        }
        match (signal, ended, found) {
            (Some(signal), ..) => Ok(ExitStatus::Interrupted(signal)),
            (None, SearchEnded::Starved, _) => Ok(ExitStatus::Partly(ErrorKind::Local)),
            (None, _, None) => Ok(ExitStatus::Partly(ErrorKind::Threshold)),
            (None, _, Some(_)) => status,
        }
    }
}
