//! The report as a self-contained page: tables, and plots drawn as SVG.

use std::fmt::Write as _;

use super::{duration, escape, number, ordered, plots, report};
use crate::bench::Report;

const STYLE: &str = "body{font:15px/1.5 system-ui,sans-serif;max-width:900px;margin:2em auto;padding:0 1em;\
color:#1a202c;background:#fff}table{border-collapse:collapse}td,th{padding:.15em 1.2em .15em 0;text-align:left}\
td{font-variant-numeric:tabular-nums}svg{width:100%;height:auto}h2{margin-top:1.6em}text{font-size:12px;fill:#4a5568}\
.badge{display:inline-block;padding:.2em .8em;border-radius:.3em;color:#fff;font-weight:600}.ok{background:#276749}\
.bad{background:#9b2c2c}.open{background:#4a5568}.scroll{overflow-x:auto}section{break-inside:avoid}\
@media(prefers-color-scheme:dark){body{color:#e2e8f0;background:#1a202c}text{fill:#a0aec0}}\
@media print{body{color:#000;background:#fff;max-width:none}text{fill:#000}}";

/// The page: whether it passed and what limited it at the top, then the measurements, then the parameters.
pub(crate) fn bench_html(report: &Report) -> String {
    let mut page = String::new();
    let run = report.parameters.first().map_or("mqttx-rs bench", |parameter| parameter.value.as_str());
    // Writing into a string does not fail.
    let _ = write!(
        page,
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width\"><title>{0}</title><style>{STYLE}</style>\
         <h1>{0}</h1><p>{1}, {2}</p>",
        escape(run),
        escape(&report.begun),
        escape(&report.program)
    );
    judgement(&mut page, report);
    table(&mut page, "Result", report::summary(report).into_iter());
    if let Some(search) = &report.search {
        let _ = write!(page, "<p><b>{}</b></p>", escape(&report::found(search)));
        let steps = search.steps.iter().map(|step| {
            let line = report::bench_step(step);
            let (rate, result) = line.trim_end().split_once(": ").unwrap_or((line.trim_end(), ""));
            [rate.to_owned(), result.to_owned()]
        });
        table(&mut page, "Search", steps);
    }
    latencies(&mut page, report);
    plots::over_time(&mut page, report);
    plots::tails(&mut page, report);
    phases(&mut page, report);
    table(&mut page, "Counts", report::counts(report).into_iter());
    let reasons = report.reasons.0.iter().map(|(reason, count)| [reason.clone(), number(*count)]);
    table(&mut page, "Reasons", reasons);
    let parameters = report.parameters.iter().map(|parameter| [parameter.name.clone(), parameter.value.clone()]);
    table(&mut page, "Parameters", parameters);
    page.push_str("</html>\n");
    page
}

/// Whether each threshold was met, and what was the bottleneck.
fn judgement(page: &mut String, report: &Report) {
    let all = report.thresholds.len();
    let failed = report.thresholds.iter().filter(|finding| finding.failed).count();
    let (class, word) = match (all, failed) {
        (0, _) => ("open", "no thresholds".to_owned()),
        (all, 0) => ("ok", format!("passed: {all} of {all} thresholds")),
        (all, failed) => ("bad", format!("failed: {failed} of {all} thresholds")),
    };
    let _ = write!(page, "<p><span class=\"badge {class}\">{word}</span></p>");
    let thresholds = report.thresholds.iter().map(|finding| {
        let result = if finding.failed { "FAILED" } else { "ok" };
        [finding.threshold.clone(), format!("{result}, {}", super::measured(finding))]
    });
    table(page, "Thresholds", thresholds);
    if let Some(verdict) = &report.verdict {
        let sentence = verdict.limited_by.sentence();
        let _ = write!(page, "<h2>Verdict</h2><p><b>{}</b></p><ul>", escape(&sentence));
        for why in &verdict.why {
            let _ = write!(page, "<li>{}</li>", escape(why));
        }
        page.push_str("</ul>");
    }
}

fn phases(page: &mut String, report: &Report) {
    let rows = report.phases.iter().map(|phase| {
        let latency = phase.latency.as_ref();
        let p99 = latency.map_or_else(|| "-".to_owned(), |latency| duration(latency.percentile(99.0)));
        let (counts, running) = (&phase.counts, phase.running);
        let text =
            format!("{running:.1} s, sent {}, received {}, p99 {p99}", number(counts.sent), number(counts.delivered));
        [phase.name.clone(), text]
    });
    table(page, "Phases", rows);
}

fn table(page: &mut String, title: &str, rows: impl Iterator<Item = [String; 2]>) {
    let mut rows = rows.peekable();
    if rows.peek().is_none() {
        return;
    }
    let _ = write!(page, "<h2>{title}</h2><table>");
    for [name, value] in rows {
        let _ = write!(page, "<tr><th>{}</th><td>{}</td></tr>", escape(&name), escape(&value));
    }
    page.push_str("</table>");
}

fn latencies(page: &mut String, report: &Report) {
    if report.latencies.is_empty() {
        return;
    }
    page.push_str("<h2>Latency</h2><div class=\"scroll\"><table><tr><th></th>");
    for name in ["p50", "p90", "p99", "p99.9", "max", "mean"] {
        let _ = write!(page, "<th>{name}</th>");
    }
    for (measure, latency) in ordered(report) {
        let at = |percent: f64| duration(latency.percentile(percent));
        let cells = [at(50.0), at(90.0), at(99.0), at(99.9), duration(latency.max()), report::mean(latency)];
        let _ = write!(page, "<tr><th>{}</th>", report::words(measure));
        for cell in cells {
            let _ = write!(page, "<td>{cell}</td>");
        }
    }
    page.push_str("</table></div>");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_broker_says_is_text_on_the_page() {
        let mut report = Report::example((0, 1), 10);
        report.reasons.note("publish: <script>\"a\" & b</script>".into());
        let page = bench_html(&report);
        assert!(page.contains("&lt;script&gt;&quot;a&quot; &amp; b&lt;/script&gt;"), "{page}");
        assert!(!page.contains("<script>"), "{page}");
    }

    #[test]
    fn whether_it_passed_is_on_top() {
        let mut report = Report::example((0, 1), 10);
        assert!(bench_html(&report).contains("no thresholds"));
        report.judge(&["ack.p99>1h".replace("1h", "3600s").parse().unwrap(), "sent<100".parse().unwrap()]);
        let page = bench_html(&report);
        let badge = page.find("failed: 1 of 2 thresholds").unwrap();
        assert!(badge < page.find("<h2>Result").unwrap(), "{page}");
        assert!(page.contains("<th>p90</th>") && page.contains("<th>mean</th>"), "{page}");
    }

    #[test]
    fn without_a_load_nobody_is_blamed() {
        let page = bench_html(&Report { verdict: None, ..Report::example((0, 1), 0) });
        assert!(!page.contains("limited by"), "{page}");
    }
}
