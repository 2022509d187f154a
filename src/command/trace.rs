//! `--trace`: passes the traffic to the decoder, and its output to stderr.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use crate::client::Tap;
use crate::output::{Talk, TraceFormat};
use crate::trace::{Direction, Wire};

/// A tap that logs each packet.
#[derive(Debug)]
pub(crate) struct Tracer {
    wire: Wire,
    format: TraceFormat,
    talk: Talk,
    /// The client of the packets, if there are several.
    client: Option<String>,
    /// Log nothing while it is off.
    switch: Option<Arc<AtomicBool>>,
}

impl Tracer {
    pub(crate) fn new(format: TraceFormat, talk: Talk) -> Self {
        Self { wire: Wire::default(), format, talk, client: None, switch: None }
    }

    /// Of one client among several.
    pub(crate) fn of_client(self, client: &str) -> Self {
        Self { client: Some(client.to_owned()), ..self }
    }

    /// For a broker, where the client's packets are incoming.
    #[cfg(feature = "broker")]
    pub(crate) fn of_broker(self) -> Self {
        Self { wire: Wire::of_broker(), ..self }
    }

    /// Only while a switch is on.
    pub(crate) fn with_switch(self, switch: Arc<AtomicBool>) -> Self {
        Self { switch: Some(switch), ..self }
    }

    fn take(&mut self, direction: Direction, bytes: &[u8]) {
        let Self { wire, format, talk, client, switch } = self;
        let is_on = switch.as_ref().is_none_or(|switch| switch.load(Ordering::Relaxed));
        wire.take(direction, bytes, Instant::now(), |packet| {
            if is_on {
                talk.trace(client.as_deref(), packet, *format);
            }
        });
    }
}

impl Tap for Tracer {
    fn begin(&mut self) {
        self.wire.begin();
    }

    fn sent(&mut self, bytes: &[u8]) {
        self.take(Direction::Sent, bytes);
    }

    fn received(&mut self, bytes: &[u8]) {
        self.take(Direction::Received, bytes);
    }
}
