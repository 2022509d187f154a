//! Lines of `repl` about what stays: retained messages, notes, the log of a session.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use crate::cli::reply::AnswerArgs;
use crate::cli::value;
use crate::mqtt::TopicFilter;

/// `retained`.
#[derive(Debug, Clone, Args)]
pub(crate) struct RetainedLine {
    /// Filter of the topics [default: #], or `clear` and a filter
    #[arg(value_name = "FILTER", num_args = 0..=2)]
    pub words: Vec<String>,
    /// With clear: only show what would be removed
    #[arg(long, conflicts_with = "yes")]
    pub dry_run: bool,
    /// With clear: do not ask
    #[arg(long)]
    pub yes: bool,
    /// It is all when nothing came for so long
    #[arg(long, value_name = "SEC", default_value = "0.5", value_parser = value::seconds)]
    pub idle_timeout: Duration,
}

/// `reply`.
#[derive(Debug, Clone, Args)]
pub(crate) struct ReplyLine {
    /// Filters of the requests
    #[arg(value_name = "FILTER", value_parser = value::topic_filter)]
    pub filters: Vec<TopicFilter>,
    /// What is answered, and how.
    #[command(flatten)]
    pub answer: AnswerArgs,
}

/// `record`.
#[derive(Debug, Clone, Args)]
pub(crate) struct RecordLine {
    /// Where to, a new file
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Only messages on these topics
    #[arg(value_name = "FILTER", value_parser = value::topic_filter)]
    pub filters: Vec<TopicFilter>,
}

/// `tee`.
#[derive(Debug, Clone, Args)]
pub(crate) struct TeeLine {
    /// Which, or off
    #[arg(value_name = "FILE|off")]
    pub file: PathBuf,
}

/// `note`.
#[derive(Debug, Clone, Args)]
pub(crate) struct NoteLine {
    /// What to do, or which one to run
    #[arg(value_name = "NAME", trailing_var_arg = true, allow_hyphen_values = true)]
    pub words: Vec<String>,
}
