/// What has happened since the start. The core adds to them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Counters {
    /// Packets of all types.
    pub(crate) messages_received: u64,
    pub(crate) messages_sent: u64,
    /// As on the wire, without TLS and WebSocket.
    pub(crate) bytes_received: u64,
    pub(crate) bytes_sent: u64,
    /// PUBLISH alone.
    pub(crate) publish_received: u64,
    pub(crate) publish_sent: u64,
    /// Messages that a limit kept from a subscriber.
    pub(crate) publish_dropped: u64,
    /// Payloads of PUBLISH.
    pub(crate) publish_bytes_received: u64,
    pub(crate) publish_bytes_sent: u64,
    /// Sessions that ended by their Session Expiry Interval.
    pub(crate) clients_expired: u64,
    /// Links that were accepted.
    pub(crate) sockets: u64,
    /// CONNECTs that were accepted.
    pub(crate) connections: u64,
}

/// What there is at a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Gauges {
    pub(crate) clients_connected: u64,
    /// Sessions without a connection.
    pub(crate) clients_disconnected: u64,
    pub(crate) subscriptions: u64,
    /// Those of them that are shared.
    pub(crate) shared_subscriptions: u64,
    pub(crate) retained_messages: u64,
    /// Messages that the broker holds: retained, delayed and queued, and the bytes of their payloads.
    pub(crate) stored_messages: u64,
    pub(crate) stored_bytes: u64,
}
