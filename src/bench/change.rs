//! `compare --fail 'ack.p99>+10%'`: what makes one run worse than another, parsed before reports are read.
//!
//! ```text
//! change = metric operator ( "+" | "-" ) number ( "%" | unit )
//! ```
//!
//! The metric is one of `--fail` of a run; with `%` it may change by a fraction of the baseline, else by an absolute amount.

use std::fmt;
use std::str::FromStr;

use super::metric::Measured;
use super::threshold::{InvalidThreshold, Threshold};

/// An unwanted change.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Change {
    text: String,
    /// What is measured, and how it is shown.
    threshold: Threshold,
    /// The change that is judged: a part of the baseline, or the measured unit.
    by: f64,
    relative: bool,
}

/// Its result.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Changed {
    /// As written.
    pub change: String,
    /// Whether it happened; also true if one of the runs did not measure it.
    pub failed: bool,
    /// The values before and after.
    pub shown: String,
}

impl Change {
    /// Judges the change from one run to others, by the median of those.
    pub(crate) fn judge(&self, baseline: &impl Measured, candidates: &[impl Measured]) -> Changed {
        let before = self.threshold.value_of(baseline);
        // All of them, or none.
        let after: Option<Vec<f64>> = candidates.iter().map(|run| self.threshold.value_of(run)).collect();
        let (failed, shown) = match (before, after.and_then(|mut values| median(&mut values))) {
            (Some(before), Some(after)) => {
                let limit = if self.relative { before + before.abs() * self.by } else { before + self.by };
                let part =
                    if before == 0.0 { String::new() } else { format!(" ({:+.1} %)", (after / before - 1.0) * 100.0) };
                let shown = format!("{} to {}{part}", self.threshold.words(before), self.threshold.words(after));
                (self.threshold.compares(after, limit), shown)
            }
            _ => (true, "not measured in all runs".to_owned()),
        };
        Changed { change: self.text.clone(), failed, shown }
    }
}

/// The value in the middle; of two the higher one.
pub(crate) fn median(values: &mut [f64]) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied()
}

impl FromStr for Change {
    type Err = InvalidThreshold;

    fn from_str(text: &str) -> Result<Self, InvalidThreshold> {
        let sign = text.find(['+', '-']).ok_or_else(|| {
            InvalidThreshold::new(text, "it has no change, for example ack.p99>+10%, throughput<-5% or lost>+0")
        })?;
        let (head, number) = text.split_at(sign);
        let direction = if number.starts_with('-') { -1.0 } else { 1.0 };
        let number = number[1..].trim();
        if let Some(percent) = number.strip_suffix('%') {
            let percent: f64 = percent
                .trim()
                .parse()
                .map_err(|_| InvalidThreshold::new(text, "the change is not a number, for example +10%"))?;
            // Any value that fits what is measured: the change itself is a part of it.
            let threshold = [format!("{head}0"), format!("{head}0s")].iter().find_map(|text| text.parse().ok());
            let threshold = match threshold {
                Some(threshold) => threshold,
                None => format!("{head}0").parse::<Threshold>().map_err(|error| error.of(text))?,
            };
            return Ok(Self { text: text.to_owned(), threshold, by: direction * percent / 100.0, relative: true });
        }
        let threshold: Threshold =
            format!("{head}{number}").parse().map_err(|error: InvalidThreshold| error.of(text))?;
        let by = direction * threshold.limit();
        Ok(Self { text: text.to_owned(), threshold, by, relative: false })
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::{Counts, Latency, Measure};

    struct Run(Latency, Counts);

    impl Measured for Run {
        fn latency(&self, measure: Measure) -> Option<&Latency> {
            (measure == Measure::Ack).then_some(&self.0)
        }

        fn counts(&self) -> &Counts {
            &self.1
        }

        fn rate(&self) -> Option<f64> {
            None
        }

        fn throughput(&self) -> Option<f64> {
            Some(f64::from(u32::try_from(self.1.sent).unwrap()))
        }
    }

    fn run(millis: u64, sent: u64) -> Run {
        let mut latency = Latency::new();
        latency.record(millis * 1_000_000);
        Run(latency, Counts { sent, lost: 1, ..Counts::default() })
    }

    #[test]
    fn a_change_is_judged_by_the_baseline() {
        for (text, millis, sent, failed) in [
            ("ack.p99>+10%", 109, 100, false),
            ("ack.p99>+10%", 111, 100, true),
            ("ack.p99>+5ms", 104, 100, false),
            ("ack.p99>+5ms", 106, 100, true),
            ("throughput<-5%", 100, 96, false),
            ("throughput<-5%", 100, 94, true),
            ("lost>+0", 100, 100, false),
            ("e2e.p99>+10%", 100, 100, true),
        ] {
            let changed = text.parse::<Change>().unwrap().judge(&run(100, 100), &[run(millis, sent)]);
            assert_eq!(changed.failed, failed, "{text}: {changed:?}");
        }
    }

    #[test]
    fn of_several_runs_the_median_counts() {
        let change: Change = "ack.p99>+10%".parse().unwrap();
        let judge = |millis: [u64; 3]| change.judge(&run(100, 1), &millis.map(|millis| run(millis, 1))).failed;
        assert!(!judge([100, 900, 101]) && judge([100, 900, 200]));
    }

    #[test]
    fn what_is_no_change_is_refused_with_the_fault() {
        for (text, fault) in [
            ("ack.p99>10%", "it has no change"),
            ("ack.p99>+x%", "is not a number"),
            ("ping.p99>+10%", "`ping.p99` is not measured"),
            ("ack.p99>+10", "needs a unit"),
            ("ack.p99+10%", "no comparison"),
        ] {
            let error = text.parse::<Change>().unwrap_err().to_string();
            assert!(error.contains(fault), "{text}: {error}");
        }
    }
}
