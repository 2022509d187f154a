//! The command line as clap sees it: definitions and the parsers of single values, no behaviour.
//!
//! A file for each command, a file for each group of options that several commands share ([`group`]), and the
//! parsers of values ([`value`]). [`crate::settings`] settles what is parsed here; man pages and
//! completions are made from [`command`] too, so that nothing is described twice.

pub(crate) mod bench;
pub(crate) mod broker;
pub(crate) mod clean_retained;
pub(crate) mod conn;
pub(crate) mod group;
mod invoked;
mod lessons;
pub(crate) mod manual;
pub(crate) mod probe;
pub(crate) mod profile;
pub(crate) mod publish;
pub(crate) mod record;
pub(crate) mod repl;
pub(crate) mod replay;
pub(crate) mod reply;
pub(crate) mod request;
pub mod shorts;
pub(crate) mod simulate;
pub(crate) mod subscribe;
pub(crate) mod topic;
pub(crate) mod value;
pub(crate) mod wait;
pub(crate) mod watch;

use std::path::PathBuf;

use clap::{Arg, ArgAction, Args, Subcommand};

use bench::BenchArgs;
use broker::BrokerArgs;
use clean_retained::CleanRetainedCommand;
use conn::ConnCommand;
use manual::{CompletionArgs, HelpArgs, ManArgs};
use probe::ProbeCommand;
use profile::{InitArgs, ProfileArgs};
use publish::PublishCommand;
use record::RecordCommand;
use repl::ReplArgs;
use replay::ReplayCommand;
use reply::ReplyCommand;
use request::RequestCommand;
use simulate::{ListArgs, SimulateArgs};
use subscribe::SubscribeCommand;
use topic::TopicArgs;
use wait::WaitCommand;
use watch::WatchCommand;

pub(crate) use invoked::invoked;

use crate::output::{ColorChoice, ErrorFormat};

const ABOUT: &str = "Publish, subscribe, explore and load-test MQTT brokers";

/// The whole command line.
#[derive(Debug, Clone, Args)]
#[command(about = ABOUT)]
pub struct Cli {
    /// Options of every command.
    #[command(flatten)]
    pub general: GeneralArgs,
    /// The command.
    #[command(subcommand)]
    pub command: Command,
}

/// All commands.
#[derive(Debug, Clone, Subcommand)]
pub enum Command {
    /// Connect and stay connected, or show what the broker announces
    #[command(name = "conn")]
    Connect(Box<ConnCommand>),
    /// Publish messages
    #[command(name = "pub")]
    Publish(Box<PublishCommand>),
    /// Subscribe to topics and print what arrives
    #[command(name = "sub")]
    Subscribe(Box<SubscribeCommand>),
    /// Wait for messages that match, and print them
    #[command(name = "wait")]
    Wait(Box<WaitCommand>),
    /// Publish a request and wait for replies
    #[command(name = "request", visible_alias = "rr")]
    Request(Box<RequestCommand>),
    /// Answer requests
    #[command(name = "reply")]
    Reply(Box<ReplyCommand>),
    /// Record messages to a file
    #[command(name = "record")]
    Record(Box<RecordCommand>),
    /// Publish recorded messages with their original timing
    #[command(name = "replay")]
    Replay(Box<ReplayCommand>),
    /// Remove retained messages
    #[command(name = "clean-retained")]
    CleanRetained(Box<CleanRetainedCommand>),
    /// Test which MQTT features a broker supports
    #[command(name = "probe")]
    Probe(Box<ProbeCommand>),
    /// Watch the topics of a broker on the full screen
    #[command(name = "watch")]
    Watch(Box<WatchCommand>),
    /// Explore a broker interactively, or run a script of commands
    #[command(name = "repl")]
    Repl(Box<ReplArgs>),
    /// Load-test a broker and measure it
    #[command(name = "bench")]
    Bench(BenchArgs),
    /// Simulate devices: cars, homes, factories, weather stations
    #[command(name = "simulate")]
    Simulate(Box<SimulateArgs>),
    /// List the scenarios of `simulate`
    #[command(name = "ls")]
    List(ListArgs),
    /// Create the default profile, from answers on a terminal
    #[command(name = "init")]
    Init(InitArgs),
    /// Print the version
    #[command(name = "check")]
    Check,
    /// Save connection settings under a name
    #[command(name = "profile")]
    Profile(ProfileArgs),
    /// Match and explain topic filters without a broker
    #[command(name = "topic")]
    Topic(TopicArgs),
    /// Run an MQTT broker, on its own or while a command runs
    #[command(name = "broker")]
    Broker(Box<BrokerArgs>),
    /// Print a completion script for a shell
    #[command(name = "completion")]
    Completion(CompletionArgs),
    /// Print or write man pages
    #[command(name = "man")]
    Man(ManArgs),
    /// Show the help of a command, an option or a topic
    #[command(name = "help")]
    Help(HelpArgs),
}

/// Options of every command.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "General")]
pub struct GeneralArgs {
    /// Print the program's version
    #[arg(short = 'v', long, action = ArgAction::Version)]
    version: Option<bool>,
    /// Use colour: auto, always or never
    #[arg(long, global = true, value_name = "WHEN", hide_possible_values = true, default_value = "auto")]
    pub color: ColorChoice,
    /// Print errors as text or json
    #[arg(long, global = true, value_name = "FORMAT", hide_possible_values = true, default_value = "text")]
    pub error_format: ErrorFormat,
    /// Profile to use: its name, or the path of a file
    #[arg(long, global = true, value_name = "NAME")]
    pub profile: Option<String>,
    /// Use no profile, not even the selected one
    #[arg(long, global = true, conflicts_with = "profile")]
    pub no_profile: bool,
    /// Print only warnings and errors on stderr
    #[arg(long, global = true)]
    pub quiet: bool,
    /// Log what the program does on stderr
    #[arg(long, global = true)]
    pub debug: bool,
    /// Append everything printed on stderr to a file; --trace and --debug then print only there
    #[arg(long, global = true, value_name = "PATH")]
    pub log_file: Option<PathBuf>,
    /// Print the most used options and examples
    #[arg(long, global = true, action = ArgAction::HelpShort)]
    help: Option<bool>,
    /// Print all options
    #[arg(long, global = true, action = ArgAction::HelpLong)]
    help_all: Option<bool>,
}

/// The definition of all commands with all that teaches: for help, errors, man pages and completions. A run parses with
/// [`invoked()`].
pub fn command() -> clap::Command {
    lessons::taught(definition())
}

/// The definition of all commands, as a run parses one of them.
fn definition() -> clap::Command {
    finished(Cli::augment_args(root()))
}

/// The program without its options and commands.
fn root() -> clap::Command {
    let root = clap::Command::new("mqttx-rs").version(env!("CARGO_PKG_VERSION"));
    let root = root.disable_help_flag(true).disable_version_flag(true).disable_help_subcommand(true);
    root.args_override_self(true).subcommand_required(true).max_term_width(100)
}

/// A command with what holds for all of them.
fn finished(command: clap::Command) -> clap::Command {
    // A load is spread over the brokers of one list, so the last of several options must not win in silence.
    let has = |id: &str| command.get_arguments().any(|option| option.get_id() == id);
    let spreads = has("ramp") && has("hostname");
    let command =
        if spreads { command.mut_arg("hostname", |option| option.action(ArgAction::Append)) } else { command };
    command.mut_args(finished_option).mut_subcommands(finished)
}

/// An option that takes `-1` as a value, so that the message is about the number.
fn finished_option(option: Arg) -> Arg {
    let takes_text = option.is_allow_hyphen_values_set() || !option.get_action().takes_values();
    if takes_text { option } else { option.allow_negative_numbers(true) }
}
