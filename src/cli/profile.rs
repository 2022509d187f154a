//! `mqttx-rs profile`: save connection settings under a name.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::group::{ConnectArgs, DeliveryArgs};

/// `mqttx-rs profile`.
#[derive(Debug, Clone, Args)]
pub struct ProfileArgs {
    /// The command.
    #[command(subcommand)]
    pub command: ProfileCommand,
}

/// The commands.
#[derive(Debug, Clone, Subcommand)]
pub enum ProfileCommand {
    /// List all profiles
    List(ProfileListArgs),
    /// Print a profile, with its secrets masked
    Show(ProfileShowArgs),
    /// Create a profile from options, or from answers on the terminal
    #[command(mut_arg("save_options", |option| option.hide(true)), mut_arg("load_options", |option| option.hide(true)))]
    Add(Box<ProfileAddArgs>),
    /// Change a profile in $EDITOR or key by key
    Edit(ProfileEditArgs),
    /// Copy a profile
    Copy(ProfilePairArgs),
    /// Rename a profile
    Rename(ProfilePairArgs),
    /// Remove a profile
    Remove(ProfileRemoveArgs),
    /// Choose the default profile
    Use(ProfileNameArgs),
    /// Have no default profile
    Unuse,
    /// Check profiles, by default all of them
    Validate(ProfileValidateArgs),
    /// Print the path of a profile, or of the folder of profiles
    Path(ProfileOptionalNameArgs),
    /// Print a profile merged with those it extends, for use on another machine
    Export(ProfileExportArgs),
    /// Create profiles from another program's file: MQTTX's, or a Spring application.yml
    Import(ProfileImportArgs),
}

/// One profile.
#[derive(Debug, Clone, Args)]
pub struct ProfileNameArgs {
    /// Name of the profile
    #[arg(value_name = "PROFILE")]
    pub name: String,
}

/// One profile, or none.
#[derive(Debug, Clone, Args)]
pub struct ProfileOptionalNameArgs {
    /// Name of the profile
    #[arg(value_name = "PROFILE")]
    pub name: Option<String>,
}

/// `profile list`.
#[derive(Debug, Clone, Args)]
pub struct ProfileListArgs {
    /// Print a JSON array
    #[arg(long)]
    pub json: bool,
    /// Print only names, one per line
    #[arg(long, conflicts_with = "json")]
    pub names: bool,
}

/// `profile show`.
#[derive(Debug, Clone, Args)]
pub struct ProfileShowArgs {
    /// Name of the profile [default: the one in use]
    #[arg(value_name = "PROFILE")]
    pub name: Option<String>,
    /// Print every effective value and where it comes from
    #[arg(long)]
    pub effective: bool,
}

/// `profile add`.
#[derive(Debug, Clone, Args)]
#[command(override_usage = "mqttx-rs profile add <PROFILE> [CONNECTION OPTIONS] [--set KEY=VALUE]...")]
pub struct ProfileAddArgs {
    /// Name of the profile
    #[arg(value_name = "PROFILE")]
    pub name: String,
    /// Set a further key, for example publish.topic=car/ac; repeatable
    #[arg(long, value_name = "KEY=VALUE")]
    pub set: Vec<String>,
    /// Profile to take all other values from
    #[arg(long, value_name = "PROFILE")]
    pub extends: Option<String>,
    /// Replace the profile if it exists
    #[arg(long)]
    pub force: bool,
    /// The connection.
    #[command(flatten)]
    pub connect: ConnectArgs,
    /// How messages are delivered.
    #[command(flatten)]
    pub delivery: DeliveryArgs,
}

/// `mqttx-rs init`.
#[derive(Debug, Clone, Args)]
#[command(after_help = "\
Without --set it asks on the terminal. The profile holds from then on where no other is named.

Examples:
  mqttx-rs init
  mqttx-rs init --set connection.host=broker.example --set connection.username=me")]
pub struct InitArgs {
    /// Name of the profile
    #[arg(value_name = "PROFILE", default_value = "default")]
    pub name: String,
    /// Set a key, for example connection.host=broker.example; repeatable
    #[arg(long, value_name = "KEY=VALUE")]
    pub set: Vec<String>,
    /// Replace the profile if it exists
    #[arg(long)]
    pub force: bool,
}

/// `profile edit`.
#[derive(Debug, Clone, Args)]
pub struct ProfileEditArgs {
    /// Name of the profile
    #[arg(value_name = "PROFILE")]
    pub name: String,
    /// Set a key, for example connection.port=8883; repeatable
    #[arg(long, value_name = "KEY=VALUE")]
    pub set: Vec<String>,
    /// Remove a key; repeatable
    #[arg(long, value_name = "KEY")]
    pub unset: Vec<String>,
}

/// `profile copy` and `profile rename`.
#[derive(Debug, Clone, Args)]
pub struct ProfilePairArgs {
    /// Name of the profile
    #[arg(value_name = "PROFILE")]
    pub name: String,
    /// New name
    #[arg(value_name = "NEW")]
    pub new_name: String,
}

/// `profile remove`.
#[derive(Debug, Clone, Args)]
pub struct ProfileRemoveArgs {
    /// Name of the profile
    #[arg(value_name = "PROFILE")]
    pub name: String,
    /// Remove without asking
    #[arg(long)]
    pub yes: bool,
}

/// `profile validate`.
#[derive(Debug, Clone, Args)]
pub struct ProfileValidateArgs {
    /// Names of profiles, or paths of files
    #[arg(value_name = "PROFILE")]
    pub names: Vec<String>,
    /// Connect to the broker, and print what it announces
    #[arg(long)]
    pub connect: bool,
}

/// `profile export`.
#[derive(Debug, Clone, Args)]
pub struct ProfileExportArgs {
    /// Name of the profile
    #[arg(value_name = "PROFILE")]
    pub name: String,
    /// Include plain-text passwords
    #[arg(long)]
    pub with_secrets: bool,
}

/// `profile import`.
#[derive(Debug, Clone, Args)]
#[command(after_help = "\
Passwords are not written in plain text: by default, each run asks for them.
What a profile cannot express is listed with its line.")]
pub struct ProfileImportArgs {
    /// File to import; - reads stdin
    #[arg(value_name = "FILE")]
    pub path: PathBuf,
    /// Name of the profile, or common prefix if there are several [default: from the file]
    #[arg(long, value_name = "PROFILE")]
    pub name: Option<String>,
    /// Format of the file [default: detected from its content]
    #[arg(long, value_name = "FORMAT")]
    pub format: Option<ImportFormat>,
    /// Environment variable that will hold the password
    #[arg(long, value_name = "NAME", conflicts_with_all = ["password_file", "with_secrets"])]
    pub password_env: Option<String>,
    /// File whose first line will be the password
    #[arg(long, value_name = "PATH", conflicts_with = "with_secrets")]
    pub password_file: Option<PathBuf>,
    /// Write passwords as they are, in plain text
    #[arg(long)]
    pub with_secrets: bool,
    /// Show what would be written, without writing it
    #[arg(long)]
    pub dry_run: bool,
    /// Replace profiles that exist
    #[arg(long)]
    pub force: bool,
}

/// The formats of files that profiles can be imported from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ImportFormat {
    /// Options file of MQTTX CLI (-so), JSON or YAML
    MqttxOptions,
    /// Config file of MQTTX CLI
    MqttxIni,
    /// Connections exported by MQTTX as JSON
    MqttxDesktop,
    /// Spring application.yml
    Spring,
    /// Exported profile
    Profile,
}
