use std::path::PathBuf;

use clap::Args;

use crate::cli::value;

/// Messages on disk until they are delivered.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Message")]
pub struct QueueArgs {
    /// Folder that holds messages until they are delivered; alone, delivers what is left
    #[arg(long, value_name = "DIR")]
    pub queue: Option<PathBuf>,
    /// Messages in the queue at most [default: 1000000]
    #[arg(long, value_name = "N", value_parser = value::count, requires = "queue")]
    pub queue_max: Option<u64>,
}
