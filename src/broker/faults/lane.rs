use std::collections::VecDeque;
use std::time::{Duration, Instant};

use bytes::Bytes;

use super::packet::Packet;

/// How long packets are collected to be reordered.
pub(super) const REORDER_WAIT: Duration = Duration::from_secs(1);

/// The packets of a link in one direction that have not been passed on yet.
#[derive(Debug, Default)]
pub(super) struct Lane {
    waiting: VecDeque<Waiting>,
    batch: Option<Batch>,
}

#[derive(Debug)]
struct Waiting {
    frame: Bytes,
    /// `None` for what is not a packet, which the session complains about.
    packet: Option<Packet>,
    /// Not before; `None`: at once.
    from: Option<Instant>,
    closes: bool,
}

/// Packets of one type that are held back to be shuffled.
#[derive(Debug)]
struct Batch {
    packet: Packet,
    count: usize,
    until: Instant,
    frames: Vec<Bytes>,
}

impl Lane {
    pub(super) fn push(&mut self, packet: Option<Packet>, frame: Bytes, from: Option<Instant>, closes: bool) {
        self.waiting.push_back(Waiting { frame, packet, from, closes });
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.waiting.len() + self.batch.as_ref().map_or(0, |batch| batch.frames.len())
    }

    /// Begins to collect packets of a type, unless some are collected already.
    pub(super) fn collect(&mut self, packet: Packet, count: usize, now: Instant) {
        self.batch.get_or_insert_with(|| Batch { packet, count, until: now + REORDER_WAIT, frames: Vec::new() });
    }

    pub(super) fn collects(&self, packet: Packet) -> bool {
        self.batch.as_ref().is_some_and(|batch| batch.packet == packet)
    }

    /// Adds a packet to those that are collected.
    pub(super) fn add(&mut self, frame: Bytes, random: &mut fastrand::Rng) {
        let Some(batch) = &mut self.batch else { return };
        batch.frames.push(frame);
        if batch.frames.len() >= batch.count {
            self.let_go(random);
        }
    }

    /// The next packet that may pass, and whether the link is to be closed after it.
    pub(super) fn pop(&mut self, now: Instant, random: &mut fastrand::Rng) -> Option<(Bytes, bool)> {
        if self.batch.as_ref().is_some_and(|batch| batch.until <= now) {
            self.let_go(random);
        }
        // A waiting packet holds back later ones of its type; nothing may come before CONNECT and CONNACK
        // [MQTT-3.1.0-1], [MQTT-3.2.0-1].
        let mut held = 0_u16;
        for (place, waiting) in self.waiting.iter().enumerate() {
            // No packet has bit 0.
            let bit = waiting.packet.map_or(1, Packet::bit);
            let waits = waiting.from.is_some_and(|from| from > now);
            if !waits && held & bit == 0 {
                return self.waiting.remove(place).map(|waiting| (waiting.frame, waiting.closes));
            }
            if matches!(waiting.packet, Some(Packet::Connect | Packet::ConnAck)) {
                return None;
            }
            held |= bit;
        }
        None
    }

    /// When there may next be something to pop.
    pub(super) fn timeout(&self) -> Option<Instant> {
        let waiting = self.waiting.iter().filter_map(|waiting| waiting.from);
        waiting.chain(self.batch.as_ref().map(|batch| batch.until)).min()
    }

    /// Queues what was collected, in another order than it came in.
    fn let_go(&mut self, random: &mut fastrand::Rng) {
        let Some(Batch { packet, frames, .. }) = self.batch.take() else { return };
        let mut order: Vec<usize> = (0..frames.len()).collect();
        random.shuffle(&mut order);
        if order.is_sorted() {
            order.reverse();
        }
        for place in order {
            self.push(Some(packet), frames[place].clone(), None, false);
        }
    }
}
