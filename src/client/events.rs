use std::collections::VecDeque;
use std::sync::Arc;
use std::task::Poll;

use super::Event;
use super::handle::Handle;

/// The events of one client, in order. Taking them is what makes room for more: without it, reading stops.
///
/// Publishing and taking events in one task is fine as long as neither waits for the other: take events in a
/// `select!` with [`Client::publish`](super::Client::publish), not after it, if messages are received too.
#[derive(Debug)]
pub struct Events {
    handle: Arc<Handle>,
    /// Taken over as a whole, so that the lock is touched once for many events.
    batch: VecDeque<Event>,
}

impl Events {
    pub(super) fn new(handle: Arc<Handle>) -> Self {
        Self { handle, batch: VecDeque::new() }
    }

    /// For tests of the queue behind it.
    #[cfg(test)]
    pub(super) fn of(shared: Arc<super::state::Shared>) -> Self {
        Self::new(Arc::new(Handle { shared }))
    }

    /// The next event, `None` after [`Event::Closed`]. Dropping the future loses nothing.
    pub async fn next(&mut self) -> Option<Event> {
        if let Some(event) = self.batch.pop_front() {
            return Some(event);
        }
        std::future::poll_fn(|cx| {
            let mut state = self.handle.shared.lock();
            state.take_events(&mut self.batch);
            match self.batch.pop_front() {
                Some(event) => Poll::Ready(Some(event)),
                None if state.events.is_closed() => Poll::Ready(None),
                None => {
                    state.events.wake_at_event(cx.waker());
                    // A waiting consumer holds no memory.
                    self.batch = VecDeque::new();
                    Poll::Pending
                }
            }
        })
        .await
    }

    /// The next event if there is one already: a printer takes these before it flushes.
    pub fn try_next(&mut self) -> Option<Event> {
        if self.batch.is_empty() {
            self.handle.shared.lock().take_events(&mut self.batch);
        }
        self.batch.pop_front()
    }
}

impl Drop for Events {
    fn drop(&mut self) {
        self.handle.shared.lock().discard_events();
    }
}
