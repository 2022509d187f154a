use std::path::PathBuf;

use clap::Args;

/// Options files in MQTTX's format.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Options in a file")]
pub struct OptionsFileArgs {
    /// Save the options to a file [default: ./mqttx-cli-options.json]
    #[arg(long, value_name = "PATH", num_args = 0..=1, default_missing_value = "./mqttx-cli-options.json")]
    pub save_options: Option<PathBuf>,
    /// Load options from a file [default: ./mqttx-cli-options.json]
    #[arg(long, value_name = "PATH", num_args = 0..=1, default_missing_value = "./mqttx-cli-options.json")]
    pub load_options: Option<PathBuf>,
}
