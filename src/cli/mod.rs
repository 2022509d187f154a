//! The command line as clap sees it: definitions and the parsers of single values, no behaviour.
//!
//! A file for each command, a file for each group of options that several commands share ([`group`]), and the
//! parsers of values ([`value`]). [`crate::config`] turns what is parsed here into settings; man pages and
//! completions are made from [`command`] too, so that nothing is described twice.

pub mod broker;
pub mod group;
pub mod publish;
pub mod shorts;
pub mod subscribe;
pub mod value;

use clap::{ArgAction, CommandFactory, Parser, Subcommand, ValueEnum};

use broker::BrokerArgs;
use publish::PublishCommand;
use subscribe::SubscribeCommand;

const HELP_FOOTER: &str = "\
Every connection option can come from the environment: MQTTX_HOST, MQTTX_PORT, MQTTX_USERNAME, MQTTX_PASSWORD, ... \
A flag wins over the environment.";

/// The whole command line.
#[derive(Debug, Clone, Parser)]
#[command(
    name = "mqttx-rs",
    about = "Publish, subscribe, explore and load-test MQTT brokers",
    version,
    disable_help_flag = true,
    disable_version_flag = true,
    disable_help_subcommand = true,
    propagate_version = false,
    args_override_self = true,
    arg_required_else_help = false,
    subcommand_required = true,
    max_term_width = 100
)]
pub struct Cli {
    /// Print the program's version
    #[arg(short = 'v', long, action = ArgAction::Version, help_heading = "General")]
    version: Option<bool>,
    /// How the program speaks.
    #[command(flatten)]
    pub general: GeneralArgs,
    /// What it does.
    #[command(subcommand)]
    pub command: Command,
}

/// What the program can do.
#[derive(Debug, Clone, Subcommand)]
pub enum Command {
    /// Publish messages
    #[command(name = "pub", after_help = HELP_FOOTER)]
    Publish(Box<PublishCommand>),
    /// Subscribe to topics and print what arrives
    #[command(name = "sub", after_help = HELP_FOOTER)]
    Subscribe(Box<SubscribeCommand>),
    /// Run an MQTT broker, alone or around a command
    #[command(name = "broker")]
    Broker(BrokerArgs),
}

/// How the program speaks, on every command.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "General")]
pub struct GeneralArgs {
    /// Colour: on a terminal, always or never
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto", hide_possible_values = false)]
    pub color: ColorChoice,
    /// Errors on stderr as text, or as one JSON object
    #[arg(long, global = true, value_name = "FORMAT", default_value = "text")]
    pub error_format: ErrorFormat,
    /// Nothing on stderr but warnings and errors
    #[arg(long, global = true)]
    pub quiet: bool,
    /// The program's own diagnostics on stderr
    #[arg(long, global = true, hide = true)]
    pub debug: bool,
    /// Print help
    #[arg(long, global = true, action = ArgAction::Help)]
    help: Option<bool>,
}

/// When to colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum ColorChoice {
    /// On a terminal, unless `NO_COLOR` is set.
    #[default]
    #[value(help = None)]
    Auto,
    /// Even in a pipe.
    Always,
    /// Not even on a terminal.
    Never,
}

/// How errors are written on stderr.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum ErrorFormat {
    /// A sentence, and perhaps a hint.
    #[default]
    Text,
    /// One JSON object.
    Json,
}

/// The definition: for parsing, man pages and completions.
pub fn command() -> clap::Command {
    Cli::command()
}
