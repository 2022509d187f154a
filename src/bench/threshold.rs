//! `--fail 'e2e.p99>100ms'`: what makes a run a failure, parsed before it begins.
//!
//! ```text
//! threshold = [group ': '] metric operator value           devices/alarms: ack.p99>100ms
//! metric    = [latency "."] ( "min" | "mean" | "max" | "p" percent )     e2e.p99, ack.max, send_delay.p99.9
//!             without a latency: e2e, else ack, else send_delay
//!           | "rate"          messages sent in the measured time, late ones too, as a part of those planned
//!           | "throughput"    messages sent in a second
//!           | "connect_rate"  how fast the clients connected in the beginning, as a part of --ramp or --interval
//!           | "late_start"    how long the load began behind --start-at
//!           | any count       lost (or "loss"), duplicated, refused, dropped, connections_lost, ...;
//!                             some with % in relation to another one: loss>1%, refused>25%
//! operator  = ">" | ">=" | "<" | "<=" | "=" | "!="
//! value     = number [ "ns" | "us" | "ms" | "s" | "%" ]
//! ```

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::latency::{Latency, Measure};
use super::metric::{Measured, Metric, Needs, Operator, PARTS, RATES, Statistic, Unit, digits, parse_value, time};

/// One condition under which the run has failed.
#[derive(Debug, Clone, PartialEq)]
pub struct Threshold {
    text: String,
    metric: Metric,
    operator: Operator,
    value: f64,
    /// It says no measure, for example `p99<50ms`.
    bare: bool,
    /// It is of one group of a scenario, or of one of its flows.
    group: Option<String>,
}

/// The result of a threshold.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Finding {
    /// The threshold as written.
    pub threshold: String,
    /// What was measured, in nanoseconds, messages, or as a part; `null` when there was nothing to measure.
    pub measured: Option<f64>,
    /// Whether it fails the run; also true if nothing was measured, as an unmeasured condition is not met.
    pub failed: bool,
    /// What was measured, for a person.
    pub measured_text: Option<String>,
}

/// Why a text is not a valid threshold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a condition: {fault}")]
pub struct InvalidThreshold {
    text: String,
    fault: String,
}

impl InvalidThreshold {
    pub(super) fn new(text: &str, fault: &str) -> Self {
        Self { text: text.to_owned(), fault: fault.to_owned() }
    }

    /// The same fault of the text that it was taken from.
    pub(super) fn of(self, text: &str) -> Self {
        Self { text: text.to_owned(), ..self }
    }
}

impl Threshold {
    /// Metrics that are neither latencies nor counts: the name, what it is, and an example.
    pub(crate) const RATES: [(&str, &str, &str); 4] = RATES;

    /// Counts that are part of another one, so that they can be given in percent.
    pub(crate) const PARTS: [(&str, &str); 13] = PARTS;

    /// Whether it is a limit to this count of the whole run, and so decides how much of it makes the run a failure.
    pub(crate) fn limits(&self, count: &str) -> bool {
        let of_count = matches!(self.metric, Metric::Count(name) | Metric::Share(name) if name == count);
        of_count && self.group.is_none() && matches!(self.operator, Operator::Above | Operator::AtLeast)
    }

    /// Where it says no measure, it is of this one.
    pub(crate) fn resolve(&mut self, way: Measure) {
        if let (true, Metric::Latency(_, statistic)) = (self.bare, self.metric) {
            self.metric = Metric::Latency(way, statistic);
        }
    }

    /// Judges what was measured.
    pub fn judge(&self, measured: &impl Measured) -> Finding {
        let value = self.value_of(measured);
        let failed = value.is_none_or(|value| self.operator.holds(value, self.value));
        let measured_text = value.map(|value| self.words(value));
        Finding { threshold: self.text.clone(), measured: value, failed, measured_text }
    }

    /// Whether the comparison holds for what was measured; what was not measured does not.
    pub fn holds(&self, measured: &impl Measured) -> bool {
        let finding = self.judge(measured);
        finding.measured.is_some() && finding.failed
    }

    /// Whether it has failed by what is measured so far, as `--abort-on-fail` asks.
    pub fn fails_already(&self, measured: &impl Measured) -> bool {
        if !self.may_be_judged_early() {
            return false;
        }
        let value = match self.metric {
            // A coarse histogram says the upper end of a step: in doubt the run goes on, and its end decides.
            Metric::Latency(measure, statistic) => {
                measured.latency(measure).and_then(|latency| statistic.read(latency, Latency::lowest_like))
            }
            metric => metric.read(measured),
        };
        value.is_some_and(|value| self.operator.holds(value, self.value))
    }

    /// Whether it can be judged before the end. Counts and the longest latency only grow; a mean or a percentile may
    /// still get better, and is judged as it is: this is what one asks for who does not want to wait.
    pub fn may_be_judged_early(&self) -> bool {
        if self.group.is_some() {
            return false;
        }
        let grows = matches!(self.operator, Operator::Above | Operator::AtLeast);
        match self.metric {
            Metric::Count(
                "expected" | "lost" | "unacknowledged" | "unsent" | "connections_missed" | "subscriptions_missed",
            )
            | Metric::Latency(_, Statistic::Minimum) => false,
            Metric::Count(_) | Metric::Latency(..) => grows,
            _ => false,
        }
    }

    /// What a run measured of it.
    pub(super) fn value_of(&self, measured: &impl Measured) -> Option<f64> {
        match &self.group {
            Some(group) => self.metric.read(measured.group(group)?),
            None => self.metric.read(measured),
        }
    }

    /// The group that it is of.
    pub(crate) fn group(&self) -> Option<&str> {
        self.group.as_deref()
    }

    /// Why it cannot be of one group, of which this latency is measured.
    pub(super) fn cannot_be_of_group(&self, measures: Measure) -> Option<&'static str> {
        match self.metric {
            Metric::Latency(measure, _) if measure == measures => None,
            Metric::Latency(..) => Some("of a group only the latency that the report shows is measured"),
            Metric::Count("lost" | "expected") | Metric::Share("lost") => {
                Some("losses are counted for the whole run only")
            }
            Metric::Count(_) | Metric::Share(_) => None,
            _ => Some("it is measured for the whole run only"),
        }
    }

    /// Whether its comparison holds between two values.
    pub(super) fn compares(&self, left: f64, right: f64) -> bool {
        self.operator.holds(left, right)
    }

    /// The value that it compares with.
    pub(super) fn limit(&self) -> f64 {
        self.value
    }

    /// What it measured, with its unit.
    pub fn words(&self, value: f64) -> String {
        match self.metric {
            Metric::Latency(..) | Metric::LateStart => time(value),
            Metric::Rate | Metric::ConnectRate | Metric::Share(_) => format!("{} %", digits(value * 100.0)),
            Metric::Throughput => format!("{}/s", digits(value)),
            Metric::Count(_) => format!("{value:.0}"),
        }
    }

    /// What a run has to have for it to say anything, so that a command can refuse it beforehand.
    pub fn needs(&self) -> Needs {
        self.metric.needs()
    }
}

impl FromStr for Threshold {
    type Err = InvalidThreshold;

    fn from_str(text: &str) -> Result<Self, InvalidThreshold> {
        let invalid = |fault: String| InvalidThreshold { text: text.to_owned(), fault };
        let found = text.char_indices().find_map(|(at, _)| {
            let operator = Operator::ALL.iter().find(|(sign, _)| text[at..].starts_with(sign))?;
            Some((text[..at].trim(), operator.1, text[at + operator.0.len()..].trim()))
        });
        let Some((metric, operator, value)) = found else {
            return Err(invalid("it has no comparison, for example e2e.p99>100ms or loss>0".into()));
        };
        let (group, metric) = match metric.rsplit_once(':') {
            Some((group, metric)) => (Some(group.trim().to_owned()), metric.trim()),
            None => (None, metric),
        };
        let Some(mut parsed) = Metric::parse(metric) else {
            let latencies = Measure::ALL.map(Measure::name).join(", ");
            return Err(invalid(format!(
                "`{metric}` is not measured; use rate, throughput, connect_rate, late_start, loss, a count, or .p99, .mean, .max of {latencies}"
            )));
        };
        let Some((value, unit)) = parse_value(value) else {
            return Err(invalid(format!("`{value}` is not a value, for example 100ms, 0.99 or 1%")));
        };
        match (parsed, unit) {
            (Metric::Latency(..) | Metric::LateStart, Unit::Time)
            | (Metric::Rate | Metric::ConnectRate, Unit::Percent)
            | (_, Unit::Bare) => {}
            (Metric::Count(name), Unit::Percent) if Self::PARTS.iter().any(|(part, _)| *part == name) => {
                parsed = Metric::Share(name);
            }
            _ => return Err(invalid("the unit does not fit what is measured".into())),
        }
        if matches!(parsed, Metric::Latency(..) | Metric::LateStart) && unit == Unit::Bare && value != 0.0 {
            return Err(invalid("a latency needs a unit: us, ms or s".into()));
        }
        let bare = Statistic::parse(metric).is_some();
        Ok(Self { text: text.to_owned(), metric: parsed, operator, value, bare, group })
    }
}

impl fmt::Display for Threshold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::Counts;

    struct Run(Latency, Counts);

    impl Measured for Run {
        fn latency(&self, measure: Measure) -> Option<&Latency> {
            (measure == Measure::E2e).then_some(&self.0)
        }

        fn counts(&self) -> &Counts {
            &self.1
        }

        fn rate(&self) -> Option<f64> {
            Some(0.995)
        }

        fn throughput(&self) -> Option<f64> {
            Some(1000.0)
        }
    }

    fn run() -> Run {
        let mut latency = Latency::new();
        (1..=100).for_each(|millis| latency.record(millis * 1_000_000));
        Run(latency, Counts { lost: 3, expected: 1000, delivered: 997, refused: 1, scheduled: 4, ..Counts::default() })
    }

    #[test]
    fn each_threshold_is_judged_both_ways() {
        for (text, failed) in [
            ("e2e.p99>100ms", false),
            ("e2e.p99>98ms", true),
            ("p50<40ms", false),
            ("p99.9>99ms", true),
            ("p99.9>101ms", false),
            ("e2e.mean >= 50 ms", true),
            ("e2e.max>0.2s", false),
            ("loss>0", true),
            ("loss>3", false),
            ("loss=3", true),
            ("loss!=3", false),
            ("loss>1%", false),
            ("loss>0.1%", true),
            ("rate<0.99", false),
            ("rate<99.9%", true),
            ("throughput<900", false),
            ("delivered<1000", true),
            ("refused>24%", true),
            ("refused>25%", false),
            ("duplicates>0%", false),
        ] {
            let finding = text.parse::<Threshold>().unwrap().judge(&run());
            assert_eq!(finding.failed, failed, "{text}: {finding:?}");
        }
    }

    #[test]
    fn each_part_is_a_count_of_a_count() {
        for (part, whole) in Threshold::PARTS {
            assert!(Counts::NAMES.contains(&part) && Counts::NAMES.contains(&whole), "{part} of {whole}");
        }
    }

    #[test]
    fn a_count_is_limited_by_what_says_how_much_of_it_is_too_much() {
        let limits = |text: &str, count| text.parse::<Threshold>().unwrap().limits(count);
        assert!(limits("refused>25%", "refused") && limits("refused>=10", "refused"));
        assert!(limits("loss>1%", "lost"));
        for text in ["refused<1", "dropped>0", "g: refused>3", "rate<0.9"] {
            assert!(!limits(text, "refused"), "{text}");
        }
    }

    #[test]
    fn what_was_not_measured_fails() {
        let finding = "ack.p99>1s".parse::<Threshold>().unwrap().judge(&run());
        assert_eq!((finding.measured, finding.failed), (None, true));
    }

    #[test]
    fn what_is_in_doubt_is_not_judged_early() {
        let fails = |text: &str, run: &Run| text.parse::<Threshold>().unwrap().fails_already(run);
        assert!(fails("e2e.p99>90ms", &run()) && fails("delivered>900", &run()));
        for text in ["e2e.min>0", "loss>0", "e2e.p99<1s", "rate>0", "ack.p99>1ms"] {
            assert!(!fails(text, &run()), "{text}");
        }
        // To two digits 99.9 ms may be anything from 99.6 to 100.1.
        let mut coarse = Latency::coarse();
        coarse.record(99_900_000);
        assert!(coarse.max() > 100_000_000, "{}", coarse.max());
        assert!(!fails("e2e.max>100ms", &Run(coarse.clone(), Counts::default())));
        assert!(fails("e2e.max>99ms", &Run(coarse, Counts::default())));
    }

    #[test]
    fn what_is_no_threshold_is_refused_with_the_fault() {
        for (text, fault) in [
            ("e2e.p99", "no comparison"),
            ("e2e.p101>1ms", "`e2e.p101` is not measured"),
            ("ping.p99>1ms", "`ping.p99` is not measured"),
            ("e2e.p99>fast", "`fast` is not a value"),
            ("e2e.p99>100", "needs a unit"),
            ("e2e.p99>1%", "does not fit"),
            ("rate<1s", "does not fit"),
            ("delivered>1ms", "does not fit"),
            ("sent<1%", "does not fit"),
        ] {
            let error = text.parse::<Threshold>().unwrap_err().to_string();
            assert!(error.contains(fault), "{text}: {error}");
        }
    }
}
