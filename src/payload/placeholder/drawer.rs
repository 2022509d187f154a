//! What filling a pattern draws from: chance, the time, and what a client keeps from one text to the next.

use std::sync::atomic::{AtomicU32, Ordering};

use jiff::Timestamp;

/// A place of a pattern that keeps something for each client. Unique in the process, so that one memory serves all the
/// patterns of a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Slot(u32);

impl Slot {
    pub(super) fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        Self(NEXT.fetch_add(1, Ordering::Relaxed))
    }
}

/// Fills the patterns of one client.
#[derive(Debug)]
pub(crate) struct Drawer {
    pub(super) random: fastrand::Rng,
    /// Number of the message, from 0.
    number: u64,
    clock: fn() -> Timestamp,
    /// What is kept, in the order of the slots.
    kept: Vec<(Slot, Kept)>,
    /// The JSON of the request that is answered.
    request: Option<Box<serde_json::Value>>,
    fault: Option<String>,
}

/// What is kept at a place.
#[derive(Debug)]
pub(super) enum Kept {
    /// Where a walk is now.
    Position(i64),
    /// What was drawn once.
    Text(Box<str>),
}

impl Drawer {
    /// With its own randomness; `clock` gives the time.
    pub(crate) fn new(random: fastrand::Rng, clock: fn() -> Timestamp) -> Self {
        Self { random, number: 0, clock, kept: Vec::new(), request: None, fault: None }
    }

    /// The same values each time, for the same seed.
    pub(crate) fn seeded(seed: u64) -> Self {
        Self::new(fastrand::Rng::with_seed(seed), Timestamp::now)
    }

    /// Begins the message of a number.
    pub(crate) fn begin(&mut self, number: u64) {
        self.number = number;
    }

    /// Begins the answer to a request, whose places are filled in by their pointers.
    pub(crate) fn begin_answer(&mut self, number: u64, request: &[u8]) {
        self.number = number;
        self.request = serde_json::from_slice(request).ok().map(Box::new);
    }

    /// The number of the message that is being filled in.
    pub(crate) fn number(&self) -> u64 {
        self.number
    }

    /// Why the text that was filled last is not complete.
    pub(crate) fn take_fault(&mut self) -> Option<String> {
        self.fault.take()
    }

    pub(super) fn fail(&mut self, why: impl FnOnce() -> String) {
        if self.fault.is_none() {
            self.fault = Some(why());
        }
    }

    pub(super) fn now(&self) -> Timestamp {
        (self.clock)()
    }

    pub(super) fn request(&self) -> Option<&serde_json::Value> {
        self.request.as_deref()
    }

    pub(super) fn kept(&self, slot: Slot) -> Option<&Kept> {
        self.kept.binary_search_by_key(&slot, |(slot, _)| *slot).ok().map(|place| &self.kept[place].1)
    }

    pub(super) fn keep(&mut self, slot: Slot, value: Kept) {
        match self.kept.binary_search_by_key(&slot, |(slot, _)| *slot) {
            Ok(place) => self.kept[place].1 = value,
            Err(place) => self.kept.insert(place, (slot, value)),
        }
    }
}

impl Default for Drawer {
    fn default() -> Self {
        Self::new(fastrand::Rng::new(), Timestamp::now)
    }
}
