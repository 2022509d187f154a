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
}

impl Tracer {
    pub(crate) fn new(shape: TraceShape, talk: Talk) -> Self {
        Self { wire: Wire::default(), shape, talk }
    }

    fn take(&mut self, direction: Direction, bytes: &[u8]) {
        let Self { wire, shape, talk } = self;
        wire.take(direction, bytes, Instant::now(), |packet| talk.trace(packet, *shape));
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
