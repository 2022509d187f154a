/// Which way a packet goes, as this program sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Direction {
    /// By this program.
    #[default]
    Sent,
    /// By the other side.
    Received,
}
