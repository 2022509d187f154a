//! Lines about what stays or goes on: retained messages, notes, the log of a session, jobs in the background.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use crate::cli::reply::AnswerArgs;
use crate::cli::value;
use crate::mqtt::TopicFilter;

/// `retained`.
#[derive(Debug, Clone, Args)]
#[command(
    override_usage = "retained [FILTER] | retained clear <FILTER> [--dry-run|--yes]",
    after_help = "\
It subscribes for a moment. The messages are listed and not kept as received. `clear` asks before it removes them.

Examples:
  retained
  retained 'car/+/state'
  retained clear car/# --dry-run"
)]
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

/// `every`.
#[derive(Debug, Clone, Args)]
#[command(
    override_usage = "every <DURATION> <COMMAND>",
    after_help = "\
Example:
  every 5s pub car/ac on

`jobs` lists the commands that run, `stop N` ends one."
)]
pub(crate) struct EveryLine {
    /// Time in seconds, or with a unit, for example 200ms
    #[arg(value_name = "DURATION", value_parser = value::seconds)]
    pub time: Duration,
    /// Command to run
    #[arg(value_name = "COMMAND", required = true, trailing_var_arg = true, allow_hyphen_values = true)]
    pub command: Vec<String>,
}

/// `reply`.
#[derive(Debug, Clone, Args)]
#[command(
    override_usage = "reply <FILTER>... <--message|--file-read|--echo|--exec|--rules> [OPTIONS]",
    mut_arg("topic", |option| option.hide(true)),
    mut_arg("count", |option| option.hide(true)),
    after_help = "\
Answers go to the Response Topic of the request (MQTT 3.1.1: to TOPIC/reply), as with `mqttx-rs reply`.

Examples:
  reply 'lamp/+/get' -m on
  reply 'upper/#' --exec 'tr a-z A-Z'

`jobs` lists the jobs, `stop N` ends one."
)]
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
#[command(
    override_usage = "record <FILE> [FILTER]...",
    after_help = "\
The file has one JSON object per message, like `export` and `sub --output-mode jsonl`. Only messages of this session's
subscriptions are recorded.

Example:
  record trip.jsonl car/#

`jobs` lists the jobs, `stop N` ends one."
)]
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
#[command(
    override_usage = "tee <FILE>|off",
    after_help = "\
`tee off` ends it. Colours, lines with secrets and the output of shell commands are left out."
)]
pub(crate) struct TeeLine {
    /// File to append to; `off` ends it
    #[arg(value_name = "FILE|off")]
    pub file: PathBuf,
}

/// `note`.
#[derive(Debug, Clone, Args)]
#[command(
    override_usage = "note [NAME [WORDS]] | note save <NAME> <LINE> | note remove <NAME> | note file [FILE]",
    after_help = "\
Words after NAME are appended to its line. Notes are kept in a TOML file, which a team can share; `note file FILE` uses
another file in this session. Variables of a line in single quotes are replaced when it runs.

Examples:
  note save on pub lamp/1/set on -q 1
  note save dim 'pub lamp/1/level $level'
  note on
  note file team.toml"
)]
pub(crate) struct NoteLine {
    /// Name of the note to run; or save, remove or file
    #[arg(value_name = "NAME", trailing_var_arg = true, allow_hyphen_values = true)]
    pub words: Vec<String>,
}
