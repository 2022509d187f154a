use std::fmt;

use bytes::Bytes;
use bytestring::ByteString;

use crate::mqtt::{ConnectProperties, UserProperties, Version, Will};

/// The content of CONNECT, and how this end behaves afterwards.
///
/// Properties are on the wire in 5.0 only; in 3.1.1 they are ignored.
#[derive(Clone)]
pub struct ConnectOptions {
    /// Version of the protocol.
    pub version: Version,
    /// Empty: the server chooses one, which reconnects then use [MQTT-3.1.3-6].
    pub client_id: ByteString,
    /// Clean Start (5.0) or Clean Session (3.1.1).
    ///
    /// In 5.0 it applies to the first connection; later ones resume the session, as long as Session Expiry Interval
    /// keeps it. In 3.1.1 it applies to each connection, since there it also means that the session ends with the
    /// connection.
    pub clean_start: bool,
    /// Seconds of silence after which PINGREQ is sent; 0: never. Server Keep Alive overrides it.
    pub keep_alive: u16,
    /// User Name.
    pub user_name: Option<ByteString>,
    /// Password; never shown by `Debug`.
    pub password: Option<Bytes>,
    /// The message that the server publishes if this client disappears without DISCONNECT.
    pub will: Option<Box<Will>>,
    /// Properties of CONNECT. `receive_maximum`, `maximum_packet_size` and `topic_alias_maximum` are limits for the server,
    /// and the session enforces them.
    pub properties: ConnectProperties,
    /// When received messages at QoS 1 and 2 are acknowledged.
    pub acknowledge: Acknowledge,
    /// How many publishes at QoS 1 and 2 may be outstanding, if the server's Receive Maximum allows as many; at
    /// least 1. `None`: what the server announces, up to 1,024; if it announces nothing, what all brokers are known
    /// to accept: 100, of which 20 at QoS 2. A broker that is sent more may acknowledge them and deliver nothing.
    pub inflight: Option<u16>,
    /// Tolerate and report a server that sends more unacknowledged messages than our Receive Maximum. mosquitto 2.0 does so
    /// if it is small, in resumed sessions and when messages wait.
    pub tolerates_excess: bool,
    /// What happens to publishes that were sent but not completed when the server no longer has the session.
    pub on_session_loss: OnSessionLoss,
    /// The Packet Identifier to begin with, from 1. In a session that an earlier process may have left behind, a random
    /// one: the server may still have messages of that process under the lower ones, and would confuse ours with them.
    pub first_packet_id: u16,
    /// Use topic aliases for publishes automatically, within the server's Topic Alias Maximum.
    pub automatic_topic_aliases: bool,
}

/// When received messages at QoS 1 and 2 are acknowledged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Acknowledge {
    /// At once, as the event is queued.
    #[default]
    OnReceipt,
    /// When [`Session::acknowledge`](super::Session::acknowledge) is called with the message's token.
    Manual,
}

/// What happens to publishes that were sent but not completed when the server no longer has the session.
///
/// Whether such a message has arrived cannot be known: at QoS 2 a server may forward it at PUBLISH or at PUBREL
/// (figure 4.3 of the specification allows both).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OnSessionLoss {
    /// Each has the outcome [`PublishOutcome::Uncertain`](super::PublishOutcome::Uncertain).
    Report,
    /// QoS 1 is published again, ahead of what is queued: at least once. QoS 2 is reported: at most once.
    #[default]
    RepublishAtLeastOnce,
    /// Both are published again: none is lost, and some at QoS 2 may arrive twice.
    RepublishAll,
}

/// Options that no CONNECT can carry: the field by name and what is wrong with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{field} {fault}")]
pub struct InvalidOptions {
    /// Name of the field in the specification.
    pub field: &'static str,
    /// What is wrong with it.
    pub fault: &'static str,
}

impl ConnectOptions {
    /// Clean start, keep alive of 60 s, no credentials, no will, no properties.
    pub fn new(version: Version, client_id: impl Into<ByteString>) -> Self {
        Self {
            version,
            client_id: client_id.into(),
            clean_start: true,
            keep_alive: 60,
            user_name: None,
            password: None,
            will: None,
            properties: ConnectProperties::default(),
            acknowledge: Acknowledge::OnReceipt,
            inflight: None,
            tolerates_excess: false,
            on_session_loss: OnSessionLoss::default(),
            first_packet_id: 1,
            automatic_topic_aliases: false,
        }
    }

    /// Whether a CONNECT can carry them.
    pub fn check(&self) -> Result<(), InvalidOptions> {
        check_text("Client Identifier", &self.client_id)?;
        if let Some(user_name) = &self.user_name {
            check_text("User Name", user_name)?;
        }
        if let Some(password) = &self.password {
            check_binary("Password", password)?;
        }
        if self.inflight == Some(0) {
            return Err(InvalidOptions { field: "inflight", fault: "must be at least 1" });
        }
        if self.first_packet_id == 0 {
            return Err(InvalidOptions { field: "Packet Identifier", fault: "must be at least 1" });
        }
        if let Some(will) = &self.will {
            check_binary("Will Payload", &will.payload)?;
        }
        if self.version.is_v5() { self.check_v5() } else { self.check_v3() }
    }

    fn check_v3(&self) -> Result<(), InvalidOptions> {
        if self.password.is_some() && self.user_name.is_none() {
            return Err(InvalidOptions { field: "Password", fault: "needs a User Name before MQTT 5.0" });
        }
        let field = "Client Identifier";
        if self.client_id.is_empty() && (!self.clean_start || self.version == Version::V3_1) {
            return Err(InvalidOptions { field, fault: "can be empty with Clean Session only, and not in MQTT 3.1" });
        }
        Ok(())
    }

    fn check_v5(&self) -> Result<(), InvalidOptions> {
        let properties = &self.properties;
        if properties.receive_maximum == Some(0) {
            return Err(InvalidOptions { field: "Receive Maximum", fault: "must be at least 1" });
        }
        if properties.maximum_packet_size == Some(0) {
            return Err(InvalidOptions { field: "Maximum Packet Size", fault: "must be at least 1" });
        }
        if let Some(method) = &properties.authentication_method {
            check_text("Authentication Method", method)?;
        }
        if let Some(data) = &properties.authentication_data {
            check_binary("Authentication Data", data)?;
            if properties.authentication_method.is_none() {
                let fault = "needs an Authentication Method";
                return Err(InvalidOptions { field: "Authentication Data", fault });
            }
        }
        check_user_properties(&properties.user_properties)?;
        let Some(will) = &self.will else { return Ok(()) };
        check_payload_format(will.properties.payload_format_indicator)?;
        for (field, text) in
            [("Content Type", &will.properties.content_type), ("Response Topic", &will.properties.response_topic)]
        {
            check_text(field, text.as_deref().unwrap_or_default())?;
        }
        check_binary("Correlation Data", will.properties.correlation_data.as_deref().unwrap_or_default())?;
        check_user_properties(&will.properties.user_properties)
    }
}

/// A UTF-8 Encoded String [MQTT-1.5.4].
pub(super) fn check_text(field: &'static str, text: &str) -> Result<(), InvalidOptions> {
    if text.contains('\0') {
        return Err(InvalidOptions { field, fault: "cannot hold the character U+0000" });
    }
    check_binary(field, text.as_bytes())
}

/// Binary Data [MQTT-1.5.6].
pub(super) fn check_binary(field: &'static str, bytes: &[u8]) -> Result<(), InvalidOptions> {
    if bytes.len() > usize::from(u16::MAX) {
        return Err(InvalidOptions { field, fault: "can have at most 65,535 bytes" });
    }
    Ok(())
}

pub(super) fn check_user_properties(properties: &UserProperties) -> Result<(), InvalidOptions> {
    properties.iter().try_for_each(|(name, value)| {
        check_text("User Property", name)?;
        check_text("User Property", value)
    })
}

pub(super) fn check_payload_format(indicator: Option<u8>) -> Result<(), InvalidOptions> {
    if indicator.is_some_and(|value| value > 1) {
        return Err(InvalidOptions { field: "Payload Format Indicator", fault: "must be 0 or 1" });
    }
    Ok(())
}

impl fmt::Debug for ConnectOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConnectOptions")
            .field("version", &self.version)
            .field("client_id", &self.client_id)
            .field("clean_start", &self.clean_start)
            .field("keep_alive", &self.keep_alive)
            .field("user_name", &self.user_name)
            .field("password", &self.password.as_ref().map(|_| "***"))
            .field("will", &self.will)
            .field("acknowledge", &self.acknowledge)
            .field("inflight", &self.inflight)
            .field("on_session_loss", &self.on_session_loss)
            .field("automatic_topic_aliases", &self.automatic_topic_aliases)
            // The properties may hold Authentication Data: a secret too.
            .finish_non_exhaustive()
    }
}
