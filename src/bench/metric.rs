//! What thresholds ask of a run: latencies, rates, counts and parts of counts, with their units.

use super::counts::Counts;
use super::latency::{Latency, Measure};

/// Metrics that are neither latencies nor counts: the name, what it is, and an example.
pub(super) const RATES: [(&str, &str, &str); 4] = [
    ("rate", "messages sent in the measured time, late ones too, as a part of those planned", "rate<0.99"),
    ("throughput", "messages sent in a second of the measured time", "throughput<10000"),
    (
        "connect_rate",
        "how fast the clients connected in the beginning, as a part of `--ramp` or `--interval`",
        "connect_rate<95%",
    ),
    ("late_start", "how long the load began behind `--start-at`", "late_start>1s"),
];

/// Counts that are part of another one, so that they can be given in percent.
pub(super) const PARTS: [(&str, &str); 13] = [
    ("connections_failed", "connections_attempted"),
    ("connections_refused", "connections_attempted"),
    ("connections_lost", "connected"),
    ("subscriptions_refused", "subscriptions_attempted"),
    ("unsubscriptions_refused", "unsubscriptions_attempted"),
    ("refused", "scheduled"),
    ("unacknowledged", "sent"),
    ("unsent", "scheduled"),
    ("dropped", "scheduled"),
    ("late", "scheduled"),
    ("lost", "expected"),
    ("duplicated", "delivered"),
    ("responses_timed_out", "requests"),
];

/// What a run must have for a threshold to apply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Needs {
    /// Any run will do.
    Nothing,
    /// A time at which all parts begin.
    Barrier,
    /// A rate at which the clients connect.
    Ramp,
    /// A histogram.
    Latency(Measure),
    /// Planned times of messages.
    Plan,
    /// Publishers.
    Publishers,
    /// Publishers that get answers.
    Acknowledgements,
    /// Receivers.
    Subscribers,
    /// Receivers that know what to expect.
    Losses,
    /// Receivers of messages with numbers.
    Numbers,
    /// Publishers that wait for responses.
    Requests,
    /// Subscriptions that come and go.
    Passing,
}

/// Where thresholds look.
pub trait Measured {
    /// The histogram of a measure.
    fn latency(&self, measure: Measure) -> Option<&Latency>;
    /// The counts.
    fn counts(&self) -> &Counts;
    /// Messages sent as a part of those planned; `None` without a plan.
    fn rate(&self) -> Option<f64>;
    /// Messages sent in a second of the measured time; `None` without any.
    fn throughput(&self) -> Option<f64>;
    /// One of its groups.
    fn group(&self, _name: &str) -> Option<&dyn Measured> {
        None
    }
    /// How many seconds the load began after `--start-at`; `None` without it.
    fn late_start(&self) -> Option<f64> {
        None
    }
    /// How fast the clients connected in the beginning, as a part of what was asked; `None` where nothing was.
    fn connect_rate(&self) -> Option<f64> {
        None
    }
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Metric {
    Latency(Measure, Statistic),
    Rate,
    Throughput,
    LateStart,
    ConnectRate,
    /// A count in relation to the one that it is a part of.
    Share(&'static str),
    Count(&'static str),
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Statistic {
    Minimum,
    Mean,
    Maximum,
    Percentile(f64),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operator {
    Above,
    AtLeast,
    Below,
    AtMost,
    Equal,
    Unequal,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unit {
    Bare,
    Time,
    Percent,
}

#[expect(clippy::cast_precision_loss, reason = "compared with a number of a few digits")]
impl Metric {
    /// What a run has to have for it to say anything.
    pub(super) fn needs(self) -> Needs {
        match self {
            Self::Latency(measure, _) => Needs::Latency(measure),
            Self::Rate => Needs::Plan,
            Self::Throughput => Needs::Publishers,
            Self::LateStart => Needs::Barrier,
            Self::ConnectRate => Needs::Ramp,
            Self::Count(name) | Self::Share(name) => match name {
                "scheduled" | "sent" | "refused" | "unsent" | "dropped" => Needs::Publishers,
                "late"
                | "late_due_to_core"
                | "late_due_to_work"
                | "late_due_to_window"
                | "late_due_to_socket"
                | "late_due_to_connection" => Needs::Plan,
                "acknowledged" | "unacknowledged" => Needs::Acknowledgements,
                "delivered"
                | "foreign"
                | "clock_skewed"
                | "subscriptions_attempted"
                | "subscribed"
                | "subscriptions_refused" => Needs::Subscribers,
                "requests" | "responses" | "responses_timed_out" | "responses_late" | "responses_foreign" => {
                    Needs::Requests
                }
                "subscriptions_missed"
                | "unsubscriptions_attempted"
                | "unsubscribed"
                | "unsubscriptions_refused"
                | "received_in_passing" => Needs::Passing,
                "expected" | "lost" => Needs::Losses,
                "duplicated" | "reordered" => Needs::Numbers,
                _ => Needs::Nothing,
            },
        }
    }

    pub(super) fn read(self, measured: &(impl Measured + ?Sized)) -> Option<f64> {
        let counts = measured.counts();
        match self {
            Self::Latency(measure, statistic) => {
                measured.latency(measure).and_then(|latency| statistic.read(latency, |_, value| value))
            }
            Self::Rate => measured.rate(),
            Self::Throughput => measured.throughput(),
            Self::ConnectRate => measured.connect_rate(),
            Self::LateStart => measured.late_start().map(|seconds| seconds * 1e9),
            Self::Share(name) => {
                let (_, whole) = PARTS.into_iter().find(|(part, _)| *part == name)?;
                let (part, whole) = (counts.get(name)?, counts.get(whole)?);
                (whole > 0).then(|| part as f64 / whole as f64)
            }
            Self::Count(name) => counts.get(name).map(|count| count as f64),
        }
    }

    pub(super) fn parse(text: &str) -> Option<Self> {
        match text {
            "rate" => return Some(Self::Rate),
            "throughput" => return Some(Self::Throughput),
            "late_start" => return Some(Self::LateStart),
            "connect_rate" => return Some(Self::ConnectRate),
            "loss" => return Some(Self::Count("lost")),
            "duplicates" => return Some(Self::Count("duplicated")),
            _ => {}
        }
        if let Some(name) = Counts::NAMES.iter().find(|name| **name == text) {
            return Some(Self::Count(name));
        }
        if let Some(statistic) = Statistic::parse(text) {
            // `p99.9<50ms` alone: the longest way that is measured, unless it is resolved otherwise.
            return Some(Self::Latency(Measure::E2e, statistic));
        }
        let (measure, statistic) = text.split_once('.')?;
        let measure = Measure::ALL.into_iter().find(|known| known.name() == measure)?;
        Some(Self::Latency(measure, Statistic::parse(statistic)?))
    }
}

impl Statistic {
    /// `of_step` says which value of a step of the histogram counts.
    #[expect(clippy::cast_precision_loss, reason = "compared with a number of a few digits")]
    pub(super) fn read(self, latency: &Latency, of_step: impl Fn(&Latency, u64) -> u64) -> Option<f64> {
        (latency.count() > 0).then(|| match self {
            Self::Minimum => of_step(latency, latency.min()) as f64,
            Self::Mean => latency.mean(),
            Self::Maximum => of_step(latency, latency.max()) as f64,
            Self::Percentile(percent) => of_step(latency, latency.percentile(percent)) as f64,
        })
    }

    pub(super) fn parse(text: &str) -> Option<Self> {
        match text {
            "min" => Some(Self::Minimum),
            "mean" | "avg" => Some(Self::Mean),
            "max" => Some(Self::Maximum),
            _ => {
                let percent = text.strip_prefix('p')?.parse::<f64>().ok()?;
                (0.0..=100.0).contains(&percent).then_some(Self::Percentile(percent))
            }
        }
    }
}

impl Operator {
    /// Two characters before one, so that `>=` is not read as `>`.
    pub(super) const ALL: [(&str, Self); 7] = [
        (">=", Self::AtLeast),
        ("<=", Self::AtMost),
        ("!=", Self::Unequal),
        ("==", Self::Equal),
        (">", Self::Above),
        ("<", Self::Below),
        ("=", Self::Equal),
    ];

    #[expect(clippy::float_cmp, reason = "`=` is asked of counts, which are whole")]
    pub(super) fn holds(self, left: f64, right: f64) -> bool {
        match self {
            Self::Above => left > right,
            Self::AtLeast => left >= right,
            Self::Below => left < right,
            Self::AtMost => left <= right,
            Self::Equal => left == right,
            Self::Unequal => left != right,
        }
    }
}

pub(super) fn parse_value(text: &str) -> Option<(f64, Unit)> {
    let split = text.find(|character: char| !character.is_ascii_digit() && character != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(split);
    let number: f64 = number.parse().ok()?;
    Some(match unit.trim() {
        "" => (number, Unit::Bare),
        "%" => (number / 100.0, Unit::Percent),
        "ns" => (number, Unit::Time),
        "us" | "µs" => (number * 1e3, Unit::Time),
        "ms" => (number * 1e6, Unit::Time),
        "s" => (number * 1e9, Unit::Time),
        _ => return None,
    })
}

/// Nanoseconds with three significant digits and a unit.
pub(super) fn time(nanos: f64) -> String {
    let (value, unit) = match nanos {
        nanos if nanos < 1e3 => (nanos, "ns"),
        nanos if nanos < 1e6 => (nanos / 1e3, "us"),
        nanos if nanos < 1e9 => (nanos / 1e6, "ms"),
        nanos => (nanos / 1e9, "s"),
    };
    format!("{} {unit}", digits(value))
}

/// With as many digits behind the point as three significant ones take.
pub(super) fn digits(value: f64) -> String {
    let places = if value >= 100.0 { 0 } else { 2 - usize::from(value >= 10.0) };
    format!("{value:.places$}")
}
