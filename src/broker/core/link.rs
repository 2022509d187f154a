use std::time::Instant;

use bytes::BytesMut;

use super::Peer;
use super::authenticate::{Authenticated, Pending};
use crate::broker::id::SessionId;
use crate::session::server::Connection;

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

/// How far a link has come.
#[derive(Debug)]
pub(super) enum Stage {
    /// CONNECT is to come.
    Open,
    /// CONNECT has come, and its enhanced authentication goes on.
    Authenticating(Box<Pending>),
    /// A client is connected.
    Connected(SessionId, Box<Connection>),
    /// What is left is sent, and then it closes.
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
