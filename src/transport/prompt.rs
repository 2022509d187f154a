//! Streams whose peer waits for an acknowledgement.

/// A stream that can have incoming data acknowledged at once.
pub(crate) trait Prompt {
    /// Has the next segments acknowledged at once, and not up to 40 ms later in the hope of data to send with it.
    ///
    /// A server with Nagle's algorithm, like mosquitto by default, holds back its CONNACK until the session tickets of
    /// TLS 1.3 sent before it are acknowledged, and all but the first of many small packets until that is.
    fn acknowledge_at_once(&self);
}
