//! WebSocket: MQTT inside binary frames (RFC 6455; MQTT 5.0, section 6).
//!
//! Frames are tokio-tungstenite's. The handshake is our own, on the same few lines of HTTP as that of a proxy: the
//! library's takes no answer of HTTP/1.0, no `Connection: keep-alive, Upgrade`, and shows no body of a refusal that
//! comes behind its head.

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

/// Why there is no WebSocket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WebSocketCause {
    /// The server answered with another status than 101.
    Refused {
        /// The status code.
        status: u16,
        /// Its words for it.
        reason: String,
        /// The start of the body, as text.
        body: String,
        /// `Location`, where it says that what was asked for is elsewhere.
        location: Option<String>,
    },
    /// The answer is no HTTP.
    NotHttp(Spoken),
    /// The head of the answer is HTTP that cannot be read; why not.
    BadHead(&'static str),
    /// The server agreed, but not by the rules; which one was broken.
    BadUpgrade(&'static str),
    /// The server chose no subprotocol, or another one than `mqtt` [MQTT-6.0.0-4].
    WrongSubprotocol(Option<String>),
    /// The connection was closed instead of an answer.
    Closed,
    /// An error of the connection, in the system's words.
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
            Self::NotHttp(spoken) => write!(f, "this port does not speak HTTP but {spoken}"),
            Self::BadHead(fault) => write!(f, "the head of the server's HTTP answer cannot be read: {fault}"),
            Self::BadUpgrade(fault) => write!(f, "the server's answer breaks the rules: {fault}"),
            Self::WrongSubprotocol(None) => f.write_str("the server did not choose the subprotocol `mqtt`"),
            Self::WrongSubprotocol(Some(name)) => write!(f, "the server chose the subprotocol `{name}` for `mqtt`"),
            Self::Closed => f.write_str("the connection was closed instead of an answer"),
            Self::Other(text) => f.write_str(text),
        }
    }
}
