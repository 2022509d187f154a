//! The report as one page that needs nothing else: what came of it on top, then plots and tables; and a page of several
//! reports side by side.

use std::fmt::Write as _;

use super::comparison::{self, differing};
use super::{duration, escape, number, ordered, plots, rate, report};
use crate::bench::{Changed, Latency, Measured as _, Report};

/// Colours are variables: light, dark, and light again on paper.
const STYLE: &str = "\
:root{--fg:#1a202c;--bg:#fff;--dim:#4a5568;--line:#a0aec0;--band:#edf2f7;--card:#f7fafc;--ok:#276749;--bad:#9b2c2c;\
--c0:#2b6cb0;--c1:#c05621;--c2:#2f855a;--c3:#805ad5}\
@media(prefers-color-scheme:dark){:root{--fg:#e2e8f0;--bg:#1a202c;--dim:#a0aec0;--line:#718096;--band:#252f3f;\
--card:#2d3748;--ok:#2f855a;--bad:#c53030;--c0:#63b3ed;--c1:#f6ad55;--c2:#68d391;--c3:#b794f4}}\
*{box-sizing:border-box}body{font:15px/1.5 system-ui,sans-serif;max-width:940px;margin:0 auto;padding:1.5em 1em 3em;\
color:var(--fg);background:var(--bg)}h1{margin:.2em 0}h2{margin:1.6em 0 .5em;font-size:1.25em}\
.sub{color:var(--dim);margin:.2em 0 1em}table{border-collapse:collapse}\
td,th{padding:.2em 1.1em .2em 0;text-align:left;vertical-align:top;border-bottom:1px solid var(--band)}\
td{font-variant-numeric:tabular-nums}.n td{text-align:right;white-space:nowrap}.n th+th{text-align:right}\
svg{width:100%;min-width:600px;height:auto;display:block}text{font-size:12px;fill:var(--dim)}\
.scroll{overflow-x:auto}.grid{stroke:var(--line);stroke-opacity:.35}.band{fill:var(--band)}.gap{fill:none}\
.bar{fill:var(--c0)}polyline{fill:none}.l0{stroke:var(--c0)}.l1{stroke:var(--c1)}.l2{stroke:var(--c2)}.l3{stroke:var(--c3)}\
.legend{margin:0 0 .3em}.legend span{margin-right:1.2em;white-space:nowrap}.legend span::before{content:'';\
display:inline-block;width:.8em;height:.8em;margin-right:.4em;border-radius:2px}.k0::before{background:var(--c0)}\
.k1::before{background:var(--c1)}.k2::before{background:var(--c2)}.k3::before{background:var(--c3)}\
.badge{display:inline-block;padding:.2em .8em;border-radius:.3em;color:#fff;font-weight:600;background:var(--dim)}\
.ok{background:var(--ok)}.bad{background:var(--bad)}td .badge{padding:0 .5em;font-size:.9em}\
.verdict{font-size:1.15em;font-weight:600;margin:.6em 0}\
.tiles{display:grid;grid-template-columns:repeat(auto-fill,minmax(150px,1fr));gap:.7em;margin:1em 0}\
.tiles div{background:var(--card);border-radius:.4em;padding:.6em .8em}.tiles b{display:block;font-size:1.35em}\
.tiles span{color:var(--dim);font-size:.9em}\
@media print{:root{--fg:#000;--bg:#fff;--dim:#333;--line:#888;--band:#eee;--card:#f4f4f4;--ok:#276749;--bad:#9b2c2c;\
--c0:#2b6cb0;--c1:#c05621;--c2:#2f855a;--c3:#805ad5}body{max-width:none;padding:0;font-size:12px}\
*{print-color-adjust:exact;-webkit-print-color-adjust:exact}section,.tiles,tr{break-inside:avoid}h2{break-after:avoid}\
.scroll{overflow:visible}svg{min-width:0}}";

/// The page: whether it passed and what limited it at the top, then the measurements, then the parameters.
pub(crate) fn bench_html(report: &Report) -> String {
    let run = title(report);
    let mut page = begin(&run);
    let clients = number(report.clients.count);
    let parts = if report.parts.is_empty() { String::new() } else { format!(", {} parts", report.parts.len()) };
    // Writing into a string does not fail.
    let _ = write!(
        page,
        "<p class=\"sub\">{}, {clients} clients{parts}, ended {}. {}</p>",
        escape(&report.started_at),
        report::ended(report.ended),
        escape(&report.program)
    );
    judgement(&mut page, report);
    tiles(&mut page, report);
    thresholds(&mut page, report);
    if let Some(verdict) = &report.verdict {
        page.push_str("<section><h2>Why</h2><ul>");
        for why in &verdict.reasons {
            let _ = write!(page, "<li>{}</li>", escape(why));
        }
        page.push_str("</ul></section>");
    }
    search(&mut page, report);
    plots::over_time(&mut page, report);
    plots::tails(&mut page, report);
    plots::distribution(&mut page, report);
    latencies(&mut page, report);
    grid(&mut page, "Groups", report::GROUP_HEADS, report::group_rows(report));
    grid(&mut page, "Phases", report::PHASE_HEADS, report::phase_rows(report));
    grid(&mut page, "Shards", report::PART_HEADS, report::part_rows(report));
    pairs(&mut page, "Result", report::summary(report).into_iter());
    pairs(&mut page, "Counts", report::counts(report).into_iter());
    let reasons = report.reasons.0.iter().map(|(reason, count)| [reason.clone(), number(*count)]);
    pairs(&mut page, "Reasons", reasons);
    let parameters = report.parameters.iter().map(|parameter| [parameter.name.clone(), parameter.value.clone()]);
    pairs(&mut page, "Parameters", parameters);
    page.push_str("</html>\n");
    page
}

/// Several reports side by side, by the names of their files: figures, what was judged, tails over one another.
pub(crate) fn bench_comparison_html(
    (name, before): (&str, &Report),
    after: &[(String, Report)],
    changed: &[Changed],
) -> String {
    let mut page = begin(&format!("{}: {name} and {}", title(before), plural_of(after)));
    let failed = changed.iter().filter(|changed| changed.failed).count();
    badge(&mut page, changed.len(), failed);
    if !changed.is_empty() {
        let rows = changed
            .iter()
            .map(|Changed { change, failed, shown }| [escape(change), escape(shown), result(*failed).to_owned()]);
        raw_table(&mut page, "Thresholds", &["fails if", "measured", ""], rows);
    }
    let reports: Vec<Report> = after.iter().map(|(_, report)| report.clone()).collect();
    let rows = comparison::rows(before, &reports);
    grid(&mut page, "Figures", ["", "baseline", "candidate", "ratio", ""], rows.into_iter());
    page.push_str("<p class=\"sub\">");
    page.push_str(&escape(&comparison::legend(after.len())).replace('\n', "<br>"));
    page.push_str("</p>");
    for (measure, latency) in ordered(before) {
        let others = after.iter().filter_map(|(name, report)| Some((name.clone(), report.latencies.get(&measure)?)));
        let lines: Vec<(String, &Latency)> = std::iter::once((name.to_owned(), latency)).chain(others).collect();
        if lines.len() > 1 {
            plots::percentiles(&mut page, &format!("Latency by percentile: {}", report::words(measure)), &lines);
        }
    }
    let all = std::iter::once((name, before)).chain(after.iter().map(|(name, report)| (name.as_str(), report)));
    let runs = all.map(|(name, report)| {
        let verdict = report.verdict.as_ref().map_or_else(|| "-".to_owned(), |verdict| verdict.limited_by.sentence());
        [name.to_owned(), report.started_at.clone(), report::ended(report.ended).to_owned(), verdict]
    });
    let runs: Vec<_> = runs.collect();
    grid(&mut page, "Runs", ["", "begun", "ended", "verdict"], runs.into_iter());
    let different = differing(before, &reports).into_iter().map(|name| {
        let value = |report: &Report| {
            let values = report.parameters.iter().filter(|parameter| parameter.name == name);
            values.map(|parameter| parameter.value.clone()).collect::<Vec<_>>().join(", ")
        };
        let values: Vec<String> = reports.iter().map(value).collect();
        [name.clone(), value(before), values.join("; ")]
    });
    let different: Vec<_> = different.collect();
    grid(&mut page, "Parameters that differ", ["", "baseline", "candidate"], different.into_iter());
    page.push_str("</html>\n");
    page
}

fn plural_of(after: &[(String, Report)]) -> String {
    match after {
        [(name, _)] => name.clone(),
        several => format!("{} others", several.len()),
    }
}

fn title(report: &Report) -> String {
    report.parameters.first().map_or("mqttx-rs bench", |parameter| parameter.value.as_str()).to_owned()
}

fn begin(title: &str) -> String {
    format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\
         <meta name=\"color-scheme\" content=\"light dark\"><title>{0}</title><style>{STYLE}</style><h1>{0}</h1>",
        escape(title)
    )
}

fn badge(page: &mut String, all: usize, failed: usize) {
    let (class, word) = match (all, failed) {
        (0, _) => ("", "no thresholds".to_owned()),
        (all, 0) => (" ok", format!("passed: {all} of {all} thresholds")),
        (all, failed) => (" bad", format!("failed: {failed} of {all} thresholds")),
    };
    let _ = write!(page, "<p><span class=\"badge{class}\">{word}</span></p>");
}

/// Whether the thresholds are kept, and who was the bottleneck.
fn judgement(page: &mut String, report: &Report) {
    let failed = report.thresholds.iter().filter(|finding| finding.failed).count();
    badge(page, report.thresholds.len(), failed);
    if let Some(verdict) = &report.verdict {
        let _ = write!(page, "<p class=\"verdict\">{}</p>", escape(&verdict.limited_by.sentence()));
    }
}

/// The figures that somebody looks for first.
fn tiles(page: &mut String, report: &Report) {
    let counts = &report.counts;
    let mut tiles = Vec::new();
    if let Some(sent) = report.sent_per_second().filter(|_| counts.sent > 0) {
        let part = report.rate().map_or_else(String::new, |part| format!(", {:.2} % of the plan", part * 100.0));
        tiles.push((rate(sent), format!("sent{part}")));
    }
    if let Some(received) = report.delivered_per_second().filter(|_| counts.delivered > 0) {
        tiles.push((rate(received), "received".to_owned()));
    }
    let clients = &report.clients;
    tiles.push((number(clients.connected), format!("of {} clients connected", number(clients.count))));
    if let Some((measure, latency)) = report::main_latency(report) {
        let words = report::words(measure);
        tiles.push((duration(latency.percentile(50.0)), format!("{words}, half of all")));
        tiles.push((duration(latency.percentile(99.0)), format!("{words}, 99 %")));
        tiles.push((duration(latency.max()), format!("{words}, the longest")));
    }
    if counts.expected > 0 {
        tiles.push((number(counts.lost), format!("lost of {} expected", number(counts.expected))));
    }
    let refused = counts.refused + counts.connections_refused + counts.subscriptions_refused;
    if refused + counts.connections_lost + counts.connections_failed > 0 {
        let (failed, lost) = (number(counts.connections_failed), number(counts.connections_lost));
        tiles.push((number(refused), format!("refused; {failed} connects failed, {lost} connections lost")));
    }
    page.push_str("<div class=\"tiles\">");
    for (value, what) in tiles {
        let _ = write!(page, "<div><b>{}</b><span>{}</span></div>", escape(&value), escape(&what));
    }
    page.push_str("</div>");
}

fn result(failed: bool) -> &'static str {
    if failed { "<span class=\"badge bad\">failed</span>" } else { "<span class=\"badge ok\">ok</span>" }
}

fn thresholds(page: &mut String, report: &Report) {
    if !report.thresholds.is_empty() {
        let rows = report.thresholds.iter().map(|finding| {
            [escape(&finding.threshold), escape(&super::measured(finding)), result(finding.failed).to_owned()]
        });
        raw_table(page, "Thresholds", &["fails if", "", ""], rows);
    }
}

fn search(page: &mut String, report: &Report) {
    let Some(search) = &report.search else { return };
    let _ =
        write!(page, "<section><h2>Search</h2><p class=\"verdict\">{}</p></section>", escape(&report::found(search)));
    let steps = search.steps.iter().map(|step| {
        let line = report::bench_step(step);
        let (rate, result) = line.trim_end().split_once(": ").unwrap_or((line.trim_end(), ""));
        [rate.to_owned(), result.to_owned()]
    });
    pairs(page, "Steps", steps);
}

/// Names with their values.
fn pairs(page: &mut String, title: &str, rows: impl Iterator<Item = [String; 2]>) {
    let mut rows = rows.peekable();
    if rows.peek().is_none() {
        return;
    }
    let _ = write!(page, "<section><h2>{title}</h2><div class=\"scroll\"><table>");
    for [name, value] in rows {
        let _ = write!(page, "<tr><th>{}</th><td>{}</td></tr>", escape(&name), escape(&value));
    }
    page.push_str("</table></div></section>");
}

/// A table of figures, below heads.
fn grid<const N: usize>(page: &mut String, title: &str, heads: [&str; N], rows: impl Iterator<Item = [String; N]>) {
    let mut rows = rows.peekable();
    if rows.peek().is_none() {
        return;
    }
    let _ = write!(page, "<section><h2>{title}</h2><div class=\"scroll\"><table class=\"n\"><tr>");
    for head in heads {
        let _ = write!(page, "<th>{}</th>", escape(head));
    }
    for row in rows {
        page.push_str("<tr>");
        for (place, cell) in row.iter().enumerate() {
            let tag = if place == 0 { "th" } else { "td" };
            let _ = write!(page, "<{tag}>{}</{tag}>", escape(cell));
        }
    }
    page.push_str("</table></div></section>");
}

/// A table of what is safe to be on a page already.
fn raw_table<const N: usize>(page: &mut String, title: &str, heads: &[&str], rows: impl Iterator<Item = [String; N]>) {
    let _ = write!(page, "<section><h2>{title}</h2><div class=\"scroll\"><table><tr>");
    for head in heads {
        let _ = write!(page, "<th>{head}</th>");
    }
    for row in rows {
        page.push_str("<tr>");
        for cell in row {
            let _ = write!(page, "<td>{cell}</td>");
        }
    }
    page.push_str("</table></div></section>");
}

fn latencies(page: &mut String, report: &Report) {
    let rows = ordered(report).map(|(measure, latency)| {
        let at = |percent: f64| duration(latency.percentile(percent));
        let words = report::words(measure).to_owned();
        let (max, mean) = (duration(latency.max()), report::mean(latency));
        [words, number(latency.count()), at(50.0), at(90.0), at(99.0), at(99.9), max, mean]
    });
    let rows: Vec<_> = rows.collect();
    grid(page, "Latency", ["", "count", "p50", "p90", "p99", "p99.9", "max", "mean"], rows.into_iter());
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::{Counts, GroupReport, Measure, Row};

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
        assert!(badge < page.find("<div class=\"tiles\">").unwrap(), "{page}");
        assert!(page.contains("<th>p90</th>") && page.contains("<th>mean</th>"), "{page}");
    }

    #[test]
    fn without_a_load_nobody_is_blamed() {
        let page = bench_html(&Report { verdict: None, ..Report::example((0, 1), 0) });
        assert!(!page.contains("limited by"), "{page}");
    }

    #[test]
    fn thresholds_have_units_and_each_group_phase_and_plot_is_there() {
        let mut report = Report::example((0, 1), 1000);
        report.judge(&["ack.p99>1ms".parse().unwrap()]);
        let row = |second| Row { second, sent: 500, p50: Some(1_000_000), max: Some(9_000_000), ..Row::default() };
        report.series = (0..11).map(row).collect();
        report.groups = ["a", "<b>"]
            .map(|name| GroupReport {
                name: name.into(),
                clients: 7,
                counts: Counts::default(),
                measure: Measure::Ack,
                latency: None,
            })
            .into();
        let page = bench_html(&report);
        for part in [
            "<td>ack.p99&gt;1ms</td><td>measured 10.9 ms</td><td><span class=\"badge bad\">failed</span></td>",
            "<h2>Messages in each second</h2>",
            "<h2>Latency over time</h2>",
            "<h2>Latency by percentile</h2>",
            "<h2>Distribution of scheduled to ack</h2>",
            "<h2>Groups</h2>",
            "<th>&lt;b&gt;</th><td>7</td>",
            "latency (logarithmic)",
            ">measured</text>",
            "@media print",
            "prefers-color-scheme:dark",
            "<h2>Parameters</h2>",
        ] {
            assert!(page.contains(part), "{part} in {page}");
        }
        // Every tag that needs an end has one.
        for tag in ["section", "div", "table", "svg", "p", "ul"] {
            let count = |text: String| page.matches(&text).count();
            let begun = count(format!("<{tag}>")) + count(format!("<{tag} "));
            assert_eq!(begun, count(format!("</{tag}>")), "{tag}");
        }
    }

    #[test]
    fn several_reports_are_on_one_page_with_their_names() {
        let reports =
            [("one.json".to_owned(), Report::example((0, 1), 900)), ("<two>".to_owned(), Report::example((0, 1), 800))];
        let before = Report::example((0, 1), 1000);
        let change: crate::bench::RunChange = "sent<-15%".parse().unwrap();
        let candidates: Vec<_> = reports.iter().map(|(_, report)| report.clone()).collect();
        let page = bench_comparison_html(("base.json", &before), &reports, &[change.judge(&before, &candidates)]);
        for part in [
            "base.json and 2 others",
            "passed: 1 of 1",
            "&lt;two&gt;</span>",
            "one.json</span>",
            "<th>ack p50</th>",
            "<h2>Runs</h2>",
        ] {
            assert!(page.contains(part), "{part} in {page}");
        }
        assert!(page.matches("<polyline").count() >= 3 && !page.contains("<two>"), "{page}");
    }
}
