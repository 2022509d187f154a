/// Which member of a shared subscription gets a message: the specification leaves it to the server; the names are EMQX's.
///
/// Whatever the strategy, a member that is connected goes before one whose session only waits for its return.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SharedStrategy {
    /// Any of them.
    #[default]
    Random,
    /// One after the other.
    RoundRobin,
    /// The same one for as long as it is there.
    Sticky,
    /// One for each publisher.
    HashClientId,
    /// One for each topic.
    HashTopic,
}
