//! What a run found: written as JSON with its histograms, so that reports of several machines merge exactly.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::threshold::{Finding, Measured, Threshold};
use super::verdict::Verdict;
use super::{Counts, Latency, Measure, Reasons};

/// The form that this version writes and reads.
pub(crate) const REPORT_VERSION: u32 = 2;

/// How many seconds the beginnings of parts of one run may lie apart.
const FARTHEST_APART: usize = 24 * 60 * 60;

/// One run, or several merged.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Report {
    /// Always `mqttx-rs bench report`.
    pub format: String,
    /// Version of the format; a reader refuses those that it does not know.
    pub version: u32,
    /// Program and version that wrote it.
    pub program: String,
    /// What was asked for, by the names of the banner.
    pub parameters: Vec<Parameter>,
    /// When it began, UTC.
    pub begun: String,
    /// Which part of a run over several machines, from 0, and of how many; merged reports have none.
    pub shard: Option<(u64, u64)>,
    /// How it ended.
    pub ended: Ended,
    /// How long its phases took.
    pub seconds: Seconds,
    /// How many clients there were, and where.
    pub clients: Clients,
    /// What was counted over the whole run.
    pub counts: Counts,
    /// How many messages the measured time had.
    pub rates: Rates,
    /// Refusals and failures by their reason.
    pub reasons: Reasons,
    /// Latencies by measure.
    pub latencies: BTreeMap<Measure, Latency>,
    /// Phase by phase; empty where there is only one.
    pub phases: Vec<PhaseReport>,
    /// Every second of the run, empty ones too.
    pub series: Vec<Row>,
    /// What the generator itself used.
    pub generator: Generator,
    /// Who was the bottleneck; `null` where nothing was published.
    pub verdict: Option<Verdict>,
    /// What the thresholds found.
    pub thresholds: Vec<Finding>,
}

/// A name and its value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Parameter {
    /// As in the banner.
    pub name: String,
    /// With its unit.
    pub value: String,
}

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Ended {
    /// As planned.
    Done,
    /// By a signal, and that was the only way for it to end.
    Interrupted,
    /// By a signal, before it was done.
    InterruptedEarly,
    /// Nothing moved any more.
    Stalled,
    /// A threshold failed, and `--abort-on-fail` was given.
    Aborted,
    /// Not one connection was left.
    ConnectionsLost,
    /// Not one connection stood at the beginning.
    NeverConnected,
    /// A part of this program could not go on, such as a thread that got no descriptors.
    GeneratorFailed,
}

/// How long the phases of a run took.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Seconds {
    /// From the first connect until all clients stood, or had failed for good.
    pub connecting: f64,
    /// From then until the common beginning of all machines.
    pub waiting: f64,
    /// What was left out of latencies and rates.
    pub warmup: f64,
    /// What latencies and rates are of.
    pub measured: f64,
    /// Waiting for what was on its way.
    pub draining: f64,
}

/// Clients of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Clients {
    /// All of them.
    pub count: u64,
    /// That stood when connecting was over.
    pub connected: u64,
    /// That had failed for good by then.
    pub failed: u64,
    /// That were not where they should be at the end: failed, or lost and not back.
    pub missing: u64,
}

/// One phase of several.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct PhaseReport {
    /// As in the file.
    pub name: String,
    /// How long its changes took: until all clients stood again.
    pub connecting: f64,
    /// How long its groups acted.
    pub running: f64,
    /// What happened from its changes on. What is lost is told of the whole run only.
    pub counts: Counts,
    /// Latencies that ended in it: end to end, to the acknowledgement, or until clients stood again.
    pub latency: Option<Latency>,
}

/// Messages over the measured time: how many, not how many a second.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Rates {
    /// Messages planned in it; `null` without a plan.
    pub planned: Option<u64>,
    /// Messages sent in it.
    pub sent: u64,
    /// Messages received in it.
    pub delivered: u64,
}

/// One second.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Row {
    /// From the first connect.
    pub second: u64,
    /// Connections accepted.
    pub connected: u64,
    /// Connections failed, refused and lost, publishes and subscriptions refused.
    pub errors: u64,
    /// Messages sent.
    pub sent: u64,
    /// Messages acknowledged.
    pub acknowledged: u64,
    /// Messages received.
    pub delivered: u64,
    /// Half of the latencies that ended in it, nanoseconds; end to end, or to the acknowledgement. `null` without
    /// any, and in merged reports, where it cannot be told exactly.
    pub p50: Option<u64>,
    /// 99 per cent of them.
    pub p99: Option<u64>,
    /// The longest.
    pub max: Option<u64>,
}

/// What the generator itself used.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Generator {
    /// CPU seconds of the process, start and end included; `null` where the system does not say.
    pub cpu_seconds: Option<f64>,
    /// Busy part of each worker's thread over the measured time, 0 to 1; none where it was not measured.
    pub workers: Vec<f64>,
    /// Part of it for which each was ready and others had its core.
    pub waited: Vec<f64>,
    /// The most memory that it held, bytes.
    pub peak_memory: Option<u64>,
    /// Open files allowed, after raising the limit.
    pub open_files_limit: Option<u64>,
    /// Local ports of the system's range for each source address.
    pub local_ports: Option<u64>,
}

/// Why reports cannot be read or merged.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReportError {
    /// Not JSON of this shape.
    #[error("it is no report of `bench --report`: {0}")]
    Malformed(String),
    /// Of an earlier or a later program.
    #[error("it is of version {0}, and this program reads version {REPORT_VERSION}")]
    Version(u32),
    /// Nothing to merge.
    #[error("there is no report to merge")]
    Empty,
    /// Two reports of one part.
    #[error("two reports are of shard {} of {}", .0 + 1, .1)]
    TwiceTheSame(u64, u64),
    /// Several reports of which one is of a whole run.
    #[error("one of the reports is not of a part of a run: run the parts with --shard")]
    Whole,
    /// A part is missing.
    #[error("the report of shard {} of {} is missing", .0 + 1, .1)]
    Missing(u64, u64),
    /// Parts that cannot have run together.
    #[error("the runs began more than a day apart")]
    FarApart,
    /// Parts of different divisions.
    #[error("the reports are of runs divided differently: {0} and {1} shards")]
    DividedDifferently(u64, u64),
}

impl Report {
    /// The `format` of every report.
    pub const FORMAT: &str = "mqttx-rs bench report";
    /// The parameter that says which part of a run it is of; what is merged is of all.
    pub const SHARD: &str = "shard";

    /// As JSON.
    pub fn to_json(&self) -> String {
        let mut text = serde_json::to_string_pretty(self).unwrap_or_default();
        text.push('\n');
        text
    }

    /// Reads what [`Self::to_json`] wrote.
    pub fn from_json(text: &str) -> Result<Self, ReportError> {
        #[derive(Deserialize)]
        struct Head {
            format: String,
            version: u32,
        }
        let malformed = |error: serde_json::Error| ReportError::Malformed(error.to_string());
        let head: Head = serde_json::from_str(text).map_err(malformed)?;
        if head.format != Self::FORMAT {
            return Err(ReportError::Malformed(format!("its format is `{}`", head.format)));
        }
        if head.version != REPORT_VERSION {
            return Err(ReportError::Version(head.version));
        }
        serde_json::from_str(text).map_err(malformed)
    }

    /// Judges the run by thresholds and keeps what they found.
    pub fn judge(&mut self, thresholds: &[Threshold]) {
        self.thresholds = thresholds.iter().map(|threshold| threshold.judge(&*self)).collect();
    }

    /// Whether any threshold failed.
    pub fn has_failed(&self) -> bool {
        self.thresholds.iter().any(|finding| finding.failed)
    }

    /// Puts the reports of parts of one run together: counts and histograms add up exactly. `partial` takes it that
    /// parts are missing.
    pub fn merge(reports: Vec<Self>, partial: bool) -> Result<Self, ReportError> {
        // One alone may be whole: then it is only judged and shown again.
        if reports.len() > 1 || reports.iter().any(|report| report.shard.is_some()) {
            check_shards(&reports, partial)?;
        }
        let begins = reports.iter().map(Self::begin).collect::<Result<Vec<_>, _>>()?;
        let first = begins.iter().min().copied().ok_or(ReportError::Empty)?;
        let mut merged: Option<Self> = None;
        for (mut report, begun) in reports.into_iter().zip(begins) {
            report.shift(begun.duration_since(first))?;
            match &mut merged {
                Some(merged) => {
                    merged.add(&report);
                    for row in &mut merged.series {
                        (row.p50, row.p99) = (None, None);
                    }
                }
                None => merged = Some(report),
            }
        }
        let mut merged = merged.ok_or(ReportError::Empty)?;
        merged.shard = None;
        merged.parameters.retain(|parameter| parameter.name != Self::SHARD);
        merged.thresholds.clear();
        Ok(merged)
    }

    fn begin(&self) -> Result<jiff::Timestamp, ReportError> {
        self.begun.parse().map_err(|_| ReportError::Malformed(format!("`begun` is no time: {}", self.begun)))
    }

    /// Begins the series so much earlier, since second 0 of a part is when its own process began.
    fn shift(&mut self, by: jiff::SignedDuration) -> Result<(), ReportError> {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and a day")]
        let seconds = by.as_secs_f64().round().clamp(0.0, 1e6) as usize;
        if seconds > FARTHEST_APART {
            return Err(ReportError::FarApart);
        }
        self.series.splice(0..0, std::iter::repeat_n(Row::default(), seconds));
        for (second, row) in self.series.iter_mut().enumerate() {
            row.second = second as u64;
        }
        Ok(())
    }

    fn add(&mut self, other: &Self) {
        self.begun = self.begun.clone().min(other.begun.clone());
        self.ended = self.ended.max(other.ended);
        self.counts += &other.counts;
        self.reasons += &other.reasons;
        for (measure, latency) in &other.latencies {
            self.latencies.entry(*measure).or_default().add(latency);
        }
        let (own, others) = (&mut self.seconds, &other.seconds);
        own.connecting = own.connecting.max(others.connecting);
        own.waiting = own.waiting.max(others.waiting);
        own.warmup = own.warmup.max(others.warmup);
        own.measured = own.measured.max(others.measured);
        own.draining = own.draining.max(others.draining);
        self.clients.count += other.clients.count;
        self.clients.connected += other.clients.connected;
        self.clients.failed += other.clients.failed;
        self.clients.missing += other.clients.missing;
        let planned = self.rates.planned.zip(other.rates.planned);
        self.rates.planned = planned.map(|(own, others)| own + others);
        self.rates.sent += other.rates.sent;
        self.rates.delivered += other.rates.delivered;
        for (place, phase) in other.phases.iter().enumerate() {
            // A part that ended early lacks the later ones.
            match self.phases.get_mut(place) {
                Some(own) => own.add(phase),
                None => self.phases.push(phase.clone()),
            }
        }
        for (second, row) in other.series.iter().enumerate() {
            if self.series.len() <= second {
                self.series.push(Row { second: second as u64, ..Row::default() });
            }
            self.series[second].add(row);
        }
        let cpu_seconds = self.generator.cpu_seconds.zip(other.generator.cpu_seconds);
        self.generator.cpu_seconds = cpu_seconds.map(|(own, others)| own + others);
        self.generator.workers.extend(&other.generator.workers);
        self.generator.waited.extend(&other.generator.waited);
        self.generator.peak_memory = self.generator.peak_memory.max(other.generator.peak_memory);
        self.verdict = match (self.verdict.take(), &other.verdict) {
            (Some(own), Some(others)) => Some(own.merge(others)),
            (own, others) => own.or_else(|| others.clone()),
        };
    }

    /// Messages sent in a second of the measured time.
    pub fn sent_per_second(&self) -> Option<f64> {
        per_second(self.rates.sent, self.seconds.measured)
    }

    /// Messages received in a second of the measured time.
    pub fn delivered_per_second(&self) -> Option<f64> {
        per_second(self.rates.delivered, self.seconds.measured)
    }
}

/// Whether they are the parts of one run, each once.
fn check_shards(reports: &[Report], partial: bool) -> Result<(), ReportError> {
    let mut shards = std::collections::BTreeSet::new();
    for report in reports {
        let (index, count) = report.shard.ok_or(ReportError::Whole)?;
        if !shards.insert((index, count)) {
            return Err(ReportError::TwiceTheSame(index, count));
        }
    }
    let Some((_, count)) = shards.first().copied() else { return Ok(()) };
    if let Some((_, other)) = shards.iter().find(|(_, other)| *other != count) {
        return Err(ReportError::DividedDifferently(count, *other));
    }
    // The first gap is within as many as there are.
    match (0..count).zip(0..=shards.len()).find(|(index, _)| !shards.contains(&(*index, count))) {
        Some((index, _)) if !partial => Err(ReportError::Missing(index, count)),
        _ => Ok(()),
    }
}

impl PhaseReport {
    fn add(&mut self, other: &Self) {
        self.connecting = self.connecting.max(other.connecting);
        self.running = self.running.max(other.running);
        self.counts += &other.counts;
        if let Some(latency) = &other.latency {
            self.latency.get_or_insert_default().add(latency);
        }
    }
}

impl Row {
    fn add(&mut self, other: &Self) {
        self.connected += other.connected;
        self.errors += other.errors;
        self.sent += other.sent;
        self.acknowledged += other.acknowledged;
        self.delivered += other.delivered;
        self.max = self.max.max(other.max);
    }
}

impl Measured for Report {
    fn latency(&self, measure: Measure) -> Option<&Latency> {
        self.latencies.get(&measure)
    }

    fn counts(&self) -> &Counts {
        &self.counts
    }

    #[expect(clippy::cast_precision_loss, reason = "a ratio")]
    fn rate(&self) -> Option<f64> {
        let planned = self.rates.planned.filter(|planned| *planned > 0)?;
        Some(self.rates.sent as f64 / planned as f64)
    }

    fn throughput(&self) -> Option<f64> {
        self.sent_per_second()
    }
}

#[expect(clippy::cast_precision_loss, reason = "a rate")]
fn per_second(count: u64, seconds: f64) -> Option<f64> {
    (seconds > 0.0).then(|| count as f64 / seconds)
}

#[cfg(test)]
impl Report {
    /// A report of a shard with so many messages.
    pub(crate) fn example(shard: (u64, u64), sent: u64) -> Self {
        let mut latency = Latency::new();
        (0..sent).for_each(|number| latency.record(1_000_000 + number * 10_000));
        Self {
            format: Self::FORMAT.into(),
            version: REPORT_VERSION,
            program: "mqttx-rs 0.1.0".into(),
            parameters: vec![Parameter { name: "QoS".into(), value: "1".into() }],
            begun: "2026-11-22T10:00:00Z".into(),
            shard: Some(shard),
            ended: Ended::Done,
            seconds: Seconds { connecting: 0.5, measured: 10.0, draining: 0.1, ..Seconds::default() },
            clients: Clients { count: 10, connected: 10, ..Clients::default() },
            counts: Counts { scheduled: sent, sent, acknowledged: sent, ..Counts::default() },
            rates: Rates { planned: Some(sent), sent, delivered: 0 },
            reasons: Reasons::default(),
            latencies: [(Measure::Ack, latency)].into(),
            phases: Vec::new(),
            series: vec![Row::default(), Row { second: 1, sent, p50: Some(5), ..Row::default() }],
            generator: Generator { workers: vec![0.25], ..Generator::default() },
            verdict: Some(Verdict { limited_by: super::verdict::LimitedBy::Nothing, why: Vec::new() }),
            thresholds: Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_is_read_as_it_was_written() {
        let report = Report::example((0, 2), 1000);
        assert_eq!(Report::from_json(&report.to_json()), Ok(report));
    }

    #[test]
    fn what_is_no_report_is_refused() {
        let current = format!("\"version\": {REPORT_VERSION}");
        let later = Report::example((0, 1), 1).to_json().replace(&current, "\"version\": 1000");
        assert_eq!(Report::from_json(&later), Err(ReportError::Version(1000)));
        let other = Report::example((0, 1), 1).to_json().replace(Report::FORMAT, "a shopping list");
        assert!(matches!(Report::from_json(&other), Err(ReportError::Malformed(_))));
        let odd = Report::example((0, 1), 1).to_json().replace("\"sent\"", "\"sentt\"");
        for text in ["", "{}", "[1]", "{\"version\": 1}", &odd] {
            assert!(matches!(Report::from_json(text), Err(ReportError::Malformed(_))), "{text}");
        }
    }

    #[test]
    fn merged_shards_are_the_sum_of_their_counts_and_histograms() {
        let merged = Report::merge(vec![Report::example((0, 2), 300), Report::example((1, 2), 200)], false).unwrap();
        assert_eq!((merged.counts.sent, merged.rates.planned), (500, Some(500)));
        assert_eq!(merged.latencies[&Measure::Ack].count(), 500);
        assert_eq!(merged.latencies[&Measure::Ack].percentile(100.0) / 10_000, 399);
        assert_eq!((merged.series[1].sent, merged.series[1].p50), (500, None));
        assert_eq!(merged.shard, None);
        let mut merged = merged;
        merged.judge(&["acknowledged<500".parse().unwrap(), "acknowledged<501".parse().unwrap()]);
        assert_eq!(merged.thresholds.iter().map(|finding| finding.failed).collect::<Vec<_>>(), [false, true]);
    }

    #[test]
    fn seconds_of_parts_that_began_apart_are_not_added() {
        let late = Report { begun: "2026-11-22T10:00:02.700Z".into(), ..Report::example((0, 2), 200) };
        let merged = Report::merge(vec![late, Report::example((1, 2), 300)], false).unwrap();
        let sent: Vec<_> = merged.series.iter().map(|row| (row.second, row.sent)).collect();
        assert_eq!(sent, [(0, 0), (1, 300), (2, 0), (3, 0), (4, 200)]);
        assert_eq!(merged.begun, "2026-11-22T10:00:00Z");
        let other_day = Report { begun: "2020-11-22T10:00:00Z".into(), ..Report::example((0, 2), 1) };
        assert_eq!(Report::merge(vec![other_day, Report::example((1, 2), 1)], false), Err(ReportError::FarApart));
        let no_time = Report { begun: "yesterday".into(), ..Report::example((0, 1), 1) };
        assert!(matches!(Report::merge(vec![no_time], false), Err(ReportError::Malformed(_))));
    }

    #[test]
    fn what_only_a_later_part_has_is_kept_and_what_only_parts_have_is_not() {
        let phase = |name: &str| PhaseReport {
            name: name.into(),
            connecting: 1.0,
            running: 1.0,
            counts: Counts::default(),
            latency: None,
        };
        let shard = Parameter { name: Report::SHARD.into(), value: "1 of 2".into() };
        let ended_early = Report { phases: vec![phase("fill")], ..Report::example((0, 2), 1) };
        let whole = Report { phases: vec![phase("fill"), phase("flood")], ..Report::example((1, 2), 1) };
        let merged = Report::merge(vec![Report { parameters: vec![shard], ..ended_early }, whole], false).unwrap();
        assert_eq!(merged.phases.iter().map(|phase| phase.name.as_str()).collect::<Vec<_>>(), ["fill", "flood"]);
        assert_eq!(merged.parameters, []);
    }

    #[test]
    fn reports_that_do_not_belong_together_are_refused() {
        let merge = |shards: &[(u64, u64)]| {
            Report::merge(shards.iter().map(|shard| Report::example(*shard, 1)).collect(), false).map(|_| ())
        };
        assert_eq!(merge(&[(0, 2), (0, 2)]), Err(ReportError::TwiceTheSame(0, 2)));
        assert_eq!(ReportError::TwiceTheSame(0, 2).to_string(), "two reports are of shard 1 of 2");
        assert_eq!(merge(&[(0, 2), (1, 3)]), Err(ReportError::DividedDifferently(2, 3)));
        assert_eq!(merge(&[(0, 3), (1, 3)]), Err(ReportError::Missing(2, 3)));
        assert_eq!(merge(&[(1, u64::MAX), (2, u64::MAX)]), Err(ReportError::Missing(0, u64::MAX)));
        assert_eq!(merge(&[]), Err(ReportError::Empty));
        let whole = || Report { shard: None, ..Report::example((0, 1), 1) };
        assert_eq!(Report::merge(vec![whole(), whole()], false), Err(ReportError::Whole));
        let parts = vec![Report::example((0, 3), 1), Report::example((1, 3), 1)];
        assert_eq!(Report::merge(parts, true).map(|merged| merged.counts.sent), Ok(2));
    }

    #[test]
    fn the_schema_is_the_checked_in_one() {
        let schema = serde_json::to_string_pretty(&schemars::schema_for!(Report)).unwrap() + "\n";
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/src/bench/report.schema.json");
        if std::env::var_os("MQTTX_RS_BLESS").is_some() {
            std::fs::write(path, &schema).unwrap();
        }
        let checked_in = std::fs::read_to_string(path).unwrap_or_default();
        assert!(schema == checked_in, "{path} is out of date: run this test with MQTTX_RS_BLESS=1");
    }
}
