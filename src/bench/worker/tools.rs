//! What the connections of a worker share.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashSet};
use std::sync::Arc;
use std::time::Instant;

use bytes::BytesMut;

use super::lag::Lag;
use super::stage::Stage;
use crate::bench::clock::Clock;
use crate::bench::plan::{Expected, Plan};
use crate::bench::recorder::Recorder;
use crate::mqtt::TopicName;

/// Bytes read or written at a time.
pub(super) const BUFFER: usize = 64 * 1024;
/// Bytes of payloads that are allocated at a time.
const ARENA: usize = 64 * 1024;
/// How long the broker may take to close after a DISCONNECT.
pub(super) const CLOSING: u64 = 1_000_000_000;

/// What the connections of a worker share.
#[derive(Debug)]
pub(super) struct Tools {
    pub(super) plan: Arc<Plan>,
    pub(super) clock: Clock,
    pub(super) recorder: Recorder,
    pub(super) random: fastrand::Rng,
    pub(super) input: BytesMut,
    pub(super) output: BytesMut,
    pub(super) arena: BytesMut,
    /// The payload that is being filled in.
    pub(super) text: String,
    /// The time of what is being looked at.
    pub(super) now: u64,
    /// How many connections are in each stage.
    pub(super) stages: [u64; Stage::COUNT],
    pub(super) answer_timeout: u64,
    /// Whether unpaced clients publish.
    pub(super) running: bool,
    pub(super) measure_acks: bool,
    /// Whether deliveries can be compared with what is expected.
    pub(super) expects: bool,
    /// Deliveries without duplicates.
    pub(super) distinct: u64,
    /// Of those expected, deliveries to clients that are away.
    pub(super) waiting: u64,
    /// Messages sent that will never be answered: their session or their client is gone.
    pub(super) abandoned: u64,
    /// Messages that are over as planned: sent at `QoS` 0, acknowledged above.
    pub(super) finished: u64,
    /// How often something was read.
    pub(super) reads: u64,
    /// How many publishes the broker has answered to the end.
    pub(super) completed: u64,
    /// The smallest end-to-end latency of this turn.
    pub(super) quickest: Option<u64>,
    /// The smallest window of any publisher.
    pub(super) window: u64,
    /// The shortest time in which the broker has answered CONNECT, or the first publishes of a phase, nanoseconds.
    pub(super) round_trip: u64,
    /// When the phase began, until the first publish in it is completed.
    pub(super) began: Option<u64>,
    /// Which phase it is, from 0.
    pub(super) phase: usize,
    /// Topics at which the broker keeps a message of ours, where later phases subscribe to them.
    pub(super) retained: Option<HashSet<TopicName>>,
    /// When which connection is to leave again.
    pub(super) departures: Times,
    /// When which connection has something to do by its own plan.
    pub(super) alarms: Times,
    /// How late this thread runs.
    pub(super) lag: Lag,
}

/// Times with the connections that they are of, the earliest on top.
pub(super) type Times = BinaryHeap<Reverse<(u64, u32)>>;

impl Tools {
    /// Room for a payload: memory for many at once. One that is unacknowledged keeps the whole piece.
    pub(super) fn make_room(&mut self, bytes: usize) {
        if self.arena.capacity() < bytes {
            self.arena.reserve(bytes.max(ARENA));
        }
    }

    pub(super) fn take_time(&mut self) {
        self.now = self.clock.now();
        self.recorder.tick(self.now);
    }

    pub(super) fn instant(&self) -> Instant {
        self.clock.instant(self.now)
    }

    /// A message that leads to these deliveries was sent, or acknowledged.
    pub(super) fn expect(&mut self, deliveries: Expected) {
        self.recorder.counts.expected += u64::from(deliveries.now) + u64::from(deliveries.later);
        self.waiting += u64::from(deliveries.later);
    }
}
