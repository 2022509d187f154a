use std::time::Instant;

use bytestring::ByteString;

use super::types::LinkId;
use crate::broker::access::Rights;
use crate::mqtt::Will;
use crate::session::server::ServerSession;

/// What the broker keeps for one client identifier.
#[derive(Debug)]
pub(super) struct Client {
    pub(super) id: ByteString,
    pub(super) user_name: Option<ByteString>,
    /// What the client may publish and receive.
    pub(super) rights: Rights,
    pub(super) session: ServerSession,
    /// Where it is connected.
    pub(super) link: Option<LinkId>,
    /// Seconds that the session outlives its connection; [`NEVER`]: as long as the broker runs.
    pub(super) expiry: u32,
    /// When [`Timer::SessionEnd`](super::timers::Timer) is set to.
    pub(super) ends_at: Option<Instant>,
    /// Of this connection, or of the last one with a pending will.
    pub(super) will: Option<Box<Will>>,
    /// When [`Timer::Will`](super::timers::Timer) is set to.
    pub(super) will_at: Option<Instant>,
    /// A message has been dropped since the queue last had room.
    pub(super) is_dropping: bool,
    /// Publishes and subscriptions of this connection that were refused, as far as they are logged.
    pub(super) denied: Denied,
}

/// How many were refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Denied {
    pub(super) publishes: u8,
    pub(super) subscriptions: u8,
}

/// A Session Expiry Interval that does not end [MQTT-3.1.2.11.2].
pub(super) const NEVER: u32 = u32::MAX;

impl Client {
    pub(super) fn new(id: ByteString) -> Self {
        Self {
            id,
            user_name: None,
            rights: Rights::all(),
            session: ServerSession::new(),
            link: None,
            expiry: 0,
            ends_at: None,
            will: None,
            will_at: None,
            is_dropping: false,
            denied: Denied::default(),
        }
    }
}
