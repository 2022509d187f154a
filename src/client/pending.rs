//! How a client ends.

/// What happens to unfinished work at [`Client::disconnect`](super::Client::disconnect).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pending {
    /// It is finished first, across reconnects if necessary: publishes get their acknowledgements, requests their
    /// answers. A caller that cannot wait any longer asks again with `Abandon`.
    Finish,
    /// As `Finish`, and the broker can forget the messages that were acknowledged: at QoS 2 it has released them, at
    /// QoS 1 it has answered a PINGREQ sent after the acknowledgements. If a connection is lost before that, the next
    /// one completes it; messages that arrive again must then be acknowledged again.
    Settle,
    /// It is given up: publishes without an outcome are lost. What was acknowledged before is still sent.
    Abandon,
}
