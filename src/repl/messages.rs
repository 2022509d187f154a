//! What becomes of a message: it is kept, and shown unless that would be too much.

use std::sync::Arc;
use std::time::Instant;

use jiff::Timestamp;

use super::flood::Share;
use super::shell::{Shell, Stop};
use crate::output::{Excerpt, LiveHead, LiveStyle};
use crate::payload::Record;
use crate::session::Received;

impl Shell<'_> {
    /// Keeps a message and shows it.
    pub(super) fn message(&mut self, index: usize, received: Received) -> Result<u64, Stop> {
        let now = Instant::now();
        let record = Record {
            packet_id: (received.packet_id != 0).then_some(received.packet_id),
            dup: received.dup,
            received_at: Some(Timestamp::now()),
            message: received.message,
        };
        let connection = &self.connections[index];
        let name: Arc<str> = connection.name.as_str().into();
        let topic = record.message.topic.as_str();
        let printer = connection.matching(topic).next().and_then(|active| active.printer.clone());
        let printer = printer.or_else(|| self.preferences.printer.clone());
        let is_muted = self.is_watching || self.preferences.muted.iter().any(|filter| filter.matches(topic));
        let is_shown = !is_muted && connection.shows(topic, record.message.retain);
        self.saw(topic);
        let id = self.messages.journal.push(&name, record.clone(), now);
        if !is_shown {
            return Ok(id);
        }
        let mut style = self.style.clone();
        match self.share(&record, now)? {
            Share::Nothing => return Ok(id),
            Share::Rows(rows) => style.maximum_lines = rows.min(style.maximum_lines),
            Share::Whole => {}
        }
        let Some(printer) = printer else {
            self.show_line(id, &name, &record, &style)?;
            return Ok(id);
        };
        // What came before stands before.
        self.printer.flush()?;
        let mut printer = printer.borrow_mut();
        printer.print(&record)?;
        printer.flush()?;
        Ok(id)
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

/// About how many rows a message takes: those that are shown, and the one that tells of the others.
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
    use crate::mqtt::Message;

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
