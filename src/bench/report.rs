//! What a run found: written as JSON with its histograms, so that reports of several machines merge exactly.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::metric::Measured;
use super::threshold::{Finding, Threshold};
use super::verdict::{LimitedBy, Verdict};
use super::{Counts, Held, Identity, Latency, Measure, Parameter, Reasons, ReportError, SearchReport};

/// The form that this version writes and reads.
pub(crate) const REPORT_VERSION: u32 = 4;

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
    /// The parameters, with the names of the banner.
    pub parameters: Vec<Parameter>,
    /// When it started, UTC.
    pub started_at: String,
    /// The identity of the run and of its parameters.
    pub run: Identity,
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
    /// Group by group; empty where there is only one.
    #[serde(default)]
    pub groups: Vec<GroupReport>,
    /// Every second of the run, empty ones too.
    pub series: Vec<Row>,
    /// What the generator itself used.
    pub generator: Generator,
    /// Who was the bottleneck; `null` where nothing was published.
    pub verdict: Option<Verdict>,
    /// The results of the thresholds.
    pub thresholds: Vec<Finding>,
    /// The search whose best step this is; `null` of any other run.
    pub search: Option<SearchReport>,
    /// The parts that were merged; empty in any other report.
    pub parts: Vec<Part>,
}

/// A part of a merged run, in short.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Part {
    /// Which, from 0, and of how many; `null` of a run that had no parts.
    pub shard: Option<(u64, u64)>,
    /// When it started, UTC.
    pub started_at: String,
    /// How it ended.
    pub ended: Ended,
    /// How many seconds after `--start-at` its load began; `null` without it.
    pub late_start: Option<f64>,
    /// Its clients.
    pub clients: Clients,
    /// What it counted.
    pub counts: Counts,
    /// Who was its bottleneck.
    pub limited_by: Option<LimitedBy>,
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
    /// Not at all: the run is still going, or was killed.
    Unfinished,
    /// Nothing progressed within the limit.
    Stalled,
    /// A threshold failed, and `--abort-on-fail` was given.
    Aborted,
    /// No connection was left.
    ConnectionsLost,
    /// No client was connected at the beginning.
    NeverConnected,
    /// A part of this program failed, for example a thread without file descriptors.
    GeneratorFailed,
}

/// How long the phases of a run took.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Seconds {
    /// From the first connect until all clients were connected, or had failed for good.
    pub connecting: f64,
    /// How long it should have taken by the rate that was asked for; `null` without one.
    #[serde(default)]
    pub ramp: Option<f64>,
    /// From then until the common beginning of all machines.
    pub waiting: f64,
    /// How long the load began after `--start-at`; `null` without it.
    pub late_start: Option<f64>,
    /// The time left out of latencies and rates.
    pub warmup: f64,
    /// The time that latencies and rates cover.
    pub measured: f64,
    /// Waiting for outstanding messages.
    pub draining: f64,
}

/// A part that begins this many seconds after the others is too late.
pub(crate) const LATE_START: f64 = 1.0;

/// Clients of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Clients {
    /// All of them.
    pub count: u64,
    /// Connected when connecting was over.
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
    /// Its name in the scenario.
    pub name: String,
    /// How long its changes took, until all clients were connected again.
    pub connecting: f64,
    /// How long its groups acted.
    pub running: f64,
    /// What happened from its changes on. Losses are counted only for the whole run.
    pub counts: Counts,
    /// Latencies that ended in it: end to end, to the acknowledgement, or until clients were connected again.
    pub latency: Option<Latency>,
}

/// One group of several.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct GroupReport {
    /// Its name in the scenario.
    pub name: String,
    /// How many clients it has.
    pub clients: u64,
    /// What happened to them. Losses are counted for the whole run only.
    pub counts: Counts,
    /// What its latency is of.
    pub measure: Measure,
    /// To two digits; `null` if there was none.
    pub latency: Option<Latency>,
}

/// Messages in the measured time: totals, not rates.
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
    /// any, and in merged reports, where it is not known exactly.
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
    pub worker_busy: Vec<f64>,
    /// Part of it for which each was ready and others had its core.
    pub worker_waiting: Vec<f64>,
    /// How exactly it kept planned times; `null` where it sent as fast as it could, and of older reports.
    pub precision: Option<Held>,
    /// The most memory that it held, bytes.
    pub peak_memory: Option<u64>,
    /// Open files allowed, after raising the limit.
    pub open_files_limit: Option<u64>,
    /// Local ports of the system's range for each source address.
    pub local_ports: Option<u64>,
}

impl Report {
    /// The `format` of every report.
    pub const FORMAT: &str = "mqttx-rs bench report";

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
            return Err(ReportError::Version(head.version, REPORT_VERSION));
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

    /// One of a run of which nothing is known.
    pub(crate) fn empty() -> Self {
        Self {
            format: Self::FORMAT.into(),
            version: REPORT_VERSION,
            program: concat!("mqttx-rs ", env!("CARGO_PKG_VERSION")).into(),
            parameters: Vec::new(),
            started_at: String::new(),
            run: Identity::default(),
            shard: None,
            ended: Ended::Done,
            seconds: Seconds::default(),
            clients: Clients::default(),
            counts: Counts::default(),
            rates: Rates::default(),
            reasons: Reasons::default(),
            latencies: BTreeMap::new(),
            phases: Vec::new(),
            groups: Vec::new(),
            series: Vec::new(),
            generator: Generator::default(),
            verdict: None,
            thresholds: Vec::new(),
            search: None,
            parts: Vec::new(),
        }
    }

    /// Messages received in the measured time as a part of those that the ones sent in it lead to; `None` where that is
    /// not known.
    #[expect(clippy::cast_precision_loss, reason = "a ratio")]
    pub fn delivered_part(&self) -> Option<f64> {
        let (counts, rates) = (&self.counts, &self.rates);
        let expected = counts.expected as f64 / counts.sent as f64 * rates.sent as f64;
        (counts.expected > 0 && counts.sent > 0 && expected > 0.0).then(|| rates.delivered as f64 / expected)
    }

    /// Connects a second that were asked for, where the clients connected more slowly than that by more than 5 %, and by
    /// so much that it is not the last few.
    #[expect(clippy::cast_precision_loss, reason = "a rate")]
    pub fn missed_ramp(&self) -> Option<f64> {
        let ramp = self.seconds.ramp.filter(|ramp| *ramp > 0.0)?;
        let behind = self.seconds.connecting - ramp;
        let is_slow = self.connect_rate()? < 0.95 && behind > 0.1 && self.clients.failed == 0;
        is_slow.then(|| self.clients.count.saturating_sub(1) as f64 / ramp)
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

    fn group(&self, name: &str) -> Option<&dyn Measured> {
        self.groups.iter().find(|group| group.name == name).map(|group| group as &dyn Measured)
    }

    fn late_start(&self) -> Option<f64> {
        self.seconds.late_start
    }

    fn connect_rate(&self) -> Option<f64> {
        // The last connect takes its time, however punctually it began: an answer within it costs nothing.
        let (ramp, taken) = (self.seconds.ramp?, self.seconds.connecting);
        let last = self.latencies.get(&Measure::Connack).map_or(0.0, |latency| latency.mean() / 1e9);
        Some((ramp / (taken - last).max(ramp).max(1e-9)).min(1.0)).filter(|_| self.clients.connected > 0)
    }
}

impl Measured for GroupReport {
    fn latency(&self, measure: Measure) -> Option<&Latency> {
        self.latency.as_ref().filter(|_| measure == self.measure)
    }

    fn counts(&self) -> &Counts {
        &self.counts
    }

    fn rate(&self) -> Option<f64> {
        None
    }

    fn throughput(&self) -> Option<f64> {
        None
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
            started_at: "2026-11-22T10:00:00Z".into(),
            run: Identity { id: None, parameters_digest: "0123456789abcdef".into() },
            shard: Some(shard),
            ended: Ended::Done,
            seconds: Seconds { connecting: 0.5, measured: 10.0, draining: 0.1, ..Seconds::default() },
            clients: Clients { count: 10, connected: 10, ..Clients::default() },
            counts: Counts { scheduled: sent, sent, acknowledged: sent, ..Counts::default() },
            rates: Rates { planned: Some(sent), sent, delivered: 0 },
            reasons: Reasons::default(),
            latencies: [(Measure::Ack, latency)].into(),
            phases: Vec::new(),
            groups: Vec::new(),
            series: vec![Row::default(), Row { second: 1, sent, p50: Some(5), ..Row::default() }],
            generator: Generator { worker_busy: vec![0.25], ..Generator::default() },
            verdict: Some(Verdict { limited_by: LimitedBy::Nothing, reasons: Vec::new() }),
            thresholds: Vec::new(),
            search: None,
            parts: Vec::new(),
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
        assert_eq!(Report::from_json(&later), Err(ReportError::Version(1000, REPORT_VERSION)));
        // The names of an earlier version are not mixed with those of this one.
        let earlier = Report::example((0, 1), 1).to_json().replace(&current, "\"version\": 3");
        let earlier = earlier.replace("\"started_at\"", "\"begun\"").replace("\"connections_", "\"connects_");
        assert_eq!(Report::from_json(&earlier), Err(ReportError::Version(3, REPORT_VERSION)));
        let other = Report::example((0, 1), 1).to_json().replace(Report::FORMAT, "a shopping list");
        assert!(matches!(Report::from_json(&other), Err(ReportError::Malformed(_))));
        let odd = Report::example((0, 1), 1).to_json().replace("\"sent\"", "\"sentt\"");
        for text in ["", "{}", "[1]", "{\"version\": 1}", &odd] {
            assert!(matches!(Report::from_json(text), Err(ReportError::Malformed(_))), "{text}");
        }
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
