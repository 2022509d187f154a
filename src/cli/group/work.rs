use clap::{Args, ValueEnum};

use crate::cli::value;

/// What is done with each message besides, or instead of, printing it.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Work")]
pub struct WorkArgs {
    /// Run a shell command for each message
    #[arg(long, value_name = "CMD", allow_hyphen_values = true, conflicts_with = "ack_on_read")]
    pub exec: Option<String>,
    /// Acknowledge each printed message when a line on stdin answers it: ok, fail, or a number of ok
    #[arg(long)]
    pub ack_on_read: bool,
    /// Messages to work on at the same time [default: 1]
    #[arg(long, value_name = "N", value_parser = value::positive_u16)]
    pub jobs: Option<u16>,
    /// When to acknowledge: before the command runs, or after it succeeded [default: before]
    #[arg(long, value_name = "WHEN", hide_possible_values = true, conflicts_with = "ack_on_read")]
    pub ack: Option<AckTime>,
    /// What to do if a command fails: ignore, stop or redeliver [default: stop if success is acknowledged, else ignore]
    #[arg(long, value_name = "WHAT", hide_possible_values = true)]
    pub on_failure: Option<OnFailure>,
}

/// When a message is acknowledged for which a command runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum AckTime {
    /// Before the command runs
    Before,
    /// After the command succeeded
    After,
}

/// What follows when the work on a message failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum OnFailure {
    /// Go on; the message is acknowledged
    Ignore,
    /// End; the message is not acknowledged
    Stop,
    /// Have the broker send it again
    Redeliver,
}
