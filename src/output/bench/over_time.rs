//! What the page plots over the seconds of a run: messages, connections and latencies, with the phases.

use super::plots::{short, whole};
use super::svg::{Plot, Points, across, decades, log_ticks, ticks, up};
use super::{duration, number, report};
use crate::bench::{Report, Row};

/// A column of the series.
#[derive(Clone, Copy)]
struct Column {
    name: &'static str,
    of: fn(&Row) -> Option<u64>,
    kind: Kind,
}

/// What the values of a column are, which decides how a part of a second and several seconds are shown.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Messages sent: there are none before the load and after it.
    Sent,
    /// What comes of them: nothing before the load.
    Arrived,
    /// Other counts.
    Count,
    /// Latencies.
    Time,
}

const SENT: Column = Column { name: "sent", of: |row| Some(row.sent), kind: Kind::Sent };
const ACKNOWLEDGED: Column = Column { name: "acknowledged", of: |row| Some(row.acknowledged), kind: Kind::Arrived };
const RECEIVED: Column = Column { name: "received", of: |row| Some(row.delivered), kind: Kind::Arrived };
const CONNECTED: Column = Column { name: "connected", of: |row| Some(row.connected), kind: Kind::Count };
const ERRORS: Column = Column { name: "errors", of: |row| Some(row.errors), kind: Kind::Count };

/// Connects, messages and latencies of each second.
pub(super) fn over_time(page: &mut String, report: &Report) {
    counts(page, "Messages per second", &[(report, "", &[SENT, ACKNOWLEDGED, RECEIVED])]);
    latency(page, report);
    // That all connected in the first second needs no plot.
    let connects = report.series.iter().filter(|row| row.connected > 0).count();
    if connects > 1
        || report.series.iter().any(|row| row.errors > 0)
        || report.counts.sent + report.counts.delivered == 0
    {
        counts(page, "Connections per second", &[(report, "", &[CONNECTED, ERRORS])]);
    }
}

/// Messages a second of several runs over one another, each with its name.
pub(super) fn several_over_time(page: &mut String, runs: &[(&str, &Report)]) {
    for (title, column) in [("Messages sent per second", SENT), ("Messages received per second", RECEIVED)] {
        let columns = [column];
        let runs: Vec<_> = runs.iter().map(|(name, report)| (*report, *name, columns.as_slice())).collect();
        counts(page, title, &runs);
    }
}

/// More steps than this would be narrower than a pixel.
const MOST_STEPS: usize = 800;

/// The time axis of a run. Where there are more seconds than pixels, each step is of several.
struct Seconds {
    end: f64,
    /// Seconds of a step.
    per_step: usize,
    /// From where to where the load ran, where it ran once.
    load: Option<(f64, f64)>,
}

impl Seconds {
    #[expect(clippy::cast_precision_loss, reason = "seconds of a run")]
    fn of(report: &Report) -> Self {
        let rows = report.series.len().max(1) as f64;
        let seconds = &report.seconds;
        let begin = seconds.connecting + seconds.waiting;
        let stop = begin + seconds.warmup + seconds.measured;
        let end = stop + seconds.draining;
        // Of several phases these are not all there is, and a merged report has those of several machines.
        let is_one = report.phases.len() <= 1 && report.parts.is_empty();
        let end = if is_one { end } else { rows };
        let per_step = report.series.len().div_ceil(MOST_STEPS).max(1);
        let load = (is_one && per_step == 1 && report.verdict.is_some()).then_some((begin, stop));
        Self { end: end.clamp(rows - 0.9, rows), per_step, load }
    }

    fn x(&self, second: f64) -> f64 {
        across((second / self.end).min(1.0))
    }

    /// The unit that the axis is labelled with, and its seconds.
    fn unit(&self) -> (&'static str, f64) {
        match self.end {
            end if end >= 36_000.0 => ("hours", 3600.0),
            end if end >= 600.0 => ("minutes", 60.0),
            _ => ("seconds", 1.0),
        }
    }

    fn ticks(&self) -> Vec<(f64, String)> {
        let unit = self.unit().1;
        let all = ticks(self.end / unit).into_iter().filter(|value| *value * unit <= self.end);
        all.map(|value| (self.x(value * unit), short(value))).collect()
    }

    /// The values of a column as steps, in seconds and what was counted. A line breaks where there is no value: nothing is
    /// not quick. A part of a second counts for what a whole one would be, and one too short to say anything is left out.
    #[expect(clippy::cast_precision_loss, reason = "pixels")]
    fn steps(&self, report: &Report, column: Column) -> Points {
        let mut points = Points::new();
        for (step, rows) in report.series.chunks(self.per_step).enumerate() {
            let Some(value) = together(rows, column) else {
                points.push(None);
                continue;
            };
            let from = (step * self.per_step) as f64;
            let to = (from + rows.len() as f64).min(self.end);
            let mut add = |from: f64, to: f64, value: f64| points.extend([from, to].map(|at| Some((at, value))));
            let (begin, stop) = match (self.load, column.kind) {
                (Some((begin, stop)), Kind::Sent) => (begin.clamp(from, to), stop.clamp(from, to)),
                (Some((begin, _)), Kind::Arrived) => (begin.clamp(from, to), to),
                _ => (from, to),
            };
            let is_rate = matches!(column.kind, Kind::Sent | Kind::Arrived) && self.per_step == 1;
            if !is_rate || value == 0.0 {
                add(from, to, value);
                continue;
            }
            if begin > from {
                add(from, begin, 0.0);
            }
            if stop - begin >= SHORTEST {
                add(begin, stop, value / (stop - begin));
                if stop < to {
                    add(stop, to, 0.0);
                }
            } else {
                points.push(None);
            }
        }
        points
    }

    fn plot(&self, report: &Report, title: &str, unit: &str) -> Plot {
        let bands = bands(report).into_iter().map(|(from, to, name)| (self.x(from), self.x(to), name));
        let below = format!("{} since the first connect", self.unit().0);
        Plot {
            title: title.to_owned(),
            unit: unit.to_owned(),
            below: if self.per_step == 1 { below } else { format!("{below}, a step is {} s", self.per_step) },
            bottom: self.ticks(),
            bands: bands.collect(),
            ..Plot::default()
        }
    }
}

/// A part of a second in which at least this much of it passed says how many there are in a whole one.
const SHORTEST: f64 = 0.25;

/// The value of several seconds: the mean of counts, the highest latency.
#[expect(clippy::cast_precision_loss, reason = "pixels")]
fn together(rows: &[Row], column: Column) -> Option<f64> {
    let values = rows.iter().filter_map(column.of);
    match column.kind {
        Kind::Time => values.max().map(|nanos| nanos as f64),
        _ => Some(values.sum::<u64>() as f64 / rows.len().max(1) as f64),
    }
}

/// Points with their places on the picture.
fn placed(points: Points, x: impl Fn(f64) -> f64, y: impl Fn(f64) -> f64) -> Points {
    points.into_iter().map(|point| point.map(|(at, value)| (x(at), y(value)))).collect()
}

/// Counts of each second, on an axis that begins at 0: of one run with its phases, or of several with their names.
fn counts(page: &mut String, title: &str, runs: &[(&Report, &str, &[Column])]) {
    let Some((longest, _)) = runs
        .iter()
        .map(|(report, ..)| (*report, Seconds::of(report)))
        .max_by(|one, other| one.1.end.total_cmp(&other.1.end))
    else {
        return;
    };
    let axis = Seconds::of(longest);
    let mut lines = Vec::new();
    let mut most = 0.0_f64;
    for (report, name, columns) in runs {
        for column in *columns {
            let points = Seconds::of(report).steps(report, *column);
            let top = points.iter().flatten().map(|(_, value)| *value).fold(0.0, f64::max);
            if top > 0.0 {
                most = most.max(top);
                lines.push((if name.is_empty() { column.name.to_owned() } else { (*name).to_owned() }, points));
            }
        }
    }
    if lines.is_empty() {
        return;
    }
    // Whole numbers, since nothing happens by halves.
    let left = ticks(most.max(5.0));
    let top = left.last().copied().unwrap_or(1.0);
    let y = |value: f64| up(value / top);
    let lines = lines.into_iter().map(|(name, points)| (name, placed(points, |at| axis.x(at), y)));
    let plot = axis.plot(longest, title, "per second");
    Plot {
        lines: lines.collect(),
        left: left.iter().map(|value| (y(*value), number(whole(*value)))).collect(),
        // The phases of one run are not those of another.
        bands: if runs.len() > 1 { Vec::new() } else { plot.bands },
        ..plot
    }
    .draw(page);
}

/// Latencies of each second, on a logarithmic axis: the median would be nothing beside the longest.
#[expect(clippy::cast_precision_loss, reason = "pixels")]
fn latency(page: &mut String, report: &Report) {
    let columns = [
        Column { name: "max", of: |row| row.max, kind: Kind::Time },
        Column { name: "p99", of: |row| row.p99, kind: Kind::Time },
        Column { name: "p50", of: |row| row.p50, kind: Kind::Time },
    ];
    let values = || columns.iter().flat_map(|column| report.series.iter().filter_map(column.of));
    let (Some(least), Some(most)) = (values().min(), values().max()) else { return };
    let seconds = Seconds::of(report);
    let (low, high) = decades(least as f64, most as f64);
    let y = |value: f64| up((value.max(1.0).log10() - low) / (high - low));
    let lines = columns.iter().filter(|column| report.series.iter().any(|row| (column.of)(row).is_some()));
    let lines =
        lines.map(|column| (column.name.to_owned(), placed(seconds.steps(report, *column), |at| seconds.x(at), y)));
    let of =
        report::main_latency(report).map_or_else(String::new, |(measure, _)| format!(": {}", report::words(measure)));
    Plot {
        lines: lines.collect(),
        left: log_ticks((low, high), |nanos| duration(whole(nanos))),
        ..seconds.plot(report, &format!("Latency over time{of}"), "latency (logarithmic)")
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

#[cfg(test)]
mod tests {
    use super::*;

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
        let lines = lines_of(page.split("class=\"narrow\"").next().unwrap());
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
    fn a_part_of_a_second_is_drawn_as_the_rate_that_it_was() {
        let mut report = Report::example((0, 1), 10);
        let row = |second, sent| Row { second, sent, ..Row::default() };
        report.seconds.connecting = 0.5;
        report.seconds.measured = 3.0;
        report.seconds.draining = 0.4;
        report.series = vec![row(0, 500), row(1, 1000), row(2, 1000), row(3, 500)];
        let steps = |report: &Report| Seconds::of(report).steps(report, SENT).into_iter().flatten().collect::<Vec<_>>();
        let flat = [(0.0, 0.0), (0.5, 0.0), (0.5, 1000.0), (1.0, 1000.0), (1.0, 1000.0), (2.0, 1000.0)];
        let end = [(2.0, 1000.0), (3.0, 1000.0), (3.0, 1000.0), (3.5, 1000.0), (3.5, 0.0), (3.9, 0.0)];
        assert_eq!(steps(&report), [&flat[..], &end[..]].concat());
        // What is too short to say how much a whole second would have is left out.
        report.seconds.measured = 2.6;
        report.series[3].sent = 100;
        assert_eq!(steps(&report).last(), Some(&(3.0, 1000.0)));
    }

    #[test]
    fn a_long_run_has_no_more_steps_than_pixels_and_an_axis_in_hours() {
        let mut report = Report::example((0, 1), 10);
        let row = |second| Row { second, sent: 100, max: Some(second + 1), ..Row::default() };
        report.series = (0..86_400).map(row).collect();
        report.seconds.measured = 86_399.5;
        let seconds = Seconds::of(&report);
        let steps = seconds.steps(&report, SENT);
        assert_eq!((seconds.unit().0, steps.len()), ("hours", 1600));
        assert!(steps.iter().flatten().all(|(_, value)| (*value - 100.0).abs() < 1e-9));
        let longest = Column { name: "max", of: |row| row.max, kind: Kind::Time };
        assert_eq!(seconds.steps(&report, longest)[0], Some((0.0, 108.0)));
        let mut page = String::new();
        over_time(&mut page, &report);
        assert!(page.contains("hours since the first connect, a step is 108 s"), "{page}");
    }

    #[test]
    fn that_all_connected_at_once_is_no_plot() {
        let plots = |connected: [u64; 2], errors| {
            let mut report = Report::example((0, 1), 10);
            let row = |(second, connected)| Row { second, connected, sent: 5, errors, ..Row::default() };
            report.series = (0..).zip(connected).map(row).collect();
            let mut page = String::new();
            over_time(&mut page, &report);
            page.contains("<h2>Connections per second</h2>")
        };
        assert_eq!([plots([10, 0], 0), plots([5, 5], 0), plots([10, 0], 1)], [false, true, true]);
    }
}
