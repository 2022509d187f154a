use std::time::Instant;

use bytes::BytesMut;

use super::scram::{Exchange, Method};
use super::types::Peer;
use crate::broker::id::SessionId;
use crate::session::server::{Connect, Connection};

/// One stream.
#[derive(Debug)]
pub(super) struct Link {
    pub(super) peer: Peer,
    pub(super) stage: Stage,
    /// When [`Timer::Silence`](super::timers::Timer) is set to.
    pub(super) silence: Option<Instant>,
    /// How the client authenticated itself, if by an exchange.
    pub(super) authenticated: Option<Box<Authenticated>>,
    /// It is in the queue of those that have something to send.
    pub(super) is_ready: bool,
}

/// The state of a link.
#[derive(Debug)]
pub(super) enum Stage {
    /// CONNECT is expected.
    Open,
    /// CONNECT has arrived, and its enhanced authentication is in progress.
    Authenticating(Box<Pending>),
    /// A client is connected.
    Connected(SessionId, Box<Connection>),
    /// The rest is sent, and then the link closes.
    Closing(BytesMut),
}

impl Link {
    pub(super) fn new(peer: Peer) -> Self {
        Self { peer, stage: Stage::Open, silence: None, authenticated: None, is_ready: false }
    }

    /// The session that it carries.
    pub(super) fn session(&self) -> Option<SessionId> {
        match self.stage {
            Stage::Connected(session, _) => Some(session),
            _ => None,
        }
    }
}

/// A client with a valid CONNECT whose exchange is in progress.
#[derive(Debug)]
pub(super) struct Pending {
    pub(super) connect: Connect,
    pub(super) exchange: Exchange,
    pub(super) output: BytesMut,
}

/// How a connected client authenticated itself, for when it does so again.
#[derive(Debug)]
pub(super) struct Authenticated {
    pub(super) method: Method,
    /// A re-authentication in progress.
    pub(super) exchange: Option<Exchange>,
}

impl Authenticated {
    pub(super) fn new(method: Method) -> Self {
        Self { method, exchange: None }
    }
}

impl Pending {
    pub(super) fn drain(&mut self, buffer: &mut BytesMut) {
        buffer.extend_from_slice(&self.output.split());
    }
}
