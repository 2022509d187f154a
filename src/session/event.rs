//! What a session tells its driver.

use std::borrow::Cow;
use std::fmt;

use bytes::Bytes;

use crate::mqtt::{ConnAckProperties, Message, ReasonCode, UserProperties};

use super::{DeliveryId, PublishError, RequestError, RequestId};

/// What happened. Kept small: what is rare is boxed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// CONNACK accepted the connection. Publishes outstanding are resent by themselves; whether subscriptions
    /// still stand is in `session_present`.
    Connected(Box<ConnAck>),
    /// CONNACK refused the connection, which is over.
    Refused(Box<ConnAck>),
    /// The connection is over. Each connection ends with exactly one of `Refused` and `Disconnected`.
    Disconnected(Disconnected),
    /// An application message.
    Message(Received),
    /// What became of a publish at QoS 1 or 2, exactly once each. A publish at QoS 0 has an event only if it
    /// could not be sent ([`PublishOutcome::Rejected`]); otherwise see
    /// [`Session::transmitted`](super::Session::transmitted).
    Published {
        /// As [`Session::publish`](super::Session::publish) returned it.
        id: DeliveryId,
        /// What became of it.
        outcome: PublishOutcome,
    },
    /// SUBACK.
    Subscribed {
        /// As [`Session::subscribe`](super::Session::subscribe) returned it.
        id: RequestId,
        /// One reason for each filter, in their order.
        ack: Box<SubAck>,
    },
    /// UNSUBACK.
    Unsubscribed {
        /// As [`Session::unsubscribe`](super::Session::unsubscribe) returned it.
        id: RequestId,
        /// One reason for each filter, in their order.
        ack: Box<SubAck>,
    },
    /// A SUBSCRIBE or UNSUBSCRIBE queued before the server's limits were known, which they now forbid.
    RequestRejected {
        /// As `subscribe` or `unsubscribe` returned it.
        id: RequestId,
        /// Why.
        error: Box<RequestError>,
    },
    /// The server broke the protocol in a way that leaves every message accounted for, and it goes on. Once for each
    /// kind.
    Tolerated(Box<Violation>),
    /// The server closed the connection, as it seems because of the number of publishes in flight: from now on there
    /// are at most so many, and perhaps fewer later. Once.
    Narrowed(u16),
    /// AUTH from the server: `ContinueAuthentication` wants an answer by
    /// [`Session::authenticate`](super::Session::authenticate), `Success` ends a re-authentication.
    Auth(Box<Auth>),
}

/// A received message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Received {
    /// Topic, payload, QoS, retain and properties; a topic alias has been resolved.
    pub message: Message,
    /// The server sends it again, having seen no acknowledgement.
    pub dup: bool,
    /// Packet Identifier; 0 at QoS 0.
    pub packet_id: u16,
    /// What to acknowledge it with; `None` at QoS 0 and with [`Acknowledge::OnReceipt`](super::Acknowledge).
    pub token: Option<AckToken>,
}

/// Right to acknowledge one received message.
///
/// It goes stale with what it stands for (its connection at QoS 1, its session at QoS 2); acknowledging with a
/// stale token does nothing, as the server sends the message again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct AckToken {
    pub(super) packet_id: u16,
    pub(super) exactly_once: bool,
    pub(super) generation: u32,
}

impl AckToken {
    /// Whether it stands for a message at QoS 2.
    pub fn is_exactly_once(self) -> bool {
        self.exactly_once
    }
}

/// What became of a publish.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PublishOutcome {
    /// PUBACK or PUBCOMP: the server has it. The reason may be `NoMatchingSubscribers`.
    Acknowledged(Acknowledgement),
    /// PUBACK, PUBREC or PUBCOMP with a reason from 0x80.
    Refused(Acknowledgement),
    /// It was sent, not completed, and the server has no session any more: whether it arrived is unknown.
    Uncertain,
    /// The server closed the connection at it three times in a row, without acknowledging anything; it is not sent
    /// again.
    HungUp(Box<Message>),
    /// It was never sent, and there is nobody left to send it.
    Unsent,
    /// It was sent, or partly, and there is nobody left to say more: the client has ended, or at QoS 0 the connection.
    Lost,
    /// It was queued before the server's limits were known, which now forbid it; it was not sent.
    Rejected(Box<PublishError>),
}

/// Reason and what the server said with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Acknowledgement {
    /// Why; in 3.1.1 always `Success`.
    pub reason: ReasonCode,
    /// Reason String and User Properties, where there are any.
    pub details: Option<Box<Details>>,
}

/// Reason String and User Properties of any packet that answers.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Details {
    /// Why, in the server's words.
    pub reason_string: Option<String>,
    /// Names and values of the server's own.
    pub user_properties: UserProperties,
}

/// CONNACK.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConnAck {
    /// Whether the server resumes a session that it had. Always `false` in 3.1, which has no such flag.
    pub session_present: bool,
    /// A return code of 3.1.1 as its equal of 5.0.
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
    /// The server refused a re-authentication [MQTT-4.12.1-2]: the reason and words of its DISCONNECT, or the AUTH
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
    /// The rest.
    pub properties: DisconnectProperties,
}

/// Properties of DISCONNECT.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DisconnectProperties {
    /// How long the session lives on, seconds (client to server only); left out if CONNECT had asked for 0
    /// [MQTT-3.14.2-2].
    pub session_expiry_interval: Option<u32>,
    /// Why, in words.
    pub reason_string: Option<String>,
    /// Names and values of the sender's own.
    pub user_properties: UserProperties,
    /// Another server to use (server to client only).
    pub server_reference: Option<String>,
}

/// How the server broke the protocol.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// What our DISCONNECT says (5.0).
    pub reason: ReasonCode,
    /// What the server sent, as in `PUBLISH with two Topic Alias properties`.
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
