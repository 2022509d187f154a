//! WebSocket: MQTT inside binary frames (RFC 6455; MQTT 5.0, section 6).

use std::fmt;

use super::{Endpoint, Stream};

/// What the request for a WebSocket says.
#[derive(Clone, PartialEq, Eq)]
pub struct WebSocketOptions {
    path: String,
    headers: Vec<(String, String)>,
}

/// Options that no HTTP request can carry.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidWebSocketOptions {
    /// A header's name.
    #[error("`{0}` is no name of an HTTP header")]
    HeaderName(String),
    /// A header's value; not shown, since it may be a token.
    #[error("the value of the header `{0}` has a line break or another control character")]
    HeaderValue(String),
    /// A header that the WebSocket handshake sets itself.
    #[error("the header `{0}` is set by the WebSocket handshake itself")]
    Reserved(String),
}

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
        /// `Location`, where it says that the thing is elsewhere.
        location: Option<String>,
    },
    /// The answer is no HTTP; what it is, as far as one can tell.
    NotHttp(&'static str),
    /// The server agreed, but not by the rules; which one.
    BadUpgrade(&'static str),
    /// The server chose no subprotocol, or another one than `mqtt`.
    WrongSubprotocol(Option<String>),
    /// The connection was closed before the answer was complete.
    Closed,
    /// An error of the connection, in the system's words.
    Other(String),
}

impl WebSocketOptions {
    /// With a path, as it stands in the request, and headers besides those of the handshake.
    pub fn new(path: &str, headers: Vec<(String, String)>) -> Result<Self, InvalidWebSocketOptions> {
        Ok(Self { path: path.to_owned(), headers })
    }

    /// The path and query.
    pub fn path(&self) -> &str {
        &self.path
    }
}

impl Default for WebSocketOptions {
    /// `/mqtt`, no headers.
    fn default() -> Self {
        Self { path: "/mqtt".into(), headers: Vec::new() }
    }
}

/// Asks for a WebSocket over an open stream.
#[expect(clippy::unused_async, reason = "its body lands next")]
pub(super) async fn connect(
    _stream: Stream,
    _endpoint: &Endpoint,
    _options: &WebSocketOptions,
) -> Result<Stream, WebSocketCause> {
    Err(WebSocketCause::Other("WebSocket is on its way".into()))
}

impl fmt::Debug for WebSocketOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.headers.iter().map(|(name, _)| name.as_str()).collect();
        // Neither the values of headers nor the query: both carry tokens.
        let path = self.path.split('?').next().unwrap_or_default();
        f.debug_struct("WebSocketOptions").field("path", &path).field("headers", &names).finish()
    }
}

impl fmt::Display for WebSocketCause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:?}")
    }
}
