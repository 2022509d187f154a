//! How a client ends.

/// What becomes of work under way at [`Client::disconnect`](super::Client::disconnect).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pending {
    /// It is finished first, over reconnects if need be: publishes get their acknowledgements, requests their
    /// answers. A caller that cannot wait any longer asks again with `Abandon`.
    Finish,
    /// As `Finish`, and the broker is known to have what it needs to forget the messages that were acknowledged: at
    /// QoS 2 it has released them, at QoS 1 it has answered a PINGREQ behind the acknowledgements. Where a connection is
    /// lost before that, the next one sees to it; messages that come again then are to be acknowledged again.
    Settle,
    /// It is given up: publishes without an outcome are lost. What was acknowledged before is still sent.
    Abandon,
}
