//! The report as one page that needs nothing else: what came of it on top, then plots and tables.

use std::fmt::Write as _;

use super::style::begin;
use super::tables::{badge, grid, pairs, thresholds};
use super::{duration, escape, number, ordered, over_time, plots, rate, report};
use crate::bench::{Ended, Measured as _, Report, SearchStep, StepOutcome};

/// The page: whether it passed and what limited it at the top, then what was asked, then the measurements.
pub(crate) fn bench_html(report: &Report) -> String {
    let mut page = begin(title(report));
    let clients = number(report.clients.count);
    let parts = if report.parts.is_empty() { String::new() } else { format!(", {} parts", report.parts.len()) };
    // Writing into a string does not fail.
    let _ = write!(
        page,
        "<p class=\"sub\">{}, {clients} clients{parts}, {}. {}</p>",
        escape(&moment(&report.started_at)),
        how_ended(report.ended),
        escape(&report.program)
    );
    judgement(&mut page, report);
    tiles(&mut page, report);
    let findings = report.thresholds.iter();
    thresholds(
        &mut page,
        findings.map(|finding| (finding.threshold.clone(), super::value_of(finding), finding.failed)),
    );
    page.push_str("<div class=\"beside top\">");
    if let Some(verdict) = report.verdict.as_ref().filter(|verdict| !verdict.reasons.is_empty()) {
        page.push_str("<section class=\"short\"><h2>Why</h2><ul>");
        for why in &verdict.reasons {
            let _ = write!(page, "<li>{}</li>", escape(why));
        }
        page.push_str("</ul></section>");
    }
    let parameters = report.parameters.iter().map(|parameter| [parameter.name.clone(), parameter.value.clone()]);
    pairs(&mut page, "Parameters", parameters);
    page.push_str("</div>");
    if let Some(search) = &report.search {
        plots::search(&mut page, search);
        grid(&mut page, "Steps", STEP_HEADS, &[6], search.steps.iter().map(step_row));
    }
    over_time::over_time(&mut page, report);
    plots::tails(&mut page, report);
    plots::distribution(&mut page, report);
    latencies(&mut page, report);
    grid(&mut page, "Groups", report::GROUP_HEADS, &[8], report::group_rows(report));
    grid(&mut page, "Phases", report::PHASE_HEADS, &[], report::phase_rows(report));
    grid(&mut page, "Shards", report::PART_HEADS, &[1, 8, 9], report::part_rows(report));
    page.push_str("<div class=\"beside\">");
    pairs(&mut page, "Result", report::summary(report).into_iter());
    pairs(&mut page, "Counts", report::counts(report).into_iter());
    pairs(&mut page, "Load generator", report::generator(report).into_iter());
    let reasons = report.reasons.0.iter().map(|(reason, count)| [reason.clone(), number(*count)]);
    pairs(&mut page, "Reasons", reasons);
    page.push_str("</div></html>\n");
    page
}

pub(super) fn title(report: &Report) -> &str {
    report.parameters.first().map_or("mqttx-rs bench", |parameter| parameter.value.as_str())
}

/// A time as people write it: to the second.
pub(super) fn moment(begun: &str) -> String {
    let Ok(begun) = begun.parse::<jiff::Timestamp>() else { return begun.to_owned() };
    begun.strftime("%Y-%m-%d %H:%M:%S UTC").to_string()
}

fn how_ended(ended: Ended) -> String {
    match ended {
        Ended::Unfinished => report::ended(ended).to_owned(),
        _ => format!("ended {}", report::ended(ended)),
    }
}

/// Whether the thresholds are kept, and who was the bottleneck.
fn judgement(page: &mut String, report: &Report) {
    page.push_str("<p>");
    if !matches!(report.ended, Ended::Done | Ended::Interrupted) {
        let _ = write!(page, "<span class=\"badge bad\">{}</span>", how_ended(report.ended));
    }
    let failed = report.thresholds.iter().filter(|finding| finding.failed).count();
    badge(page, report.thresholds.len(), failed);
    page.push_str("</p>");
    if let Some(search) = &report.search {
        let _ = write!(page, "<p class=\"verdict\">{}</p>", escape(&report::found(search)));
        let conditions = search.conditions.join(" and ");
        let of = search.found.map_or_else(
            || "The figures below are of the last step.".to_owned(),
            |rate| format!("The figures below are of the last step at {}/s.", number(rate)),
        );
        let _ = write!(page, "<p class=\"sub\">Searched for: {}. {of}</p>", escape(&conditions));
    }
    if let Some(verdict) = &report.verdict {
        let _ = write!(page, "<p class=\"verdict\">Verdict: {}</p>", escape(&verdict.limited_by.sentence()));
    }
}

/// The figures that somebody looks for first.
fn tiles(page: &mut String, report: &Report) {
    let counts = &report.counts;
    let mut tiles = Vec::new();
    if let Some(sent) = report.sent_per_second().filter(|_| counts.sent > 0) {
        let part = report.rate().map_or_else(String::new, |part| format!(", {:.2}\u{a0}% of the plan", part * 100.0));
        tiles.push((rate(sent), format!("sent{part}")));
    }
    if let Some(received) = report.delivered_per_second().filter(|_| counts.delivered > 0) {
        tiles.push((rate(received), "received".to_owned()));
    }
    let clients = &report.clients;
    tiles.push((format!("{} of {}", number(clients.connected), number(clients.count)), "clients connected".to_owned()));
    if let Some((measure, latency)) = report::main_latency(report) {
        let words = report::words(measure);
        tiles.push((duration(latency.percentile(50.0)), format!("{words}: median")));
        tiles.push((duration(latency.percentile(99.0)), format!("{words}: 99\u{a0}% within this")));
        tiles.push((duration(latency.max()), format!("{words}: longest")));
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

const STEP_HEADS: [&str; 7] = ["", "sent", "received", "p99", "lost", "outcome", "why"];

/// A step of a search.
fn step_row(step: &SearchStep) -> [String; 7] {
    let some_rate = |per_second: Option<f64>| per_second.map_or("-".to_owned(), rate);
    let (outcome, why) = match step.outcome {
        StepOutcome::Passed => ("passed", String::new()),
        StepOutcome::Failed => ("failed", report::outcome(step)),
        StepOutcome::Starved => ("not judged", report::outcome(step)),
    };
    [
        format!("{}/s", number(step.rate)),
        some_rate(step.sent),
        some_rate(step.delivered),
        step.p99.map_or("-".to_owned(), duration),
        number(step.lost),
        outcome.to_owned(),
        why.trim_start_matches("not judged: ").to_owned(),
    ]
}

fn latencies(page: &mut String, report: &Report) {
    let rows = ordered(report).map(|(measure, latency)| {
        let at = |percent: f64| duration(latency.percentile(percent));
        let words = report::words(measure).to_owned();
        let (max, mean) = (duration(latency.max()), report::mean(latency));
        [words, number(latency.count()), at(50.0), at(90.0), at(99.0), at(99.9), max, mean]
    });
    let heads = ["", "count", "p50", "p90", "p99", "p99.9", "max", "mean"];
    grid(page, "Latency", heads, &[], rows.collect::<Vec<_>>().into_iter());
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::{Counts, GroupReport, Measure, Row, SearchEnded, SearchReport};

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
    fn a_heading_has_something_below_it() {
        let mut report = Report::example((0, 1), 10);
        let with = |page: &str| page.contains("<h2>Why</h2>");
        assert!(!with(&bench_html(&report)), "there is no reason in the verdict");
        report.verdict.as_mut().unwrap().reasons.push("100.00 % were sent".into());
        let page = bench_html(&report);
        assert!(with(&page), "{page}");
        for (at, _) in page.match_indices("</h2>") {
            let next = &page[at + 5..];
            assert!(
                ["<table>", "<div", "<ul><li>", "<p class=\"legend\"><span", "<svg"]
                    .iter()
                    .any(|begin| next.starts_with(begin)),
                "{next}"
            );
        }
    }

    #[test]
    fn a_run_that_did_not_end_as_planned_says_so_on_top() {
        for (ended, text) in [
            (Ended::Unfinished, "badge bad\">unfinished: the run is still going, or was killed<"),
            (Ended::ConnectionsLost, "badge bad\">ended because all connections were lost<"),
        ] {
            let page = bench_html(&Report { ended, ..Report::example((0, 1), 10) });
            assert!(page.contains(text), "{page}");
        }
        let page = bench_html(&Report::example((0, 1), 10));
        assert!(page.contains("2026-11-22 10:00:00 UTC, 10 clients, ended as planned."), "{page}");
        assert!(!page.contains("badge bad"), "{page}");
    }

    #[test]
    fn what_a_search_found_is_on_top_with_what_it_searched_for() {
        let step = |rate, outcome, why: Option<&str>| SearchStep {
            rate,
            sent: Some(999.0),
            delivered: None,
            p99: Some(1_000_000),
            lost: 0,
            limited_by: None,
            outcome,
            reason: why.map(str::to_owned),
        };
        let mut report = Report::example((0, 1), 10);
        report.search = Some(SearchReport {
            conditions: vec!["p99<50ms".into(), "rate>0.99".into()],
            found: Some(1000),
            confirmed: true,
            ended: SearchEnded::Done,
            steps: vec![
                step(1000, StepOutcome::Passed, None),
                step(2000, StepOutcome::Failed, Some("not sent at this rate")),
                step(2000, StepOutcome::Starved, Some("too busy")),
            ],
        });
        let page = bench_html(&report);
        for part in [
            "Searched for: p99&lt;50ms and rate&gt;0.99. The figures below are of the last step at 1,000/s.",
            "<td>1.00 ms</td><td>0</td><td>passed</td><td class=\"t\"></td>",
            "<td>failed</td><td class=\"t\">not sent at this rate</td>",
            "<td>not judged</td><td class=\"t\">too busy</td>",
            "<h2>Steps of the search</h2>",
        ] {
            assert!(page.contains(part), "{part} in {page}");
        }
        let found = page.find("highest rate that meets the conditions: 1,000/s, confirmed").unwrap();
        assert!(found < page.find("<div class=\"tiles\">").unwrap(), "{page}");
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
            "<td>ack.p99&gt;1ms</td><td>10.9 ms</td><td><span class=\"badge bad\">failed</span></td>",
            "<h2>Messages per second</h2>",
            "<h2>Latency over time: scheduled to ack</h2>",
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
}
