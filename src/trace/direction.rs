/// The direction of a packet, seen from this program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Direction {
    /// Sent by this program.
    #[default]
    Sent,
    /// Sent by the other side.
    Received,
}
