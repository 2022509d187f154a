/// The stage of a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    /// Away by plan.
    Offline,
    /// Waiting to connect (again).
    Waiting,
    /// A stream is being opened.
    Dialing,
    /// CONNECT is sent.
    Connecting,
    /// SUBSCRIBE is sent.
    Subscribing,
    /// It is connected.
    Ready,
    /// DISCONNECT is sent.
    Closing,
    /// It will not connect (again).
    Gone,
}

impl Stage {
    pub(super) const COUNT: usize = 8;
}
