//! Two reports side by side.

use std::fmt::Write as _;

use super::{duration, number, rate};
use crate::bench::{Latency, Measure, Report};
use crate::output::{Columns, Stream, safe};

/// Each figure of both with their ratio, and what the figures can and cannot say.
#[expect(clippy::cast_precision_loss, reason = "ratios for display")]
pub(crate) fn bench_comparison(before: &Report, after: &Report, stream: Stream) -> String {
    let mut columns = Columns::default();
    columns.row(["", "A", "B", "B / A", ""].map(String::from));
    let mut row = |name: &str, a: Option<(f64, String)>, b: Option<(f64, String)>, note: &str| {
        let (Some(a), Some(b)) = (a, b) else { return };
        let ratio = if a.0 > 0.0 { format!("{:.3}", b.0 / a.0) } else { "-".to_owned() };
        columns.row([name.to_owned(), a.1, b.1, ratio, note.to_owned()]);
    };
    let rates = |report: &Report| report.sent_per_second().map(|value| (value, rate(value)));
    row("sent", rates(before), rates(after), "");
    let rates = |report: &Report| report.delivered_per_second().map(|value| (value, rate(value)));
    row("received", rates(before), rates(after), "");
    for name in ["lost", "duplicated", "refused", "connections_lost"] {
        let of = |report: &Report| report.counts.get(name).unwrap_or_default();
        let cell =
            |report: &Report| Some((of(report) as f64, number(of(report)))).filter(|_| of(before) + of(after) > 0);
        row(name, cell(before), cell(after), "");
    }
    for measure in Measure::ALL {
        let (Some(a), Some(b)) = (before.latencies.get(&measure), after.latencies.get(&measure)) else { continue };
        let note = if differs(a, b) { "" } else { "no difference shown" };
        for (statistic, percent) in [("p50", 50.0), ("p99", 99.0), ("p99.9", 99.9)] {
            let cell = |latency: &Latency| {
                let nanos = latency.percentile(percent);
                // A percentile of fewer values than it takes to have one is the maximum under another name.
                (latency.count() as f64 * (100.0 - percent) >= 100.0).then(|| (nanos as f64, duration(nanos)))
            };
            row(
                &format!("{} {statistic}", measure.name()),
                cell(a),
                cell(b),
                if statistic == "p50" { note } else { "" },
            );
        }
    }
    let mut out: String = columns.lines(stream).map(|line| line + "\n").collect();
    // What only one of them was asked for is a difference too.
    let only = |one: &Report, other: &Report| {
        let only = one.parameters.iter().filter(|parameter| !other.parameters.contains(parameter));
        only.map(|parameter| parameter.name.clone()).collect::<Vec<_>>()
    };
    let mut different = only(before, after);
    different.extend(only(after, before).into_iter().filter(|name| !different.contains(name)).collect::<Vec<_>>());
    if !different.is_empty() {
        // Writing into a string does not fail.
        let different = different.join(", ");
        let _ = writeln!(out, "\nThe runs were asked for different things: {}", safe::word(&different, stream));
    }
    out += "\nOne run each: a difference of a few per cent may be the machine's. Repeat both to tell.\n";
    out
}

/// Whether the means lie apart by more than chance allows (Welch's test, at about 99.9 %). Values of one run are not
/// independent of one another, so this errs on the side of a difference: no difference here is none.
#[expect(clippy::cast_precision_loss, reason = "statistics")]
fn differs(a: &Latency, b: &Latency) -> bool {
    let variance = |latency: &Latency| latency.deviation().powi(2) / latency.count().max(1) as f64;
    let error = (variance(a) + variance(b)).sqrt();
    (a.mean() - b.mean()).abs() > 3.3 * error
}

#[cfg(test)]
mod tests {
    use super::*;

    fn latency(center: u64) -> Latency {
        let mut random = fastrand::Rng::with_seed(center);
        let mut latency = Latency::new();
        (0..1000).for_each(|_| latency.record(center + random.u64(0..200_000)));
        latency
    }

    #[test]
    fn what_only_one_run_was_asked_for_is_named_whichever_it_is() {
        let plain = Report::example((0, 1), 1);
        let mut warm = plain.clone();
        warm.parameters.push(crate::bench::Parameter { name: "warm-up".into(), value: "5s".into() });
        for (before, after) in [(&plain, &warm), (&warm, &plain)] {
            let text = bench_comparison(before, after, Stream::PIPE);
            assert!(text.contains("asked for different things: warm-up\n"), "{text}");
        }
        assert!(!bench_comparison(&plain, &plain, Stream::PIPE).contains("different things"));
    }

    #[test]
    fn the_same_distribution_shows_no_difference() {
        assert!(!differs(&latency(1_000_000), &latency(1_000_001)));
        assert!(differs(&latency(1_000_000), &latency(1_100_000)));
    }
}
