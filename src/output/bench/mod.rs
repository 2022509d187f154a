//! How a run of `bench` looks while it runs and when it is over.

mod comparison;
mod display;
mod files;
mod html;
mod line;
mod live;
mod manifest;
mod metrics;
mod over_time;
mod plot;
mod plots;
mod presets;
mod report;
mod style;
mod summary;
mod svg;
mod tables;
mod versus;

use crate::bench::{Finding, Latency, Measure, Report};

pub(crate) use comparison::bench_comparison;
pub(crate) use display::BenchDisplay;
pub(crate) use files::{bench_csv, bench_hdr_log};
pub(crate) use html::bench_html;
pub(crate) use manifest::bench_manifest;
pub(crate) use metrics::bench_metrics;
pub(crate) use presets::{bench_presets, simulations};
pub(crate) use report::{bench_report, bench_step};
pub(crate) use summary::{bench_junit, bench_summary};
pub(crate) use versus::bench_comparison_html;

/// The measurement of a threshold, as text.
fn measured(finding: &Finding) -> String {
    match value_of(finding).as_str() {
        NOTHING => "not measured".to_owned(),
        value => format!("measured {value}"),
    }
}

/// What a threshold measured, where nothing was measured.
const NOTHING: &str = "nothing";

/// What a threshold measured.
fn value_of(finding: &Finding) -> String {
    match (&finding.measured_text, finding.measured) {
        (Some(shown), _) => shown.clone(),
        (None, Some(value)) => value.to_string(),
        (None, None) => NOTHING.to_owned(),
    }
}

/// A duration in nanoseconds with three significant digits and its unit.
fn duration(nanos: u64) -> String {
    #[expect(clippy::cast_precision_loss, reason = "for display")]
    let nanos_f = nanos as f64;
    let (value, unit) = match nanos {
        0..1_000 => return format!("{nanos} ns"),
        1_000..1_000_000 => (nanos_f / 1e3, "us"),
        1_000_000..1_000_000_000 => (nanos_f / 1e6, "ms"),
        _ => (nanos_f / 1e9, "s"),
    };
    let places = if value < 10.0 { 2 } else { usize::from(value < 100.0) };
    format!("{value:.places$} {unit}")
}

/// A number with thousands separators.
fn number(value: u64) -> String {
    let digits = value.to_string();
    let mut grouped = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// The histograms of a report, in the order of a message's path.
fn ordered(report: &Report) -> impl Iterator<Item = (Measure, &Latency)> {
    Measure::ALL.into_iter().filter_map(|measure| Some((measure, report.latencies.get(&measure)?)))
}

/// Escapes a text for a page.
fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// A rate, as a whole number if it is large.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "not negative, and far below 2^64")]
fn rate(per_second: f64) -> String {
    if per_second < 100.0 { format!("{per_second:.2}/s") } else { format!("{}/s", number(per_second.round() as u64)) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::bench::{Counts, Parameter, PhaseReport};
    use crate::output::Stream;
    use crate::payload::is_unsafe_on_terminal;

    const TERMINAL: Stream = Stream { terminal: true, color: false, unicode: true };

    /// A report with this text wherever a broker or the author of the file could have put it.
    fn with_text(text: &str) -> Report {
        let mut report = Report::example((0, 1), 1);
        report.parameters.push(Parameter { name: text.into(), value: text.into() });
        report.reasons.note(text.into());
        report.thresholds.push(Finding { threshold: text.into(), measured: None, failed: true, measured_text: None });
        let name = text.to_owned();
        report.phases.push(PhaseReport {
            name,
            connecting: 0.0,
            running: 1.0,
            counts: Counts::default(),
            latency: None,
        });
        report.verdict.iter_mut().for_each(|verdict| verdict.reasons.push(text.into()));
        report
    }

    #[test]
    fn durations_have_three_digits_and_a_unit() {
        for (nanos, text) in [
            (0, "0 ns"),
            (999, "999 ns"),
            (1_500, "1.50 us"),
            (33_333, "33.3 us"),
            (167_000_000, "167 ms"),
            (2_000_000_000, "2.00 s"),
        ] {
            assert_eq!(duration(nanos), text);
        }
    }

    #[test]
    fn numbers_are_grouped() {
        assert_eq!([0, 999, 1000, 1_234_567].map(number), ["0", "999", "1,000", "1,234,567"]);
        assert_eq!([0.5, 1_234.4].map(rate), ["0.50/s", "1,234/s"]);
    }

    #[test]
    fn a_terminal_is_shown_what_a_report_would_have_it_do() {
        let hostile = with_text("x\x1b]0;owned\x07\u{202e}\nok");
        let shown = r"x\x1b]0;owned\x07\u{202e}\x0aok";
        let text = bench_report(&hostile, TERMINAL);
        for line in [format!("  1 x {shown}\n"), format!("--fail '{shown}'"), format!("  - {shown}\n")] {
            assert!(text.contains(&line), "{line}: {text}");
        }
        let text = bench_comparison(&Report::example((0, 1), 1), &[hostile], &[], TERMINAL);
        assert!(text.contains(&format!("different parameters: {shown}\n")), "{text}");
    }

    proptest! {
        #[test]
        fn no_control_of_a_report_reaches_a_terminal(text: String) {
            let hostile = with_text(&text);
            let comparison = bench_comparison(&hostile, &[Report::example((0, 1), 1)], &[], TERMINAL);
            for shown in [bench_report(&hostile, TERMINAL), comparison] {
                prop_assert!(!shown.contains(|c| is_unsafe_on_terminal(c) && c != '\n'), "{shown:?}");
            }
        }
    }
}
