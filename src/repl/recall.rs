//! What was received, looked at again: `last`, `count`, `export`, `diff`, `topics`, `stats`.

use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};

use colored::Color;
use unicode_width::UnicodeWidthChar;

use super::chosen::codec;
use super::diff::{Part, parts};
use super::journal::{Entry, Rate, TopicReport};
use super::messages::in_groups;
use super::selection::{Selection, at};
use super::shell::{Shell, Stop};
use crate::cli::repl::{LastLine, SelectionArgs, TopicsLine};
use crate::error::Error;
use crate::output::{Columns, LiveStyle, MessageShape};
use crate::payload::{plural, write_json_line};
use crate::settings::Display;

/// Topics of `stats` unless it says how many.
const TOPICS: usize = 20;

/// Columns of a value in `topics`.
const VALUE: usize = 60;

impl Shell<'_> {
    /// `last`.
    pub(super) fn last(&mut self, line: &LastLine) -> Result<(), Stop> {
        let selection = Selection::new(&line.selection);
        let count = usize::try_from(line.count).unwrap_or(usize::MAX);
        let entries = self.messages.latest(count, &selection);
        selection.check()?;
        if entries.is_empty() {
            self.talk.plain("No matching message was received");
        }
        let shape = match &line.template {
            Some(text) => Some(MessageShape::template(text)?),
            None => line.output_mode.clone(),
        };
        let codec = line.format.map(|format| codec("--format", format)).transpose()?;
        let display = match (shape, codec) {
            (None, None) => self.preferences.display.clone(),
            (shape, codec) => {
                let codec = codec.unwrap_or_else(|| self.style.codec.clone());
                Some(Display { shape, codec, ..Display::default() })
            }
        };
        if let Some(pointer) = selection.pointer() {
            for entry in entries {
                let value = at(pointer, &entry.record.message.payload).unwrap_or_default();
                self.printer.line(&format!("#{} {}: {value}", entry.id, entry.record.message.topic.as_str()))?;
            }
            return Ok(());
        }
        match display {
            Some(display) if display.shape.is_some() => {
                let options = Self::printer_options(&display)?;
                let records = entries.iter().map(|entry| &entry.record);
                Ok(self.printer.shaped(options, records)?)
            }
            display => {
                let mut style: LiveStyle = self.style.clone();
                if let Some(display) = display {
                    style.codec = display.codec;
                }
                for entry in entries {
                    self.show_line(entry.id, &entry.connection, &entry.record, &style)?;
                }
                Ok(())
            }
        }
    }

    /// `count`.
    pub(super) fn count_messages(&mut self, selection: &SelectionArgs) -> Result<(), Stop> {
        let selection = Selection::new(selection);
        let count = self.messages.journal.entries().filter(|entry| selection.takes(entry)).count();
        selection.check()?;
        self.tell_dropped();
        Ok(self.printer.line(&count.to_string())?)
    }

    /// `export`: JSON lines, which `pub --jsonl` reads.
    pub(super) fn export(&mut self, file: &Path, selection: &SelectionArgs) -> Result<(), Stop> {
        let selection = Selection::new(selection);
        let failed = |error: std::io::Error| cannot_write(file, &error);
        let mut out = std::io::BufWriter::new(std::fs::File::create_new(file).map_err(failed)?);
        let (mut line, mut count) = (Vec::new(), 0);
        for entry in self.messages.journal.entries().filter(|entry| selection.takes(entry)) {
            line.clear();
            write_json_line(&entry.record, &mut line);
            out.write_all(&line).map_err(failed)?;
            count += 1;
        }
        out.flush().map_err(failed)?;
        selection.check()?;
        self.tell_dropped();
        self.talk.success(format_args!("{} exported to {}", plural(count, "message"), file.display()));
        Ok(())
    }

    /// Says that not all that came is still there.
    fn tell_dropped(&self) {
        if let Some(oldest) = self.messages.journal.oldest().filter(|oldest| *oldest > 1) {
            let dropped = in_groups(oldest - 1);
            self.talk.warning(format_args!("the first {dropped} messages were dropped to make room for later ones"));
        }
    }

    /// `diff`.
    pub(super) fn diff(&mut self, first: &str, second: Option<u64>) -> Result<(), Stop> {
        let (one, two) = match (first.parse::<u64>(), second) {
            (Ok(first), Some(second)) => (self.kept(first)?.clone(), self.kept(second)?.clone()),
            (Err(_), Some(_)) => {
                let error = Error::usage(format!("diff: `{first}` is not the number of a message"));
                return Err(error.with_hint("diff 3 7 compares two messages, diff TOPIC the last two on it").into());
            }
            (Ok(id), None) => {
                let two = self.kept(id)?.clone();
                let topic = two.record.message.topic.as_str().to_owned();
                (self.newest_on(&topic, id).ok_or_else(|| only_one(&topic))?, two)
            }
            (Err(_), None) => {
                let two = self.newest_on(first, u64::MAX).ok_or_else(|| {
                    Error::usage(format!("no kept message on `{first}`")).with_hint("`topics` lists the topics seen")
                })?;
                (self.newest_on(first, two.id).ok_or_else(|| only_one(first))?, two)
            }
        };
        let (one_payload, two_payload) = (&one.record.message.payload, &two.record.message.payload);
        let same = if one_payload == two_payload { ": the same payload" } else { "" };
        self.printer.line(&format!("#{} -> #{}{same}", one.id, two.id))?;
        for part in parts(one_payload, two_payload) {
            match part {
                Part::Same(text) => self.printer.line(&format!("  {text}"))?,
                Part::Removed(text) => self.printer.painted(&format!("- {text}"), Color::Red)?,
                Part::Added(text) => self.printer.painted(&format!("+ {text}"), Color::Green)?,
                Part::Changed(pointer, one, two) => {
                    self.printer.painted(&format!("~ {pointer}: {one} -> {two}"), Color::Yellow)?;
                }
            }
        }
        Ok(())
    }

    /// The newest message on a topic before a number.
    fn newest_on(&self, topic: &str, before: u64) -> Option<Entry> {
        let mut entries = self.messages.journal.entries().rev();
        entries.find(|entry| entry.id < before && entry.record.message.topic.as_str() == topic).cloned()
    }

    /// `stats`: how much comes, and from which topics most.
    pub(super) fn stats(&mut self, count: Option<u64>) -> Result<(), Stop> {
        let now = Instant::now();
        let journal = &self.messages.journal;
        let topics = journal.topics();
        let mut rows = Columns::default();
        rows.row(["messages", "per s", "bytes/s", "topic"].map(String::from));
        let all = if topics.others() > 0 { "all, those of very long topics too" } else { "all" };
        rows.row(row(in_groups(journal.received()), topics.rate(now), all));
        for report in topics.busiest(count.map_or(TOPICS, |count| usize::try_from(count).unwrap_or(TOPICS)), now) {
            rows.row(row(counted(report.messages, report.inherited), report.rate, report.topic));
        }
        self.tell_evicted();
        self.print_rows(&rows)
    }

    /// Says that not every topic is held.
    fn tell_evicted(&self) {
        let topics = self.messages.journal.topics();
        if topics.evicted() > 0 {
            let (held, evicted) = (in_groups(topics.len() as u64), in_groups(topics.evicted()));
            self.talk.warning(format_args!(
                "only the {held} busiest topics are kept; rare ones were replaced {evicted} times (<= is an upper bound of a count)"
            ));
        }
    }

    /// `topics`: a tree of what was seen, with the state of each topic.
    pub(super) async fn topics(&mut self, line: &TopicsLine) -> Result<(), Stop> {
        let now = Instant::now();
        let depth = usize::try_from(line.depth).unwrap_or(usize::MAX);
        let topics = self.messages.journal.topics();
        let mut rows = Columns::default();
        let tree = topics.tree(line.on.as_ref(), depth);
        if tree.is_empty() {
            self.talk.plain("No topics: no matching message was received");
        }
        for level in &tree {
            let name = if level.level.is_empty() { "(empty)" } else { level.level };
            let name = format!("{:indent$}{name}", "", indent = 2 * level.depth.min(40));
            let below = (level.folded > 0).then(|| format!("{} below", plural(level.folded as u64, "topic")));
            match topics.get(level.path, now).filter(|_| level.messages > 0) {
                Some(report) => {
                    let value = value(&report, line.json.as_deref());
                    let count = counted(level.total, report.inherited);
                    let value = below.into_iter().chain([value]).collect::<Vec<_>>().join(", ");
                    rows.row([name, count, rate(report.rate), age(now - report.latest.at), value]);
                }
                None => {
                    rows.row([name, in_groups(level.total), String::new(), String::new(), below.unwrap_or_default()]);
                }
            }
        }
        self.tell_evicted();
        let (stream, columns) = (self.printer.stream(), self.columns());
        let mark = if stream.unicode { "…" } else { "~" };
        let text: Vec<_> = rows.lines(stream).map(|line| marked(&line, columns, mark)).collect();
        self.show_pages((text.join("\n") + if text.is_empty() { "" } else { "\n" }).as_bytes()).await
    }
}

/// A new file that cannot be written, or is not new.
pub(super) fn cannot_write(path: &Path, error: &std::io::Error) -> Error {
    if error.kind() == std::io::ErrorKind::AlreadyExists {
        let error = Error::local(format!("`{}` already exists", path.display()));
        return error.with_hint("nothing is overwritten: use another name");
    }
    Error::local(format!("`{}` cannot be written: {error}", path.display()))
}

fn only_one(topic: &str) -> Error {
    Error::usage(format!("there is only one message on `{topic}`"))
}

/// `1,204`, and `<=1,204` where some of them may be another topic's.
fn counted(messages: u64, inherited: u64) -> String {
    format!("{}{}", if inherited > 0 { "<=" } else { "" }, in_groups(messages))
}

fn rate(rate: Rate) -> String {
    format!("{:.1}/s", rate.messages)
}

/// `3 s`, `5 min`, `2 h`.
pub(super) fn age(time: Duration) -> String {
    match time.as_secs() {
        seconds @ 0..120 => format!("{seconds} s"),
        seconds @ 120..7200 => format!("{} min", seconds / 60),
        seconds => format!("{} h", seconds / 3600),
    }
}

/// The latest value of a topic on one line, or the one at a place of its JSON.
fn value(report: &TopicReport<'_>, pointer: Option<&str>) -> String {
    let latest = report.latest;
    let retained = if latest.retain { "(retained) " } else { "" };
    if let Some(pointer) = pointer {
        return format!("{retained}{}", at(pointer, latest.head).unwrap_or_else(|| "-".to_owned()));
    }
    let text = String::from_utf8_lossy(latest.head);
    let first: String = text.lines().next().unwrap_or_default().chars().take(VALUE).collect();
    let more = if latest.size > first.len() { " ..." } else { "" };
    format!("{retained}{first}{more}")
}

/// A line, or its beginning and a mark of one column, in at most so many columns.
fn marked(line: &str, columns: usize, mark: &str) -> String {
    if cut(line, columns) == line {
        return line.to_owned();
    }
    format!("{}{mark}", cut(line, columns.saturating_sub(1)))
}

/// The beginning of a line that fits into so many columns.
fn cut(line: &str, columns: usize) -> &str {
    let mut width = 0;
    let end = line.char_indices().find(|(_, character)| {
        width += character.width().unwrap_or_default();
        width > columns
    });
    end.map_or(line, |(end, _)| &line[..end])
}

fn row(messages: String, rate: Rate, topic: &str) -> [String; 4] {
    [messages, format!("{:.1}", rate.messages), format!("{:.0}", rate.bytes), topic.to_owned()]
}

#[cfg(test)]
mod tests {
    use super::{cut, marked};

    #[test]
    fn a_line_is_cut_where_the_window_ends_and_never_in_a_character() {
        assert_eq!((cut("abc", 3), cut("abcd", 3), cut("", 3)), ("abc", "abc", ""));
        assert_eq!((cut("äöü", 2), cut("日本", 3), cut("日本", 4)), ("äö", "日", "日本"));
        assert_eq!((marked("abc", 3, "~").as_str(), marked("abcd", 3, "~").as_str()), ("abc", "ab~"));
    }
}
