//! `bench`: run a load, watch it, keep its results, say how it ended.

use std::path::Path;

use super::interrupt::Interrupt;
use super::metrics::{Metrics, Scraped};
use super::shape;
use super::trace::Tracer;
use crate::bench::{
    self, ALL_WATCHED, Ended, Measured, Observer, Rate, Report, RunError, RunOptions, Scenario, Search, Taps,
};
use crate::config::{BenchSettings, MergeSettings, PRESETS, Preset, ResultFiles};
use crate::error::{Error, ErrorKind, ExitStatus};
use crate::output::{
    BenchDisplay, Stdout, Talk, Terminal, TraceShape, WriteError, bench_csv, bench_hdr_log, bench_html, bench_presets,
    bench_step,
};

/// Runs a load to its end.
pub async fn run(mut settings: BenchSettings, terminal: Terminal, talk: Talk) -> Result<ExitStatus, Error> {
    if let Some(format) = settings.connect.trace {
        if settings.scenario.own_clients() > ALL_WATCHED {
            talk.progress("Tracing the first client of each group");
        }
        settings.options.taps = Some(taps(shape(format), talk));
    }
    for warning in &settings.warnings {
        talk.warning(warning);
    }
    let mut signals = Interrupt::listen()?;
    let metrics = match settings.prometheus {
        Some(address) => Some(Metrics::listen(address).await?),
        None => None,
    };
    if let Some(metrics) = &metrics {
        talk.progress(format_args!("Metrics at {}", metrics.url()));
    }
    if !settings.find_max.is_empty() {
        return find_max(&settings, metrics.as_ref(), &mut signals, terminal, talk).await;
    }
    let mut display = display(&settings, terminal, talk);
    display.begin(&settings.options.parameters);
    let interrupt = async || signals.received().await;
    let (report, signal) = watched(settings.scenario, &settings.options, &mut display, metrics.as_ref(), interrupt)
        .await
        .map_err(not_begun)?;
    display.end(&report);
    conclude(&report, &settings.results, terminal, talk, signal)
}

/// Runs the load at one rate after another until the highest is found at which every condition holds.
async fn find_max(
    settings: &BenchSettings,
    metrics: Option<&Metrics>,
    signals: &mut Interrupt,
    terminal: Terminal,
    talk: Talk,
) -> Result<ExitStatus, Error> {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a rate is not negative")]
    let first = settings.scenario.planned_per_second().unwrap_or(1000.0) as u64;
    let mut search = Search::beginning_at(first);
    let mut best = None;
    while let Some(rate) = search.next_rate() {
        let scenario = settings.scenario.at_rate(Rate::of_second(rate));
        let mut display = display(settings, terminal, talk);
        let interrupt = async || signals.received().await;
        let (report, signal) =
            watched(scenario, &settings.options, &mut display, metrics, interrupt).await.map_err(not_begun)?;
        display.end(&report);
        if let Some(signal) = signal {
            return Ok(ExitStatus::Interrupted(signal));
        }
        if report.ended != Ended::Done {
            return conclude(&report, &settings.results, terminal, talk, None);
        }
        // A rate that was not reached does not hold, however short the latencies of what was sent.
        let reached = report.rate().is_some_and(|reached| reached >= 0.99);
        let broken = settings.find_max.iter().find(|condition| !condition.holds(&report));
        let holds = reached && broken.is_none();
        show(&bench_step(rate, &report, broken.filter(|_| reached)), terminal)?;
        search.note(rate, holds);
        if holds {
            best = Some(report);
        }
    }
    match (search.found(), best) {
        (Some(rate), Some(report)) => {
            talk.success(format_args!("The highest rate that holds is {rate}/s"));
            conclude(&report, &settings.results, terminal, talk, None)
        }
        _ => Err(Error::new(ErrorKind::Threshold, "not even one message a second holds the conditions of --find-max")),
    }
}

fn display(settings: &BenchSettings, terminal: Terminal, talk: Talk) -> BenchDisplay {
    let phases = settings.scenario.phases.iter().map(|phase| phase.name.clone()).collect();
    // Lines of a trace and a line that moves do not go together.
    let moves = settings.connect.trace.is_none();
    BenchDisplay::new(terminal, talk, &settings.title, phases, moves)
}

/// A run that can be scraped as long as it goes on.
async fn watched(
    scenario: Scenario,
    options: &RunOptions,
    observer: &mut dyn Observer,
    metrics: Option<&Metrics>,
    interrupt: impl AsyncFnMut() -> u8,
) -> Result<(Report, Option<u8>), RunError> {
    let Some(metrics) = metrics else { return bench::run(scenario, options, observer, interrupt).await };
    let mut observer = Scraped { observer, metrics };
    tokio::select! {
        biased;
        result = bench::run(scenario, options, &mut observer, interrupt) => result,
        never = metrics.serve() => match never {},
    }
}

/// Taps that tell each packet with whose it is.
fn taps(shape: TraceShape, talk: Talk) -> Taps {
    Taps::new(move |client| Box::new(Tracer::new(shape, talk).of_client(client)))
}

/// Puts reports together, judges the sum, and keeps and shows it.
pub fn merge(settings: &MergeSettings, terminal: Terminal, talk: Talk) -> Result<ExitStatus, Error> {
    let reports = settings.reports.iter().map(|path| read(path)).collect::<Result<Vec<_>, _>>()?;
    let mut report = Report::merge(reports).map_err(|error| Error::local(error.to_string()))?;
    report.judge(&settings.thresholds);
    conclude(&report, &settings.results, terminal, talk, None)
}

/// Lists the presets, or prints one.
pub fn presets(name: Option<&str>, terminal: Terminal) -> Result<ExitStatus, Error> {
    let text = match name {
        Some(name) => Preset::find(name).ok_or_else(|| Preset::unknown(name))?.text.to_owned(),
        None => bench_presets(PRESETS.iter().map(|preset| (preset.name, preset.measures())), terminal.stdout),
    };
    show(&text, terminal)?;
    Ok(ExitStatus::Done)
}

/// Sets two reports side by side.
pub fn compare(before: &Path, after: &Path, terminal: Terminal) -> Result<ExitStatus, Error> {
    let (before, after) = (read(before)?, read(after)?);
    let text = crate::output::bench_comparison(&before, &after, terminal.stdout);
    show(&text, terminal)?;
    Ok(ExitStatus::Done)
}

fn read(path: &Path) -> Result<Report, Error> {
    let text = std::fs::read_to_string(path)
        .map_err(|error| Error::local(format!("cannot read {}: {error}", path.display())))?;
    Report::from_json(&text).map_err(|error| Error::local(format!("{}: {error}", path.display())))
}

/// Keeps and shows a report, and says with which status it ends.
fn conclude(
    report: &Report,
    results: &ResultFiles,
    terminal: Terminal,
    talk: Talk,
    signal: Option<u8>,
) -> Result<ExitStatus, Error> {
    // Files first: they are what a script wants, and a closed pipe must not cost them.
    keep(results.report.as_deref(), || report.to_json())?;
    keep(results.csv.as_deref(), || bench_csv(report))?;
    keep(results.html.as_deref(), || bench_html(report))?;
    keep(results.hdr_log.as_deref(), || bench_hdr_log(report))?;
    show(&crate::output::bench_report(report, terminal.stdout), terminal)?;
    for finding in report.thresholds.iter().filter(|finding| finding.failed) {
        let why = finding.measured.map_or("nothing was measured".to_owned(), |value| format!("measured {value}"));
        talk.error(&Error::new(ErrorKind::Threshold, format!("--fail `{}` holds: {why}", finding.threshold)));
    }
    if report.has_failed() {
        return Ok(ExitStatus::Partly(ErrorKind::Threshold));
    }
    status(report, talk, signal)
}

fn keep(path: Option<&Path>, text: impl FnOnce() -> String) -> Result<(), Error> {
    let Some(path) = path else { return Ok(()) };
    std::fs::write(path, text()).map_err(|error| Error::local(format!("cannot write {}: {error}", path.display())))
}

fn show(text: &str, terminal: Terminal) -> Result<(), Error> {
    match Stdout::new(terminal.stdout).text(text) {
        Ok(()) | Err(WriteError::Closed) => Ok(()),
        Err(WriteError::Failed(error)) => Err(error),
    }
}

/// The status of a run that began, by what hurt it most.
fn status(report: &Report, talk: Talk, signal: Option<u8>) -> Result<ExitStatus, Error> {
    let counts = &report.counts;
    let most = report.reasons.0.iter().max_by_key(|(_, count)| **count);
    let because = most.map_or(String::new(), |(reason, _)| format!(": {reason}"));
    if let (Ended::InterruptedEarly, Some(signal)) = (report.ended, signal) {
        return Ok(ExitStatus::Interrupted(signal));
    }
    let failed = |kind, message: String| Err(Error::new(kind, message));
    let attempted = counts.connects_attempted;
    let (not_connected, refused) = (counts.connects_failed, counts.connects_refused);
    match report.ended {
        Ended::ConnectionsLost => {
            return failed(ErrorKind::ConnectionLost, format!("all connections were lost{because}"));
        }
        Ended::GeneratorFailed => {
            return failed(ErrorKind::Local, format!("the load generator could not go on{because}"));
        }
        Ended::Stalled => {
            return failed(ErrorKind::TimedOut, format!("nothing moved any more with messages outstanding{because}"));
        }
        _ => {}
    }
    if not_connected + refused > 0 {
        let kind = if refused > not_connected { ErrorKind::ConnectRefused } else { ErrorKind::Connect };
        let error = Error::new(kind, format!("{} of {attempted} connects failed{because}", not_connected + refused));
        if report.ended == Ended::NeverConnected {
            return Err(error);
        }
        talk.error(&error);
        return Ok(ExitStatus::Partly(kind));
    }
    for (count, kind, what) in [
        (counts.connections_lost, ErrorKind::ConnectionLost, "connections were lost"),
        (counts.subscribes_refused, ErrorKind::SubscribeRefused, "subscriptions were refused"),
        (counts.refused, ErrorKind::PublishRefused, "messages were refused"),
        (counts.unacknowledged, ErrorKind::TimedOut, "messages were not acknowledged"),
    ] {
        if count > 0 {
            talk.error(&Error::new(kind, format!("{count} {what}{because}")));
            return Ok(ExitStatus::Partly(kind));
        }
    }
    Ok(ExitStatus::Done)
}

fn not_begun(error: RunError) -> Error {
    match error {
        RunError::Dial(error) => (*error).into(),
        RunError::Topic(error) => Error::usage(format!("a topic of the run: {error}")),
        RunError::Shortage(shortage) => Error::local(shortage.to_string()).with_hint(shortage.command()),
        RunError::Worker(_) => Error::local(error.to_string()),
    }
}
