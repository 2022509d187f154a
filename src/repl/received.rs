//! Messages that are kept, and which of them somebody has waited for.

use std::collections::BTreeSet;
use std::time::Instant;

use super::journal::{Entry, Journal, Limits};
use super::selection::Selection;

/// What was received, and which of it a `wait` or an `expect` has taken.
#[derive(Debug)]
pub(super) struct Messages {
    pub(super) journal: Journal,
    taken: BTreeSet<u64>,
}

impl Messages {
    pub(super) fn new() -> Self {
        Self { journal: Journal::new(Limits::default(), Instant::now()), taken: BTreeSet::new() }
    }

    /// The last `count` selected messages, the oldest first.
    pub(super) fn latest(&self, count: usize, selection: &Selection) -> Vec<Entry> {
        let takes = |entry: &&Entry| selection.takes(entry);
        let mut latest: Vec<_> = self.journal.entries().rev().filter(takes).take(count).cloned().collect();
        latest.reverse();
        latest
    }

    /// The oldest wanted message that no command has waited for.
    pub(super) fn take_first(&mut self, mut is_wanted: impl FnMut(&Entry) -> bool) -> Option<Entry> {
        self.forget_dropped();
        let is_free = |entry: &&Entry| !self.taken.contains(&entry.id) && is_wanted(entry);
        let found = self.journal.entries().find(is_free)?.clone();
        self.taken.insert(found.id);
        Some(found)
    }

    /// Takes a message, if no command has taken it and it is wanted.
    pub(super) fn take(&mut self, id: u64, is_wanted: impl FnOnce(&Entry) -> bool) -> Option<Entry> {
        let found = self.journal.get(id).filter(|entry| is_wanted(entry))?.clone();
        self.taken.insert(id).then_some(found)
    }

    fn forget_dropped(&mut self) {
        if let Some(oldest) = self.journal.oldest() {
            self.taken = self.taken.split_off(&oldest);
        }
    }
}
