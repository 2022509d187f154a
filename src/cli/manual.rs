//! `mqttx-rs help`, and what packages install as files: `mqttx-rs completion` and `mqttx-rs man`.

use std::path::PathBuf;

use clap::Args;
use clap_complete::Shell;

/// `mqttx-rs help`.
#[derive(Debug, Clone, Args)]
#[command(
    override_usage = "mqttx-rs help [COMMAND [OPTION] | TOPIC]",
    after_help = "\
Examples:
  mqttx-rs help bench pub
  mqttx-rs help pub queue
  mqttx-rs help placeholders"
)]
pub struct HelpArgs {
    /// A command, with or without one of its options; or a topic, for example connection
    #[arg(value_name = "WHAT")]
    pub words: Vec<String>,
}

/// `mqttx-rs completion`.
#[derive(Debug, Clone, Args)]
#[command(after_help = "\
The script completes commands, options, values and the names of your profiles.

Examples:
  mqttx-rs completion bash > ~/.local/share/bash-completion/completions/mqttx-rs
  mqttx-rs completion zsh > \"${fpath[1]}/_mqttx-rs\"
  mqttx-rs completion fish > ~/.config/fish/completions/mqttx-rs.fish")]
pub struct CompletionArgs {
    /// Shell to write the script for
    #[arg(value_name = "SHELL")]
    pub shell: Shell,
}

/// `mqttx-rs man`.
#[derive(Debug, Clone, Args)]
#[command(after_help = "\
Without DIR, the page mqttx-rs(1) is printed on stdout.

Examples:
  mqttx-rs man | man -l -
  mqttx-rs man ~/.local/share/man/man1 && man mqttx-rs-pub")]
pub struct ManArgs {
    /// Folder for the pages of all commands; created if necessary
    #[arg(value_name = "DIR")]
    pub folder: Option<PathBuf>,
}
