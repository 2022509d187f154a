//! One run of `bench`: shown during the run, then its report is written and shown, and its outcome reported.

use super::metrics::{Metrics, Scraped};
use super::trace::Tracer;
use crate::bench::{
    self, Ended, LATE_START, LimitedBy, Observer, Report, RunError, RunOptions, Scenario, Taps, Threshold, UNANSWERED,
    VIOLATION,
};
use crate::error::{Error, ErrorKind, ExitStatus};
use crate::output::{BenchDisplay, Stdout, Talk, Terminal, TraceFormat, WriteError};
use crate::payload::plural;
use crate::settings::{BenchSettings, ResultFiles};

/// How a run is shown.
pub(super) fn display(settings: &BenchSettings, terminal: Terminal, talk: Talk) -> BenchDisplay {
    let phases = settings.scenario.phases.iter().map(|phase| phase.name.clone()).collect();
    // A trace and a progress line cannot be shown together.
    let moves = settings.connect.trace.is_none();
    BenchDisplay::new(terminal, talk, &settings.title, phases, moves).keeping_stdout(settings.results.takes_stdout())
}

/// A run that can be scraped while it lasts.
pub(super) async fn watched(
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

/// Taps that log each packet with its client.
pub(super) fn taps(format: TraceFormat, talk: Talk) -> Taps {
    Taps::new(move |client| Box::new(Tracer::new(format, talk).of_client(client)))
}

/// Writes and shows a report, and returns the status.
pub(super) fn conclude(
    report: &Report,
    results: &ResultFiles,
    terminal: Terminal,
    talk: Talk,
    signal: Option<u8>,
) -> Result<ExitStatus, Error> {
    // Files first: a script needs them, and a closed pipe must not prevent them. One that cannot be written prevents
    // neither the others nor the output.
    let faults = results.keep(report, terminal);
    if results.takes_stdout() {
        talk.plain(crate::output::bench_report(report, terminal.stderr).trim_end());
    } else {
        show(&crate::output::bench_report(report, terminal.stdout), terminal)?;
    }
    if let Some(late) = report.seconds.late_start.filter(|late| *late > LATE_START && report.parts.is_empty()) {
        talk.warning(format_args!("the load began {late:.1} s after --start-at"));
    }
    for warning in doubts(report) {
        talk.warning(warning);
    }
    for finding in report.thresholds.iter().filter(|finding| finding.failed) {
        let why = finding
            .measured_text
            .as_ref()
            .map_or("nothing was measured".to_owned(), |value| format!("measured {value}"));
        talk.error(&Error::new(ErrorKind::Threshold, format!("--fail `{}` is met: {why}", finding.threshold)));
    }
    for error in &faults {
        talk.error(error);
    }
    let all_kept = faults.is_empty();
    if report.has_failed() {
        return Ok(ExitStatus::Partly(ErrorKind::Threshold));
    }
    match status(report, talk, signal)? {
        ExitStatus::Done if !all_kept => Ok(ExitStatus::Partly(ErrorKind::Local)),
        status => Ok(status),
    }
}

pub(super) fn show(text: &str, terminal: Terminal) -> Result<(), Error> {
    match Stdout::new(terminal.stdout).text(text) {
        Ok(()) | Err(WriteError::Closed) => Ok(()),
        Err(WriteError::Failed(error)) => Err(error),
    }
}

/// Warnings that should not be overlooked, though they are not failures.
fn doubts(report: &Report) -> Vec<String> {
    let counts = &report.counts;
    let mut doubts = Vec::new();
    if counts.lost > 0 {
        doubts.push(format!("{} of {} expected did not arrive", plural(counts.lost, "message"), counts.expected));
    }
    if counts.duplicated > 0 {
        doubts.push(format!("{} arrived twice", plural(counts.duplicated, "message")));
    }
    if counts.clock_skewed > 0 {
        let early = plural(counts.clock_skewed, "message");
        doubts.push(format!("{early} arrived before being sent: the clocks disagree"));
    }
    doubts.extend(slow_ramp(report));
    let limited_by = report.verdict.as_ref().map(|verdict| verdict.limited_by);
    if let Some(limited_by @ (LimitedBy::Machine | LimitedBy::Generator)) = limited_by {
        doubts.push(limited_by.sentence());
    }
    doubts
}

/// A warning if the clients connected more slowly than asked.
#[expect(clippy::cast_precision_loss, reason = "a rate")]
fn slow_ramp(report: &Report) -> Option<String> {
    let asked = report.missed_ramp()?;
    let reached = report.clients.connected as f64 / report.seconds.connecting.max(1e-9);
    Some(format!("clients connected at {reached:.0}/s, but {asked:.0}/s were requested"))
}

/// The status of a run that began, by its worst problem.
fn status(report: &Report, talk: Talk, signal: Option<u8>) -> Result<ExitStatus, Error> {
    let (counts, clients) = (&report.counts, &report.clients);
    if let (Ended::InterruptedEarly, Some(signal)) = (report.ended, signal) {
        return Ok(ExitStatus::Interrupted(signal));
    }
    let (not_connected, refused) = (counts.connections_failed, counts.connections_refused);
    let failed = not_connected + refused;
    let connect = || {
        let kind = if refused > not_connected { ErrorKind::ConnectRefused } else { ErrorKind::Connect };
        let kind = if refused == 0 { by_reason(report, "connect: ", kind) } else { kind };
        let because = because(report, "connect: ");
        Error::new(kind, format!("{failed} of {} failed{because}", plural(counts.connections_attempted, "connect")))
    };
    let lost = because(report, "connection lost: ");
    match report.ended {
        Ended::NeverConnected if failed > 0 => return Err(connect()),
        Ended::ConnectionsLost => {
            let kind = by_reason(report, "connection lost: ", ErrorKind::ConnectionLost);
            return Err(Error::new(kind, format!("all connections were lost{lost}")));
        }
        Ended::GeneratorFailed => {
            let because = because(report, "a worker ended: ");
            return Err(Error::local(format!("the load generator failed{because}")));
        }
        Ended::Stalled => {
            let (kind, because) = not_answered(report);
            let what = format!("nothing happened for a minute, with messages outstanding{because}");
            return Err(Error::new(kind, what));
        }
        Ended::Aborted => {
            let what = "the run was ended early by a --fail condition";
            talk.error(&Error::new(ErrorKind::Threshold, what));
            return Ok(ExitStatus::Partly(ErrorKind::Threshold));
        }
        _ => {}
    }
    // How much of something is too much is decided by the condition that limits it, which has been judged.
    let is_limited = |count: &str| {
        let conditions = report.thresholds.iter().filter_map(|finding| finding.threshold.parse::<Threshold>().ok());
        conditions.into_iter().any(|condition| condition.limits(count))
    };
    let connects = [(not_connected, "connections_failed"), (refused, "connections_refused")];
    let too_few = clients.missing > 0 && connects.iter().any(|(count, name)| *count > 0 && !is_limited(name));
    // What `--reconnect` recovered from is counted, but is not a failure.
    if too_few && (counts.connections_lost == 0 || clients.failed > 0) {
        let error = connect();
        talk.error(&error);
        return Ok(ExitStatus::Partly(error.kind()));
    }
    let not_back = if clients.missing > 0 { counts.connections_lost } else { 0 };
    let lost_kind = by_reason(report, "connection lost: ", ErrorKind::ConnectionLost);
    // An answer lost with its connection is not one that the broker failed to give.
    let unanswered = if counts.connections_lost > 0 { (lost_kind, lost.clone()) } else { not_answered(report) };
    for (count, name, (kind, because), noun, what) in [
        (not_back, "connections_lost", (lost_kind, lost), "connection", "lost"),
        (
            counts.subscriptions_refused,
            "subscriptions_refused",
            (ErrorKind::SubscribeRefused, because(report, "subscribe: ")),
            "subscription",
            "refused",
        ),
        (counts.refused, "refused", (ErrorKind::PublishRefused, because(report, "publish: ")), "message", "refused"),
        (counts.unacknowledged, "unacknowledged", unanswered, "message", "not acknowledged"),
    ] {
        if count > 0 {
            let were = if count == 1 { "was" } else { "were" };
            let message = format!("{} {were} {what}{because}", plural(count, noun));
            if is_limited(name) {
                talk.warning(message);
                continue;
            }
            talk.error(&Error::new(kind, message));
            return Ok(ExitStatus::Partly(kind));
        }
    }
    Ok(ExitStatus::Done)
}

/// The kind of failures of which at least one was a violation of the protocol, or all of which were an answer that did not
/// come.
fn by_reason(report: &Report, prefix: &str, otherwise: ErrorKind) -> ErrorKind {
    let mut reasons = report.reasons.0.keys().filter_map(|reason| reason.strip_prefix(prefix)).peekable();
    let is_any = reasons.peek().is_some();
    let (mut violated, mut unanswered) = (false, is_any);
    for why in reasons {
        violated |= why.starts_with(VIOLATION);
        unanswered &= UNANSWERED.iter().any(|answer| why.starts_with(answer));
    }
    match (violated, unanswered) {
        (true, _) => ErrorKind::Protocol,
        (false, true) => ErrorKind::TimedOut,
        (false, false) => otherwise,
    }
}

/// The kind of failure if messages have no answer, and what is known about it.
fn not_answered(report: &Report) -> (ErrorKind, String) {
    match because(report, &format!("publish: {VIOLATION}: ")) {
        unknown if unknown.is_empty() => (ErrorKind::TimedOut, unknown),
        because => (ErrorKind::Protocol, format!(": {VIOLATION}{because}")),
    }
}

/// The most frequent reason of one kind.
fn because(report: &Report, prefix: &str) -> String {
    let reasons = report.reasons.0.iter().filter_map(|(reason, count)| Some((reason.strip_prefix(prefix)?, *count)));
    reasons.max_by_key(|(_, count)| *count).map_or(String::new(), |(reason, _)| format!(": {reason}"))
}

pub(super) fn not_begun(error: RunError) -> Error {
    match error {
        RunError::Dial(error) => (*error).into(),
        RunError::Topic(error) => Error::usage(format!("invalid topic in this run: {error}")),
        RunError::Shortage(shortage) => Error::local(shortage.to_string()).with_hint(shortage.command()),
        RunError::Worker(_) => Error::local(error.to_string()),
    }
}
