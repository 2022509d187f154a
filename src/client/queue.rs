use std::collections::VecDeque;
use std::task::Waker;

use super::Event;

/// Number of waiting messages above which reading stops.
const MAXIMUM_MESSAGES: usize = 1024;
/// Bytes of waiting messages above which reading stops.
const MAXIMUM_BYTES: usize = 1024 * 1024;

/// Events on their way from the driver to [`Events`](super::Events).
///
/// Only messages count: outcomes are bounded by what is accepted for publishing, and holding them up could
/// hold up the very publish that their consumer waits for.
#[derive(Debug, Default)]
pub(super) struct EventQueue {
    events: VecDeque<Event>,
    messages: usize,
    bytes: usize,
    consumer: Option<Waker>,
    /// The consumer is gone.
    is_unheard: bool,
    /// [`Event::Closed`] has been pushed.
    is_closed: bool,
}

impl EventQueue {
    pub(super) fn push(&mut self, event: Event) {
        self.is_closed |= matches!(event, Event::Closed(_));
        if self.is_unheard {
            return;
        }
        if let Event::Message(received) = &event {
            self.messages += 1;
            self.bytes += received.message.topic.as_str().len() + received.message.payload.len();
        }
        self.events.push_back(event);
        if let Some(consumer) = self.consumer.take() {
            consumer.wake();
        }
    }

    /// The last event, if it has not been taken: it may be extended.
    pub(super) fn last_mut(&mut self) -> Option<&mut Event> {
        self.events.back_mut()
    }

    pub(super) fn is_full(&self) -> bool {
        self.messages >= MAXIMUM_MESSAGES || self.bytes >= MAXIMUM_BYTES
    }

    pub(super) fn is_closed(&self) -> bool {
        self.is_closed
    }

    /// Exchanges all events for the empty `batch`, whose memory the next ones use.
    pub(super) fn take(&mut self, batch: &mut VecDeque<Event>) {
        std::mem::swap(&mut self.events, batch);
        (self.messages, self.bytes) = (0, 0);
    }

    /// Wakes the consumer at the next event. Until then the queue, which is empty, holds no memory.
    pub(super) fn wake_at_event(&mut self, waker: &Waker) {
        self.consumer = Some(waker.clone());
        self.events = VecDeque::new();
    }

    /// From here on all events are dropped.
    pub(super) fn discard(&mut self) {
        self.is_unheard = true;
        self.take(&mut VecDeque::new());
    }
}
