//! `mqttx-rs conn`: connect and stay, or connect and report.

use clap::{Arg, Args, ValueEnum};

use super::group::ConnectArgs;

const EXAMPLES: &str = "\
Examples:
  mqttx-rs conn -Wt desk/7/status -Wm gone
  mqttx-rs conn --check --url mqtts://me@broker.example --password-file ~/.broker
  mqttx-rs conn --check --output-mode jsonl | jq .receive_maximum";

/// `mqttx-rs conn`.
#[derive(Debug, Clone, Args)]
#[command(
    override_usage = "mqttx-rs conn [--check] [OPTIONS]",
    after_help = EXAMPLES,
    mut_arg("conn_user_properties", user_properties_of_connect)
)]
pub struct ConnCommand {
    /// What is reported.
    #[command(flatten)]
    pub report: ConnReportArgs,
    /// The connection.
    #[command(flatten)]
    pub connect: ConnectArgs,
}

/// What is reported.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Report")]
pub struct ConnReportArgs {
    /// Print what the broker announces, then disconnect
    #[arg(long)]
    pub check: bool,
    /// default, or jsonl: one JSON object per connection
    #[arg(long, value_name = "MODE", hide_possible_values = true, default_value = "default")]
    pub output_mode: ConnOutputMode,
}

/// Shape of the report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum ConnOutputMode {
    /// For people.
    #[default]
    Default,
    /// A JSON object a line for each connection.
    #[value(alias = "json")]
    Jsonl,
}

/// `-up`: this command neither publishes nor subscribes, so user properties are those of CONNECT, as with MQTTX.
pub(super) fn user_properties_of_connect(argument: Arg) -> Arg {
    argument.long("user-properties").alias("conn-user-properties")
}
