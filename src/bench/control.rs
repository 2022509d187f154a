//! What the conductor and the workers tell each other while running: a few atomics, never per message.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use tokio::sync::Notify;

use super::worker::ReadyList;

/// From the conductor to all workers.
#[derive(Debug)]
pub(super) struct Control {
    /// When publishing begins, on the run's clock; `u64::MAX` as long as that is open.
    begin: AtomicU64,
    /// Nothing new is scheduled any more.
    stop: AtomicBool,
    /// Disconnect and end.
    finish: AtomicBool,
    /// End without a word.
    abort: AtomicBool,
    /// A worker could not go on; from it to the conductor.
    failed: AtomicBool,
    /// Where the conductor waits for news.
    pub(super) news: Notify,
}

/// From one worker to the conductor, brought up to date many times a second.
#[derive(Debug, Default)]
pub(super) struct Progress {
    /// Clients that stand or have failed for good.
    pub(super) settled: AtomicU64,
    /// Clients that stand.
    pub(super) standing: AtomicU64,
    /// Clients that stand or may yet.
    pub(super) hopeful: AtomicU64,
    /// Messages sent and unanswered, and scheduled and unsent.
    pub(super) outstanding: AtomicU64,
    /// Messages written to sockets.
    pub(super) sent: AtomicU64,
    /// Messages acknowledged or refused.
    pub(super) answered: AtomicU64,
    /// Messages received, without duplicates.
    pub(super) distinct: AtomicU64,
    /// Deliveries that should come.
    pub(super) expected: AtomicU64,
    /// Messages received.
    pub(super) delivered: AtomicU64,
    /// Everything scheduled is sent and answered, as far as it will be.
    pub(super) drained: AtomicBool,
}

/// One worker, as the conductor sees it.
#[derive(Debug, Clone)]
pub(super) struct WorkerHandle {
    pub(super) progress: Arc<Progress>,
    pub(super) ready: Arc<ReadyList>,
}

impl Default for Control {
    fn default() -> Self {
        Self {
            begin: AtomicU64::new(u64::MAX),
            stop: AtomicBool::new(false),
            finish: AtomicBool::new(false),
            abort: AtomicBool::new(false),
            failed: AtomicBool::new(false),
            news: Notify::new(),
        }
    }
}

impl Control {
    pub(super) fn begin(&self, at: u64) {
        self.begin.store(at, Ordering::Release);
    }

    pub(super) fn began(&self) -> Option<u64> {
        Some(self.begin.load(Ordering::Acquire)).filter(|begin| *begin != u64::MAX)
    }

    pub(super) fn stop(&self) {
        self.stop.store(true, Ordering::Release);
    }

    pub(super) fn is_stopped(&self) -> bool {
        self.stop.load(Ordering::Acquire)
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
