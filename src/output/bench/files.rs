//! Results as files for other programs.

use std::fmt::Write as _;

use crate::bench::{LimitedBy, Measure, Report, SearchReport, StepOutcome};

/// One line per second, also for empty seconds; times in microseconds.
pub(crate) fn bench_csv(report: &Report) -> String {
    if let Some(search) = &report.search {
        return steps(search);
    }
    let mut out = "second,connected,errors,sent,acknowledged,delivered,p50_us,p99_us,max_us\n".to_owned();
    let micros =
        |nanos: Option<u64>| nanos.map_or(String::new(), |nanos| format!("{}.{}", nanos / 1000, nanos % 1000 / 100));
    for row in &report.series {
        // Writing into a string does not fail.
        let _ = writeln!(
            out,
            "{},{},{},{},{},{},{},{},{}",
            row.second,
            row.connected,
            row.errors,
            row.sent,
            row.acknowledged,
            row.delivered,
            micros(row.p50),
            micros(row.p99),
            micros(row.max)
        );
    }
    out
}

/// One line per step of a search, and one for its result.
fn steps(search: &SearchReport) -> String {
    let mut out = "rate,sent,delivered,p99_us,lost,limited_by,outcome\n".to_owned();
    let per_second = |value: Option<f64>| value.map_or(String::new(), |value| format!("{value:.1}"));
    for step in &search.steps {
        let outcome = match step.outcome {
            StepOutcome::Passed => "passed",
            StepOutcome::Failed => "failed",
            StepOutcome::Starved => "starved",
        };
        let _ = writeln!(
            out,
            "{},{},{},{},{},{},{outcome}",
            step.rate,
            per_second(step.sent),
            per_second(step.delivered),
            step.p99.map_or(String::new(), |nanos| (nanos / 1000).to_string()),
            step.lost,
            step.limited_by.map_or("", LimitedBy::short),
        );
    }
    if let Some(found) = search.found {
        let _ = writeln!(out, "{found},,,,,,{}", if search.confirmed { "found" } else { "found_unconfirmed" });
    }
    out
}

/// `HdrHistogram`'s interval log, version 1.3: one interval, a tag for each measure.
#[expect(clippy::cast_precision_loss, reason = "milliseconds with three places")]
pub(crate) fn bench_hdr_log(report: &Report) -> String {
    let mut out = "#[Histogram log format version 1.3]\n".to_owned();
    let _ = writeln!(out, "#[Started {}; values are nanoseconds]", report.started_at);
    out.push_str("\"StartTimestamp\",\"Interval_Length\",\"Interval_Max\",\"Interval_Compressed_Histogram\"\n");
    let begin = report.seconds.connecting + report.seconds.waiting + report.seconds.warmup;
    for (measure, latency) in Measure::ALL.iter().filter_map(|measure| Some((measure, report.latencies.get(measure)?)))
    {
        let _ = writeln!(
            out,
            "Tag={},{begin:.3},{:.3},{:.3},{}",
            measure.name(),
            report.seconds.measured,
            latency.max() as f64 / 1e6,
            latency.encode()
        );
    }
    out
}
