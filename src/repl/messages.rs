//! What becomes of a message: it is kept, and shown unless that would be too much.

use std::rc::Rc;
use std::sync::Arc;
use std::time::Instant;

use colored::Color;
use jiff::Timestamp;

use super::collected::Collected;
use super::connection::{Active, Printer, without_own_identifiers};
use super::diff::summary;
use super::flood::Share;
use super::shell::{Shell, Stop};
use crate::mqtt::Message;
use crate::output::{Excerpt, LiveHead, LiveStyle};
use crate::payload::Record;
use crate::session::Received;

/// Where a message goes.
struct Outputs {
    files: Vec<Printer>,
    /// How it is shown, once in each way; `None`: on a line.
    shown: Vec<Option<Printer>>,
}

/// Each filter that asked for the message and does not leave it out has its output. One that came by no filter that is
/// known is shown as all are.
fn outputs(asked_for: &[&Active], message: &Message, usual: Option<&Printer>) -> Outputs {
    let topic = message.topic.as_str();
    let wanting: Vec<_> = asked_for.iter().filter(|active| active.shows(topic, message.retain)).collect();
    let mut outputs = Outputs { files: Vec::new(), shown: Vec::new() };
    for active in &wanting {
        if let Some(file) = &active.file
            && !outputs.files.iter().any(|other| Rc::ptr_eq(other, file))
        {
            outputs.files.push(file.clone());
        }
        let printer = active.printer.as_ref().or(usual);
        let is_same = |other: &Option<Printer>| match (other, printer) {
            (Some(other), Some(printer)) => Rc::ptr_eq(other, printer),
            (None, None) => true,
            _ => false,
        };
        if !outputs.shown.iter().any(is_same) {
            outputs.shown.push(printer.cloned());
        }
    }
    if asked_for.is_empty() {
        outputs.shown.push(usual.cloned());
    }
    outputs
}

impl Shell<'_> {
    /// Keeps a message and shows it.
    pub(super) fn message(&mut self, index: usize, received: Received) -> Result<u64, Stop> {
        let now = Instant::now();
        let mut record = Record {
            packet_id: (received.packet_id != 0).then_some(received.packet_id),
            dup: received.dup,
            received_at: Some(Timestamp::now()),
            message: received.message,
        };
        if self.collected.as_mut().is_some_and(|collected| collected.take(&record.message)) {
            // It has no number: it was not subscribed to.
            return Ok(0);
        }
        let connection = &self.connections[index];
        let name: Arc<str> = connection.name.as_str().into();
        let asked_for = connection.asked_for(&record.message);
        let is_passing = |collected: &Collected| collected.filter.matches(record.message.topic.as_str());
        if asked_for.is_empty() && self.collected.as_ref().is_some_and(is_passing) {
            // A live one that only came because `retained` looks at what is kept.
            return Ok(0);
        }
        let topic = record.message.topic.as_str();
        let awaited = self.awaited.iter().find(|awaited| awaited.is_about(connection.id, &record.message));
        let is_reply = awaited.is_some_and(|awaited| awaited.is_answered_by(&record.message));
        if asked_for.is_empty() && awaited.is_some_and(|awaited| awaited.has_own_subscription) && !is_reply {
            self.talk.debug(format_args!("ignored a message on {topic} that is not a reply"));
            return Ok(0);
        }
        let mut hidden = self.preferences.muted.iter().chain(&self.hidden);
        let is_hidden = hidden.any(|filter| filter.matches(topic)) && !is_reply;
        let is_muted = self.is_watching || is_hidden;
        let outputs = outputs(&asked_for, &record.message, self.preferences.printer.as_ref());
        // Only who answers requests asks for them.
        let filters =
            asked_for.iter().filter(|_| !self.services.is_empty()).map(|active| active.options.filter.clone());
        let filters: Vec<_> = filters.collect();
        without_own_identifiers(&mut record.message);
        let changes = self.changes(&record.message);
        self.saw(record.message.topic.as_str());
        let id = self.messages.journal.push(&name, record.clone(), now);
        self.serve(index, &record, &filters);
        for file in outputs.files {
            file.borrow_mut().print(&record)?;
        }
        if is_muted || outputs.shown.is_empty() {
            return Ok(id);
        }
        let mut style = self.style.clone();
        match self.share(&record, now)? {
            Share::Nothing => return Ok(id),
            Share::Rows(rows) => style.maximum_lines = rows.min(style.maximum_lines),
            Share::Whole => {}
        }
        for printer in outputs.shown {
            let Some(printer) = printer else {
                self.show_line(id, &name, &record, &style)?;
                if let Some(changes) = &changes {
                    self.printer.painted(&format!("  ~ {changes}"), Color::Yellow)?;
                }
                continue;
            };
            // What arrived first is printed first.
            self.printer.flush()?;
            let mut printer = printer.borrow_mut();
            printer.print(&record)?;
            printer.flush()?;
        }
        Ok(id)
    }

    /// What a message changes on its topic, where that is to be shown.
    fn changes(&self, message: &Message) -> Option<String> {
        if !self.preferences.changes {
            return None;
        }
        let before = self.messages.journal.topics().get(message.topic.as_str(), Instant::now())?;
        // Of a long payload only the beginning is there.
        let is_whole = before.latest.size == before.latest.head.len();
        if is_whole { summary(before.latest.head, &message.payload) } else { None }
    }

    /// How much of a message may be drawn: in a script all.
    fn share(&mut self, record: &Record, now: Instant) -> Result<Share, Stop> {
        let Some(screen) = &mut self.screen else { return Ok(Share::Whole) };
        let rows = rows(record, &self.style);
        let sum = screen.flood.poll_sum(now);
        let share = screen.flood.offer(rows, now);
        if let Some(hidden) = sum {
            self.hidden(hidden)?;
        }
        Ok(share)
    }

    /// Tells how many messages were not shown, once that is due.
    pub(super) fn tell_hidden(&mut self) -> Result<(), Stop> {
        let sum = self.screen.as_mut().and_then(|screen| screen.flood.poll_sum(Instant::now()));
        sum.map_or(Ok(()), |hidden| self.hidden(hidden))
    }

    fn hidden(&mut self, count: u64) -> Result<(), Stop> {
        let line = format!("... {} more not shown; `last` has them", in_groups(count));
        Ok(self.printer.line(&line)?)
    }

    /// A message on its line.
    pub(super) fn show_line(
        &mut self,
        id: u64,
        connection: &str,
        record: &Record,
        style: &LiveStyle,
    ) -> Result<(), Stop> {
        let topic = record.message.topic.as_str();
        let of_connection = self.connections.iter().find(|other| other.name == connection);
        let active = of_connection.and_then(|connection| connection.matching(topic).next());
        let filter = active.map_or(0, |active| active.number);
        let connection = (self.connections.len() > 1).then_some(connection);
        Ok(self.printer.message(LiveHead { id, connection, filter }, record, style)?)
    }
}

/// About how many rows a message takes: those that are shown, and the one that mentions the others.
fn rows(record: &Record, style: &LiveStyle) -> usize {
    let message = &record.message;
    let head = message.topic.as_str().len() + 10;
    let excerpt = Excerpt::of(&message.payload, head, style.columns, style.maximum_lines);
    excerpt.rows + usize::from(excerpt.end < message.payload.len())
}

/// `1,204`.
pub(super) fn in_groups(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_count_lines_and_their_folds() {
        let record = |payload: &str| Record::new(Message::new("a/b".parse().unwrap(), payload.to_owned()));
        let style = |columns, maximum_lines| LiveStyle { maximum_lines, columns, ..LiveStyle::default() };
        assert_eq!(rows(&record("on"), &style(80, 20)), 1);
        assert_eq!(rows(&record("1\n2\n3"), &style(80, 20)), 3);
        assert_eq!(rows(&record("1\n2\n3"), &style(80, 2)), 3);
        assert_eq!(rows(&record(&"x".repeat(100)), &style(40, 20)), 3);
        assert_eq!(rows(&record(&"x".repeat(1_000_000)), &style(40, 20)), 21);
    }

    #[test]
    fn thousands_stand_apart() {
        assert_eq!([7, 1204, 1_000_000].map(in_groups), ["7", "1,204", "1,000,000"]);
    }
}
