//! The heart of the broker, sans-I/O: all sessions and what passes between them, behind one owner.
//!
//! A listener [`open`](Core::open)s a link for each stream and hands in what arrives
//! ([`handle_input`](Core::handle_input)) until the stream ends ([`handle_closed`](Core::handle_closed)). After each
//! `handle_*` it asks [`poll_ready`](Core::poll_ready) for the links that have something to send, each of which it
//! drains by [`poll_transmit`](Core::poll_transmit), and [`poll_timeout`](Core::poll_timeout) for the time at which
//! [`handle_timeout`](Core::handle_timeout) is due.

mod limits;
mod notice;

use std::time::{Instant, SystemTime};

use bytes::BytesMut;

use crate::mqtt::SharedStrategy;
pub use limits::Limits;
pub(crate) use notice::Notice;

/// What a core is started with.
#[derive(Debug, Clone, Default)]
pub(super) struct Settings {
    pub(super) limits: Limits,
    pub(super) shared_strategy: SharedStrategy,
}

/// One network connection. Its number is used again after [`Core::handle_closed`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct LinkId(u32);

impl LinkId {
    /// Small and dense, so that a listener can keep its streams in a `Vec`.
    pub(super) fn index(self) -> usize {
        self.0 as usize
    }
}

/// Who is at the other end of a link.
#[derive(Debug, Clone, Default)]
pub(super) struct Peer {
    /// Its address, for the log.
    pub(super) address: String,
    /// Which listener took it: `mqtt`, `mqtts`, `ws`, `wss` or `unix`.
    pub(super) listener: &'static str,
}

/// What is to be done with a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Transmit {
    /// Nothing to send now; [`Core::poll_ready`] names the link when there is.
    Idle,
    /// The buffer was filled; ask again when it has been written.
    More,
    /// Close the stream when what is in the buffer has been written.
    Close,
}

/// All sessions of a broker.
#[derive(Debug)]
pub(super) struct Core {
    settings: Settings,
}

impl Core {
    /// `started`: now, by both clocks. `seed`: for whatever is left to chance.
    pub(super) fn new(settings: Settings, started: (Instant, SystemTime), seed: u64) -> Self {
        let _ = (started, seed);
        Self { settings }
    }

    /// A stream has been accepted.
    pub(super) fn open(&mut self, peer: Peer, now: Instant) -> LinkId {
        let _ = (peer, now, &self.settings);
        LinkId(0)
    }

    /// Takes whole packets from the front of `input`; what is left is the beginning of one more.
    pub(super) fn handle_input(&mut self, link: LinkId, input: &mut BytesMut, now: Instant) {
        let _ = (link, now);
        input.clear();
    }

    /// Whether to read from the link: not while it has much to send that it does not take.
    pub(super) fn wants_input(&self, link: LinkId) -> bool {
        let _ = link;
        true
    }

    /// The stream has ended, whoever ended it. Once for each [`open`](Self::open).
    pub(super) fn handle_closed(&mut self, link: LinkId, now: Instant) {
        let _ = (link, now);
    }

    /// Does what is due.
    pub(super) fn handle_timeout(&mut self, now: Instant) {
        let _ = now;
    }

    /// When [`handle_timeout`](Self::handle_timeout) is due.
    pub(super) fn poll_timeout(&self) -> Option<Instant> {
        None
    }

    /// Appends packets to `buffer` until there are no more or the buffer holds some 64 KiB.
    pub(super) fn poll_transmit(&mut self, link: LinkId, buffer: &mut BytesMut, now: Instant) -> Transmit {
        let _ = (link, buffer, now);
        Transmit::Idle
    }

    /// A link that has something to send or is to be closed; each is named once until it is asked.
    pub(super) fn poll_ready(&mut self) -> Option<LinkId> {
        None
    }

    /// A line for the log.
    pub(super) fn poll_notice(&mut self) -> Option<Notice> {
        None
    }

    /// The broker ends: DISCONNECT with 0x8B to all of 5.0, and each link closes.
    pub(super) fn shut_down(&mut self, now: Instant) {
        let _ = now;
    }
}
