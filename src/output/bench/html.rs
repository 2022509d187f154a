//! The report as one page that needs nothing else: tables, and plots drawn as SVG.

use std::fmt::Write as _;

use super::{duration, number, report};
use crate::bench::{Latency, Measure, Report, Row};

const WIDTH: f64 = 860.0;
const HEIGHT: f64 = 200.0;
const COLORS: [&str; 4] = ["#2b6cb0", "#c05621", "#2f855a", "#805ad5"];

const STYLE: &str = "body{font:15px/1.5 system-ui,sans-serif;max-width:900px;margin:2em auto;padding:0 1em;\
color:#1a202c;background:#fff}table{border-collapse:collapse}td,th{padding:.15em 1.2em .15em 0;text-align:left}\
td{font-variant-numeric:tabular-nums}svg{width:100%;height:auto}h2{margin-top:1.6em}text{font-size:12px;fill:#4a5568}\
@media(prefers-color-scheme:dark){body{color:#e2e8f0;background:#1a202c}text{fill:#a0aec0}}";

/// The page.
pub(crate) fn bench_html(report: &Report) -> String {
    let mut page = String::new();
    // Writing into a string does not fail.
    let _ = write!(
        page,
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width\"><title>{0}</title><style>{STYLE}</style>\
         <h1>mqttx-rs bench</h1><p>{1}, {2}</p>",
        escape(&report.program),
        escape(&report.begun),
        escape(&report.program)
    );
    let parameters = report.parameters.iter().map(|parameter| [parameter.name.clone(), parameter.value.clone()]);
    table(&mut page, "Parameters", parameters);
    table(&mut page, "Result", report::summary(report).into_iter());
    if let Some(search) = &report.search {
        let _ = write!(page, "<p><b>{}</b></p>", escape(&report::found(search)));
        let steps = search.steps.iter().map(|step| {
            let (rate, result) = report::bench_step(step).split_once(": ").map_or_else(
                || (String::new(), String::new()),
                |(rate, result)| (rate.to_owned(), result.trim_end().to_owned()),
            );
            [rate, result]
        });
        table(&mut page, "Search", steps);
    }
    table(&mut page, "Counts", report::counts(report).into_iter());
    latencies(&mut page, report);
    let column = |of: fn(&Row) -> Option<u64>| report.series.iter().map(of).collect::<Vec<_>>();
    let rates = [
        ("sent", column(|row| Some(row.sent))),
        ("acknowledged", column(|row| Some(row.acknowledged))),
        ("received", column(|row| Some(row.delivered))),
    ];
    plot(&mut page, "Messages in each second", &rates, number);
    let percentiles = [("p50", column(|row| row.p50)), ("p99", column(|row| row.p99)), ("max", column(|row| row.max))];
    plot(&mut page, "Latency over time", &percentiles, duration);
    tails(&mut page, report);
    let reasons = report.reasons.0.iter().map(|(reason, count)| [reason.clone(), number(*count)]);
    table(&mut page, "Reasons", reasons);
    let thresholds = report.thresholds.iter().map(|finding| {
        let result = if finding.failed { "FAILED" } else { "ok" };
        let measured = super::measured(finding);
        [finding.threshold.clone(), format!("{result}, {measured}")]
    });
    table(&mut page, "Thresholds", thresholds);
    if let Some(verdict) = &report.verdict {
        let _ = write!(page, "<h2>Verdict</h2><p>Limited by {}</p><ul>", verdict.limited_by.words());
        for why in &verdict.why {
            let _ = write!(page, "<li>{}</li>", escape(why));
        }
        page.push_str("</ul>");
    }
    page.push_str("</html>\n");
    page
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
    page.push_str("<h2>Latency</h2><table><tr><th></th><th>p50</th><th>p99</th><th>p99.9</th><th>max</th></tr>");
    for (measure, latency) in ordered(report) {
        let at = |percent: f64| duration(latency.percentile(percent));
        let _ = write!(
            page,
            "<tr><th>{}</th><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>",
            report::words(measure),
            at(50.0),
            at(99.0),
            at(99.9),
            duration(latency.max())
        );
    }
    page.push_str("</table>");
}

fn ordered(report: &Report) -> impl Iterator<Item = (Measure, &Latency)> {
    Measure::ALL.into_iter().filter_map(|measure| Some((measure, report.latencies.get(&measure)?)))
}

/// Lines over the seconds of the run. A line breaks where there is no value: nothing is not quick.
#[expect(clippy::cast_precision_loss, reason = "pixels")]
fn plot(page: &mut String, title: &str, lines: &[(&str, Vec<Option<u64>>)], label: fn(u64) -> String) {
    let most_of = |values: &[Option<u64>]| values.iter().flatten().copied().max().unwrap_or_default();
    let lines: Vec<_> = lines.iter().filter(|(_, values)| most_of(values) > 0).collect();
    let most = lines.iter().map(|(_, values)| most_of(values)).max().unwrap_or_default();
    if most == 0 {
        return;
    }
    let seconds = lines.iter().map(|(_, values)| values.len()).max().unwrap_or_default();
    let paths = lines.iter().map(|(name, values)| {
        let x = |index: usize| index as f64 * WIDTH / (seconds.max(2) - 1) as f64;
        let y = |value: u64| HEIGHT * (1.0 - value as f64 / most as f64);
        let point = |(index, value): (usize, &Option<u64>)| value.map(|value| (x(index), y(value)));
        (*name, values.iter().enumerate().map(point).collect())
    });
    svg(page, title, paths, &format!("{} at most", label(most)), &format!("{seconds} s"));
}

/// For each end-to-end or acknowledgement latency, how it grows towards the last of the messages.
#[expect(clippy::cast_precision_loss, reason = "pixels")]
fn tails(page: &mut String, report: &Report) {
    let shown = [Measure::E2e, Measure::E2eUncorrected, Measure::Ack, Measure::AckUncorrected];
    let latencies: Vec<_> = ordered(report).filter(|(measure, _)| shown.contains(measure)).collect();
    let most = latencies.iter().map(|(_, latency)| latency.max()).max().unwrap_or_default();
    if most == 0 {
        return;
    }
    let paths = latencies.iter().map(|(measure, latency)| {
        // Each step to the right is a tenth of what was left: 0, 90, 99, 99.9 %.
        let points = (0..=50).map(|step| {
            let share = f64::from(step) / 50.0;
            let percent = 100.0 - 100.0 * 10_f64.powf(-5.0 * share);
            Some((share * WIDTH, HEIGHT * (1.0 - latency.percentile(percent) as f64 / most as f64)))
        });
        (report::words(*measure), points.collect())
    });
    svg(
        page,
        "Latency by percentile",
        paths,
        &format!("{} at most", duration(most)),
        "0, 90, 99, 99.9, 99.99, 99.999 %",
    );
}

fn svg<'a>(
    page: &mut String,
    title: &str,
    paths: impl Iterator<Item = (&'a str, Vec<Option<(f64, f64)>>)>,
    top: &str,
    bottom: &str,
) {
    let _ = write!(
        page,
        "<h2>{title}</h2><svg viewBox=\"0 -20 {WIDTH} {}\" role=\"img\" aria-label=\"{title}\">\
         <path d=\"M0 0V{HEIGHT}H{WIDTH}\" fill=\"none\" stroke=\"#a0aec0\"/><text x=\"4\" y=\"-6\">{top}</text>\
         <text x=\"{WIDTH}\" y=\"{}\" text-anchor=\"end\">{bottom}</text>",
        HEIGHT + 40.0,
        HEIGHT + 16.0
    );
    for (index, (name, points)) in paths.enumerate() {
        let color = COLORS[index % COLORS.len()];
        let at = 200 + index * 160;
        let _ = write!(page, "<text x=\"{at}\" y=\"-6\" style=\"fill:{color}\">{}</text>", escape(name));
        for piece in points.split(Option::is_none).filter(|piece| !piece.is_empty()) {
            // A single value twice, so that its round ends make a dot.
            let again = piece.first().filter(|_| piece.len() == 1);
            let points = piece.iter().chain(again).flatten().fold(String::new(), |mut text, (x, y)| {
                let _ = write!(text, "{x:.1},{y:.1} ");
                text
            });
            let _ = write!(
                page,
                "<polyline points=\"{points}\" fill=\"none\" stroke=\"{color}\" stroke-width=\"1.5\" \
                 stroke-linecap=\"round\"/>"
            );
        }
    }
    page.push_str("</svg>");
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
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
    fn a_second_without_a_latency_is_a_gap_in_the_line() {
        let mut report = Report::example((0, 1), 10);
        let row = |second, p50| Row { second, p50, ..Row::default() };
        report.series = vec![row(0, Some(100)), row(1, Some(100)), row(2, None), row(3, Some(50))];
        let page = bench_html(&report);
        let plot = page.split("Latency over time").last().unwrap().split("</svg>").next().unwrap();
        let lines: Vec<_> = plot.split("points=\"").skip(1).map(|line| line.split('"').next().unwrap()).collect();
        assert_eq!(lines, ["0.0,0.0 286.7,0.0 ", "860.0,100.0 860.0,100.0 "]);
    }

    #[test]
    fn without_a_load_nobody_is_blamed() {
        let page = bench_html(&Report { verdict: None, ..Report::example((0, 1), 0) });
        assert!(!page.contains("Limited by"), "{page}");
    }
}
