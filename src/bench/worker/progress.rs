//! What a worker reports to the conductor: its progress, and in the end what it measured.

use std::sync::atomic::Ordering;

use super::connection::{Connection, Served};
use super::stage::Stage;
use super::{LOOKS_FOR_ALL, Mode, Worker};
use crate::bench::recorder::WorkerResult;

impl Worker {
    /// What is done a few times a second, whatever happens.
    pub(super) fn look(&mut self) {
        // A part of them each time: their times are seconds, and a look at each costs a cache miss.
        let part = self.connections.len().div_ceil(LOOKS_FOR_ALL);
        let from = if self.looked_at >= self.connections.len() { 0 } else { self.looked_at };
        self.looked_at = (from + part).min(self.connections.len());
        for index in from..self.looked_at {
            let served = self.connections[index].look_at_the_time(&mut self.tools);
            let index = u32::try_from(index).unwrap_or(u32::MAX);
            if self.connections[index as usize].stage == Stage::Dialing {
                // Nothing wakes it when its time is over.
                self.go_on_opening(index);
                continue;
            }
            match served {
                Served::Waits => {}
                Served::HasMore => self.again.push(index),
                Served::Ended => self.ended(index),
            }
        }
        self.look_at_cpu();
        if self.answered < self.assignment.control.asked() {
            self.answered = self.assignment.control.asked();
            self.assignment.handle.progress.leave(self.tools.recorder.so_far(self.cpu));
        }
        self.tell();
    }

    /// Within the measured time only.
    pub(super) fn look_at_cpu(&mut self) {
        if self.tools.now >= self.tools.recorder.from && self.tools.now < self.tools.recorder.to {
            self.cpu.look(&self.tools.clock);
        }
    }

    /// Whether all clients are connected, which the conductor waits for and does not know yet.
    pub(super) fn has_news(&self) -> bool {
        matches!(self.mode, Mode::Changing) && {
            let progress = &self.assignment.handle.progress;
            self.settled() != progress.settled.load(Ordering::Relaxed)
                && self.settled() == self.connections.len() as u64
        }
    }

    /// Clients that are where they should be, or never will be.
    fn settled(&self) -> u64 {
        [Stage::Ready, Stage::Gone, Stage::Offline].iter().map(|stage| self.tools.stages[*stage as usize]).sum()
    }

    /// Reports its progress to the conductor.
    pub(super) fn tell(&mut self) {
        let stage = |stage: Stage| self.tools.stages[stage as usize];
        let all = self.connections.len() as u64;
        let ready = stage(Stage::Ready);
        let progress = &self.assignment.handle.progress;
        let counts = &self.tools.recorder.counts;
        let over = counts.dropped + counts.refused + self.tools.finished + self.tools.abandoned;
        let outstanding = counts.scheduled.saturating_sub(over);
        let scheduled_all = self
            .groups
            .iter()
            .all(|group| group.schedule.as_ref().is_none_or(|schedule| schedule.next_due().is_none()));
        progress.ready.store(ready, Ordering::Relaxed);
        progress.hopeful.store(all - stage(Stage::Gone), Ordering::Relaxed);
        progress.outstanding.store(outstanding, Ordering::Relaxed);
        progress.sent.store(counts.sent, Ordering::Relaxed);
        let answered = counts.acknowledged + counts.refused + counts.responses;
        // Those that come and go are progress, too.
        let answered = answered + counts.subscribed + counts.unsubscribed;
        progress.answered.store(answered, Ordering::Relaxed);
        progress.delivered.store(counts.delivered, Ordering::Relaxed);
        progress.distinct.store(self.tools.distinct, Ordering::Relaxed);
        progress.expected.store(counts.expected - self.tools.waiting, Ordering::Relaxed);
        let begun = self.upcoming.is_empty() && !matches!(self.mode, Mode::Changing);
        // Asked of the connections only at the end, which thousands of them would otherwise pay for all the time.
        let is_idle = |connection: &Connection| {
            connection.stage == Stage::Gone || (!connection.is_eager() && connection.outstanding() == 0)
        };
        let drained = begun && scheduled_all && self.connections.iter().all(is_idle);
        let has_sent = |connection: &Connection| !connection.is_eager() && connection.waits_to_be_sent() == 0;
        let all_sent = begun && scheduled_all && (drained || self.connections.iter().all(has_sent));
        progress.drained.store(drained, Ordering::Release);
        progress.all_sent.store(all_sent, Ordering::Release);
        progress.settled.store(self.settled(), Ordering::Release);
        progress.obeyed.store(self.obeyed, Ordering::Release);
        self.assignment.control.news.notify_one();
    }

    /// Counts what is left over.
    pub(super) fn settle(&mut self) {
        for connection in &mut self.connections {
            connection.settle(&mut self.tools);
        }
    }

    pub(super) fn end(mut self) -> WorkerResult {
        if !matches!(self.mode, Mode::Closing { .. }) {
            self.settle();
        }
        self.tools.recorder.close_second();
        self.tell();
        let phases = self.tools.plan.scenario.phases.len();
        self.tools.recorder.finish(phases, self.cpu)
    }
}
