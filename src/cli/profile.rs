//! `mqttx-rs profile`: name brokers once.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::group::{ConnectArgs, DeliveryArgs};

/// `mqttx-rs profile`.
#[derive(Debug, Clone, Args)]
pub struct ProfileArgs {
    /// What to do.
    #[command(subcommand)]
    pub command: ProfileCommand,
}

/// What can be done with profiles.
#[derive(Debug, Clone, Subcommand)]
pub enum ProfileCommand {
    /// List all profiles
    List(ProfileListArgs),
    /// Print a profile, its secrets masked
    Show(ProfileShowArgs),
    /// Make a profile from options, or from answers on a terminal
    #[command(mut_arg("save_options", |option| option.hide(true)), mut_arg("load_options", |option| option.hide(true)))]
    Add(Box<ProfileAddArgs>),
    /// Change a profile in $EDITOR, or key by key
    Edit(ProfileEditArgs),
    /// Make a profile that says the same as another
    Copy(ProfilePairArgs),
    /// Give a profile another name
    Rename(ProfilePairArgs),
    /// Remove a profile
    Remove(ProfileRemoveArgs),
    /// Select a profile for all runs that name none
    Use(ProfileNameArgs),
    /// Select none
    Unuse,
    /// Check profiles, all unless some are named
    Validate(ProfileValidateArgs),
    /// Print the file of a profile, or the folder of all
    Path(ProfileOptionalNameArgs),
    /// Print a profile with all that it extends, for another machine
    Export(ProfileExportArgs),
    /// Make profiles of another program's file: MQTTX's, or a Spring application.yml
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
    /// A JSON array
    #[arg(long)]
    pub json: bool,
    /// A name a line
    #[arg(long, conflicts_with = "json")]
    pub names: bool,
}

/// `profile show`.
#[derive(Debug, Clone, Args)]
pub struct ProfileShowArgs {
    /// Name of the profile [default: the one that is in use]
    #[arg(value_name = "PROFILE")]
    pub name: Option<String>,
    /// Every value that holds, with where it comes from
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
    /// Further keys, as in publish.topic=car/ac
    #[arg(long, value_name = "KEY=VALUE")]
    pub set: Vec<String>,
    /// Profile that holds where this one says nothing
    #[arg(long, value_name = "PROFILE")]
    pub extends: Option<String>,
    /// Replace the profile if it is there
    #[arg(long)]
    pub force: bool,
    /// What the profile says.
    #[command(flatten)]
    pub connect: ConnectArgs,
    /// How what is published is delivered.
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
    /// What the profile says, as in connection.host=broker.example
    #[arg(long, value_name = "KEY=VALUE")]
    pub set: Vec<String>,
    /// Replace the profile if it is there
    #[arg(long)]
    pub force: bool,
}

/// `profile edit`.
#[derive(Debug, Clone, Args)]
pub struct ProfileEditArgs {
    /// Name of the profile
    #[arg(value_name = "PROFILE")]
    pub name: String,
    /// Set a key, as in connection.port=8883
    #[arg(long, value_name = "KEY=VALUE")]
    pub set: Vec<String>,
    /// Remove a key
    #[arg(long, value_name = "KEY")]
    pub unset: Vec<String>,
}

/// `profile copy` and `profile rename`.
#[derive(Debug, Clone, Args)]
pub struct ProfilePairArgs {
    /// Name of the profile
    #[arg(value_name = "PROFILE")]
    pub name: String,
    /// The other name
    #[arg(value_name = "NEW")]
    pub new_name: String,
}

/// `profile remove`.
#[derive(Debug, Clone, Args)]
pub struct ProfileRemoveArgs {
    /// Name of the profile
    #[arg(value_name = "PROFILE")]
    pub name: String,
    /// Do not ask
    #[arg(long)]
    pub yes: bool,
}

/// `profile validate`.
#[derive(Debug, Clone, Args)]
pub struct ProfileValidateArgs {
    /// Names of profiles, or paths of files
    #[arg(value_name = "PROFILE")]
    pub names: Vec<String>,
    /// Reach the broker, and print what it announces
    #[arg(long)]
    pub connect: bool,
}

/// `profile export`.
#[derive(Debug, Clone, Args)]
pub struct ProfileExportArgs {
    /// Name of the profile
    #[arg(value_name = "PROFILE")]
    pub name: String,
    /// Plain passwords too
    #[arg(long)]
    pub with_secrets: bool,
}

/// `profile import`.
#[derive(Debug, Clone, Args)]
#[command(after_help = "\
Passwords are not written in plain text: unless told otherwise, each run asks.
What a profile cannot say is listed, with its line.")]
pub struct ProfileImportArgs {
    /// The file; - reads stdin
    #[arg(value_name = "FILE")]
    pub path: PathBuf,
    /// Name of the profile; of several, what their names begin with [default: the file says]
    #[arg(long, value_name = "PROFILE")]
    pub name: Option<String>,
    /// What the file is [default: its content says]
    #[arg(long, value_name = "FORMAT")]
    pub format: Option<ImportFormat>,
    /// Variable that will hold the password
    #[arg(long, value_name = "NAME", conflicts_with_all = ["password_file", "with_secrets"])]
    pub password_env: Option<String>,
    /// File whose first line will be the password
    #[arg(long, value_name = "PATH", conflicts_with = "with_secrets")]
    pub password_file: Option<PathBuf>,
    /// Write passwords as they are, in plain text
    #[arg(long)]
    pub with_secrets: bool,
    /// Only show what would be written
    #[arg(long)]
    pub dry_run: bool,
    /// Replace profiles that are there
    #[arg(long)]
    pub force: bool,
}

/// What a file is that profiles are made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ImportFormat {
    /// What MQTTX CLI's -so writes, JSON or YAML
    MqttxOptions,
    /// MQTTX CLI's config
    MqttxIni,
    /// Connections that MQTTX exported as JSON
    MqttxDesktop,
    /// A Spring application.yml
    Spring,
    /// A profile that was exported
    Profile,
}
