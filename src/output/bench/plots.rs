//! What the page plots of a whole run: the tails of its latencies and how they are distributed, and the steps of a search.

use super::svg::{Bar, Plot, across, decades, log_ticks, ticks, up};
use super::{duration, number, ordered, plot, rate, report};
use crate::bench::{Latency, Measure, Report, SearchReport, StepOutcome};

/// The steps of a search in their order, with what came of each.
#[expect(clippy::cast_precision_loss, reason = "pixels")]
pub(super) fn search(page: &mut String, search: &SearchReport) {
    let steps = &search.steps;
    let most = steps.iter().map(|step| step.rate).max().unwrap_or_default();
    if steps.len() < 2 || most == 0 {
        return;
    }
    let left = ticks((most as f64).max(5.0));
    let top = left.last().copied().unwrap_or(1.0);
    let y = |rate: u64| up(rate as f64 / top);
    let place = |index: usize| across(index as f64 / steps.len() as f64);
    let bars = steps.iter().enumerate().map(|(index, step)| Bar {
        from: place(index),
        to: place(index + 1),
        top: y(step.rate),
        text: format!("step {}, {}/s: {}", index + 1, number(step.rate), report::outcome(step)),
        class: match step.outcome {
            StepOutcome::Passed => "pass",
            StepOutcome::Failed => "fail",
            StepOutcome::Starved => "skip",
        },
    });
    let bars: Vec<_> = bars.collect();
    let kinds = [("passed", "pass"), ("failed", "fail"), ("not judged", "skip")];
    let kinds = kinds.into_iter().filter(|(_, class)| bars.iter().any(|bar| bar.class == *class)).collect();
    let line = search.found.map(|found| {
        (
            format!("highest rate that meets the conditions: {}", rate(found as f64)),
            [0.0, 1.0].map(|side| Some((across(side), y(found)))).to_vec(),
        )
    });
    let every = steps.len().div_ceil(25);
    let bottom = (0..steps.len()).filter(|index| index % every == 0);
    Plot {
        title: "Steps of the search".to_owned(),
        unit: "messages per second".to_owned(),
        below: "step".to_owned(),
        lines: line.into_iter().collect(),
        bars,
        kinds,
        left: left.iter().map(|value| (up(*value / top), number(whole(*value)))).collect(),
        bottom: bottom.map(|index| (f64::midpoint(place(index), place(index + 1)), (index + 1).to_string())).collect(),
        ..Plot::default()
    }
    .draw(page);
}

/// For each end-to-end or acknowledgement latency, how it grows towards the last of the messages; both axes logarithmic.
pub(super) fn tails(page: &mut String, report: &Report) {
    let shown = [Measure::E2e, Measure::E2eUncorrected, Measure::Ack, Measure::AckUncorrected];
    let mut latencies: Vec<_> = ordered(report).filter(|(measure, _)| shown.contains(measure)).collect();
    if latencies.is_empty() {
        // Without messages, of the steps of a connection.
        latencies = ordered(report).filter(|(measure, _)| *measure != Measure::CoreDelay).take(4).collect();
    }
    let named: Vec<_> =
        latencies.into_iter().map(|(measure, latency)| (report::words(measure).to_owned(), latency)).collect();
    percentiles(page, "Latency by percentile", &named);
}

/// Latencies over the part of the messages that took no longer.
#[expect(clippy::cast_precision_loss, reason = "pixels")]
pub(super) fn percentiles(page: &mut String, title: &str, latencies: &[(String, &Latency)]) {
    let some = || latencies.iter().filter(|(_, latency)| latency.count() > 0);
    let (Some(least), Some(most)) =
        (some().map(|(_, latency)| latency.min()).min(), some().map(|(_, latency)| latency.max()).max())
    else {
        return;
    };
    // As far as there are values: one of a thousand is the last that distinguishes 99.9 % from all.
    let count = some().map(|(_, latency)| latency.count()).max().unwrap_or(1);
    let reach = (count as f64).log10().floor().clamp(1.0, 5.0);
    let (low, high) = decades(least as f64, most as f64);
    let y = |nanos: f64| up((nanos.max(1.0).log10() - low) / (high - low));
    let lines = some().map(|(name, latency)| {
        // Each step to the right is a tenth of what was left: 0, 90, 99, 99.9 %.
        let points = (0..=100).map(|step| {
            let share = f64::from(step) / 100.0;
            let percent = 100.0 - 100.0 * 10_f64.powf(-reach * share);
            Some((across(share), y(latency.percentile(percent) as f64)))
        });
        (name.clone(), points.collect())
    });
    let bottom = ["0", "90", "99", "99.9", "99.99", "99.999"].into_iter().zip(0..);
    let bottom = bottom.take_while(|(_, place)| f64::from(*place) <= reach);
    Plot {
        title: title.to_owned(),
        unit: "latency (logarithmic)".to_owned(),
        below: "part that took no longer".to_owned(),
        lines: lines.collect(),
        left: log_ticks((low, high), |nanos| duration(whole(nanos))),
        bottom: bottom.map(|(text, place)| (across(f64::from(place) / reach), format!("{text} %"))).collect(),
        ..Plot::default()
    }
    .draw(page);
}

/// How the latency that matters most is distributed: a bar for each step of 1, 2, 5, 10.
#[expect(clippy::cast_precision_loss, reason = "pixels")]
pub(super) fn distribution(page: &mut String, report: &Report) {
    let Some((measure, latency)) = report::main_latency(report) else { return };
    let steps = plot::steps(latency);
    let percent = |count: u64| count as f64 * 100.0 / latency.count().max(1) as f64;
    let most = steps.iter().map(|(_, count)| percent(*count)).fold(0.0, f64::max);
    let left = ticks(most);
    let top = left.last().copied().unwrap_or(1.0).max(f64::MIN_POSITIVE);
    let place = |index: usize| across(index as f64 / steps.len().max(1) as f64);
    let bars = steps.iter().enumerate().map(|(index, (limit, count))| Bar {
        from: place(index),
        to: place(index + 1),
        top: up(percent(*count) / top),
        text: format!("up to {}: {} ({:.2} %)", duration(*limit), number(*count), percent(*count)),
        class: "",
    });
    // Not more labels than there is room for.
    let every = steps.len().div_ceil(12).max(1);
    let labels = steps.iter().enumerate().filter(|(index, _)| index % every == 0);
    Plot {
        title: format!("Distribution of {}", report::words(measure)),
        unit: "% of all".to_owned(),
        below: "up to (each bar from the limit before)".to_owned(),
        bars: bars.collect(),
        left: left.iter().map(|value| (up(value / top), format!("{} %", short(*value)))).collect(),
        bottom: labels.map(|(index, (limit, _))| (place(index + 1), duration(*limit))).collect(),
        ..Plot::default()
    }
    .draw(page);
}

/// A round value without the digits that it has by chance.
pub(super) fn short(value: f64) -> String {
    format!("{}", (value * 1000.0).round() / 1000.0)
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "not negative, and far below 2^64")]
pub(super) fn whole(value: f64) -> u64 {
    value.round() as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::{Report, SearchEnded, SearchStep};

    #[test]
    fn each_step_of_a_search_is_a_bar_in_the_colour_of_its_outcome() {
        let step = |rate, outcome| SearchStep {
            rate,
            sent: None,
            delivered: None,
            p99: None,
            lost: 0,
            limited_by: None,
            outcome,
            reason: None,
        };
        let found = SearchReport {
            conditions: vec!["p99<50ms".into()],
            found: Some(1000),
            confirmed: true,
            ended: SearchEnded::Done,
            steps: vec![
                step(1000, StepOutcome::Passed),
                step(2000, StepOutcome::Failed),
                step(1000, StepOutcome::Passed),
            ],
        };
        let mut page = String::new();
        search(&mut page, &found);
        let wide = page.split("class=\"narrow\"").next().unwrap();
        assert_eq!(["bar pass", "bar fail", "bar skip"].map(|class| wide.matches(class).count()), [2, 1, 0]);
        assert!(page.contains(">highest rate that meets the conditions: 1,000/s</span>"), "{page}");
        assert!(page.contains("k-pass\">passed<") && !page.contains("not judged<"), "{page}");
    }

    #[test]
    fn percentiles_reach_as_far_as_there_are_values() {
        let reach = |count: u64| {
            let mut latency = Latency::new();
            (0..count).for_each(|number| latency.record(1_000_000 + number));
            let mut page = String::new();
            percentiles(&mut page, "t", &[("a".to_owned(), &latency)]);
            ["99 %", "99.9 %", "99.99 %"].iter().filter(|text| page.contains(&format!(">{text}<"))).count()
        };
        assert_eq!([reach(50), reach(500), reach(5000)], [0, 1, 2]);
        let mut page = String::new();
        percentiles(&mut page, "t", &[("a".to_owned(), &Latency::new())]);
        assert_eq!(page, "");
    }

    #[test]
    fn the_bars_of_the_distribution_are_all_of_it() {
        let mut page = String::new();
        distribution(&mut page, &Report::example((0, 1), 100));
        assert!(
            page.contains("Distribution of scheduled to ack") && page.contains("up to 2.00 ms: 99 (99.00 %)"),
            "{page}"
        );
    }
}
