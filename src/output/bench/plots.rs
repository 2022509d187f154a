//! Plots of the page, drawn as SVG: axes with units and ticks, a grid, and where the phases of the run begin.

use std::fmt::Write as _;

use super::{duration, escape, number, ordered, report};
use crate::bench::{Measure, Report, Row};

const WIDTH: f64 = 860.0;
const HEIGHT: f64 = 220.0;
/// Room for the labels of the left axis.
const LEFT: f64 = 76.0;
const COLORS: [&str; 4] = ["#2b6cb0", "#c05621", "#2f855a", "#805ad5"];
/// Widths of the lines: one that is covered by another is still visible at its sides.
const WIDTHS: [f64; 4] = [5.0, 3.0, 1.5, 1.0];

/// A line: its name, and points with gaps.
type Line = (&'static str, Vec<Option<(f64, f64)>>);

/// Ticks of an axis: position and label.
type Ticks = Vec<(f64, String)>;

/// Messages and latencies of each second.
pub(super) fn over_time(page: &mut String, report: &Report) {
    // The last second is not complete, so its count is not a rate.
    let rows = match report.series.as_slice() {
        [rows @ .., _] if !rows.is_empty() => rows,
        rows => rows,
    };
    let column = |of: fn(&Row) -> Option<u64>| rows.iter().map(of).collect::<Vec<_>>();
    let rates = [
        ("sent", column(|row| Some(row.sent))),
        ("acknowledged", column(|row| Some(row.acknowledged))),
        ("received", column(|row| Some(row.delivered))),
    ];
    seconds(page, report, "Messages in each second", "messages/s", &rates, number);
    let percentiles = [("max", column(|row| row.max)), ("p99", column(|row| row.p99)), ("p50", column(|row| row.p50))];
    seconds(page, report, "Latency over time", "latency", &percentiles, duration);
}

/// Lines over the seconds of the run, one step each. A line breaks where there is no value, as that is not a low latency.
#[expect(clippy::cast_precision_loss, reason = "pixels")]
fn seconds(
    page: &mut String,
    report: &Report,
    title: &str,
    unit: &str,
    lines: &[(&'static str, Vec<Option<u64>>)],
    label: fn(u64) -> String,
) {
    let most_of = |values: &[Option<u64>]| values.iter().flatten().copied().max().unwrap_or_default();
    let lines: Vec<_> = lines.iter().filter(|(_, values)| most_of(values) > 0).collect();
    let most = lines.iter().map(|(_, values)| most_of(values)).max().unwrap_or_default();
    if most == 0 {
        return;
    }
    let seconds = lines.iter().map(|(_, values)| values.len()).max().unwrap_or(1).max(1);
    let x = |second: f64| LEFT + second * (WIDTH - LEFT) / seconds as f64;
    let y = |value: f64| HEIGHT * (1.0 - value / most as f64);
    let steps = lines.iter().map(|(name, values)| {
        let mut points = Vec::new();
        for (second, value) in values.iter().enumerate() {
            match value {
                Some(value) => {
                    points.extend([0.0, 1.0].map(|side| Some((x(second as f64 + side), y(*value as f64)))));
                }
                None => points.push(None),
            }
        }
        (*name, points)
    });
    let left = ticks(most as f64).into_iter().map(|value| (y(value), label(whole(value)))).collect();
    let bottom = ticks(seconds as f64).into_iter().map(|second| (x(second), format!("{second}"))).collect();
    let marks = marks(report).into_iter().filter(|(at, _)| *at <= seconds as f64);
    let marks = marks.map(|(at, name)| (x(at), name)).collect();
    svg(page, title, unit, "seconds since the first connect", steps.collect(), left, bottom, marks);
}

/// When each phase begins, in seconds.
fn marks(report: &Report) -> Vec<(f64, String)> {
    let seconds = &report.seconds;
    let mut at = 0.0;
    if report.phases.len() > 1 {
        let phases = report.phases.iter().map(|phase| {
            let begin = at + phase.connecting;
            at = begin + phase.running;
            (begin, phase.name.clone())
        });
        return phases.collect();
    }
    let begin = seconds.connecting + seconds.waiting;
    let mut marks = vec![(begin, "load".to_owned())];
    if seconds.warmup > 0.0 {
        marks.push((begin + seconds.warmup, "measured".to_owned()));
    }
    if seconds.draining >= 1.0 {
        marks.push((begin + seconds.warmup + seconds.measured, "drain".to_owned()));
    }
    marks
}

/// For each end-to-end or acknowledgement latency, by percentile; both axes are logarithmic.
#[expect(clippy::cast_precision_loss, reason = "pixels")]
pub(super) fn tails(page: &mut String, report: &Report) {
    let shown = [Measure::E2e, Measure::E2eUncorrected, Measure::Ack, Measure::AckUncorrected];
    let latencies: Vec<_> = ordered(report).filter(|(measure, _)| shown.contains(measure)).collect();
    let most = latencies.iter().map(|(_, latency)| latency.max()).max().unwrap_or_default();
    let least = latencies.iter().map(|(_, latency)| latency.min().max(1)).min().unwrap_or(1);
    if most == 0 {
        return;
    }
    let low = (least as f64).log10().floor();
    let high = (most as f64).log10().ceil().max(low + 1.0);
    let x = |share: f64| LEFT + share * (WIDTH - LEFT);
    let y = |nanos: f64| HEIGHT * (1.0 - (nanos.max(1.0).log10() - low) / (high - low));
    let lines = latencies.iter().map(|(measure, latency)| {
        // Each step to the right is a tenth of what was left: 0, 90, 99, 99.9 %.
        let points = (0..=50).map(|step| {
            let share = f64::from(step) / 50.0;
            let percent = 100.0 - 100.0 * 10_f64.powf(-5.0 * share);
            Some((x(share), y(latency.percentile(percent) as f64)))
        });
        (report::words(*measure), points.collect())
    });
    let mut left = Ticks::new();
    let mut exponent = low;
    while exponent <= high {
        left.push((y(10_f64.powf(exponent)), duration(whole(10_f64.powf(exponent)))));
        exponent += 1.0;
    }
    let bottom = ["0", "90", "99", "99.9", "99.99", "99.999"].into_iter().zip(0..);
    let bottom = bottom.map(|(text, place)| (x(f64::from(place) / 5.0), format!("{text} %"))).collect();
    let lines = lines.collect();
    svg(page, "Latency by percentile", "latency", "fraction of the messages", lines, left, bottom, Ticks::new());
}

/// Round values from 0 to `most`, about five of them.
fn ticks(most: f64) -> Vec<f64> {
    let raw = (most / 5.0).max(1.0);
    let power = 10_f64.powf(raw.log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0].into_iter().map(|factor| factor * power).find(|step| *step >= raw);
    let step = step.unwrap_or(raw);
    let mut values = vec![0.0];
    while values.last().is_some_and(|last| last + step <= most * 1.001) && values.len() < 20 {
        values.push(values.last().copied().unwrap_or_default() + step);
    }
    values
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "not negative, and far below 2^64")]
fn whole(value: f64) -> u64 {
    value.round() as u64
}

#[expect(clippy::too_many_arguments, reason = "two axes and what is between them")]
fn svg(
    page: &mut String,
    title: &str,
    unit: &str,
    below: &str,
    lines: Vec<Line>,
    left: Ticks,
    bottom: Ticks,
    marks: Ticks,
) {
    // Writing into a string does not fail.
    let _ = write!(
        page,
        "<section><h2>{title}</h2><svg viewBox=\"0 -36 {WIDTH} {}\" role=\"img\" aria-label=\"{title}\">\
         <text x=\"0\" y=\"-22\">{unit}</text><text x=\"{WIDTH}\" y=\"{}\" text-anchor=\"end\">{below}</text>",
        HEIGHT + 74.0,
        HEIGHT + 34.0
    );
    for (y, text) in left {
        let _ = write!(
            page,
            "<path d=\"M{LEFT} {y:.1}H{WIDTH}\" stroke=\"#a0aec0\" stroke-opacity=\".4\"/>\
             <text x=\"{}\" y=\"{:.1}\" text-anchor=\"end\">{text}</text>",
            LEFT - 6.0,
            y + 4.0
        );
    }
    for (x, text) in bottom {
        let _ = write!(
            page,
            "<path d=\"M{x:.1} 0V{HEIGHT}\" stroke=\"#a0aec0\" stroke-opacity=\".4\"/>\
             <text x=\"{x:.1}\" y=\"{}\" text-anchor=\"middle\">{text}</text>",
            HEIGHT + 16.0
        );
    }
    for (x, name) in marks {
        let _ = write!(
            page,
            "<path d=\"M{x:.1} -6V{HEIGHT}\" stroke=\"#718096\" stroke-dasharray=\"4 3\"/>\
             <text x=\"{:.1}\" y=\"-8\">{}</text>",
            x + 3.0,
            escape(&name)
        );
    }
    for (index, (name, points)) in lines.into_iter().enumerate() {
        let (color, width) = (COLORS[index % COLORS.len()], WIDTHS[index % WIDTHS.len()]);
        let at = LEFT + 120.0 + [0.0, 160.0, 320.0, 480.0][index % 4];
        let _ = write!(page, "<text x=\"{at}\" y=\"-22\" style=\"fill:{color}\">{}</text>", escape(name));
        for piece in points.split(Option::is_none).filter(|piece| !piece.is_empty()) {
            let points = piece.iter().flatten().fold(String::new(), |mut text, (x, y)| {
                let _ = write!(text, "{x:.1},{y:.1} ");
                text
            });
            let _ = write!(
                page,
                "<polyline points=\"{points}\" fill=\"none\" stroke=\"{color}\" stroke-width=\"{width}\"/>"
            );
        }
    }
    page.push_str("</svg></section>");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_and_reach_the_top() {
        assert_eq!(ticks(10.0), [0.0, 2.0, 4.0, 6.0, 8.0, 10.0]);
        assert_eq!(ticks(870.0), [0.0, 200.0, 400.0, 600.0, 800.0]);
        assert_eq!(ticks(1.0), [0.0, 1.0]);
    }

    #[test]
    fn a_second_without_a_latency_is_a_gap_and_the_last_one_is_left_out() {
        let mut report = Report::example((0, 1), 10);
        let row = |second, p50| Row { second, p50, ..Row::default() };
        report.series = vec![row(0, Some(100)), row(1, None), row(2, Some(50)), row(3, Some(7)), row(4, Some(9))];
        let mut page = String::new();
        over_time(&mut page, &report);
        let lines: Vec<_> = page.split("points=\"").skip(1).map(|line| line.split('"').next().unwrap()).collect();
        assert_eq!(lines.len(), 2, "{lines:?}");
        assert_eq!(lines[0], "76.0,0.0 272.0,0.0 ");
        assert!(page.contains("seconds since the first connect") && page.contains(">100 ns</text>"), "{page}");
    }
}
