//! The result of a run for CI: what a job keeps and compares, without histograms and seconds.

use std::fmt::Write as _;

use serde_json::{Map, Value, json};

use super::{escape, measured, ordered};
use crate::bench::{Counts, Ended, Measured as _, Report};

/// One JSON object.
pub(crate) fn bench_summary(report: &Report) -> String {
    let latencies = ordered(report).map(|(measure, latency)| {
        let millis = |percent: f64| rounded(latency.percentile(percent));
        let value = json!({
            "count": latency.count(),
            "p50_ms": millis(50.0),
            "p90_ms": millis(90.0),
            "p99_ms": millis(99.0),
            "p99.9_ms": millis(99.9),
            "max_ms": rounded(latency.max()),
        });
        (measure.name().to_owned(), value)
    });
    let latencies: Map<String, Value> = latencies.collect();
    let counts = Counts::NAMES.iter().map(|name| ((*name).to_owned(), json!(report.counts.get(name))));
    let counts: Map<String, Value> = counts.collect();
    let thresholds: Vec<Value> = report
        .thresholds
        .iter()
        .map(|finding| json!({ "condition": finding.threshold, "failed": finding.failed, "measured": finding.measured_text }))
        .collect();
    let verdict = report.verdict.as_ref();
    let summary = json!({
        "run": title(report),
        "program": report.program,
        "started_at": report.started_at,
        "ended": report.ended,
        "passed": passed(report),
        "seconds": report.seconds.measured,
        "clients": report.clients,
        "sent_per_second": report.sent_per_second(),
        "received_per_second": report.delivered_per_second(),
        "rate": report.rate(),
        "highest_rate": report.search.as_ref().and_then(|search| search.found),
        "latencies": latencies,
        "counts": counts,
        "thresholds": thresholds,
        "limited_by": verdict.map(|verdict| verdict.limited_by),
        "reasons": verdict.map(|verdict| &verdict.reasons),
    });
    let mut text = serde_json::to_string_pretty(&summary).unwrap_or_default();
    text.push('\n');
    text
}

/// A test suite: a test for each threshold, and one that the run came to its end.
pub(crate) fn bench_junit(report: &Report) -> String {
    let failed = report.thresholds.iter().filter(|finding| finding.failed).count() + usize::from(!is_over(report));
    let (name, seconds) = (xml(title(report)), report.seconds.measured);
    let mut page = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n  <testsuite name=\"{name}\" tests=\"{}\" \
         failures=\"{failed}\" errors=\"0\" skipped=\"0\" time=\"{seconds:.3}\" timestamp=\"{}\">\n",
        report.thresholds.len() + 1,
        xml(&report.started_at),
    );
    let ended = super::report::ended(report.ended);
    let over = if is_over(report) { None } else { Some(format!("it ended {ended}")) };
    case(&mut page, &name, "the run ends as planned", over.as_deref());
    for finding in &report.thresholds {
        let why = finding.failed.then(|| format!("it holds: {}", measured(finding)));
        case(&mut page, &name, &format!("not {}", finding.threshold), why.as_deref());
    }
    let verdict = report.verdict.as_ref().map(|verdict| {
        let sentence = verdict.limited_by.sentence();
        std::iter::once(sentence).chain(verdict.reasons.iter().cloned()).collect::<Vec<_>>().join("\n")
    });
    // Writing into a string does not fail.
    let _ = match verdict {
        Some(verdict) => {
            write!(page, "    <system-out>{}</system-out>\n  </testsuite>\n</testsuites>\n", xml(&verdict))
        }
        None => write!(page, "  </testsuite>\n</testsuites>\n"),
    };
    page
}

fn case(page: &mut String, suite: &str, name: &str, failure: Option<&str>) {
    let _ = write!(page, "    <testcase classname=\"{suite}\" name=\"{}\"", xml(name));
    let _ = match failure {
        Some(why) => writeln!(page, "><failure message=\"{}\"/></testcase>", xml(why)),
        None => writeln!(page, "/>"),
    };
}

fn title(report: &Report) -> &str {
    report.parameters.first().map_or("mqttx-rs bench", |parameter| parameter.value.as_str())
}

fn is_over(report: &Report) -> bool {
    matches!(report.ended, Ended::Done | Ended::Interrupted)
}

fn passed(report: &Report) -> bool {
    is_over(report) && !report.has_failed()
}

/// A text in XML, without the control characters that XML has no way to write.
fn xml(text: &str) -> String {
    escape(&text.replace(|c: char| c.is_control() && c != '\n' && c != '\t', "\u{fffd}"))
}

/// Milliseconds with three places.
#[expect(clippy::cast_precision_loss, reason = "for display")]
fn rounded(nanos: u64) -> f64 {
    (nanos / 1000) as f64 / 1000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report() -> Report {
        let mut report = Report::example((0, 1), 1000);
        report.judge(&["ack.p99>1ms".parse().unwrap(), "sent<100".parse().unwrap()]);
        report
    }

    #[test]
    fn a_summary_has_what_a_job_judges_by() {
        let summary: Value = serde_json::from_str(&bench_summary(&report())).unwrap();
        assert_eq!((&summary["passed"], &summary["ended"]), (&json!(false), &json!("done")));
        assert_eq!(summary["counts"]["sent"], 1000);
        assert_eq!(summary["thresholds"][0]["failed"], true);
        assert!(summary["latencies"]["ack"]["p99_ms"].as_f64().unwrap() > 10.0, "{summary}");
    }

    #[test]
    fn each_threshold_is_a_test_of_the_suite() {
        let page = bench_junit(&report());
        assert!(page.contains("tests=\"3\" failures=\"1\""), "{page}");
        assert!(
            page.contains("name=\"not ack.p99&gt;1ms\"><failure message=\"it holds: measured 10.9 ms\"/>"),
            "{page}"
        );
        assert!(page.contains("name=\"not sent&lt;100\"/>"), "{page}");
        let cut = Report { ended: Ended::InterruptedEarly, ..report() };
        assert!(bench_junit(&cut).contains("name=\"the run ends as planned\"><failure"), "{}", bench_junit(&cut));
        let mut hostile = report();
        hostile.parameters[0].value = "a\u{1b}\"<b>".into();
        assert!(bench_junit(&hostile).contains("testsuite name=\"a\u{fffd}&quot;&lt;b&gt;\""));
    }
}
