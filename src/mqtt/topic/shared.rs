/// Which member of a shared subscription gets a message: the specification leaves it to the server; the names are EMQX's.
///
/// Whatever the strategy, a member that is connected goes before one whose session only waits for its return.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SharedStrategy {
    /// Any of them.
    #[default]
    Random,
    /// Each member in turn.
    RoundRobin,
    /// The same member as long as it is connected.
    Sticky,
    /// One member for each publisher.
    HashClientId,
    /// One member for each topic.
    HashTopic,
}
