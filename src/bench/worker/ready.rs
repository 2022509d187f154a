//! Which connections of a worker have something to do.
//!
//! One task drives all connections of a thread. Each has its own waker that puts its number on one list, so
//! that a wake-up costs a push, and a turn of the worker looks at the connections on the list and at no others.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Wake, Waker};

/// The list.
#[derive(Debug, Default)]
pub(crate) struct ReadyList(Mutex<Inner>);

#[derive(Debug, Default)]
struct Inner {
    connections: Vec<u32>,
    worker: Option<Waker>,
}

/// Puts its connection on the list, at most once until the worker has served it.
#[derive(Debug)]
pub(super) struct ConnectionWaker {
    pub(super) connection: u32,
    listed: AtomicBool,
    list: Arc<ReadyList>,
}

impl ReadyList {
    /// Takes the content of the list, and sets whom to wake when it is no longer empty.
    pub(super) fn take(&self, connections: &mut Vec<u32>, worker: &Waker) {
        let mut inner = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        connections.append(&mut inner.connections);
        if !inner.worker.as_ref().is_some_and(|known| known.will_wake(worker)) {
            inner.worker = Some(worker.clone());
        }
    }

    /// Wakes the worker, whatever is on the list.
    pub(crate) fn wake_worker(&self) {
        let inner = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(worker) = &inner.worker {
            worker.wake_by_ref();
        }
    }

    fn push(&self, connection: u32) {
        let mut inner = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        inner.connections.push(connection);
        if inner.connections.len() == 1
            && let Some(worker) = &inner.worker
        {
            worker.wake_by_ref();
        }
    }
}

impl ConnectionWaker {
    pub(super) fn new(connection: u32, list: Arc<ReadyList>) -> Arc<Self> {
        Arc::new(Self { connection, listed: AtomicBool::new(false), list })
    }

    /// Before the connection is served: what happens from now on lists it again.
    pub(super) fn unlist(&self) {
        self.listed.store(false, Ordering::Release);
    }
}

impl Wake for ConnectionWaker {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if !self.listed.swap(true, Ordering::AcqRel) {
            self.list.push(self.connection);
        }
    }
}
