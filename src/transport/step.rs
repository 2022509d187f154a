//! The steps of a dial, and how long each took.

use std::fmt;
use std::time::Duration;

/// A step of a dial.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum DialStep {
    /// Resolving the host.
    #[default]
    Resolve,
    /// Connecting the socket.
    Connect,
    /// Asking the proxy for a tunnel.
    Proxy,
    /// The TLS handshake.
    Tls,
    /// The WebSocket handshake.
    WebSocket,
    /// The QUIC handshake, which includes connecting and TLS.
    Quic,
}

/// How long each step took; `None` for a step that was not needed or not finished.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct DialTimings {
    /// Resolving the host.
    pub resolve: Option<Duration>,
    /// Connecting the socket.
    pub connect: Option<Duration>,
    /// Asking the proxy for a tunnel.
    pub proxy: Option<Duration>,
    /// The TLS handshake.
    pub tls: Option<Duration>,
    /// The WebSocket handshake.
    pub websocket: Option<Duration>,
}

impl fmt::Display for DialStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Resolve => "name look-up",
            Self::Connect => "connect",
            Self::Proxy => "proxy",
            Self::Tls => "TLS",
            Self::WebSocket => "WebSocket",
            Self::Quic => "QUIC",
        })
    }
}
