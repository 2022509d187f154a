use std::time::Duration;

use serde::Serialize;
use serde_json::Value;

use super::columns::continued;
use super::json::ascii_where_unsafe;
use super::{Stream, columns, safe};

/// Width of the names.
const NAME: usize = 18;

/// Where the details begin.
const DETAIL: usize = NAME + 19;

/// The result of `probe` for one feature.
#[derive(Debug)]
pub(crate) struct ProbeRow {
    /// The feature.
    pub(crate) name: &'static str,
    /// Whether the broker supports it.
    pub(crate) ok: bool,
    /// How long the check took.
    pub(crate) time: Duration,
    /// How well, or why not.
    pub(crate) detail: String,
    /// What was measured.
    pub(crate) value: Option<Value>,
}

/// The report of `probe`: a table that grows row by row, or one JSON object at the end.
#[derive(Debug)]
pub(crate) struct ProbeReport {
    broker: String,
    version: String,
    json: bool,
    stream: Stream,
    rows: Vec<ProbeRow>,
}

#[derive(Serialize)]
struct Report<'a> {
    broker: &'a str,
    version: &'a str,
    checks: Vec<Check<'a>>,
    missing: &'a [&'static str],
}

#[derive(Serialize)]
struct Check<'a> {
    name: &'a str,
    ok: bool,
    milliseconds: f64,
    detail: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<&'a Value>,
}

impl ProbeReport {
    pub(crate) fn new(broker: String, version: String, json: bool, stream: Stream) -> Self {
        Self { broker, version, json, stream, rows: Vec::new() }
    }

    /// Adds a row: its line, which is safe for the terminal, and empty if everything comes at the end.
    pub(crate) fn add(&mut self, row: ProbeRow) -> String {
        let line = if self.json { String::new() } else { self.line(&row) };
        self.rows.push(row);
        line
    }

    /// Whether the broker supports a feature.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.rows.iter().any(|row| row.name == name && row.ok)
    }

    /// What comes at the end: the JSON object, if that is what was asked for.
    pub(crate) fn finish(&self, missing: &[&'static str]) -> String {
        if !self.json {
            return String::new();
        }
        let checks = self.rows.iter().map(|row| Check {
            name: row.name,
            ok: row.ok,
            milliseconds: row.time.as_secs_f64() * 1e3,
            detail: &row.detail,
            value: row.value.as_ref(),
        });
        let report = Report { broker: &self.broker, version: &self.version, checks: checks.collect(), missing };
        let text = serde_json::to_string(&report).unwrap_or_default();
        ascii_where_unsafe(&text) + "\n"
    }

    fn line(&self, row: &ProbeRow) -> String {
        let milliseconds = row.time.as_secs_f64() * 1e3;
        let answer = if row.ok { "yes" } else { "no " };
        let color = if row.ok { colored::Color::Green } else { colored::Color::Red };
        let answer = self.stream.paint(answer, color);
        let detail = safe::word(&row.detail, self.stream);
        let begin = format!("{:NAME$}  {answer}  {milliseconds:>7.1} ms  ", row.name);
        let columns = if self.stream.terminal { columns() } else { usize::MAX };
        continued(&begin, DETAIL, &detail, columns)
    }
}
