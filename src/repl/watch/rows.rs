//! What is shown of the journal: a row a topic, and one topic in full.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Instant;

use jiff::tz::TimeZone;
use serde_json::Value;
use unicode_width::UnicodeWidthChar;

use crate::payload::indent_json;
use crate::repl::diff::summary;
use crate::repl::journal::{Entry, Journal, TopicReport};
use crate::repl::line::printable;

/// Messages of one topic that are looked at.
const HISTORY: usize = 500;

/// So much of a value can be seen.
const SEEN: usize = 512;

/// Lines of a payload that can be scrolled through.
const LINES: usize = 5_000;

/// Bytes in a row of hex.
const HEX_ROW: usize = 8;

/// A topic.
#[derive(Debug, Clone)]
pub(super) struct Row {
    pub(super) topic: Arc<str>,
    pub(super) at: Instant,
    pub(super) changed: Instant,
    pub(super) rate: f64,
    /// Its latest numbers, the newest last.
    pub(super) numbers: Vec<f64>,
    retain: bool,
    head: Arc<[u8]>,
}

impl Row {
    pub(super) fn new(report: &TopicReport<'_>) -> Self {
        Self {
            topic: report.topic.clone(),
            at: report.latest.at,
            changed: report.changed,
            rate: report.rate.messages,
            numbers: Vec::new(),
            retain: report.latest.retain,
            head: report.latest.head.clone(),
        }
    }

    /// On one line.
    pub(super) fn value(&self) -> String {
        let text = String::from_utf8_lossy(&self.head[..self.head.len().min(SEEN)]);
        let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
        format!("{}{}", if self.retain { "(retained) " } else { "" }, printable(&words))
    }
}

/// Numbers of a row.
pub(super) const SPARKS: usize = 12;

/// So many of the newest messages are looked at for the numbers of the rows.
const LOOKED_AT: usize = 20_000;

/// Gives rows their latest numbers, up to the message of a number, as far as the journal has them.
pub(super) fn sparks(journal: &Journal, rows: &mut [Row], until: u64, pointer: Option<&str>) {
    let places: HashMap<Arc<str>, usize> =
        rows.iter().enumerate().map(|(place, row)| (row.topic.clone(), place)).collect();
    for entry in journal.entries().rev().filter(|entry| entry.id <= until).take(LOOKED_AT) {
        let message = &entry.record.message;
        let Some(row) = places.get(message.topic.as_str()).and_then(|place| rows.get_mut(*place)) else { continue };
        if row.numbers.len() < SPARKS {
            row.numbers.extend(number(&message.payload, pointer));
        }
    }
    for row in rows {
        row.numbers.reverse();
    }
}

/// One topic in full.
#[derive(Debug)]
pub(super) struct Detail {
    pub(super) title: String,
    /// Safe for the screen.
    pub(super) payload: Vec<String>,
    /// The newest first.
    pub(super) history: Vec<String>,
    /// Seconds before now, and numbers.
    pub(super) points: Vec<(f64, f64)>,
}

impl Detail {
    /// Of a topic, up to the message of a number, for so many columns; `pointer` is where its numbers are.
    pub(super) fn new(
        journal: &Journal,
        topic: &str,
        until: u64,
        pointer: Option<&str>,
        zone: &TimeZone,
        columns: usize,
    ) -> Option<Self> {
        let is_on = |entry: &&Entry| entry.id <= until && entry.record.message.topic.as_str() == topic;
        let entries: Vec<&Entry> = journal.entries().rev().filter(is_on).take(HISTORY).collect();
        let newest = entries.first()?;
        let message = &newest.record.message;
        let retained = if message.retain { ", retained" } else { "" };
        let title = format!("{topic}  #{}, {} bytes, QoS {}{retained}", newest.id, message.payload.len(), message.qos);
        let mut shown = Vec::new();
        if indent_json(&message.payload, &mut shown).is_err() {
            shown.extend_from_slice(&message.payload);
        }
        let payload = match std::str::from_utf8(&shown) {
            Ok(text) => text.lines().flat_map(|line| folded(&printable(line), columns)).take(LINES).collect(),
            Err(_) => shown.chunks(HEX_ROW).map(hex_row).take(LINES).collect(),
        };
        let history = entries.iter().enumerate().map(|(at, entry)| {
            let time =
                entry.record.received_at.map(|time| time.to_zoned(zone.clone()).strftime("%H:%M:%S").to_string());
            let payload = &entry.record.message.payload;
            let before = entries.get(at + 1).map(|before| &before.record.message.payload);
            let what = match before.map(|before| summary(before, payload)) {
                Some(None) => "the same".to_owned(),
                Some(Some(change)) if change != "changed" => change,
                _ => String::from_utf8_lossy(&payload[..payload.len().min(SEEN)]).into_owned(),
            };
            format!("{} #{} {what}", time.unwrap_or_default(), entry.id)
        });
        let history = history.collect();
        let now = jiff::Timestamp::now();
        let mut points: Vec<_> = entries
            .iter()
            .filter_map(|entry| {
                let ago = now.duration_since(entry.record.received_at?).as_secs_f64();
                Some((-ago, number(&entry.record.message.payload, pointer)?))
            })
            .collect();
        points.reverse();
        Some(Self { title, payload, history, points })
    }
}

/// A line as rows of a window. It begins a new row where that is full.
fn folded(line: &str, columns: usize) -> Vec<String> {
    let mut rows = vec![String::new()];
    let mut width = 0;
    for character in line.chars() {
        let wide = character.width().unwrap_or_default();
        if width + wide > columns.max(2) {
            rows.push(String::new());
            width = 0;
        }
        width += wide;
        rows.last_mut().into_iter().for_each(|row| row.push(character));
    }
    rows
}

/// Bytes that are not text, and what can be read of them: narrow, as the pane has half of the window.
fn hex_row(bytes: &[u8]) -> String {
    let hex: Vec<_> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    let text: String =
        bytes.iter().map(|byte| if matches!(byte, b' '..=b'~') { char::from(*byte) } else { '.' }).collect();
    format!("{:<width$}  {text}", hex.join(" "), width = 3 * HEX_ROW - 1)
}

/// The number that a payload is, or that is at a place of its JSON; without a place the first.
pub(super) fn number(payload: &[u8], pointer: Option<&str>) -> Option<f64> {
    let value: Value = serde_json::from_slice(payload).ok()?;
    let of = |value: &Value| match value {
        Value::Number(number) => number.as_f64(),
        Value::Bool(is_on) => Some(f64::from(u8::from(*is_on))),
        Value::String(text) => text.trim().parse().ok().filter(|number: &f64| number.is_finite()),
        _ => None,
    };
    if let Some(pointer) = pointer {
        return value.pointer(pointer).and_then(of);
    }
    match &value {
        Value::Object(members) => members.values().find_map(of),
        Value::Array(items) => items.iter().find_map(of),
        other => of(other),
    }
}

/// Numbers as a line of blocks.
pub(super) fn blocks(numbers: &[f64]) -> String {
    const LEVELS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    let low = numbers.iter().copied().fold(f64::MAX, f64::min);
    let high = numbers.iter().copied().fold(f64::MIN, f64::max);
    let level = |number: &f64| {
        let part = if high > low { (number - low) / (high - low) } else { 0.5 };
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and 7")]
        let at = (part * 7.0).round() as usize;
        LEVELS[at.min(7)]
    };
    numbers.iter().map(level).collect()
}

#[cfg(test)]
mod tests {
    use super::{blocks, folded, hex_row, number};

    #[test]
    fn a_number_is_the_payload_or_at_a_place_or_the_first_in_it() {
        assert_eq!(number(b"12.5", None), Some(12.5));
        assert_eq!(number(b"{\"unit\": \"C\", \"t\": \"7\", \"h\": 40}", None), Some(7.0));
        assert_eq!(number(b"{\"a\": {\"t\": 3}}", Some("/a/t")), Some(3.0));
        assert_eq!((number(b"{\"a\": 1}", Some("/b")), number(b"on", None)), (None, None));
    }

    #[test]
    fn a_long_line_goes_on_in_the_next_row() {
        assert_eq!(folded("abcdefg", 3), ["abc", "def", "g"]);
        assert_eq!((folded("", 3), folded("日本語", 4)), (vec![String::new()], vec!["日本".into(), "語".into()]));
    }

    #[test]
    fn bytes_become_hex_and_what_can_be_read() {
        assert_eq!(hex_row(b"on\xff"), "6f 6e ff                 on.");
        assert_eq!(hex_row(&[0; 8]), "00 00 00 00 00 00 00 00  ........");
    }

    #[test]
    fn numbers_become_blocks_between_the_lowest_and_the_highest() {
        assert_eq!(blocks(&[1.0, 8.0, 4.5]), "▁█▅");
        assert_eq!((blocks(&[3.0]), blocks(&[])), ("▅".to_owned(), String::new()));
    }
}
