//! WebSocket: MQTT inside binary frames (RFC 6455; MQTT 5.0, section 6).
//!
//! The frames are handled by tokio-tungstenite. The handshake is our own, on the same few lines of HTTP as that of a
//! proxy: the library accepts neither answers of HTTP/1.0 nor `Connection: keep-alive, Upgrade`, and does not show the body
//! of a refusal that arrives after its head.

mod handshake;
mod options;
mod stream;

use std::fmt;

#[cfg(feature = "broker")]
pub(crate) use handshake::accept_of;
pub(super) use handshake::connect;
pub use options::{InvalidWebSocketOptions, WebSocketOptions};
pub use stream::WebSocketStream;

use super::Spoken;

/// Why no WebSocket was opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WebSocketCause {
    /// The server answered with another status than 101.
    Refused {
        /// The status code.
        status: u16,
        /// The reason phrase.
        reason: String,
        /// The start of the body, as text.
        body: String,
        /// `Location`, if it redirects.
        location: Option<String>,
    },
    /// The answer is not HTTP.
    NotHttp(Spoken),
    /// The head of the HTTP response cannot be read; the reason.
    BadHead(&'static str),
    /// The server agreed, but broke this rule.
    BadUpgrade(&'static str),
    /// The server chose no subprotocol, or another one than `mqtt` [MQTT-6.0.0-4].
    WrongSubprotocol(Option<String>),
    /// The connection was closed without an answer.
    Closed,
    /// An error of the connection, as the system describes it.
    Other(String),
}

impl fmt::Display for WebSocketCause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused { status, reason, body, location } => {
                write!(f, "the server answered HTTP {status}")?;
                for (separator, text) in [(" ", Some(reason)), (", it is at ", location.as_ref()), (": ", Some(body))] {
                    if let Some(text) = text.filter(|text| !text.is_empty()) {
                        write!(f, "{separator}{text}")?;
                    }
                }
                Ok(())
            }
            Self::NotHttp(spoken) => write!(f, "this port speaks {spoken}, not HTTP"),
            Self::BadHead(fault) => write!(f, "the server's HTTP response cannot be read: {fault}"),
            Self::BadUpgrade(fault) => write!(f, "the server's response is not valid: {fault}"),
            Self::WrongSubprotocol(None) => f.write_str("the server did not choose the subprotocol `mqtt`"),
            Self::WrongSubprotocol(Some(name)) => {
                write!(f, "the server chose the subprotocol `{name}` instead of `mqtt`")
            }
            Self::Closed => f.write_str("the connection was closed without a response"),
            Self::Other(text) => f.write_str(text),
        }
    }
}
