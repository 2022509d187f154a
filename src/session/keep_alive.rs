//! Keep alive [MQTT-3.1.2.10]: when to send PINGREQ, and when to give up on the server.

use std::time::{Duration, Instant};

/// Watches the silence on one network connection, in both directions.
///
/// PINGREQ is due one Keep Alive after the last packet sent, as the specification has it, and also one Keep Alive
/// after the last sign of life, so that the loss of the peer is noticed even while we keep publishing. Without another
/// sign of life, the connection is given up three quarters of a Keep Alive later.
#[derive(Debug)]
pub(super) struct KeepAlive {
    /// Zero: off.
    interval: Duration,
    sent: Instant,
    /// The last sign of life.
    heard: Instant,
    /// PINGREQ is out, or at least queued, since then.
    waiting_since: Option<Instant>,
    reading: bool,
}

/// What is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Due {
    Nothing,
    Ping,
    GiveUp,
}

impl KeepAlive {
    pub(super) fn new(seconds: u16, now: Instant) -> Self {
        let interval = Duration::from_secs(u64::from(seconds));
        Self { interval, sent: now, heard: now, waiting_since: None, reading: true }
    }

    pub(super) fn packet_sent(&mut self, now: Instant) {
        self.sent = now;
    }

    /// A sign of life: bytes have arrived, or the peer is taking a large packet piece by piece.
    pub(super) fn heard(&mut self, now: Instant) {
        self.heard = now;
    }

    /// PINGREQ is sent for another reason than silence.
    pub(super) fn pinged(&mut self, now: Instant) {
        self.waiting_since.get_or_insert(now);
    }

    pub(super) fn ping_answered(&mut self) {
        self.waiting_since = None;
    }

    /// While the driver does not read, a missing PINGRESP proves nothing.
    pub(super) fn set_reading(&mut self, reading: bool, now: Instant) {
        if reading && !self.reading {
            self.heard = now;
        }
        self.reading = reading;
    }

    /// When to ask [`due`](Self::due) again.
    pub(super) fn deadline(&self) -> Option<Instant> {
        if self.interval.is_zero() {
            return None;
        }
        match self.waiting_since {
            None => Some(self.sent.min(self.heard) + self.interval),
            Some(since) if self.reading => Some(since.max(self.heard) + self.interval * 3 / 4),
            // The server still needs to hear from us.
            Some(since) => Some(self.sent.max(since) + self.interval),
        }
    }

    /// What is due now; `Ping` is returned once, and while the driver does not read, once per Keep Alive.
    pub(super) fn due(&mut self, now: Instant) -> Due {
        if self.deadline().is_none_or(|deadline| now < deadline) {
            return Due::Nothing;
        }
        if self.waiting_since.is_some() && self.reading {
            return Due::GiveUp;
        }
        self.waiting_since = Some(now);
        Due::Ping
    }
}
