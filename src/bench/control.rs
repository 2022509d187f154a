//! Communication between the conductor and the workers during the run: a few atomics, never per message.

use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::Notify;

use super::recorder::WorkerResult;
use super::worker::ReadyList;

/// From the conductor to all workers.
#[derive(Debug, Default)]
pub(super) struct Control {
    /// What to do, in order; a worker knows how many of them it has obeyed.
    orders: Mutex<Vec<Order>>,
    /// How many there are, so that a worker looks only when there is a new one.
    given: AtomicUsize,
    /// Disconnect and end.
    finish: AtomicBool,
    /// End without DISCONNECT.
    abort: AtomicBool,
    /// How often the workers were asked what they have measured so far.
    asked: AtomicUsize,
    /// A worker failed; from it to the conductor.
    failed: AtomicBool,
    /// Where the conductor waits for news.
    pub(super) news: Notify,
}

/// An order to all workers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    /// Carry out the changes before a phase.
    Change {
        /// Which phase.
        phase: usize,
    },
    /// A phase's groups act, from a time of the run's clock on.
    Begin {
        /// Which phase.
        phase: usize,
        /// From when on.
        at: u64,
    },
    /// Nothing new is scheduled until the next phase.
    Stop,
}

/// From one worker to the conductor, brought up to date many times a second.
#[derive(Debug, Default)]
pub(super) struct Progress {
    /// How many orders it has carried out; the other fields reflect these.
    pub(super) obeyed: AtomicUsize,
    /// Clients that are connected, away by plan, or have failed for good.
    pub(super) settled: AtomicU64,
    /// Connected clients.
    pub(super) ready: AtomicU64,
    /// Clients that have not failed for good.
    pub(super) hopeful: AtomicU64,
    /// Messages sent and unanswered, and scheduled and unsent.
    pub(super) outstanding: AtomicU64,
    /// Messages written to sockets.
    pub(super) sent: AtomicU64,
    /// Messages acknowledged or refused.
    pub(super) answered: AtomicU64,
    /// Messages received, without duplicates.
    pub(super) distinct: AtomicU64,
    /// Expected deliveries to connected clients.
    pub(super) expected: AtomicU64,
    /// Messages received.
    pub(super) delivered: AtomicU64,
    /// Everything scheduled is sent and answered, as far as it will be.
    pub(super) drained: AtomicBool,
    /// Everything scheduled is sent: only answers are outstanding.
    pub(super) all_sent: AtomicBool,
    /// What it has measured so far, when it was asked; only for reports of a run that goes on.
    pub(super) so_far: Mutex<Option<WorkerResult>>,
}

impl Progress {
    /// Leaves what was measured so far for the conductor.
    pub(super) fn leave(&self, result: WorkerResult) {
        *self.so_far.lock().unwrap_or_else(PoisonError::into_inner) = Some(result);
    }

    /// What was left last, once.
    pub(super) fn collect(&self) -> Option<WorkerResult> {
        self.so_far.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// One worker, as the conductor sees it.
#[derive(Debug, Clone)]
pub(super) struct WorkerHandle {
    pub(super) progress: Arc<Progress>,
    pub(super) ready: Arc<ReadyList>,
}

impl Control {
    pub(super) fn give(&self, order: Order) {
        let mut orders = self.orders.lock().unwrap_or_else(PoisonError::into_inner);
        orders.push(order);
        self.given.store(orders.len(), Ordering::Release);
    }

    /// How many orders there are.
    pub(super) fn given(&self) -> usize {
        self.given.load(Ordering::Acquire)
    }

    pub(super) fn order(&self, number: usize) -> Option<Order> {
        self.orders.lock().unwrap_or_else(PoisonError::into_inner).get(number).copied()
    }

    /// Asks the workers what they have measured so far.
    pub(super) fn ask(&self) {
        self.asked.fetch_add(1, Ordering::AcqRel);
    }

    pub(super) fn asked(&self) -> usize {
        self.asked.load(Ordering::Acquire)
    }

    pub(super) fn finish(&self) {
        self.finish.store(true, Ordering::Release);
    }

    pub(super) fn is_finished(&self) -> bool {
        self.finish.load(Ordering::Acquire)
    }

    pub(super) fn abort(&self) {
        self.abort.store(true, Ordering::Release);
    }

    pub(super) fn fail(&self) {
        self.failed.store(true, Ordering::Release);
        self.news.notify_one();
    }

    pub(super) fn has_failed(&self) -> bool {
        self.failed.load(Ordering::Acquire)
    }

    pub(super) fn is_aborted(&self) -> bool {
        self.abort.load(Ordering::Acquire)
    }
}
