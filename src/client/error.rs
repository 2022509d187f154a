use std::fmt;
use std::io;
use std::time::Duration;

use super::scram;
use crate::mqtt::{ReasonCode, Version};
use crate::session::{Auth, ConnAck, Disconnect, Violation};
use crate::transport::{DialError, Endpoint, TlsCause};

/// Why a client ended, other than by [`Client::disconnect`](super::Client::disconnect).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientError {
    /// The version of MQTT that was spoken.
    pub version: Version,
    /// The address of the broker.
    pub endpoint: Endpoint,
    /// What ended or prevented the last connection.
    pub cause: Cause,
    /// Whether there had been a connection.
    pub was_connected: bool,
    /// Attempts to reconnect that had been made in a row.
    pub attempts: u32,
    /// A clue to the cause, if there is one.
    pub clue: Option<Clue>,
}

/// What the loss of a connection suggests if the broker gave no reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Clue {
    /// A publish with a payload of this many bytes was in flight, larger than any acknowledged before.
    Oversized(usize),
    /// Twice in a row the broker closed a connection soon after it had accepted it, with nothing outstanding: as happens when
    /// two clients with the same identifier disconnect each other.
    SharedClientId,
}

/// What ended or prevented a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cause {
    /// No stream could be opened.
    Dial(Box<DialError>),
    /// Something answered that does not speak MQTT.
    NotMqtt(Foreign),
    /// No CONNACK arrived in time.
    NoConnAck(Duration),
    /// CONNACK refused the connection.
    Refused(Box<ConnAck>),
    /// The broker sent DISCONNECT.
    Disconnected(Box<Disconnect>),
    /// The broker refused a re-authentication.
    NotReauthenticated(Box<Auth>),
    /// The broker broke the protocol.
    Violation(Box<Violation>),
    /// The broker did not answer PINGREQ.
    KeepAliveTimeout,
    /// The stream ended before CONNACK.
    ClosedEarly(LinkLoss),
    /// The stream ended.
    Lost(LinkLoss),
    /// We ended it, and the broker has not confirmed that it read everything.
    NotConfirmed,
    /// We ended it, by [`Client::reconnect`](super::Client::reconnect).
    Resuming,
    /// What is sent could not be written down before.
    Journal(String),
}

/// What something that is not an MQTT broker seems to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Foreign {
    /// It answered with a TLS record.
    Tls,
    /// It answered with HTTP.
    Http,
}

/// How a stream ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LinkLoss {
    /// The broker closed it.
    EndOfStream,
    /// The broker's system, or something on the way, reset it.
    Reset,
    /// The network gave up.
    NoAnswer,
    /// TLS failed, for example because the broker rejects our certificate after the handshake.
    Tls(TlsCause),
    /// Something else, as the system describes it.
    Other(String),
}

/// The client has ended or is about to end: nothing more is accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the client is closed")]
pub struct Closed;

/// Why a call was not accepted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Declined<E> {
    /// The client has ended or is about to end.
    #[error(transparent)]
    Closed(#[from] Closed),
    /// The session declines it because of the limits of the broker.
    #[error("{0}")]
    Rejected(E),
}

impl Cause {
    /// Whether another attempt could end differently: not if the broker refused us for good, and not if one of the two
    /// ends is faulty.
    pub fn is_worth_a_retry(&self) -> bool {
        match self {
            Self::ClosedEarly(LinkLoss::Tls(_))
            | Self::NotMqtt(_)
            | Self::NotReauthenticated(_)
            | Self::Violation(_)
            | Self::Journal(_) => false,
            Self::Dial(error) => error.cause.may_pass(),
            Self::NoConnAck(_)
            | Self::KeepAliveTimeout
            | Self::ClosedEarly(_)
            | Self::Lost(_)
            | Self::NotConfirmed
            | Self::Resuming => true,
            Self::Refused(ack) => ack.reason.is_passing(),
            Self::Disconnected(disconnect) => disconnect.reason.is_passing(),
        }
    }
}

impl Foreign {
    /// What the first bytes of a connection look like, if they are not CONNACK.
    pub(super) fn recognise(first: &[u8]) -> Option<Self> {
        // A TLS record: alert or handshake, version 3.x.
        if matches!(first, [0x15 | 0x16, 0x03, ..]) {
            return Some(Self::Tls);
        }
        first.starts_with(b"HTTP/").then_some(Self::Http)
    }
}

impl From<&io::Error> for LinkLoss {
    fn from(error: &io::Error) -> Self {
        if let Some(cause) = TlsCause::of(error) {
            return Self::Tls(cause.clone());
        }
        match error.kind() {
            io::ErrorKind::UnexpectedEof => Self::EndOfStream,
            io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionAborted | io::ErrorKind::BrokenPipe => {
                Self::Reset
            }
            io::ErrorKind::TimedOut | io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable => {
                Self::NoAnswer
            }
            _ => Self::Other(error.to_string()),
        }
    }
}

impl fmt::Display for Foreign {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Tls => "TLS",
            Self::Http => "HTTP",
        })
    }
}

impl fmt::Display for LinkLoss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::EndOfStream => f.write_str("the broker closed it"),
            Self::Reset => f.write_str("reset by the broker or on the way"),
            Self::NoAnswer => f.write_str("no answer from the network"),
            Self::Tls(cause) => cause.fmt(f),
            Self::Other(text) => f.write_str(text),
        }
    }
}

impl fmt::Display for Cause {
    /// One sentence without a full stop.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Dial(error) => error.fmt(f),
            Self::NotMqtt(foreign) => write!(f, "the other side speaks {foreign}, not plain MQTT"),
            Self::NoConnAck(time) => write!(f, "no CONNACK within {} s", time.as_secs_f64()),
            Self::Refused(ack) => {
                let properties = &ack.properties;
                write!(f, "the broker refused the connection: {}", ack.reason)?;
                fmt_scram_error(f, properties.authentication_data.as_deref())?;
                fmt_details(f, properties.reason_string.as_deref(), properties.server_reference.as_deref())
            }
            Self::Disconnected(disconnect) => {
                let properties = &disconnect.properties;
                // 0x00 has another name in DISCONNECT.
                match disconnect.reason {
                    ReasonCode::Success => f.write_str("the broker disconnected us: Normal disconnection (0x00)")?,
                    reason => write!(f, "the broker disconnected us: {reason}")?,
                }
                fmt_details(f, properties.reason_string.as_deref(), properties.server_reference.as_deref())
            }
            Self::NotReauthenticated(refusal) => {
                write!(f, "the broker refused the re-authentication: {}", refusal.reason)?;
                fmt_scram_error(f, refusal.data.as_deref())?;
                fmt_details(f, refusal.details.reason_string.as_deref(), None)
            }
            Self::Violation(violation) => write!(f, "the broker broke the protocol: {violation}"),
            Self::KeepAliveTimeout => f.write_str("connection lost: no answer to PINGREQ"),
            Self::ClosedEarly(loss) => write!(f, "connection lost before CONNACK: {loss}"),
            Self::Lost(loss) => write!(f, "connection lost: {loss}"),
            Self::NotConfirmed => f.write_str("the broker did not confirm that it received the acknowledgements"),
            Self::Journal(error) => write!(f, "cannot write to the queue: {error}"),
            Self::Resuming => f.write_str("disconnected, so that the broker sends unacknowledged messages again"),
        }
    }
}

/// The error that SCRAM reports, if any.
fn fmt_scram_error(f: &mut fmt::Formatter<'_>, data: Option<&[u8]>) -> fmt::Result {
    match data.and_then(scram::server_error) {
        Some(error) => write!(f, " (SCRAM: {error})"),
        None => Ok(()),
    }
}

/// Text from the broker. It is untrusted: code that prints it to a terminal must escape it.
fn fmt_details(f: &mut fmt::Formatter<'_>, reason_string: Option<&str>, reference: Option<&str>) -> fmt::Result {
    if let Some(text) = reason_string {
        write!(f, ": {text}")?;
    }
    if let Some(reference) = reference {
        write!(f, " (it refers to {reference})")?;
    }
    Ok(())
}

impl fmt::Display for ClientError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.attempts {
            _ if !self.cause.is_worth_a_retry() => self.cause.fmt(f),
            0 => self.cause.fmt(f),
            1 => write!(f, "gave up after 1 attempt to reconnect: {}", self.cause),
            attempts => write!(f, "gave up after {attempts} attempts to reconnect: {}", self.cause),
        }
    }
}

impl std::error::Error for ClientError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_tls_and_http_from_mqtt() {
        assert_eq!(Foreign::recognise(&[0x15, 0x03, 0x03, 0x00, 0x02, 0x02, 0x46]), Some(Foreign::Tls));
        assert_eq!(Foreign::recognise(b"HTTP/1.1 400 Bad Request"), Some(Foreign::Http));
        assert_eq!(Foreign::recognise(&[0x20, 0x02, 0x00, 0x00]), None);
        assert_eq!(Foreign::recognise(&[]), None);
    }

    #[test]
    fn only_what_may_pass_is_worth_a_retry() {
        let refused = |reason| {
            let ack = ConnAck { session_present: false, reason, properties: crate::mqtt::ConnAckProperties::default() };
            Cause::Refused(Box::new(ack))
        };
        assert!(refused(ReasonCode::ServerBusy).is_worth_a_retry());
        for fatal in [
            ReasonCode::BadUserNameOrPassword,
            ReasonCode::NotAuthorized,
            ReasonCode::UnsupportedProtocolVersion,
            ReasonCode::Banned,
            ReasonCode::ServerMoved,
        ] {
            assert!(!refused(fatal).is_worth_a_retry(), "{fatal}");
        }
        let disconnected = |reason| {
            Cause::Disconnected(Box::new(Disconnect {
                reason,
                properties: crate::session::DisconnectProperties::default(),
            }))
        };
        assert!(disconnected(ReasonCode::ServerShuttingDown).is_worth_a_retry());
        assert!(!disconnected(ReasonCode::SessionTakenOver).is_worth_a_retry());
        assert!(!disconnected(ReasonCode::AdministrativeAction).is_worth_a_retry());
        assert!(Cause::Lost(LinkLoss::EndOfStream).is_worth_a_retry());
    }
}
