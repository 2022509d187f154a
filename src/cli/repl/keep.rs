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
    /// Filter of the topics [default: all]; `clear` before it removes the messages
    #[arg(value_name = "FILTER", num_args = 0..=2)]
    pub words: Vec<String>,
    /// With clear: show the messages without removing them
    #[arg(long, conflicts_with = "yes")]
    pub dry_run: bool,
    /// With clear: remove without asking
    #[arg(long)]
    pub yes: bool,
    /// Stop collecting when nothing has arrived for this time
    #[arg(long, value_name = "SEC", default_value = "0.5", value_parser = value::seconds)]
    pub idle_timeout: Duration,
}

/// `reply`.
#[derive(Debug, Clone, Args)]
pub(crate) struct ReplyLine {
    /// Filters of the requests
    #[arg(value_name = "FILTER", value_parser = value::topic_filter)]
    pub filters: Vec<TopicFilter>,
    /// The answer.
    #[command(flatten)]
    pub answer: AnswerArgs,
}

/// `record`.
#[derive(Debug, Clone, Args)]
pub(crate) struct RecordLine {
    /// New file to write to
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Filters of the topics [default: all messages]
    #[arg(value_name = "FILTER", value_parser = value::topic_filter)]
    pub filters: Vec<TopicFilter>,
}

/// `tee`.
#[derive(Debug, Clone, Args)]
pub(crate) struct TeeLine {
    /// File to append to; `off` ends it
    #[arg(value_name = "FILE|off")]
    pub file: PathBuf,
}

/// `note`.
#[derive(Debug, Clone, Args)]
pub(crate) struct NoteLine {
    /// Name of the note to run; or save, remove or file
    #[arg(value_name = "NAME", trailing_var_arg = true, allow_hyphen_values = true)]
    pub words: Vec<String>,
}
