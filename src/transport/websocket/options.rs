use std::fmt::{self, Write};

/// The largest message of a WebSocket, in bytes: a packet of MQTT's largest size and a little.
const MAXIMUM_MESSAGE: usize = (256 << 20) + (64 << 10);
/// The size of a message if packets are limited: several of the largest size, since a broker may pack them into
/// one, and many small ones.
const PACKED: usize = 4;
const ROOM: usize = 1 << 20;

/// The request for a WebSocket, and how much its server may make us buffer.
#[derive(Clone, PartialEq, Eq)]
pub struct WebSocketOptions {
    path: String,
    headers: Vec<(String, String)>,
    maximum_message: usize,
}

/// Headers that a request for a WebSocket cannot carry.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidWebSocketOptions {
    /// A header's name.
    #[error("`{0}` is not a valid HTTP header name")]
    HeaderName(String),
    /// A header's value; not shown, since it may be a token.
    #[error("the value of the header `{0}` has a line break or another control character")]
    HeaderValue(String),
    /// A header that the handshake sets itself.
    #[error("the header `{0}` is set by the WebSocket handshake itself")]
    Reserved(String),
}

impl WebSocketOptions {
    /// With a path and query, and headers besides those of the handshake; one named `Host` replaces the usual one.
    ///
    /// In the path, `%` is literal: what is already encoded stays so, and what HTTP does not allow is encoded.
    pub fn new(path: &str, headers: Vec<(String, String)>) -> Result<Self, InvalidWebSocketOptions> {
        for (name, value) in &headers {
            let is_token = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
            if name.is_empty() || !name.chars().all(is_token) {
                return Err(InvalidWebSocketOptions::HeaderName(name.clone()));
            }
            if value.chars().any(|c| c.is_control() && c != '\t') {
                return Err(InvalidWebSocketOptions::HeaderValue(name.clone()));
            }
            let lower = name.to_ascii_lowercase();
            if lower.starts_with("sec-websocket-") || matches!(lower.as_str(), "connection" | "upgrade") {
                return Err(InvalidWebSocketOptions::Reserved(name.clone()));
            }
        }
        Ok(Self { path: encode(path), headers, maximum_message: MAXIMUM_MESSAGE })
    }

    /// With the size in bytes of the largest packet that the server may send: a frame or message that is far larger
    /// is refused by its header, since all of it is collected before the session sees the first byte.
    #[must_use]
    pub fn with_maximum_packet_size(self, bytes: u32) -> Self {
        let packets = usize::try_from(bytes).unwrap_or(usize::MAX).saturating_mul(PACKED);
        Self { maximum_message: packets.saturating_add(ROOM).min(MAXIMUM_MESSAGE), ..self }
    }

    /// The largest message, and the largest frame of one, in bytes.
    pub(super) fn maximum_message(&self) -> usize {
        self.maximum_message
    }

    /// The path and query of the request.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The same with other headers.
    pub(crate) fn with_headers(&self, headers: Vec<(String, String)>) -> Result<Self, InvalidWebSocketOptions> {
        let Self { path, maximum_message, .. } = self.clone();
        Ok(Self { path, maximum_message, ..Self::new("", headers)? })
    }

    /// The headers besides those of the handshake.
    pub fn headers(&self) -> &[(String, String)] {
        &self.headers
    }
}

fn encode(path: &str) -> String {
    let mut encoded = String::with_capacity(path.len() + 1);
    if !path.starts_with('/') {
        encoded.push('/');
    }
    for byte in path.bytes() {
        if byte.is_ascii_graphic() && byte != b'#' {
            encoded.push(char::from(byte));
        } else {
            // Writing to a String cannot fail.
            _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}

impl Default for WebSocketOptions {
    /// `/mqtt`, no headers.
    fn default() -> Self {
        Self { path: "/mqtt".into(), headers: Vec::new(), maximum_message: MAXIMUM_MESSAGE }
    }
}

impl fmt::Debug for WebSocketOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.headers.iter().map(|(name, _)| name.as_str()).collect();
        // Neither the values of headers nor the query, as both carry tokens.
        let path = self.path.split('?').next().unwrap_or_default();
        let mut shown = f.debug_struct("WebSocketOptions");
        shown.field("path", &path).field("headers", &names).field("maximum_message", &self.maximum_message).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(name: &str, value: &str) -> Result<WebSocketOptions, InvalidWebSocketOptions> {
        WebSocketOptions::new("/mqtt", vec![(name.into(), value.into())])
    }

    #[test]
    fn a_path_becomes_what_a_request_can_carry() {
        for (path, encoded) in [
            ("/mqtt", "/mqtt"),
            ("mqtt", "/mqtt"),
            ("", "/"),
            ("?token=a%2Fb", "/?token=a%2Fb"),
            ("/a b/汽车#x", "/a%20b/%E6%B1%BD%E8%BD%A6%23x"),
            ("/x HTTP/1.1\r\nHost: y", "/x%20HTTP/1.1%0D%0AHost:%20y"),
        ] {
            assert_eq!(WebSocketOptions::new(path, Vec::new()).unwrap().path(), encoded);
        }
    }

    #[test]
    fn headers_that_would_break_the_request_are_refused() {
        assert!(header("Authorization", "Bearer x:y=").is_ok());
        assert!(header("Host", "broker.example").is_ok());
        for name in ["", "a b", "a:b", "naïve"] {
            assert_eq!(header(name, "x"), Err(InvalidWebSocketOptions::HeaderName(name.into())));
        }
        assert_eq!(header("X", "a\r\nY: b"), Err(InvalidWebSocketOptions::HeaderValue("X".into())));
        for name in ["Upgrade", "connection", "Sec-WebSocket-Protocol"] {
            assert_eq!(header(name, "x"), Err(InvalidWebSocketOptions::Reserved(name.into())));
        }
    }

    #[test]
    fn debug_shows_no_token() {
        let options = WebSocketOptions::new("/mqtt?token=hunter2", vec![("Authorization".into(), "hunter2".into())]);
        let shown = format!("{:?}", options.unwrap());
        assert!(shown.contains("Authorization") && !shown.contains("hunter2"), "{shown}");
    }
}
