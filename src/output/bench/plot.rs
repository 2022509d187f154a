//! Plots in text: a histogram of latencies, and a rate over time.

use super::{duration, number};
use crate::bench::Latency;
use crate::output::Stream;
use crate::payload::plural;

const WIDTH: usize = 44;
const EIGHTHS: [char; 8] = [' ', '▏', '▎', '▍', '▌', '▋', '▊', '▉'];
const LEVELS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// Rows of a histogram with limits of 1, 2, 5, 10: the distribution of latencies and its tail.
pub(super) fn histogram(latency: &Latency, stream: Stream) -> Vec<String> {
    let counts = steps(latency);
    let most = counts.iter().map(|(_, count)| *count).max().unwrap_or_default().max(1);
    counts
        .into_iter()
        .map(|(limit, count)| {
            let percent = percent(count, latency.count());
            format!("  <= {:>7}  {percent:>6}  {}", duration(limit), bar(count, most, stream)).trim_end().to_owned()
        })
        .collect()
}

/// How many values lie between each limit and the one before it.
pub(super) fn steps(latency: &Latency) -> Vec<(u64, u64)> {
    let mut counts = Vec::new();
    let mut below = 0;
    for limit in limits(latency.min(), latency.max()) {
        let up_to = latency.count_up_to(limit);
        counts.push((limit, up_to - below));
        below = up_to;
    }
    counts
}

/// 1, 2, 5 times powers of ten, from the first one not below `min` up to the first one not below `max`. The last is
/// longer than anything that a histogram holds.
fn limits(min: u64, max: u64) -> Vec<u64> {
    let steps = (2..13).flat_map(|exponent| [1, 2, 5].map(|step| step * 10_u64.pow(exponent)));
    let mut limits: Vec<u64> = steps.filter(|limit| *limit >= min).collect();
    let end = limits.iter().position(|limit| *limit >= max).map_or(limits.len(), |at| at + 1);
    limits.truncate(end);
    limits
}

fn bar(count: u64, most: u64, stream: Stream) -> String {
    let eighths = usize::try_from(u128::from(count) * (WIDTH as u128 * 8) / u128::from(most)).unwrap_or(0);
    if !stream.unicode {
        return "#".repeat(eighths.div_ceil(8));
    }
    let mut text = "█".repeat(eighths / 8);
    // Any value above zero must be visible.
    let rest = if count > 0 && eighths == 0 { 1 } else { eighths % 8 };
    if rest > 0 {
        text.push(EIGHTHS[rest]);
    }
    text
}

#[expect(clippy::cast_precision_loss, reason = "for display")]
fn percent(part: u64, whole: u64) -> String {
    if whole == 0 { "-".to_owned() } else { format!("{:.2}%", part as f64 * 100.0 / whole as f64) }
}

/// A row of columns, one per second or for several; an empty second is an empty column.
pub(super) fn over_time(values: &[u64], stream: Stream) -> Vec<String> {
    let per_column = values.len().div_ceil(72).max(1);
    let columns: Vec<u64> =
        values.chunks(per_column).map(|chunk| chunk.iter().sum::<u64>() / chunk.len() as u64).collect();
    let most = columns.iter().copied().max().unwrap_or_default();
    if most == 0 {
        return Vec::new();
    }
    let levels = levels(columns.iter().copied(), stream.unicode);
    let empty = values.iter().filter(|value| **value == 0).count();
    let unit = if per_column == 1 { "a second".to_owned() } else { format!("{per_column} s") };
    let note =
        if empty > 0 { format!(", {empty} of {} empty", plural(values.len() as u64, "second")) } else { String::new() };
    vec![format!("  |{levels}|"), format!("  one column is {unit}, the highest is {}/s{note}", number(most))]
}

/// A character for each value, as high as it is beside the highest.
pub(super) fn levels(values: impl Iterator<Item = u64> + Clone, unicode: bool) -> String {
    let most = values.clone().max().unwrap_or_default();
    let level = |value: u64| {
        if value == 0 {
            return if unicode { ' ' } else { '_' };
        }
        let level = usize::try_from(u128::from(value) * 7 / u128::from(most)).unwrap_or(7);
        if unicode { LEVELS[level] } else { char::from(b'1' + u8::try_from(level).unwrap_or(7)) }
    };
    values.map(level).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_histogram_shows_the_body_and_the_tail() {
        let mut latency = Latency::new();
        (0..99).for_each(|_| latency.record(1_500_000));
        latency.record(90_000_000);
        let rows = histogram(&latency, Stream::PIPE);
        assert!(rows[0].starts_with("  <= 2.00 ms  99.00%  ████"), "{rows:?}");
        assert!(rows.last().unwrap().starts_with("  <=  100 ms   1.00%"), "{rows:?}");
        assert_eq!(rows.len(), 6, "2, 5, 10, 20, 50 and 100 ms: {rows:?}");
    }

    #[test]
    fn a_value_at_a_limit_is_in_one_row_and_none_is_in_no_row() {
        let mut latency = Latency::new();
        latency.record(1_000_000);
        latency.record(1_000_000_000_000);
        latency.record(3_600_000_000_000);
        let rows = histogram(&latency, Stream::PIPE);
        let filled: Vec<_> = rows.iter().filter(|row| !row.contains(" 0.00%")).map(|row| row[..21].trim()).collect();
        assert_eq!(filled, ["<= 1.00 ms  33.33%", "<=  1000 s  33.33%", "<=  5000 s  33.33%"], "{rows:?}");
    }

    #[test]
    fn an_empty_second_is_an_empty_column() {
        let rows = over_time(&[100, 100, 0, 0, 200], Stream::PIPE);
        assert_eq!(rows, ["  |▄▄  █|", "  one column is a second, the highest is 200/s, 2 of 5 seconds empty"]);
        let rows = over_time(&[1; 200], Stream { unicode: false, ..Stream::PIPE });
        assert_eq!(rows[0].chars().filter(|level| *level == '8').count(), 67);
        assert!(over_time(&[0, 0], Stream::PIPE).is_empty());
    }
}
