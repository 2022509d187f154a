//! What the page plots: the seconds of a run with its phases, the tails of its latencies and how they are distributed.

use super::svg::{Plot, Points, across, decades, log_ticks, ticks, up};
use super::{duration, number, ordered, plot, report};
use crate::bench::{Latency, Measure, Report, Row};

/// A column of the series.
type Column = (&'static str, fn(&Row) -> Option<u64>);

/// Connects, messages and latencies of each second.
pub(super) fn over_time(page: &mut String, report: &Report) {
    let messages: [Column; 3] = [
        ("sent", |row| Some(row.sent)),
        ("acknowledged", |row| Some(row.acknowledged)),
        ("received", |row| Some(row.delivered)),
    ];
    seconds(page, report, "Messages in each second", &messages);
    latency(page, report);
    let connects: [Column; 2] = [("connected", |row| Some(row.connected)), ("errors", |row| Some(row.errors))];
    seconds(page, report, "Connections and errors in each second", &connects);
}

/// Each second from where to where, as parts of the whole; the last is not a whole one.
struct Seconds {
    end: f64,
}

impl Seconds {
    #[expect(clippy::cast_precision_loss, reason = "seconds of a run")]
    fn of(report: &Report) -> Self {
        let rows = report.series.len().max(1) as f64;
        let seconds = &report.seconds;
        let end = seconds.connecting + seconds.waiting + seconds.warmup + seconds.measured + seconds.draining;
        // Of several phases these are not all there is, and a merged report has those of several machines.
        let end = if report.phases.len() > 1 || !report.parts.is_empty() { rows } else { end };
        Self { end: end.clamp(rows - 0.9, rows) }
    }

    fn x(&self, second: f64) -> f64 {
        across((second / self.end).min(1.0))
    }

    fn ticks(&self) -> Vec<(f64, String)> {
        let all = ticks(self.end).into_iter().filter(|second| *second <= self.end);
        all.map(|second| (self.x(second), short(second))).collect()
    }

    /// The values of a column as steps, drawn at `y`. A line breaks where there is no value: nothing is not quick.
    #[expect(clippy::cast_precision_loss, reason = "pixels")]
    fn steps(&self, report: &Report, of: impl Fn(&Row) -> Option<u64>, y: impl Fn(f64) -> f64) -> Points {
        let mut points = Points::new();
        for (second, row) in report.series.iter().enumerate() {
            match of(row) {
                Some(value) => {
                    points.extend([0.0, 1.0].map(|side| Some((self.x(second as f64 + side), y(value as f64)))));
                }
                None => points.push(None),
            }
        }
        points
    }

    fn plot(&self, report: &Report, title: &str, unit: &str) -> Plot {
        let bands = bands(report).into_iter().map(|(from, to, name)| (self.x(from), self.x(to), name));
        Plot {
            title: title.to_owned(),
            unit: unit.to_owned(),
            below: "seconds since the first connect".to_owned(),
            bottom: self.ticks(),
            bands: bands.collect(),
            ..Plot::default()
        }
    }
}

/// Counts of each second, on an axis that begins at 0.
#[expect(clippy::cast_precision_loss, reason = "pixels")]
fn seconds(page: &mut String, report: &Report, title: &str, columns: &[Column]) {
    let most_of = |of: fn(&Row) -> Option<u64>| report.series.iter().filter_map(of).max().unwrap_or_default();
    let columns: Vec<_> = columns.iter().filter(|(_, of)| most_of(*of) > 0).collect();
    let most = columns.iter().map(|(_, of)| most_of(*of)).max().unwrap_or_default();
    if most == 0 {
        return;
    }
    let seconds = Seconds::of(report);
    // Whole numbers, since nothing happens by halves.
    let left = ticks((most as f64).max(5.0));
    let top = left.last().copied().unwrap_or(1.0);
    let y = |value: f64| up(value / top);
    let lines = columns.iter().map(|(name, of)| ((*name).to_owned(), seconds.steps(report, of, y)));
    let unit = match columns.as_slice() {
        [(name, _)] => format!("{name} in a second"),
        _ => "in a second".to_owned(),
    };
    Plot {
        lines: lines.collect(),
        left: left.iter().map(|value| (y(*value), number(whole(*value)))).collect(),
        ..seconds.plot(report, title, &unit)
    }
    .draw(page);
}

/// Latencies of each second, on a logarithmic axis: the median would be nothing beside the longest.
#[expect(clippy::cast_precision_loss, reason = "pixels")]
fn latency(page: &mut String, report: &Report) {
    let columns: [Column; 3] = [("max", |row| row.max), ("p99", |row| row.p99), ("p50", |row| row.p50)];
    let values = || columns.iter().flat_map(|(_, of)| report.series.iter().filter_map(of));
    let (Some(least), Some(most)) = (values().min(), values().max()) else { return };
    let seconds = Seconds::of(report);
    let (low, high) = decades(least as f64, most as f64);
    let y = |value: f64| up((value.max(1.0).log10() - low) / (high - low));
    let lines = columns.iter().filter(|(_, of)| report.series.iter().any(|row| of(row).is_some()));
    let lines = lines.map(|(name, of)| ((*name).to_owned(), seconds.steps(report, of, y)));
    Plot {
        lines: lines.collect(),
        left: log_ticks((low, high), |nanos| duration(whole(nanos))),
        ..seconds.plot(report, "Latency over time", "latency (logarithmic)")
    }
    .draw(page);
}

/// The parts of a run, in seconds: from where to where, and what they are.
fn bands(report: &Report) -> Vec<(f64, f64, String)> {
    let seconds = &report.seconds;
    let mut bands: Vec<(f64, f64, String)> = Vec::new();
    let mut at = 0.0;
    let mut add = |lasted: f64, name: &str| {
        if lasted >= 0.05 {
            bands.push((at, at + lasted, name.to_owned()));
        }
        at += lasted;
    };
    if report.phases.len() > 1 {
        for phase in &report.phases {
            add(phase.connecting, &format!("changes before {}", phase.name));
            add(phase.running, &phase.name);
        }
    } else {
        add(seconds.connecting, "connecting");
        add(seconds.waiting, "waiting");
        add(seconds.warmup, "warm-up");
        add(seconds.measured, "measured");
        add(seconds.draining, "drain");
    }
    bands
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
    // As far as there are values: one of a thousand is the last that tells 99.9 % from all.
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
    let bars = steps.iter().enumerate().map(|(index, (limit, count))| {
        let text = format!("up to {}: {} ({:.2} %)", duration(*limit), number(*count), percent(*count));
        (place(index), place(index + 1), up(percent(*count) / top), text)
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
fn short(value: f64) -> String {
    format!("{}", (value * 1000.0).round() / 1000.0)
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "not negative, and far below 2^64")]
fn whole(value: f64) -> u64 {
    value.round() as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::Report;

    fn lines_of(page: &str) -> Vec<&str> {
        page.split("points=\"").skip(1).map(|line| line.split('"').next().unwrap().trim()).collect()
    }

    #[test]
    fn a_second_without_a_latency_is_a_gap_and_the_last_one_is_as_long_as_it_was() {
        let mut report = Report::example((0, 1), 10);
        let row = |second, p50| Row { second, p50, ..Row::default() };
        report.series = vec![row(0, Some(100)), row(1, None), row(2, Some(1000)), row(3, Some(100))];
        report.seconds.connecting = 0.5;
        report.seconds.measured = 3.0;
        report.seconds.draining = 0.0;
        let mut page = String::new();
        over_time(&mut page, &report);
        let lines = lines_of(&page);
        assert_eq!(lines.len(), 2, "{lines:?}");
        // Of 3.5 seconds over 758 pixels; 100 ns is the lower end of the axis, and 1 us the upper.
        assert_eq!(lines[0], "78.0,220.0 294.6,220.0");
        assert_eq!(lines[1], "511.1,0.0 727.7,0.0 727.7,220.0 836.0,220.0");
        for text in [
            "seconds since the first connect",
            ">100 ns</text>",
            ">1.00 us</text>",
            ">connecting</text>",
            ">measured</text>",
        ] {
            assert!(page.contains(text), "{text} in {page}");
        }
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
