//! `connect` as a line of a session.

use clap::Args;

use crate::cli::group::{ConnectArgs, DeliveryArgs};

/// `connect`.
#[derive(Debug, Clone, Args)]
#[command(
    override_usage = "connect [--profile NAME] [OPTIONS] [as NAME]",
    after_help = "\
Examples:
  connect -h broker.example
  connect --profile plant as plant
  connect --url mqtts://me@broker.example --ask-password

Options not given here come from the environment, the profile and the defaults, not from the command line of the
program. Without any, the current connection is opened again."
)]
pub(crate) struct ConnectLine {
    /// Name of the connection [default: its host and port]
    #[arg(value_name = "as NAME", num_args = 0..=2)]
    pub name: Vec<String>,
    /// Profile to use: its name, or the path of a file
    #[arg(long, value_name = "NAME")]
    pub profile: Option<String>,
    /// Use no profile, not even the selected one
    #[arg(long, conflicts_with = "profile")]
    pub no_profile: bool,
    /// The connection.
    #[command(flatten)]
    pub connect: ConnectArgs,
    /// How messages are delivered.
    #[command(flatten)]
    pub delivery: DeliveryArgs,
}
