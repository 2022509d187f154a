use crate::cli::topic::{TopicArgs, TopicCommand};
use crate::mqtt::{TopicFilter, TopicName};

/// What `topic` does.
#[derive(Debug, Clone)]
pub(crate) enum TopicJob {
    /// Print the topics that match.
    Match {
        filter: TopicFilter,
        /// `None`: the lines of stdin.
        topics: Option<Vec<TopicName>>,
    },
    /// Explain a filter.
    Explain(TopicFilter),
}

impl TopicJob {
    /// Settles what `topic` was given.
    pub(crate) fn resolve(arguments: TopicArgs) -> Self {
        match arguments.command {
            TopicCommand::Match(given) => {
                let topics = Some(given.topics).filter(|topics| !topics.is_empty());
                Self::Match { filter: given.filter, topics }
            }
            TopicCommand::Explain(given) => Self::Explain(given.filter),
        }
    }
}
