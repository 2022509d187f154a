/// One network connection. Its number is used again after `Core::handle_closed`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(in crate::broker) struct LinkId(pub(super) u32);

impl LinkId {
    /// Small and dense, so that a listener can keep its streams in a `Vec`.
    pub(in crate::broker) fn index(self) -> usize {
        self.0 as usize
    }
}

/// The topic of messages that set faults, if the settings allow it.
pub(in crate::broker) const CONTROL_TOPIC: &str = "$control/faults";

/// The peer of a link.
#[derive(Debug, Clone, Default)]
pub(in crate::broker) struct Peer {
    /// Its address, for the log.
    pub(in crate::broker) address: String,
    /// Which listener accepted it: `mqtt`, `mqtts`, `ws`, `wss` or `unix`.
    pub(in crate::broker) listener: &'static str,
}

/// What to do with a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::broker) enum Transmit {
    /// Nothing to send now; `Core::poll_ready` names the link when there is.
    Idle,
    /// The buffer was filled; ask again when it has been written.
    More,
    /// Close the stream when what is in the buffer has been written.
    Close,
}
