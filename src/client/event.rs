//! What a client reports about its connections and about requests.

use std::net::SocketAddr;
use std::time::Duration;

use crate::session::{
    Auth, ConnAck, DeliveryId, PublishOutcome, Received, RequestError, RequestId, SubAck, SubscribeRequest, Violation,
};
use crate::transport::{DialTimings, Endpoint};

use super::{Cause, ClientError, Clue};

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// CONNACK accepted a connection, the first or a later one.
    Connected(Box<Connected>),
    /// An application message.
    Message(Received),
    /// Every publish at QoS 0 up to `through` that had no separate event has been written to the socket, which is
    /// all that QoS 0 promises.
    Flushed {
        /// The last of them.
        through: DeliveryId,
        /// How many since the last such event.
        count: usize,
    },
    /// The outcome of a publish. One at QoS 1 or 2 has exactly one such event, one at QoS 0 only if it was not
    /// flushed. When the client ends, whatever has no outcome yet is [`PublishOutcome::Lost`].
    Published {
        /// The id returned by [`Client::publish`](super::Client::publish).
        id: DeliveryId,
        /// Its outcome.
        outcome: PublishOutcome,
    },
    /// SUBACK.
    Subscribed {
        /// The id returned by [`Client::subscribe`](super::Client::subscribe).
        id: RequestId,
        /// One reason for each filter, in their order.
        ack: Box<SubAck>,
    },
    /// The answer to a SUBSCRIBE that the client sent itself because the broker had lost the session.
    Resubscribed(Box<Resubscribed>),
    /// UNSUBACK.
    Unsubscribed {
        /// The id returned by [`Client::unsubscribe`](super::Client::unsubscribe).
        id: RequestId,
        /// One reason for each filter, in their order.
        ack: Box<SubAck>,
    },
    /// A request that was made before the broker's limits were known, which now forbid it.
    RequestRejected {
        /// The id returned by `subscribe` or `unsubscribe`.
        id: RequestId,
        /// Why.
        error: Box<RequestError>,
    },
    /// AUTH from the broker; [`Client::authenticate`](super::Client::authenticate) answers.
    Auth(Box<Auth>),
    /// The broker broke the protocol in a way that leaves every message accounted for. Once for each kind.
    Tolerated(Box<Violation>),
    /// The broker closed the connection, apparently because of the number of publishes in flight; this is the limit from
    /// now on. Once, though the limit may become lower.
    Narrowed(u16),
    /// The connection is lost; the next attempt follows after `delay`.
    Reconnecting(Box<Reconnecting>),
    /// The broker redirects us to another one, which is tried at once.
    Redirected(Box<Redirected>),
    /// The last event. `Ok`: after [`Client::disconnect`](super::Client::disconnect).
    Closed(Result<(), Box<ClientError>>),
}

/// An open connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Connected {
    /// What the broker said.
    pub ack: ConnAck,
    /// The address that answered; `None` for a Unix socket.
    pub peer: Option<SocketAddr>,
    /// How long the steps of the dial took.
    pub timings: DialTimings,
    /// From CONNECT to CONNACK.
    pub handshake: Duration,
    /// There was a connection before, and its session is gone.
    pub session_loss: Option<SessionLoss>,
}

/// Why a session is gone when its client comes back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SessionLoss {
    /// It was meant to end with the connection: Clean Session of 3.1.1, a Session Expiry Interval of 0.
    Ended,
    /// The broker should have kept it, but has not.
    Forgotten,
}

/// Subscriptions that had to be made again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resubscribed {
    /// The subscription requested.
    pub request: SubscribeRequest,
    /// SUBACK, or why the broker, by its new limits, cannot even be asked.
    pub answer: Result<SubAck, RequestError>,
}

/// The next attempt to connect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reconnecting {
    /// Why the connection was lost or not opened.
    pub cause: Cause,
    /// Which attempt comes next, from 1.
    pub attempt: u32,
    /// After how many it is given up.
    pub maximum_attempts: u32,
    /// How long until it starts.
    pub delay: Duration,
    /// Whether the broker keeps the session meanwhile. If not, messages for us are missing afterwards.
    pub is_session_kept: bool,
    /// A clue to the cause, once for each kind.
    pub clue: Option<Clue>,
}

/// Another broker to connect to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Redirected {
    /// What the broker said.
    pub cause: Cause,
    /// Its address.
    pub endpoint: Endpoint,
}
