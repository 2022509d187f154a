use crate::mqtt::TopicError;

/// An error in a file of users or of rights, with its position.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{line}: {problem}")]
pub(crate) struct AccessError {
    /// The file as given by the user.
    pub(crate) file: String,
    /// Counted from 1.
    pub(crate) line: usize,
    pub(crate) problem: AccessProblem,
}

/// An error in a line. Passwords and hashes are not shown.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum AccessProblem {
    #[error("expected `NAME:PASSWORD` or a line of mosquitto_passwd, got a line without `:`")]
    NoColon,
    #[error("the name before `:` is empty")]
    NoName,
    #[error("the user `{0}` is defined twice")]
    SameName(String),
    #[error(
        "the hash of `{0}` is not `$6$SALT$HASH` or `$7$ITERATIONS$SALT$HASH` in base64: set it with mosquitto_passwd"
    )]
    Hash(String),
    #[error("the hash of `{0}` is of an unknown kind: use `$6$` or `$7$`, as written by mosquitto_passwd")]
    HashKind(String),
    #[error("the hash of `{name}` has {given} iterations: use 1 to {most}")]
    Iterations { name: String, given: String, most: u32 },
    #[error("unknown keyword `{0}`: use `user`, `topic` or `pattern`")]
    Keyword(String),
    #[error("`user` needs a name")]
    UserName,
    #[error("`{0}` needs a topic filter, for example `{0} read sensor/#`")]
    NoFilter(String),
    #[error("unknown access `{0}`: use `read`, `write`, `readwrite` or `deny`")]
    Access(String),
    #[error("`{filter}` is not a topic filter: {error}")]
    Filter { filter: String, error: TopicError },
    #[error("`{0}` has a prefix: name only the topics, without `$share/{{group}}/`, `$queue/` or `$exclusive/`")]
    Prefix(String),
}
