use std::fmt;

use bytestring::ByteString;

use crate::mqtt::{ReasonCode, Version};

/// A line for the log: events of interest to the operator of the broker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Notice {
    /// CONNACK accepted a client.
    Connected {
        /// Its identifier.
        client_id: ByteString,
        /// Where it comes from.
        address: String,
        /// By which listener.
        listener: &'static str,
        /// Its version.
        version: Version,
        /// Whether a session of it was resumed.
        resumed: bool,
    },
    /// A client has gone.
    Disconnected {
        /// Its identifier.
        client_id: ByteString,
        /// Why, in words; empty for a normal DISCONNECT.
        why: String,
    },
    /// A connection was refused before there was a client.
    Refused {
        /// Where it came from.
        address: String,
        /// The reason of CONNACK, if there was one.
        reason: Option<ReasonCode>,
        /// Why, in words.
        why: String,
    },
    /// Messages were dropped, since a queue is full. Once until the queue has room again.
    Dropped {
        /// Whose queue.
        client_id: ByteString,
        /// How many messages are queued.
        queued: usize,
        /// Their bytes.
        bytes: usize,
        /// The option that sets the limit.
        flag: &'static str,
    },
    /// A message could not be kept for later.
    NotKept {
        /// Who published it.
        client_id: ByteString,
        /// Where: `retained` or `$delayed`.
        store: &'static str,
        /// Which limit, in words.
        why: String,
    },
    /// A message or a subscription of a client was refused. The first ones of a connection only: there may be millions.
    Denied {
        /// Whose.
        client_id: ByteString,
        /// `message on` or `subscription to`.
        what: &'static str,
        /// The topic, or the filter.
        topic: String,
        /// The reason, which the client does not get before 5.0.
        reason: ReasonCode,
        /// Why, in words.
        why: &'static str,
        /// Whether later ones of this connection are left out.
        is_last: bool,
    },
    /// A user who has a hash for a password asks for SCRAM, which needs the password.
    HashForScram {
        /// The user name.
        user_name: String,
        /// The address.
        address: String,
    },
    /// A message was dropped for one subscriber, since it is larger than its Maximum Packet Size [MQTT-3.1.2-25].
    TooLarge {
        /// The subscriber.
        client_id: ByteString,
        /// The topic.
        topic: String,
    },
}

impl fmt::Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Connected { client_id, address, listener, version, resumed } => {
                let session = if *resumed { "resumed session" } else { "new session" };
                write!(
                    f,
                    "client `{client_id}` connected from {address} over {listener} with MQTT {version} ({session})"
                )
            }
            Self::Disconnected { client_id, why } if why.is_empty() => write!(f, "client `{client_id}` disconnected"),
            Self::Disconnected { client_id, why } => write!(f, "client `{client_id}` disconnected: {why}"),
            Self::Refused { address, reason: Some(reason), why } => {
                write!(f, "connection from {address} refused: {reason}: {why}")
            }
            Self::Refused { address, reason: None, why } => write!(f, "connection from {address} closed: {why}"),
            Self::Dropped { client_id, queued, bytes, flag } => {
                write!(
                    f,
                    "messages for client `{client_id}` are dropped: {queued} with {bytes} bytes are queued, the limit \
                     ({flag})"
                )
            }
            Self::Denied { client_id, what, topic, reason, why, is_last } => {
                write!(f, "{what} `{topic}` of client `{client_id}` refused: {reason}: {why}")?;
                if *is_last { f.write_str(" (further refusals on this connection are not logged)") } else { Ok(()) }
            }
            Self::HashForScram { user_name, address } => {
                write!(
                    f,
                    "user `{user_name}` from {address} asks for SCRAM, which needs the password: --user-file has only a \
                     hash of it"
                )
            }
            Self::NotKept { client_id, store, why } => {
                write!(f, "{store} message of client `{client_id}` not kept: {why}")
            }
            Self::TooLarge { client_id, topic } => {
                write!(f, "message on `{topic}` not sent to client `{client_id}`: larger than its Maximum Packet Size")
            }
        }
    }
}
