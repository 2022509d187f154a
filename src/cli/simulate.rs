//! `mqttx-rs simulate` and `mqttx-rs ls`: the devices that MQTTX can play.

use std::path::PathBuf;

use clap::Args;

use super::bench::{ResultsArgs, TrafficArgs, id_short};
use super::group::{ConnectArgs, MessageArgs};

const EXAMPLES: &str = "\
A scenario is a template: its payload is filled in for each message, and what is `once` is the same in all messages of a
client. The rest is as in `bench pub`, with the same report.

Examples:
  mqttx-rs simulate -sc tesla -c 10
  mqttx-rs simulate --show tesla > my.json
  mqttx-rs simulate -sc ./my.json -c 100 --rate 500/s --duration 1m";

/// `mqttx-rs simulate`.
#[derive(Debug, Clone, Args)]
#[command(override_usage = "mqttx-rs simulate -sc <SCENARIO> [OPTIONS]", after_help = EXAMPLES, mut_arg("client_id", id_short), mut_arg("topic", topic_help))]
pub struct SimulateArgs {
    /// `tesla`, `IEM`, `smart_home` or `weather`, or a template file (with a `.` or `/` in its name; .j2 is Jinja)
    #[arg(long, value_name = "SCENARIO", conflicts_with = "file", help_heading = "Message")]
    pub scenario: Option<String>,
    /// A template file
    #[arg(short, long, value_name = "PATH", help_heading = "Message")]
    pub file: Option<PathBuf>,
    /// Print the template of a scenario, and do nothing else
    #[arg(long, value_name = "SCENARIO", conflicts_with_all = ["scenario", "file"], help_heading = "Message")]
    pub show: Option<String>,
    /// How many clients, how much they publish, and how exactly.
    #[command(flatten)]
    pub traffic: TrafficArgs,
    /// What every message has.
    #[command(flatten)]
    pub message: MessageArgs,
    /// What is kept of the results.
    #[command(flatten)]
    pub results: ResultsArgs,
    /// Where to.
    #[command(flatten)]
    pub connect: ConnectArgs,
}

fn topic_help(option: clap::Arg) -> clap::Arg {
    option.help("Topic to publish to [default: mqttx/simulate/%sc/%c]")
}

/// `mqttx-rs ls`.
#[derive(Debug, Clone, Args)]
pub struct ListArgs {
    /// The scenarios of `simulate`
    #[arg(long, required = true)]
    pub scenario: bool,
}
