use std::collections::VecDeque;

/// A client that comes and goes: the planned times of the connects that could not begin yet.
#[derive(Debug)]
pub(super) struct Churner {
    due: VecDeque<u64>,
    /// How long it stays, nanoseconds.
    pub(super) stay: u64,
}

impl Churner {
    pub(super) fn new(stay: u64) -> Self {
        Self { due: VecDeque::new(), stay }
    }

    /// A connect is due, and the connection before is not over.
    pub(super) fn keep(&mut self, planned: u64) {
        self.due.push_back(planned);
    }

    /// The connection is over: when the next should have begun, if it should have.
    pub(super) fn next_due(&mut self) -> Option<u64> {
        self.due.pop_front()
    }

    /// How many connects wait for the one before.
    pub(super) fn waiting(&self) -> u64 {
        self.due.len() as u64
    }

    /// What waits will not begin any more; how many that were.
    pub(super) fn give_up(&mut self) -> u64 {
        std::mem::take(&mut self.due).len() as u64
    }
}
