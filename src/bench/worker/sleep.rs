//! How long a worker sleeps after a turn.

use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use super::gathering::{Harvest, Publishers};
use super::lag::SLACK;
use super::stage::Stage;
use super::{Mode, Next, Worker, pacer};
use crate::bench::Role;
use crate::bench::clock::nanos;

/// No alarm is set for less, nanoseconds.
const GRAIN: u64 = pacer::GRAIN.subsec_nanos() as u64;

impl Worker {
    /// How long to let gather after a turn in which everything that had come was read.
    pub(super) fn gather(&mut self, harvest: Harvest) -> Option<Duration> {
        if harvest.completed > 0
            && let Some(began) = self.tools.began.take()
        {
            self.tools.round_trip = self.tools.round_trip.min(self.tools.now - began);
        }
        if !self.tools.running {
            return None;
        }
        let wait = self.gathering.after(harvest, self.publishers(), self.tools.now)?;
        let now = self.tools.clock.now();
        self.tools.lag.sleeps(now, now.saturating_add(nanos(wait).max(GRAIN)).saturating_add(SLACK));
        Some(wait)
    }

    fn publishers(&self) -> Publishers {
        let groups = self.tools.plan.scenario.groups.iter().zip(&self.groups);
        let planned = groups.filter(|(group, _)| matches!(group.role, Role::Publish(_))).map(|(_, part)| part.count);
        let count = self.tools.stages[Stage::Ready as usize].min(planned.sum::<usize>() as u64);
        Publishers { count, window: self.tools.window, round_trip: self.tools.round_trip }
    }

    /// How long to let gather what falls due and arrives, after a turn with so many messages and reads.
    pub(super) fn rest_of_tick(&mut self, events: u64) -> Option<Duration> {
        let Mode::Running { begin } = self.mode else { return None };
        if !self.tools.running || self.tools.now < begin {
            return None;
        }
        let now = self.tools.clock.now();
        let recorder = &mut self.tools.recorder;
        self.ticker.note(events, now, now >= recorder.from && now < recorder.to);
        recorder.precision = self.ticker.held();
        // Connects have tasks of their own in this thread, and their times are measured too.
        let end = self.ticker.end_of_tick(now).filter(|_| self.under_way() == 0)?;
        self.tools.lag.sleeps(now, end.max(now + GRAIN) + SLACK);
        Some(Duration::from_nanos(end - now))
    }

    /// Sleeps until the network wakes it, or something is due.
    pub(super) fn wait(&mut self, cx: &mut Context<'_>) -> Poll<Next> {
        let handshakes_left = self.under_way() < self.handshakes();
        let next_dial = self.planned_dials.peek().map(|dial| dial.0.0).filter(|_| handshakes_left);
        let next_departure = self.tools.departures.peek().map(|departure| departure.0.0);
        let next_alarm = self.tools.alarms.peek().map(|alarm| alarm.0.0);
        let next_phase = self.upcoming.front().map(|phase| phase.1);
        let next_due = match self.mode {
            Mode::Running { begin } => self
                .groups
                .iter()
                .filter_map(|group| group.schedule.as_ref()?.next_due())
                .min()
                .map(|due| begin.saturating_add(due)),
            _ => None,
        };
        let times = [next_dial, next_departure, next_alarm, next_phase, next_due];
        let wake = times.into_iter().flatten().fold(self.next_look, u64::min);
        let now = Instant::now();
        match self.pacer.poll(self.tools.clock.instant(wake), now, cx) {
            Poll::Ready(()) => Poll::Ready(Next::Again),
            Poll::Pending => {
                let now = self.tools.clock.at(now);
                self.tools.lag.sleeps(now, wake.max(now + GRAIN));
                Poll::Pending
            }
        }
    }
}
