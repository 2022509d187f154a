//! Two reports side by side.

use std::fmt::Write as _;

use super::{duration, number, rate};
use crate::bench::{Changed, Latency, Measure, Parameter, Report, median};
use crate::output::{Columns, Stream, safe};

/// A figure of a report, and how it is shown.
type Figure<'a> = &'a dyn Fn(&Report) -> Option<f64>;

/// Each figure of the baseline and of the candidate, their ratio, the judgement, and the limits of the figures. Of
/// several candidates the median counts.
pub(crate) fn bench_comparison(before: &Report, after: &[Report], changed: &[Changed], stream: Stream) -> String {
    let mut columns = Columns::default();
    columns.row(["", "baseline", "candidate", "ratio", ""]);
    for row in rows(before, after) {
        columns.row(row);
    }
    let mut out: String = columns.lines(stream).map(|line| line + "\n").collect();
    if !changed.is_empty() {
        out += "\nThresholds\n";
    }
    for Changed { change, failed, shown } in changed {
        let word = if *failed { "FAILED" } else { "ok" };
        // Writing into a string does not fail.
        let _ = writeln!(out, "  {word:<6}  --fail '{}'  {shown}", safe::word(change, stream));
    }
    let different = differing(before, after);
    if !different.is_empty() {
        let different = different.join(", ");
        let _ = writeln!(out, "\nThe runs had different parameters: {}", safe::word(&different, stream));
    }
    out + "\n" + &legend(after.len())
}

/// One row per figure: its name, the values of baseline and candidate, their ratio, and how to read it.
#[expect(clippy::cast_precision_loss, reason = "ratios for display")]
pub(super) fn rows(before: &Report, after: &[Report]) -> Vec<[String; 5]> {
    let mut rows = Vec::new();
    let mut row = |name: &str, figure: Figure<'_>, shown: fn(f64) -> String, note: &str| {
        let mut values: Vec<f64> = after.iter().filter_map(figure).collect();
        let (Some(a), Some(b)) = (figure(before), median(&mut values)) else { return };
        let ratio = if a > 0.0 { format!("{:.3}", b / a) } else { "-".to_owned() };
        rows.push([name.to_owned(), shown(a), shown(b), ratio, note.to_owned()]);
    };
    let sent = |report: &Report| report.sent_per_second().filter(|rate| *rate > 0.0);
    if std::iter::once(before).chain(after).any(|report| sent(report).is_some()) {
        row("sent", &Report::sent_per_second, rate, "more is better");
    }
    let received = |report: &Report| report.delivered_per_second().filter(|rate| *rate > 0.0);
    if std::iter::once(before).chain(after).any(|report| received(report).is_some()) {
        row("received", &Report::delivered_per_second, rate, "more is better");
    }
    for name in ["lost", "duplicated", "refused", "connections_lost"] {
        let of = |report: &Report| Some(report.counts.get(name).unwrap_or_default() as f64);
        if std::iter::once(before).chain(after).any(|report| of(report) > Some(0.0)) {
            row(name, &of, |count| number(whole(count)), "less is better");
        }
    }
    for measure in Measure::ALL {
        let Some(one) = before.latencies.get(&measure) else { continue };
        // Repeated runs show a difference if each of them does, in the same direction.
        let others = || after.iter().filter_map(|report| report.latencies.get(&measure));
        let shows = |is_more: bool| others().all(|other| differs(one, other) && (other.mean() > one.mean()) == is_more);
        let note = if shows(true) || shows(false) { "less is better" } else { "no difference shown" };
        for (statistic, percent) in [("p50", 50.0), ("p99", 99.0), ("p99.9", 99.9)] {
            let of = |report: &Report| {
                let latency = report.latencies.get(&measure)?;
                // With too few values, a percentile is only the maximum.
                let has_one = latency.count() as f64 * (100.0 - percent) >= 100.0;
                has_one.then(|| latency.percentile(percent) as f64)
            };
            let note = if statistic == "p50" { note } else { "" };
            row(&format!("{} {statistic}", measure.name()), &of, |nanos| duration(whole(nanos)), note);
        }
    }
    rows
}

/// The names of the parameters that differ. A parameter that only one of them has is a difference too; that two runs
/// were not at the same time goes without saying.
pub(super) fn differing(before: &Report, after: &[Report]) -> Vec<String> {
    let only = |one: &Report, other: &Report| {
        let only = one.parameters.iter().filter(|parameter| !other.parameters.contains(parameter));
        let only = only.filter(|parameter| parameter.name != Parameter::START_AT);
        only.map(|parameter| parameter.name.clone()).collect::<Vec<_>>()
    };
    let mut different = Vec::new();
    for report in after {
        for name in only(before, report).into_iter().chain(only(report, before)) {
            if !different.contains(&name) {
                different.push(name);
            }
        }
    }
    different
}

/// How to read the figures, and their limits.
pub(super) fn legend(candidates: usize) -> String {
    let confidence = match candidates {
        1 => "One run each: a few per cent may be noise of the machine. Give several candidates to be sure.".to_owned(),
        several => {
            format!("candidate: the median of {several} runs; a difference is shown only if every run shows it.")
        }
    };
    format!(
        "ratio: candidate / baseline. Latencies run from the planned time, those called uncorrected from sending.\n\
         no difference shown: the means differ by less than chance alone would cause in one of a thousand runs.\n\
         {confidence}\n"
    )
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a count or nanoseconds")]
fn whole(value: f64) -> u64 {
    value.round() as u64
}

/// Whether the means differ by more than chance allows (Welch's test, at about 99.9 %). Values of one run are not
/// independent of each other, so this errs on the side of a difference: if it finds none, there is none.
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
            let text = bench_comparison(before, std::slice::from_ref(after), &[], Stream::PIPE);
            assert!(text.contains("had different parameters: warm-up\n"), "{text}");
        }
        assert!(
            !bench_comparison(&plain, std::slice::from_ref(&plain), &[], Stream::PIPE).contains("different things")
        );
    }

    #[test]
    fn the_same_distribution_shows_no_difference() {
        assert!(!differs(&latency(1_000_000), &latency(1_000_001)));
        assert!(differs(&latency(1_000_000), &latency(1_100_000)));
    }
}
