//! What the moving lines of a run say: as many as the terminal has room for, none wider than it is.

use std::collections::VecDeque;
use std::time::Duration;

use super::{duration, number, plot, rate};
use crate::bench::{Snapshot, Stage};

/// Seconds that are remembered for the plot: more than any terminal is wide.
const REMEMBERED: usize = 500;
/// Rows below which there is no plot.
const ROWS_OF_A_PLOT: usize = 12;

/// What was seen so far.
#[derive(Debug, Default)]
pub(super) struct Live {
    /// What each second brought: messages, or connections where there are none.
    seconds: VecDeque<u64>,
}

impl Live {
    /// A second is over.
    pub(super) fn second(&mut self, snapshot: &Snapshot) {
        let Some(last) = snapshot.last else { return };
        let messages = last.sent.max(last.delivered);
        let counts = &snapshot.counts;
        self.seconds.push_back(if counts.sent + counts.delivered > 0 { messages } else { last.connected });
        if self.seconds.len() > REMEMBERED {
            self.seconds.pop_front();
        }
    }

    /// How it goes, for a terminal of so many columns and rows; the first line has two columns less, for a spinner.
    pub(super) fn lines(
        &self,
        snapshot: &Snapshot,
        phase: Option<&str>,
        (columns, rows): (usize, usize),
        unicode: bool,
    ) -> Vec<String> {
        // The last column stays free: terminals differ in when they go to the next line.
        let width = columns.saturating_sub(3).max(20);
        let mut lines = vec![headline(snapshot, phase, width, unicode)];
        wrap(&mut lines, figures(snapshot), width);
        wrap(&mut lines, latencies(snapshot), width);
        if rows >= ROWS_OF_A_PLOT && self.seconds.len() > 1 {
            let most = self.seconds.iter().copied().max().unwrap_or_default();
            let note = format!("  a second, at most {}", number(most));
            let room = width.saturating_sub(note.len() + 2);
            if room >= 8 && most > 0 {
                let from = self.seconds.len().saturating_sub(room);
                let levels = plot::levels(self.seconds.iter().copied().skip(from), unicode);
                lines.push(format!("  {levels}{note}"));
            }
        }
        // Rather few lines than a screen that scrolls.
        lines.truncate(rows.saturating_sub(2).max(1));
        lines
    }
}

/// Where the run is, and how much of it is over.
fn headline(snapshot: &Snapshot, phase: Option<&str>, width: usize, unicode: bool) -> String {
    let short = |text: &str| text.chars().take(16).collect::<String>();
    let (text, part) = match (snapshot.stage, snapshot.starts_in) {
        (_, Some(left)) => (format!("waiting for --start-at, {}", seconds(left)), None),
        (Stage::Connecting, _) => {
            let failed = snapshot.settled.saturating_sub(snapshot.ready);
            let failed = if failed > 0 { format!(", {} failed", number(failed)) } else { String::new() };
            let word = phase.filter(|_| snapshot.phase > 0).map_or_else(|| "connecting".to_owned(), short);
            let text = format!("{word} {} of {}{failed}", number(snapshot.ready), number(snapshot.clients));
            (text, Some((snapshot.ready, snapshot.clients)))
        }
        (Stage::Running, _) => {
            let word = phase.map_or_else(|| "running".to_owned(), short);
            match snapshot.lasts {
                Some(lasts) => {
                    let so_far = snapshot.in_stage.min(lasts);
                    let text = format!("{word} {:.0} of {}", so_far.as_secs_f64(), seconds(lasts));
                    let millis = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
                    (text, Some((millis(so_far), millis(lasts))))
                }
                None => (format!("{word} {}", seconds(snapshot.in_stage)), None),
            }
        }
        (Stage::Draining, _) => (format!("waiting for outstanding messages, {}", seconds(snapshot.in_stage)), None),
    };
    let room = width.saturating_sub(text.len() + 2).min(40);
    match part {
        Some((part, whole)) if room >= 8 => format!("{text}  {}", bar(part, whole, room, unicode)),
        _ => text.chars().take(width).collect(),
    }
}

fn bar(part: u64, whole: u64, width: usize, unicode: bool) -> String {
    let filled = u128::from(part) * width as u128 / u128::from(whole.max(1));
    let filled = usize::try_from(filled).unwrap_or(width).min(width);
    let (full, empty) = if unicode { ("━", "─") } else { ("#", ".") };
    format!("{}{}", full.repeat(filled), empty.repeat(width - filled))
}

/// What the last second brought, and what is open.
#[expect(clippy::cast_precision_loss, reason = "for display")]
fn figures(snapshot: &Snapshot) -> Vec<String> {
    let mut parts = Vec::new();
    let last = snapshot.last.unwrap_or_default();
    if snapshot.sent > 0 {
        parts.push(format!("sent {}", rate(last.sent as f64)));
    }
    if snapshot.delivered > 0 {
        parts.push(format!("received {}", rate(last.delivered as f64)));
    }
    if snapshot.sent + snapshot.outstanding > 0 {
        parts.push(format!("in flight {}", number(snapshot.outstanding)));
    }
    if snapshot.stage != Stage::Connecting {
        parts.push(format!("connected {}", number(snapshot.ready)));
    }
    if last.connected > 0 {
        parts.push(format!("connects {}", rate(last.connected as f64)));
    }
    let counts = &snapshot.counts;
    let errors = counts.connections_failed
        + counts.connections_refused
        + counts.connections_lost
        + counts.refused
        + counts.subscriptions_refused;
    if errors > 0 {
        parts.push(format!("errors {} ({} in the last second)", number(errors), number(last.errors)));
    } else {
        parts.push("errors 0".to_owned());
    }
    parts
}

/// Latencies of the last second.
fn latencies(snapshot: &Snapshot) -> Vec<String> {
    let Some(last) = snapshot.last else { return Vec::new() };
    let (Some(p50), Some(p99), Some(max)) = (last.p50, last.p99, last.max) else { return Vec::new() };
    let name = snapshot.measure.name();
    vec![format!("{name} p50 {}", duration(p50)), format!("p99 {}", duration(p99)), format!("max {}", duration(max))]
}

/// Parts beside one another, in as many lines as it takes.
fn wrap(lines: &mut Vec<String>, parts: Vec<String>, width: usize) {
    let mut line = String::new();
    for part in parts {
        if !line.is_empty() && line.len() + part.len() + 2 > width {
            lines.push(std::mem::take(&mut line));
        }
        line.push_str("  ");
        line.extend(part.chars().take(width.saturating_sub(2)));
    }
    if !line.is_empty() {
        lines.push(line);
    }
}

fn seconds(duration: Duration) -> String {
    format!("{:.0} s", duration.as_secs_f64())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::{Buckets, Counts, Measure, Row};

    fn snapshot() -> Snapshot {
        let counts = Counts { sent: 123_456_789, delivered: 1, connections_failed: 12_345, ..Counts::default() };
        let (p50, p99, max) = (Some(12_300_000), Some(123_000_000), Some(59_000_000_000));
        let last = Row { sent: 1_234_567, delivered: 1_234_567, errors: 12, p50, p99, max, ..Row::default() };
        Snapshot {
            phase: 0,
            stage: Stage::Running,
            elapsed: Duration::from_secs(100),
            in_stage: Duration::from_secs(12),
            lasts: Some(Duration::from_mins(1)),
            starts_in: None,
            late: None,
            clients: 1_000_000,
            ready: 1_000_000,
            settled: 1_000_000,
            sent: 123_456_789,
            delivered: 123_456_789,
            outstanding: 65_000,
            counts,
            groups: Vec::new().into(),
            last: Some(last),
            measure: Measure::E2e,
            buckets: Buckets::default(),
        }
    }

    #[test]
    fn everything_fits_wide_and_narrow_terminals() {
        let mut live = Live::default();
        (0..200).for_each(|_| live.second(&snapshot()));
        for size in [(80, 24), (40, 24), (40, 8), (30, 4), (132, 50)] {
            for stage in [Stage::Connecting, Stage::Running, Stage::Draining] {
                for unicode in [true, false] {
                    let lines =
                        live.lines(&Snapshot { stage, ..snapshot() }, Some("a phase of a long name"), size, unicode);
                    let widest = lines.iter().map(|line| line.chars().count()).max().unwrap();
                    assert!(widest < size.0 - 2 && lines.len() < size.1, "{size:?}: {lines:#?}");
                }
            }
        }
        let lines = live.lines(&snapshot(), None, (80, 24), true);
        assert!(lines[0].starts_with("running 12 of 60 s  ━━━━━━━━─"), "{lines:#?}");
        let text = lines.join("\n");
        for part in [
            "sent 1,234,567/s",
            "in flight 65,000",
            "errors 12,345 (12 in the last second)",
            "e2e p50 12.3 ms  p99 123 ms  max 59.0 s",
            "a second, at most 1,234,567",
        ] {
            assert!(text.contains(part), "{part} in {text}");
        }
    }

    #[test]
    fn a_barrier_is_waited_for_in_words() {
        let waits = Snapshot { starts_in: Some(Duration::from_secs(34)), ..snapshot() };
        let lines = Live::default().lines(&waits, None, (80, 24), true);
        assert_eq!(lines[0], "waiting for --start-at, 34 s");
    }
}
