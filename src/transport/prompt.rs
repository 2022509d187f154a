//! Streams whose peer waits for an acknowledgement.

/// A stream that can have what comes acknowledged at once.
pub(super) trait Prompt {
    /// Has the next segments acknowledged at once, and not up to 40 ms later in the hope of data to send with it.
    ///
    /// A server that has not turned Nagle's algorithm off, as mosquitto unless told so, keeps its CONNACK back behind
    /// the session tickets of TLS 1.3 until they are acknowledged.
    fn acknowledge_at_once(&self);
}
