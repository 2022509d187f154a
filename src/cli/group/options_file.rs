use std::path::PathBuf;

use clap::Args;

/// MQTTX's files of options.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Options in a file")]
pub struct OptionsFileArgs {
    /// Write the options to a file
    #[arg(long, value_name = "PATH", num_args = 0..=1, default_missing_value = "./mqttx-cli-options.json")]
    pub save_options: Option<PathBuf>,
    /// Read options from a file
    #[arg(long, value_name = "PATH", num_args = 0..=1, default_missing_value = "./mqttx-cli-options.json")]
    pub load_options: Option<PathBuf>,
}
