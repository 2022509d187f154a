//! What a session reports to its driver.

use std::borrow::Cow;
use std::fmt;

use bytes::Bytes;

use crate::mqtt::{ConnAckProperties, Message, ReasonCode, UserProperties};

use super::{DeliveryId, PublishError, RequestError, RequestId};

/// What happened. Kept small: rare variants are boxed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// CONNACK accepted the connection. Outstanding publishes are resent automatically; `session_present` says
    /// whether subscriptions still exist.
    Connected(Box<ConnAck>),
    /// CONNACK refused the connection, which is over.
    Refused(Box<ConnAck>),
    /// The connection is over. Each connection ends with exactly one of `Refused` and `Disconnected`.
    Disconnected(Disconnected),
    /// An application message.
    Message(Received),
    /// The outcome of a publish at QoS 1 or 2, exactly once each. A publish at QoS 0 has an event only if it
    /// could not be sent ([`PublishOutcome::Rejected`]); otherwise see
    /// [`Session::transmitted`](super::Session::transmitted).
    Published {
        /// The id returned by [`Session::publish`](super::Session::publish).
        id: DeliveryId,
        /// Its outcome.
        outcome: PublishOutcome,
    },
    /// SUBACK.
    Subscribed {
        /// The id returned by [`Session::subscribe`](super::Session::subscribe).
        id: RequestId,
        /// One reason for each filter, in their order.
        ack: Box<SubAck>,
    },
    /// UNSUBACK.
    Unsubscribed {
        /// The id returned by [`Session::unsubscribe`](super::Session::unsubscribe).
        id: RequestId,
        /// One reason for each filter, in their order.
        ack: Box<SubAck>,
    },
    /// A SUBSCRIBE or UNSUBSCRIBE queued before the server's limits were known, which they now forbid.
    RequestRejected {
        /// The id returned by `subscribe` or `unsubscribe`.
        id: RequestId,
        /// Why.
        error: Box<RequestError>,
    },
    /// The server broke the protocol in a way that leaves every message accounted for, and the session continues. Once
    /// for each kind.
    Tolerated(Box<Violation>),
    /// The server closed the connection, apparently because of the number of publishes in flight: this is the limit from
    /// now on, and it may be lowered further. Once.
    Narrowed(u16),
    /// AUTH from the server: `ContinueAuthentication` requires an answer with
    /// [`Session::authenticate`](super::Session::authenticate), `Success` ends a re-authentication.
    Auth(Box<Auth>),
}

/// A received message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Received {
    /// Topic, payload, QoS, retain and properties; a topic alias has been resolved.
    pub message: Message,
    /// The server sends it again, as it has seen no acknowledgement.
    pub dup: bool,
    /// Packet Identifier; 0 at QoS 0.
    pub packet_id: u16,
    /// What to acknowledge it with; `None` at QoS 0 and with [`Acknowledge::OnReceipt`](super::Acknowledge).
    pub token: Option<AckToken>,
}

/// Permission to acknowledge one received message.
///
/// It becomes stale with its connection at QoS 1, and with its session at QoS 2; acknowledging with a
/// stale token does nothing, as the server sends the message again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct AckToken {
    pub(super) packet_id: u16,
    pub(super) exactly_once: bool,
    pub(super) generation: u32,
}

impl AckToken {
    /// Whether its message has QoS 2.
    pub fn is_exactly_once(self) -> bool {
        self.exactly_once
    }
}

/// The outcome of a publish.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PublishOutcome {
    /// PUBACK or PUBCOMP: the server has received it. The reason may be `NoMatchingSubscribers`.
    Acknowledged(Acknowledgement),
    /// PUBACK, PUBREC or PUBCOMP with a reason from 0x80.
    Refused(Acknowledgement),
    /// It was sent but not completed, and the server no longer has the session: whether it arrived is unknown.
    Uncertain,
    /// The server closed the connection on it three times in a row, without acknowledging anything; it is not sent
    /// again.
    HungUp(Box<Message>),
    /// It was never sent, and never will be, as the client has ended.
    Unsent,
    /// It was sent, at least in part, and nothing more will be known: the client has ended, or at QoS 0 the connection.
    Lost,
    /// It was queued before the server's limits were known, which now forbid it; it was not sent.
    Rejected(Box<PublishError>),
}

/// The reason, with its details.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Acknowledgement {
    /// Why; in 3.1.1 always `Success`.
    pub reason: ReasonCode,
    /// Reason String and User Properties, where there are any.
    pub details: Option<Box<Details>>,
}

/// Reason String and User Properties of any answer.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Details {
    /// The reason in the words of the server.
    pub reason_string: Option<String>,
    /// Names and values defined by the server.
    pub user_properties: UserProperties,
}

/// CONNACK.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConnAck {
    /// Whether the server resumes a stored session. Always `false` in 3.1, which has no such flag.
    pub session_present: bool,
    /// The reason; for a return code of 3.1.1, its equivalent in 5.0.
    pub reason: ReasonCode,
    /// What the server grants and limits; in 3.1.1 none.
    pub properties: ConnAckProperties,
}

/// SUBACK and UNSUBACK.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SubAck {
    /// One for each filter, in their order. 0x80 of 3.1.1 is `UnspecifiedError`; UNSUBACK of 3.1.1 has `Success`
    /// for each.
    pub reasons: Vec<ReasonCode>,
    /// Reason String and User Properties.
    pub details: Details,
}

/// AUTH, in either direction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Auth {
    /// `Success`, `ContinueAuthentication` or `ReAuthenticate`.
    pub reason: ReasonCode,
    /// Authentication Data.
    pub data: Option<Bytes>,
    /// Reason String and User Properties.
    pub details: Details,
}

/// Why a connection is over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Disconnected {
    /// The server sent DISCONNECT (5.0).
    ByServer(Box<Disconnect>),
    /// The server refused a re-authentication [MQTT-4.12.1-2]: the reason and text of its DISCONNECT, or the AUTH
    /// whose data says so, with `NotAuthorized`.
    NotReauthenticated(Box<Auth>),
    /// The server broke the protocol: its fault, in plain words.
    Violation(Box<Violation>),
    /// The server did not answer PINGREQ.
    KeepAliveTimeout,
    /// The stream ended without DISCONNECT.
    Lost,
    /// By [`Session::disconnect`](super::Session::disconnect).
    ByClient,
}

/// DISCONNECT, in either direction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Disconnect {
    /// Why.
    pub reason: ReasonCode,
    /// The other fields.
    pub properties: DisconnectProperties,
}

/// Properties of DISCONNECT.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DisconnectProperties {
    /// How long the session is kept, in seconds (client to server only); left out if CONNECT had asked for 0
    /// [MQTT-3.14.2-2].
    pub session_expiry_interval: Option<u32>,
    /// The reason in words.
    pub reason_string: Option<String>,
    /// Names and values defined by the sender.
    pub user_properties: UserProperties,
    /// Another server to use (server to client only).
    pub server_reference: Option<String>,
}

/// How the server broke the protocol.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// What our DISCONNECT says (5.0).
    pub reason: ReasonCode,
    /// What the server sent, for example `PUBLISH with two Topic Alias properties`.
    pub fault: Cow<'static, str>,
}

impl Violation {
    pub(super) fn new(reason: ReasonCode, fault: impl Into<Cow<'static, str>>) -> Self {
        Self { reason, fault: fault.into() }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.fault)
    }
}

impl std::error::Error for Violation {}
