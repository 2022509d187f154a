//! `mqttx-rs repl`, and the commands that are typed inside.

mod block;
mod connect;
mod keep;
mod line;
mod options;
mod probe;
mod publish;
mod recall;
mod set;
mod subscribe;
mod view;
mod wait;

use std::path::PathBuf;

use clap::Args;

use super::group::{ConnectArgs, DeliveryArgs};

pub(crate) use connect::ConnectLine;
pub(crate) use keep::{NoteLine, RecordLine, ReplyLine, RetainedLine};
pub(crate) use line::{GROUPS, ReplCommand, ReplLine, line_command};
pub(crate) use probe::ProbeLine;
pub(crate) use publish::PublishLine;
pub(crate) use recall::{LastLine, SelectionArgs, TopicsLine};
pub(crate) use set::{Preference, Switch};
pub(crate) use subscribe::SubscribeLine;
pub(crate) use wait::{AssertLine, ExpectLine, WaitLine, WaitedForArgs};

const EXAMPLES: &str = "\
Examples:
  mqttx-rs repl
  mqttx-rs repl --profile plant
  mqttx-rs repl --embedded --script smoke.mqtt
  mqttx-rs repl --script tests/*.mqtt --junit report.xml
  printf 'sub car/#\\npub car/ac on\\nwait car/ac\\n' | mqttx-rs repl --embedded

At the prompt, `help` lists the commands. A script is a file of such commands: see `wait` and `expect`.";

/// `mqttx-rs repl`.
#[derive(Debug, Clone, Args)]
#[command(
    override_usage = "mqttx-rs repl [--script FILE...] [OPTIONS]",
    after_help = EXAMPLES,
    mut_arg("save_options", |option| option.hide(true)),
    mut_arg("load_options", |option| option.hide(true))
)]
pub struct ReplArgs {
    /// The source of the commands.
    #[command(flatten)]
    pub script: ScriptArgs,
    /// The first connection.
    #[command(flatten)]
    pub connect: ConnectArgs,
    /// How messages are delivered.
    #[command(flatten)]
    pub delivery: DeliveryArgs,
}

/// Where commands come from, and what happens on an error.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Script")]
pub struct ScriptArgs {
    /// Run the commands of a file, or of several as a test suite; `-` is stdin [default: stdin, unless it is a terminal]
    #[arg(long, value_name = "FILE", num_args = 1..)]
    pub script: Vec<PathBuf>,
    /// Write the result of each script to a file, as XML for CI
    #[arg(long, value_name = "FILE")]
    pub junit: Option<PathBuf>,
    /// Print each line of a script on stderr before running it
    #[arg(short = 'x', long)]
    pub echo: bool,
    /// Do not run the start-up file and the saved settings; a script never does
    #[arg(long)]
    pub no_rc: bool,
    /// Continue after an error; the exit code is that of the first error
    #[arg(long)]
    pub keep_going: bool,
}
