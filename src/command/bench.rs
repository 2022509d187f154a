//! `bench`: run a load, watch it, keep its results, say how it ended.

use std::path::Path;

use super::interrupt::Interrupt;
use super::metrics::{Metrics, Scraped};
use super::trace::Tracer;
use crate::bench::{
    self, ALL_WATCHED, Ended, Measured, Observer, Rate, Report, ReportError, RunError, RunOptions, Scenario, Search,
    Taps,
};
use crate::error::{Error, ErrorKind, ExitStatus};
use crate::output::{
    BenchDisplay, Stdout, Talk, Terminal, TraceFormat, WriteError, bench_csv, bench_hdr_log, bench_html, bench_presets,
    bench_step,
};
use crate::payload::plural;
use crate::settings::{BenchSettings, MergeSettings, PRESETS, Preset, ResultFiles};

/// Runs a load to its end.
pub(crate) async fn run(mut settings: BenchSettings, terminal: Terminal, talk: Talk) -> Result<ExitStatus, Error> {
    if let Some(format) = settings.connect.trace {
        if settings.scenario.own_clients() > ALL_WATCHED {
            talk.progress("Tracing the first client of each group");
        }
        settings.options.taps = Some(taps(format, talk));
    }
    for warning in &settings.warnings {
        talk.warning(warning);
    }
    check_files(&settings.results)?;
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
        // Many brokers cut connections beyond what they carry: that rate does not hold.
        let cut = report.ended == Ended::ConnectionsLost && best.is_some();
        if report.ended != Ended::Done && !cut {
            return conclude(&report, &settings.results, terminal, talk, None);
        }
        // A rate that was not reached does not hold, however short the latencies of what was sent.
        let reached = !cut && report.rate().is_some_and(|reached| reached >= 0.99);
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
fn taps(format: TraceFormat, talk: Talk) -> Taps {
    Taps::new(move |client| Box::new(Tracer::new(format, talk).of_client(client)))
}

/// Puts reports together, judges the sum, and keeps and shows it.
pub(crate) fn merge(settings: &MergeSettings, terminal: Terminal, talk: Talk) -> Result<ExitStatus, Error> {
    let reports = settings.reports.iter().map(|path| read(path)).collect::<Result<Vec<_>, _>>()?;
    let mut report = Report::merge(reports, settings.partial).map_err(|error| {
        let missing = matches!(error, ReportError::Missing(..));
        let error = Error::local(error.to_string());
        if missing { error.with_hint("use --partial to merge what is there") } else { error }
    })?;
    report.judge(&settings.thresholds);
    conclude(&report, &settings.results, terminal, talk, None)
}

/// Lists the presets, or prints one.
pub(crate) fn presets(name: Option<&str>, terminal: Terminal) -> Result<ExitStatus, Error> {
    let text = match name {
        Some(name) => Preset::find(name).ok_or_else(|| Preset::unknown(name))?.text.to_owned(),
        None => bench_presets(PRESETS.iter().map(|preset| (preset.name, preset.measures())), terminal.stdout),
    };
    show(&text, terminal)?;
    Ok(ExitStatus::Done)
}

/// Sets two reports side by side.
pub(crate) fn compare(before: &Path, after: &Path, terminal: Terminal) -> Result<ExitStatus, Error> {
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
    // Files first: they are what a script wants, and a closed pipe must not cost them. One that cannot be written
    // costs neither the others nor what is shown.
    let kept = [
        keep(results.report.as_deref(), || report.to_json()),
        keep(results.csv.as_deref(), || bench_csv(report)),
        keep(results.html.as_deref(), || bench_html(report)),
        keep(results.hdr_log.as_deref(), || bench_hdr_log(report)),
    ];
    show(&crate::output::bench_report(report, terminal.stdout), terminal)?;
    for finding in report.thresholds.iter().filter(|finding| finding.failed) {
        let why = finding.measured.map_or("nothing was measured".to_owned(), |value| format!("measured {value}"));
        talk.error(&Error::new(ErrorKind::Threshold, format!("--fail `{}` holds: {why}", finding.threshold)));
    }
    let mut all_kept = true;
    for error in kept.into_iter().filter_map(Result::err) {
        talk.error(&error);
        all_kept = false;
    }
    if report.has_failed() {
        return Ok(ExitStatus::Partly(ErrorKind::Threshold));
    }
    match status(report, talk, signal)? {
        ExitStatus::Done if !all_kept => Ok(ExitStatus::Partly(ErrorKind::Local)),
        status => Ok(status),
    }
}

/// Finds out before the run whether its results can be written: an hour's run must not end at a typing slip.
fn check_files(results: &ResultFiles) -> Result<(), Error> {
    for path in [&results.report, &results.csv, &results.html, &results.hdr_log].into_iter().flatten() {
        // Opening a pipe would wait for its reader.
        if std::fs::metadata(path).is_ok_and(|existing| !existing.is_file()) {
            continue;
        }
        let opened = std::fs::OpenOptions::new().write(true).create(true).truncate(false).open(path);
        opened.map_err(|error| cannot_write(path, &error))?;
    }
    Ok(())
}

fn keep(path: Option<&Path>, text: impl FnOnce() -> String) -> Result<(), Error> {
    let Some(path) = path else { return Ok(()) };
    std::fs::write(path, text()).map_err(|error| cannot_write(path, &error))
}

fn cannot_write(path: &Path, error: &std::io::Error) -> Error {
    Error::local(format!("cannot write {}: {error}", path.display()))
}

fn show(text: &str, terminal: Terminal) -> Result<(), Error> {
    match Stdout::new(terminal.stdout).text(text) {
        Ok(()) | Err(WriteError::Closed) => Ok(()),
        Err(WriteError::Failed(error)) => Err(error),
    }
}

/// The status of a run that began, by what hurt it most.
fn status(report: &Report, talk: Talk, signal: Option<u8>) -> Result<ExitStatus, Error> {
    let (counts, clients) = (&report.counts, &report.clients);
    if let (Ended::InterruptedEarly, Some(signal)) = (report.ended, signal) {
        return Ok(ExitStatus::Interrupted(signal));
    }
    let (not_connected, refused) = (counts.connects_failed, counts.connects_refused);
    let failed = not_connected + refused;
    let connect = || {
        let kind = if refused > not_connected { ErrorKind::ConnectRefused } else { ErrorKind::Connect };
        let because = because(report, "connect: ");
        Error::new(kind, format!("{failed} of {} failed{because}", plural(counts.connects_attempted, "connect")))
    };
    let lost = because(report, "connection lost: ");
    match report.ended {
        Ended::NeverConnected if failed > 0 => return Err(connect()),
        Ended::ConnectionsLost => {
            return Err(Error::new(ErrorKind::ConnectionLost, format!("all connections were lost{lost}")));
        }
        Ended::GeneratorFailed => {
            let because = because(report, "a worker ended: ");
            return Err(Error::local(format!("the load generator could not go on{because}")));
        }
        Ended::Stalled => {
            return Err(Error::new(ErrorKind::TimedOut, "nothing moved any more with messages outstanding"));
        }
        Ended::Aborted => {
            let what = "the run was cut off: a --fail held before its end";
            talk.error(&Error::new(ErrorKind::Threshold, what));
            return Ok(ExitStatus::Partly(ErrorKind::Threshold));
        }
        _ => {}
    }
    // What `--reconnect` made good again is in the counts, and no failure.
    if clients.missing > 0 && failed > 0 && (counts.connections_lost == 0 || clients.failed > 0) {
        let error = connect();
        talk.error(&error);
        return Ok(ExitStatus::Partly(error.kind()));
    }
    let not_back = if clients.missing > 0 { counts.connections_lost } else { 0 };
    // An answer that a lost connection took with it is no answer that was waited for in vain.
    let unanswered = if counts.connections_lost > 0 { ErrorKind::ConnectionLost } else { ErrorKind::TimedOut };
    for (count, kind, noun, what, prefix) in [
        (not_back, ErrorKind::ConnectionLost, "connection", "lost", "connection lost: "),
        (counts.subscribes_refused, ErrorKind::SubscribeRefused, "subscription", "refused", "subscribe: "),
        (counts.refused, ErrorKind::PublishRefused, "message", "refused", "publish: "),
        (counts.unacknowledged, unanswered, "message", "not acknowledged", "connection lost: "),
    ] {
        if count > 0 {
            let were = if count == 1 { "was" } else { "were" };
            let message = format!("{} {were} {what}{}", plural(count, noun), because(report, prefix));
            talk.error(&Error::new(kind, message));
            return Ok(ExitStatus::Partly(kind));
        }
    }
    Ok(ExitStatus::Done)
}

/// The most frequent reason of one kind.
fn because(report: &Report, prefix: &str) -> String {
    let reasons = report.reasons.0.iter().filter_map(|(reason, count)| Some((reason.strip_prefix(prefix)?, *count)));
    reasons.max_by_key(|(_, count)| *count).map_or(String::new(), |(reason, _)| format!(": {reason}"))
}

fn not_begun(error: RunError) -> Error {
    match error {
        RunError::Dial(error) => (*error).into(),
        RunError::Topic(error) => Error::usage(format!("a topic of the run: {error}")),
        RunError::Shortage(shortage) => Error::local(shortage.to_string()).with_hint(shortage.command()),
        RunError::Worker(_) => Error::local(error.to_string()),
    }
}
