use std::collections::{BTreeSet, VecDeque};

use jiff::Timestamp;

use super::shell::{Shell, Stop};
use crate::mqtt::TopicFilter;
use crate::output::LiveHead;
use crate::payload::Record;
use crate::session::Received;

/// Messages kept.
const MESSAGES: usize = 10_000;

/// What was received, the latest of it.
#[derive(Debug, Default)]
pub(super) struct Messages {
    ring: VecDeque<Kept>,
    /// The number of the last one.
    last: u64,
    /// Those that a `wait` or an `expect` took.
    taken: BTreeSet<u64>,
}

/// A message that is kept.
#[derive(Debug, Clone)]
pub(super) struct Kept {
    pub(super) id: u64,
    pub(super) connection: String,
    pub(super) filter: usize,
    pub(super) record: Record,
}

impl Messages {
    fn push(&mut self, connection: &str, filter: usize, record: Record) -> u64 {
        self.last += 1;
        self.ring.push_back(Kept { id: self.last, connection: connection.to_owned(), filter, record });
        if self.ring.len() > MESSAGES
            && let Some(oldest) = self.ring.pop_front()
        {
            self.taken.remove(&oldest.id);
        }
        self.last
    }

    /// A message by its number.
    pub(super) fn get(&self, id: u64) -> Option<&Kept> {
        self.ring.iter().find(|kept| kept.id == id)
    }

    /// The last so many whose topics match, the oldest first.
    pub(super) fn latest(&self, count: usize, on: Option<&TopicFilter>) -> Vec<Kept> {
        let matches = |kept: &&Kept| on.is_none_or(|filter| filter.matches(kept.record.message.topic.as_str()));
        let mut latest: Vec<_> = self.ring.iter().rev().filter(matches).take(count).cloned().collect();
        latest.reverse();
        latest
    }

    /// The oldest message that nobody waited for and that is wanted.
    pub(super) fn take_first(&mut self, mut is_wanted: impl FnMut(&Kept) -> bool) -> Option<Kept> {
        let found = self.ring.iter().find(|kept| !self.taken.contains(&kept.id) && is_wanted(kept))?.clone();
        self.taken.insert(found.id);
        Some(found)
    }
}

impl Shell<'_> {
    /// Keeps a message and shows it.
    pub(super) fn message(&mut self, index: usize, received: Received) -> Result<u64, Stop> {
        let connection = &self.connections[index];
        let record = Record {
            packet_id: (received.packet_id != 0).then_some(received.packet_id),
            dup: received.dup,
            received_at: Some(Timestamp::now()),
            message: received.message,
        };
        let topic = record.message.topic.as_str();
        let active = connection.matching(topic).next();
        let filter = active.map_or(0, |active| active.number);
        let printer = active.and_then(|active| active.printer.clone());
        let is_shown = connection.shows(topic, record.message.retain);
        let id = self.messages.push(&connection.name, filter, record.clone());
        if !is_shown {
            return Ok(id);
        }
        let Some(printer) = printer else {
            let name = connection.name.clone();
            self.show_line(id, &name, filter, &record)?;
            return Ok(id);
        };
        // What came before stands before.
        self.printer.flush()?;
        let mut printer = printer.borrow_mut();
        printer.print(&record)?;
        printer.flush()?;
        Ok(id)
    }

    /// A message on its line.
    pub(super) fn show_line(&mut self, id: u64, connection: &str, filter: usize, record: &Record) -> Result<(), Stop> {
        let connection = (self.connections.len() > 1).then_some(connection);
        Ok(self.printer.message(LiveHead { id, connection, filter }, record, self.style)?)
    }
}
