//! The ways to a broker: TLS, WebSocket, QUIC, proxies.

#[path = "../support/mod.rs"]
mod support;

mod program;
mod proxy;
#[cfg(feature = "quic")]
mod quic;
mod support_net;
mod tls;
mod websocket;
