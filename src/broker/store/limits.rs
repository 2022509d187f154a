/// How much a store keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Limits {
    pub(crate) messages: usize,
    /// Of all messages together, as the store in question counts them.
    pub(crate) bytes: usize,
}

/// Which limit keeps a message out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Full {
    /// There are as many messages as there may be.
    #[error("the limit of {0} stored messages is reached")]
    Messages(usize),
    /// The message does not fit into the bytes that are left.
    #[error("it exceeds the limit of {0} bytes")]
    Bytes(usize),
    /// The topic has too many levels to be kept.
    #[error("its topic has more than {0} levels")]
    Levels(usize),
}

/// What a store holds, against its limits.
#[derive(Debug)]
pub(super) struct Usage {
    limits: Limits,
    messages: usize,
    bytes: usize,
}

impl Usage {
    pub(super) fn new(limits: Limits) -> Self {
        Self { limits, messages: 0, bytes: 0 }
    }

    /// Counts a message of this many bytes, in place of one of `instead` bytes.
    pub(super) fn add(&mut self, bytes: usize, instead: Option<usize>) -> Result<(), Full> {
        let messages = self.messages + usize::from(instead.is_none());
        if messages > self.limits.messages {
            return Err(Full::Messages(self.limits.messages));
        }
        let bytes = (self.bytes - instead.unwrap_or(0)).saturating_add(bytes);
        if bytes > self.limits.bytes {
            return Err(Full::Bytes(self.limits.bytes));
        }
        (self.messages, self.bytes) = (messages, bytes);
        Ok(())
    }

    pub(super) fn take(&mut self, bytes: usize) {
        self.messages -= 1;
        self.bytes -= bytes;
    }

    pub(super) fn messages(&self) -> usize {
        self.messages
    }

    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }
}
