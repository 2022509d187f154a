//! `--trace`: hands what crosses the wire to the decoder, and what it tells to stderr.

use std::time::Instant;

use crate::client::Tap;
use crate::output::{Talk, TraceShape};
use crate::trace::{Direction, Wire};

/// A tap that tells each packet.
#[derive(Debug)]
pub(crate) struct Tracer {
    wire: Wire,
    shape: TraceShape,
    talk: Talk,
    /// Whose packets they are, where there are several clients.
    client: Option<String>,
}

impl Tracer {
    pub(crate) fn new(shape: TraceShape, talk: Talk) -> Self {
        Self { wire: Wire::default(), shape, talk, client: None }
    }

    /// Of one client among several.
    pub(crate) fn of_client(self, client: &str) -> Self {
        Self { client: Some(client.to_owned()), ..self }
    }

    fn take(&mut self, direction: Direction, bytes: &[u8]) {
        let Self { wire, shape, talk, client } = self;
        wire.take(direction, bytes, Instant::now(), |packet| talk.trace(client.as_deref(), packet, *shape));
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
