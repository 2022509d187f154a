/// Which way a packet goes, as this program sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Direction {
    /// To the broker.
    Sent,
    /// From the broker.
    Received,
}
