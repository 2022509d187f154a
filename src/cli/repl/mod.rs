//! `mqttx-rs repl`, and the commands that are typed inside.

mod keep;
mod line;

use std::path::PathBuf;

use clap::Args;

use super::group::{ConnectArgs, DeliveryArgs};

pub(crate) use keep::{NoteLine, RecordLine, ReplyLine, RetainedLine};
pub(crate) use line::{
    AssertLine, ConnectLine, ExpectLine, LastLine, Preference, PublishLine, ReplCommand, ReplLine, SelectionArgs,
    SubscribeLine, Switch, TopicsLine, WaitLine, WaitedForArgs, line_command,
};

const EXAMPLES: &str = "\
Examples:
  mqttx-rs repl
  mqttx-rs repl --profile plant
  mqttx-rs repl --embedded --script smoke.mqtt
  mqttx-rs repl --script tests/*.mqtt --junit report.xml
  printf 'sub car/#\\npub car/ac on\\nwait car/ac\\n' | mqttx-rs repl --embedded

`help` inside lists the commands. A script is a file of them: see `wait` and `expect`.";

/// `mqttx-rs repl`.
#[derive(Debug, Clone, Args)]
#[command(
    override_usage = "mqttx-rs repl [--script FILE...] [OPTIONS]",
    after_help = EXAMPLES,
    mut_arg("save_options", |option| option.hide(true)),
    mut_arg("load_options", |option| option.hide(true))
)]
pub struct ReplArgs {
    /// Where commands come from.
    #[command(flatten)]
    pub script: ScriptArgs,
    /// Where to, at first.
    #[command(flatten)]
    pub connect: ConnectArgs,
    /// How what is published is delivered.
    #[command(flatten)]
    pub delivery: DeliveryArgs,
}

/// Where commands come from, and what an error does.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Script")]
pub struct ScriptArgs {
    /// Run the commands of a file, each of several as a test; `-` is stdin, which is read when it is no terminal
    #[arg(long, value_name = "FILE", num_args = 1..)]
    pub script: Vec<PathBuf>,
    /// Write what became of each script to a file, as JUnit does
    #[arg(long, value_name = "FILE")]
    pub junit: Option<PathBuf>,
    /// Show each line of a script on stderr before it runs
    #[arg(short = 'x', long)]
    pub echo: bool,
    /// Leave out the start-up file and what `save-settings` kept; a script has them left out in any case
    #[arg(long)]
    pub no_rc: bool,
    /// Go on after an error; the exit code is the first one's
    #[arg(long)]
    pub keep_going: bool,
}
