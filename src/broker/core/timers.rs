use std::collections::BTreeSet;
use std::time::Instant;

use super::types::LinkId;
use crate::broker::id::SessionId;

/// What happens when a timer expires.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Timer {
    /// The time for CONNECT has expired, or the client has been silent for too long.
    Silence(LinkId),
    /// The will of a client that is away is due.
    Will(SessionId),
    /// The session of a client that is away ends.
    SessionEnd(SessionId),
    /// `$SYS` is due.
    Statistics,
}

/// All timers, in the order of their times.
#[derive(Debug, Default)]
pub(super) struct Timers {
    set: BTreeSet<(Instant, Timer)>,
}

impl Timers {
    /// Sets a timer: `slot` is where its owner remembers its time, so that it can be reset or stopped.
    pub(super) fn set(&mut self, timer: Timer, slot: &mut Option<Instant>, time: Option<Instant>) {
        if let Some(former) = std::mem::replace(slot, time) {
            self.set.remove(&(former, timer));
        }
        if let Some(time) = time {
            self.set.insert((time, timer));
        }
    }

    /// The first one.
    pub(super) fn next(&self) -> Option<Instant> {
        self.set.first().map(|(time, _)| *time)
    }

    /// Takes out the first one that is due.
    pub(super) fn pop(&mut self, now: Instant) -> Option<Timer> {
        let &(time, _) = self.set.first()?;
        if time > now {
            return None;
        }
        self.set.pop_first().map(|(_, timer)| timer)
    }
}
