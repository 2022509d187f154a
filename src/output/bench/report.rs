//! The report of a run as text.

use std::fmt::Write as _;

use super::{duration, number, plot, rate};
use crate::bench::{
    Ended, Latency, LimitedBy, Measure, Report, Row, SearchEnded, SearchReport, SearchStep, StepOutcome,
};
use crate::output::{Columns, Stream, safe};

/// The whole report: details first, and the result last, where it is still visible when the rest has scrolled away.
pub(crate) fn bench_report(report: &Report, stream: Stream) -> String {
    let mut out = String::new();
    let mut section = |title: &str, lines: &mut dyn Iterator<Item = String>| {
        let lines: Vec<String> = lines.collect();
        if !lines.is_empty() {
            // Writing into a string does not fail.
            let _ = write!(out, "\n{title}\n{}\n", lines.join("\n"));
        }
    };
    section("Phases", &mut phases(report, stream));
    section("Groups", &mut groups(report, stream));
    section("Shards", &mut parts(report, stream));
    if let Some((measure, latency)) = main_latency(report) {
        section(&format!("Distribution of {}", words(measure)), &mut plot::histogram(latency, stream).into_iter());
    }
    let running = running(report);
    let columns = |of: fn(&Row) -> u64| running.iter().map(of).collect::<Vec<u64>>();
    section("Sent over time", &mut plot::over_time(&columns(|row| row.sent), stream).into_iter());
    section("Received over time", &mut plot::over_time(&columns(|row| row.delivered), stream).into_iter());
    if report.counts.sent + report.counts.delivered == 0 {
        section("Connected over time", &mut plot::over_time(&columns(|row| row.connected), stream).into_iter());
    }
    section(
        "Reasons",
        &mut report
            .reasons
            .0
            .iter()
            .map(|(reason, count)| format!("  {} x {}", number(*count), safe::word(reason, stream))),
    );
    section("Search", &mut search(report, stream));
    section("Counts", &mut table(&counts(report), stream));
    section("Latency", &mut latencies(report, stream));
    section("Result", &mut table(&summary(report), stream));
    section(
        "Thresholds",
        &mut report.thresholds.iter().map(|finding| {
            let word = if finding.failed { "FAILED" } else { "ok" };
            let measured = super::measured(finding);
            format!("  {word:<6}  --fail '{}'  {measured}", safe::word(&finding.threshold, stream))
        }),
    );
    section("Verdict", &mut verdict(report, stream));
    out
}

/// The most important of the latencies that were measured.
pub(super) fn main_latency(report: &Report) -> Option<(Measure, &Latency)> {
    let shown = [
        Measure::Response,
        Measure::E2e,
        Measure::E2eUncorrected,
        Measure::Backlog,
        Measure::Ack,
        Measure::AckUncorrected,
        Measure::Online,
        Measure::Connack,
    ];
    shown.into_iter().find_map(|measure| Some((measure, report.latencies.get(&measure)?)))
}

/// The rows of the load, without connecting before it and draining after it, which would look like a stall.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "whole seconds, not negative"
)]
fn running(report: &Report) -> &[Row] {
    let seconds = &report.seconds;
    let begin = if report.verdict.is_some() { seconds.connecting + seconds.waiting } else { 0.0 };
    let end = if report.phases.is_empty() && report.verdict.is_some() {
        begin + seconds.warmup + seconds.measured
    } else {
        report.series.len() as f64
    };
    // A second with less than half of its time in the load would look like one in which little happened.
    let begin = (begin.round() as usize).min(report.series.len());
    let end = (end.round() as usize).max(begin + 1).min(report.series.len());
    &report.series[begin..end]
}

/// One step of a search, as a line.
pub(crate) fn bench_step(step: &SearchStep) -> String {
    let some_rate = |per_second: Option<f64>| per_second.map_or("-".to_owned(), rate);
    let received = step.delivered.map_or_else(String::new, |delivered| format!("received {}, ", rate(delivered)));
    let p99 = step.p99.map_or("-".to_owned(), duration);
    format!(
        "{}/s: sent {}, {received}p99 {p99}, lost {}: {}\n",
        number(step.rate),
        some_rate(step.sent),
        number(step.lost),
        outcome(step)
    )
}

/// `passed`, or why not.
pub(super) fn outcome(step: &SearchStep) -> String {
    let why = step.reason.as_deref().unwrap_or_default();
    let limited = step.limited_by.filter(|limited_by| *limited_by != LimitedBy::Nothing);
    let limited = limited.map_or_else(String::new, |limited_by| format!(", {}", limited_by.sentence()));
    match step.outcome {
        StepOutcome::Passed => "passed".to_owned(),
        StepOutcome::Failed => format!("{why}{limited}"),
        StepOutcome::Starved => format!("not judged: {why}{limited}"),
    }
}

/// The steps of a search, one line each, and the result.
fn search(report: &Report, stream: Stream) -> impl Iterator<Item = String> {
    let mut lines = Vec::new();
    if let Some(search) = &report.search {
        let steps = search.steps.iter().map(bench_step);
        lines.extend(steps.map(|line| format!("  {}", safe::word(line.trim_end(), stream))));
        lines.push(format!("  {}", found(search)));
    }
    lines.into_iter()
}

/// The result of a search, in a sentence.
pub(super) fn found(search: &SearchReport) -> String {
    let why = match search.ended {
        SearchEnded::Done => "",
        SearchEnded::OutOfTime => ", when --max-time expired",
        SearchEnded::Starved => ", when this machine was too busy to go on",
        SearchEnded::Interrupted => ", when it was interrupted",
        SearchEnded::Unfinished => ", so far",
    };
    let confirmed = if search.confirmed { "confirmed" } else { "not confirmed" };
    match search.found {
        Some(rate) => format!("highest rate that meets the conditions: {}/s, {confirmed}{why}", number(rate)),
        None => format!("no rate meets the conditions{why}"),
    }
}

pub(super) type Rows = Vec<[String; 2]>;

fn table(rows: &Rows, stream: Stream) -> impl Iterator<Item = String> {
    let mut columns = Columns::default();
    for [name, value] in rows {
        columns.row([format!("  {name}"), value.clone()]);
    }
    columns.lines(stream).collect::<Vec<_>>().into_iter()
}

pub(super) fn summary(report: &Report) -> Rows {
    let mut rows = Rows::new();
    let mut say = |name: &str, value: String| rows.push([name.to_owned(), value]);
    say("ended", ended(report.ended).to_owned());
    let counts = &report.counts;
    if counts.connections_planned > 0 || !report.phases.is_empty() {
        // Includes the first connects and later ones; the phases distinguish them.
        say("connected", format!("{} of {}", number(counts.connected), number(counts.connections_attempted)));
    } else {
        #[expect(clippy::cast_precision_loss, reason = "for display")]
        let connect_rate = report.clients.connected as f64 / report.seconds.connecting.max(1e-9);
        let connected = format!("{} of {}", number(report.clients.connected), number(report.clients.count));
        let missed = report.missed_ramp().map_or_else(String::new, |asked| format!(", not {} as asked", rate(asked)));
        say("connected", format!("{connected} in {:.2} s ({}{missed})", report.seconds.connecting, rate(connect_rate)));
        if counts.connected > report.clients.connected {
            say("connected again", number(counts.connected - report.clients.connected));
        }
    }
    if let Some(late) = report.seconds.late_start {
        let began = if late < 0.01 { "at --start-at".to_owned() } else { format!("{late:.2} s after --start-at") };
        say("began", began);
    }
    if report.seconds.measured > 0.0 {
        let warmup = if report.seconds.warmup > 0.0 {
            format!(" after {:.1} s of warm-up", report.seconds.warmup)
        } else {
            String::new()
        };
        say("measured", format!("{:.2} s{warmup}", report.seconds.measured));
    }
    if let Some(sent) = report.sent_per_second().filter(|_| counts.sent > 0) {
        #[expect(clippy::cast_precision_loss, reason = "for display")]
        let planned = match report.rates.planned {
            Some(planned) if planned > 0 => {
                format!(", {:.2} % of the plan", report.rates.sent as f64 * 100.0 / planned as f64)
            }
            _ => String::new(),
        };
        say("sent", format!("{}{planned}", rate(sent)));
    }
    if let Some(held) = report.generator.precision {
        let finest = duration(held.finest);
        let range = format!("{finest} to {}, by load", duration(held.coarsest));
        say("precision", if held.finest == held.coarsest { finest } else { range });
    }
    if let Some(delivered) = report.delivered_per_second().filter(|_| counts.delivered > 0) {
        say("received", rate(delivered));
    }
    rows
}

pub(super) fn ended(ended: Ended) -> &'static str {
    match ended {
        Ended::Done => "as planned",
        Ended::Interrupted => "by the user",
        Ended::InterruptedEarly => "by the user, before it was complete",
        Ended::Unfinished => "unfinished: the run is still going, or was killed",
        Ended::Stalled => "because nothing happened for a minute",
        Ended::Aborted => "because a threshold failed",
        Ended::ConnectionsLost => "because all connections were lost",
        Ended::NeverConnected => "because no client could connect",
        Ended::GeneratorFailed => "because the load generator failed",
    }
}

/// Counts that are not 0, and those for which 0 is worth reporting.
pub(super) fn counts(report: &Report) -> Rows {
    let counts = &report.counts;
    let both = counts.expected > 0;
    let list = [
        ("connects failed", counts.connections_failed, false),
        ("connects refused", counts.connections_refused, false),
        ("connects planned", counts.connections_planned, false),
        ("connects missed", counts.connections_missed, false),
        ("connections lost", counts.connections_lost, false),
        ("subscribed", counts.subscribed, false),
        ("subscriptions refused", counts.subscriptions_refused, false),
        ("subscriptions missed", counts.subscriptions_missed, false),
        ("unsubscribed", counts.unsubscribed, false),
        ("unsubscribes refused", counts.unsubscriptions_refused, false),
        ("received in passing", counts.received_in_passing, false),
        ("requests", counts.requests, false),
        ("responses", counts.responses, counts.requests > 0),
        ("responses timed out", counts.responses_timed_out, counts.requests > 0),
        ("responses too late", counts.responses_late, false),
        ("responses to no request", counts.responses_foreign, false),
        ("replied", counts.replied, false),
        ("scheduled", counts.scheduled, false),
        ("sent", counts.sent, false),
        ("acknowledged", counts.acknowledged, false),
        ("refused", counts.refused, false),
        ("unacknowledged", counts.unacknowledged, false),
        ("unsent", counts.unsent, false),
        ("dropped by mqttx-rs", counts.dropped, false),
        ("late (over 10 ms)", counts.late, false),
        ("late, waiting for a core", counts.late_due_to_core, false),
        ("late, program busy", counts.late_due_to_work, false),
        ("late, waiting for the window", counts.late_due_to_window, false),
        ("late, waiting for the socket", counts.late_due_to_socket, false),
        ("late, waiting for a connection", counts.late_due_to_connection, false),
        ("received", counts.delivered, both),
        ("expected", counts.expected, false),
        ("lost", counts.lost, both),
        ("duplicated", counts.duplicated, both),
        ("reordered", counts.reordered, both),
        ("received from other runs", counts.foreign, false),
        ("received before sent (clocks)", counts.clock_skewed, false),
    ];
    let shown = list.into_iter().filter(|(_, count, always)| *count > 0 || *always);
    shown.map(|(name, count, _)| [name.to_owned(), number(count)]).collect()
}

/// Headings of the table of parts.
pub(super) const PART_HEADS: [&str; 10] =
    ["", "began", "late", "connected", "sent", "acknowledged", "received", "lost", "ended", "limited by"];

/// One row per part of a merged run.
pub(super) fn part_rows(report: &Report) -> impl Iterator<Item = [String; 10]> {
    report.parts.iter().map(|part| {
        let counts = &part.counts;
        [
            part.shard.map_or_else(String::new, |(index, count)| format!("{} of {count}", index + 1)),
            part.started_at.clone(),
            part.late_start.map_or("-".to_owned(), |late| format!("{late:.1} s")),
            format!("{} of {}", number(part.clients.connected), number(part.clients.count)),
            number(counts.sent),
            number(counts.acknowledged),
            number(counts.delivered),
            number(counts.lost),
            ended(part.ended).to_owned(),
            part.limited_by.map_or("-", LimitedBy::short).to_owned(),
        ]
    })
}

fn parts(report: &Report, stream: Stream) -> impl Iterator<Item = String> {
    let mut columns = Columns::default();
    if !report.parts.is_empty() {
        columns.row(PART_HEADS);
    }
    for [shard, begun, rest @ ..] in part_rows(report) {
        let begun = safe::word(&begun, stream).to_string();
        columns.row([format!("  {shard}"), begun].into_iter().chain(rest));
    }
    columns.lines(stream).collect::<Vec<_>>().into_iter()
}

/// What a table of groups has above its columns.
pub(super) const GROUP_HEADS: [&str; 10] =
    ["", "clients", "connected", "lost", "sent", "acknowledged", "received", "refused", "latency", "p99"];

/// Group by group, a row each.
pub(super) fn group_rows(report: &Report) -> impl Iterator<Item = [String; 10]> {
    report.groups.iter().map(|group| {
        let counts = &group.counts;
        let p99 = group.latency.as_ref().map_or("-".to_owned(), |latency| duration(latency.percentile(99.0)));
        [
            group.name.clone(),
            number(group.clients),
            number(counts.connected),
            number(counts.connections_lost),
            number(counts.sent),
            number(counts.acknowledged),
            number(counts.delivered),
            number(counts.refused + counts.subscriptions_refused + counts.connections_refused),
            words(group.measure).to_owned(),
            p99,
        ]
    })
}

fn groups(report: &Report, stream: Stream) -> impl Iterator<Item = String> {
    let mut columns = Columns::default();
    if !report.groups.is_empty() {
        columns.row(GROUP_HEADS);
    }
    for [name, rest @ ..] in group_rows(report) {
        let name = format!("  {}", safe::word(&name, stream));
        columns.row(std::iter::once(name).chain(rest));
    }
    columns.lines(stream).collect::<Vec<_>>().into_iter()
}

fn phases(report: &Report, stream: Stream) -> impl Iterator<Item = String> {
    let mut columns = Columns::default();
    if !report.phases.is_empty() {
        columns.row(PHASE_HEADS);
    }
    for [name, rest @ ..] in phase_rows(report) {
        columns.row(std::iter::once(format!("  {name}")).chain(rest));
    }
    columns.lines(stream).collect::<Vec<_>>().into_iter()
}

/// What a table of phases has above its columns.
pub(super) const PHASE_HEADS: [&str; 8] = ["", "changes", "lasted", "connected", "sent", "received", "p50", "p99"];

/// Phase by phase, a row each.
pub(super) fn phase_rows(report: &Report) -> impl Iterator<Item = [String; 8]> {
    report.phases.iter().map(|phase| {
        let at = |percent: f64| {
            phase.latency.as_ref().map_or("-".to_owned(), |latency| duration(latency.percentile(percent)))
        };
        let counts = &phase.counts;
        [
            phase.name.clone(),
            format!("{:.2} s", phase.connecting),
            format!("{:.2} s", phase.running),
            number(counts.connected),
            number(counts.sent),
            number(counts.delivered),
            at(50.0),
            at(99.0),
        ]
    })
}

fn latencies(report: &Report, stream: Stream) -> impl Iterator<Item = String> {
    let mut columns = Columns::default();
    if !report.latencies.is_empty() {
        columns.row(["", "p50", "p90", "p99", "p99.9", "max", "mean"]);
    }
    for (measure, latency) in Measure::ALL.iter().filter_map(|measure| Some((measure, report.latencies.get(measure)?)))
    {
        let at = |percent: f64| duration(latency.percentile(percent));
        columns.row([
            format!("  {}", words(*measure)),
            at(50.0),
            at(90.0),
            at(99.0),
            at(99.9),
            duration(latency.max()),
            mean(latency),
        ]);
    }
    columns.lines(stream).collect::<Vec<_>>().into_iter()
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "not negative, and below an hour")]
pub(super) fn mean(latency: &Latency) -> String {
    duration(latency.mean() as u64)
}

pub(super) const fn words(measure: Measure) -> &'static str {
    match measure {
        Measure::Connect => "connect",
        Measure::Tls => "TLS handshake",
        Measure::WebSocket => "WebSocket upgrade",
        Measure::Connack => "CONNECT to CONNACK",
        Measure::Suback => "SUBSCRIBE to SUBACK",
        Measure::Unsuback => "UNSUBSCRIBE to UNSUBACK",
        Measure::Response => "scheduled to response",
        Measure::Online => "scheduled to subscribed",
        Measure::Backlog => "CONNECT to first queued message",
        Measure::CoreDelay => "wait for a core (ours)",
        Measure::SendDelay => "send delay (ours)",
        Measure::Ack => "scheduled to ack",
        Measure::AckUncorrected => "send to ack",
        Measure::E2e => "scheduled to delivery",
        Measure::E2eUncorrected => "send to delivery",
    }
}

fn verdict(report: &Report, stream: Stream) -> impl Iterator<Item = String> {
    let mut lines = Vec::new();
    if let Some(verdict) = &report.verdict {
        let mark = if verdict.limited_by >= LimitedBy::Generator { "! " } else { "" };
        lines.push(format!("  {mark}{}", verdict.limited_by.sentence()));
        for (limited_by, shards) in crate::bench::limits(&report.parts) {
            let shards = shards.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
            lines.push(format!("  {}: shards {shards}", limited_by.short()));
        }
        lines.extend(verdict.reasons.iter().map(|why| format!("  - {}", safe::word(why, stream))));
    }
    let cpu = report.generator.cpu_seconds.map(|seconds| format!("{seconds:.2} CPU s"));
    let memory = report.generator.peak_memory.map(|bytes| format!("at most {} KB of memory", number(bytes / 1024)));
    let own: Vec<String> = [cpu, memory].into_iter().flatten().collect();
    if !own.is_empty() {
        lines.push(format!("  generator: {}", own.join(", ")));
    }
    lines.into_iter()
}

/// What the load generator itself used.
pub(super) fn generator(report: &Report) -> Rows {
    let generator = &report.generator;
    let mut rows = Rows::new();
    let mut say = |name: &str, value: String| rows.push([name.to_owned(), value]);
    if let Some(seconds) = generator.cpu_seconds {
        say("CPU time", format!("{seconds:.2} s"));
    }
    if let Some(bytes) = generator.peak_memory {
        say("memory, at most", format!("{} KB", number(bytes / 1024)));
    }
    let busiest = generator
        .worker_busy
        .iter()
        .copied()
        .fold(None, |most: Option<f64>, part| Some(most.map_or(part, |most| most.max(part))));
    if let Some(part) = busiest {
        say("busiest worker", format!("{:.0} % of its core", part * 100.0));
    }
    rows
}
