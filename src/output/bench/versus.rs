//! A page of several reports side by side: figures, what was judged, plots of all of them over one another.

use super::comparison::{self, differing};
use super::html::{moment, title};
use super::style::begin;
use super::tables::{badge, grid, thresholds};
use super::{escape, ordered, over_time, plots, report};
use crate::bench::{Changed, Latency, Report};

/// Several reports side by side, by the names of their files.
pub(crate) fn bench_comparison_html(
    (name, before): (&str, &Report),
    after: &[(String, Report)],
    changed: &[Changed],
) -> String {
    let mut page = begin(&format!("{}: {name} and {}", title(before), others(after)));
    let failed = changed.iter().filter(|changed| changed.failed).count();
    page.push_str("<p>");
    badge(&mut page, changed.len(), failed);
    page.push_str("</p>");
    let judged = changed.iter();
    thresholds(&mut page, judged.map(|Changed { change, failed, shown }| (change.clone(), shown.clone(), *failed)));
    let all: Vec<(&str, &Report)> =
        std::iter::once((name, before)).chain(after.iter().map(|(name, report)| (name.as_str(), report))).collect();
    let runs = all.iter().map(|(name, report)| {
        let verdict = report.verdict.as_ref().map_or_else(|| "-".to_owned(), |verdict| verdict.limited_by.sentence());
        [(*name).to_owned(), moment(&report.started_at), report::ended(report.ended).to_owned(), verdict]
    });
    grid(&mut page, "Runs", ["", "begun", "ended", "verdict"], &[3], runs);
    let reports: Vec<Report> = after.iter().map(|(_, report)| report.clone()).collect();
    let rows = comparison::rows(before, &reports);
    let candidate = if after.len() > 1 { format!("median of {}", after.len()) } else { "candidate".to_owned() };
    grid(&mut page, "Figures", ["", "baseline", &candidate, "ratio", ""], &[4], rows.into_iter());
    page.push_str("<p class=\"sub\">");
    page.push_str(&escape(&comparison::legend(after.len())).replace('\n', "<br>"));
    page.push_str("</p>");
    let different = differing(before, &reports).into_iter().map(|name| {
        let mut values: Vec<String> = reports.iter().map(|report| value(report, &name)).collect();
        values.dedup();
        [name.clone(), value(before, &name), values.join("; ")]
    });
    grid(&mut page, "Parameters that differ", ["", "baseline", "candidate"], &[1, 2], different);
    over_time::several_over_time(&mut page, &all);
    // What the run is about first, then the steps of each connection, and the generator's own.
    let main = report::main_latency(before).map(|(measure, _)| measure);
    let mut measures: Vec<_> = ordered(before).map(|(measure, _)| measure).collect();
    measures.sort_by_key(|measure| Some(*measure) != main);
    for measure in measures {
        let lines = all.iter().filter_map(|(name, report)| Some(((*name).to_owned(), report.latencies.get(&measure)?)));
        let lines: Vec<(String, &Latency)> = lines.collect();
        if lines.len() > 1 {
            plots::percentiles(&mut page, &format!("Latency by percentile: {}", report::words(measure)), &lines);
        }
    }
    page.push_str("</html>\n");
    page
}

fn others(after: &[(String, Report)]) -> String {
    match after {
        [(name, _)] => name.clone(),
        several => format!("{} others", several.len()),
    }
}

/// The value of a parameter; `-` without it.
fn value(report: &Report, name: &str) -> String {
    let values = report.parameters.iter().filter(|parameter| parameter.name == name);
    let values: Vec<_> = values.map(|parameter| parameter.value.as_str()).collect();
    if values.is_empty() { "-".to_owned() } else { values.join(", ") }
}

#[cfg(test)]
mod tests {
    use super::*;

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

    #[test]
    fn a_parameter_that_one_run_lacks_is_a_dash_and_the_same_value_is_there_once() {
        let before = Report::example((0, 1), 1);
        let mut warm = before.clone();
        warm.parameters.push(crate::bench::Parameter { name: "warm-up".into(), value: "5s".into() });
        let reports = [("one".to_owned(), warm.clone()), ("two".to_owned(), warm)];
        let page = bench_comparison_html(("base", &before), &reports, &[]);
        assert!(page.contains("<th>warm-up</th><td class=\"t\">-</td><td class=\"t\">5s</td>"), "{page}");
        assert!(page.contains("<th>median of 2</th>"), "{page}");
    }

    #[test]
    fn the_latency_that_matters_most_is_the_first_and_the_rates_are_over_one_another() {
        let mut before = Report::example((0, 1), 100);
        before.latencies.insert(crate::bench::Measure::Connect, before.latencies[&crate::bench::Measure::Ack].clone());
        let page = bench_comparison_html(("base", &before), &[("new".to_owned(), before.clone())], &[]);
        let at = |title: &str| page.find(&format!("<h2>{title}</h2>")).unwrap_or_else(|| panic!("{title} in {page}"));
        assert!(at("Messages sent per second") < at("Latency by percentile: scheduled to ack"));
        assert!(at("Latency by percentile: scheduled to ack") < at("Latency by percentile: connect"));
        assert!(!page.contains("<td>0.00/s</td>"), "what did not happen is no figure: {page}");
    }
}
