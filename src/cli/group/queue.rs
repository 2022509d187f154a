use std::path::PathBuf;

use clap::Args;

use crate::cli::value;

/// Messages on disk until they are delivered.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Message")]
pub struct QueueArgs {
    /// Keep messages on disk in this folder until they are delivered; without a message, deliver what it holds
    #[arg(long, value_name = "DIR")]
    pub queue: Option<PathBuf>,
    /// Maximum number of messages in --queue [default: 1000000]
    #[arg(long, value_name = "N", value_parser = value::count, requires = "queue")]
    pub queue_max: Option<u64>,
}
