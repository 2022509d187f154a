use std::fmt;

/// Sees the bytes of MQTT that cross a client's connections, as they do: without TLS, WebSocket and proxies.
pub trait Tap: Send + fmt::Debug {
    /// A connection begins.
    fn begin(&mut self);

    /// Bytes to the broker: one or more whole packets, handed to the socket.
    fn sent(&mut self, bytes: &[u8]);

    /// Bytes from the broker, wherever they were cut.
    fn received(&mut self, bytes: &[u8]);
}
