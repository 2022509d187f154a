//! Why the worker's own thread is late: it did not get a core, or had too much to do.
//!
//! A worker that sleeps until an alarm and wakes behind it was not given a core. One that was awake all the time and is
//! late all the same has worked, or was put off its core; the system counts both for each thread, which is asked only
//! when something is late.

use crate::bench::clock::Clock;
use crate::bench::usage::{thread_cpu, thread_wait};

/// What a late or missing message waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Cause {
    /// A core for the worker's thread.
    #[default]
    Core,
    /// The worker's own work.
    Work,
    /// A place in the window: the broker's acknowledgements.
    Window,
    /// The socket: the broker's reading.
    Socket,
    /// A connection.
    Connection,
}

/// How much later than it asks for the system may wake a thread that sleeps, by default, nanoseconds.
pub(super) const SLACK: u64 = 50_000;
/// What is later is asked about.
const ASKED: u64 = 1_000_000;
/// How long an answer holds.
const HOLDS: u64 = 5_000_000;

/// How late the thread of a worker runs, and why.
#[derive(Debug, Default)]
pub(super) struct Lag {
    /// When it fell asleep last.
    asleep: u64,
    /// When it wanted to wake; `None`: it is awake.
    alarm: Option<u64>,
    /// When it woke.
    awake: u64,
    /// It was put off its core for longer than it worked, or stopped.
    put_off: bool,
    asked: u64,
    busy: u64,
    waited: u64,
}

impl Lag {
    /// It sleeps from now until an alarm, unless the network wakes it.
    pub(super) fn sleeps(&mut self, now: u64, alarm: u64) {
        self.asleep = now;
        self.alarm = Some(alarm);
    }

    /// It runs. How long behind its alarm, if it slept until then: the time in which it was not given a core.
    pub(super) fn runs(&mut self, now: u64) -> Option<(u64, u64)> {
        let alarm = self.alarm.take()?;
        self.awake = now;
        now.checked_sub(alarm).map(|late| (alarm, late))
    }

    /// Why a message that was planned for a time is noticed only now.
    pub(super) fn of(&mut self, planned: u64, now: u64, clock: &Clock) -> Cause {
        let late = now.saturating_sub(planned);
        if late < ASKED {
            return Cause::Work;
        }
        let asleep = self.awake.saturating_sub(planned.max(self.asleep));
        if asleep.saturating_mul(2) >= late {
            return Cause::Core;
        }
        self.ask(clock);
        if self.put_off { Cause::Core } else { Cause::Work }
    }

    /// What the thread did since it was asked last.
    pub(super) fn ask(&mut self, clock: &Clock) {
        let now = clock.now();
        if now.saturating_sub(self.asked) < HOLDS {
            return;
        }
        let awake = now.saturating_sub(self.awake.max(self.asked));
        self.asked = now;
        let Some(busy) = thread_cpu() else { return };
        let waited = thread_wait();
        let worked = busy.saturating_sub(self.busy);
        // Who is stopped, or whose machine is, does not wait in a queue of the system: the time is missing.
        self.put_off = waited.saturating_sub(self.waited) > worked || worked < awake / 2;
        (self.busy, self.waited) = (busy, waited);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: u64 = 1_000_000;

    #[test]
    fn who_sleeps_past_the_alarm_was_given_no_core() {
        let clock = Clock::start();
        let mut lag = Lag::default();
        lag.sleeps(10 * MS, 20 * MS);
        assert_eq!(lag.runs(90 * MS), Some((20 * MS, 70 * MS)));
        assert_eq!(lag.of(20 * MS, 91 * MS, &clock), Cause::Core);
        // Planned while it was already running: its own turn took that long.
        assert_eq!(lag.of(90 * MS, 120 * MS, &clock), Cause::Work);
    }

    #[test]
    fn who_is_woken_before_the_alarm_is_not_late() {
        let mut lag = Lag::default();
        lag.sleeps(10 * MS, 20 * MS);
        assert_eq!(lag.runs(15 * MS), None);
        assert_eq!(lag.runs(30 * MS), None, "it was awake");
    }
}
