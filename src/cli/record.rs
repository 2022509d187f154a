//! `mqttx-rs record`: record messages to a file.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use super::group::ConnectArgs;
use super::value::{self, Rotate};
use crate::mqtt::{QoS, TopicFilter};

const EXAMPLES: &str = "\
Each line of FILE is a message in the format of `sub --output-mode jsonl`, with the time to the nanosecond; `replay` and
`pub --jsonl` read it. A FILE that ends in .zst is compressed.
A message at QoS 1 or 2 is acknowledged once it is in the file. With a persistent session (-i ID --no-clean) no message
is lost in a crash: --resume at the next start cuts off an incomplete last line, appends, and drops messages that the
broker sends a second time.
--rotate 100MB and --rotate 1h start a new file; the full one is renamed: car-000001.jsonl is the oldest of car.jsonl.
Exit code 0: ended by Ctrl-C, --duration, --idle-timeout or with --count messages; 8: fewer than --count arrived.

Examples:
  mqttx-rs record car.jsonl -t 'car/#'
  mqttx-rs record car.jsonl -t 'car/#' 'plant/#' -i recorder --no-clean --resume
  mqttx-rs record all.jsonl.zst -t '#' --rotate 100MB --rotate 1h --keep 24";

/// `mqttx-rs record`.
#[derive(Debug, Clone, Args)]
#[command(override_usage = "mqttx-rs record <FILE> -t <FILTER>... [OPTIONS]", after_help = EXAMPLES, mut_arg("save_options", |option| option.hide(true)), mut_arg("load_options", |option| option.hide(true)))]
pub struct RecordCommand {
    /// File to write; compressed if its name ends in .zst
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// What to record.
    #[command(flatten)]
    pub record: RecordArgs,
    /// The broker.
    #[command(flatten)]
    pub connect: ConnectArgs,
}

/// What to record, for how long and to which files.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Recording")]
pub struct RecordArgs {
    /// Filters, for example car/+/speed or car/#
    #[arg(short, long, value_name = "FILTER", num_args = 1.., value_parser = value::topic_filter)]
    pub topic: Vec<TopicFilter>,
    /// Highest QoS; 2 receives each message at the QoS it was published with
    #[arg(short, long, value_name = "QOS", default_value = "2")]
    pub qos: QoS,
    /// Leave out topics that match these
    #[arg(short = 'T', long, value_name = "FILTER", num_args = 1.., value_parser = value::topic_filter)]
    pub filter_out: Vec<TopicFilter>,
    /// Leave out retained messages
    #[arg(short = 'R', long)]
    pub skip_retained: bool,
    /// End after N messages
    #[arg(short = 'C', long, value_name = "N", value_parser = value::count)]
    pub count: Option<u64>,
    /// End after this time
    #[arg(long, value_name = "SEC", value_parser = value::seconds)]
    pub duration: Option<Duration>,
    /// End after this long without a message; 0 disables it
    #[arg(long, value_name = "SEC", value_parser = value::seconds)]
    pub idle_timeout: Option<Duration>,
    /// Append to FILE if it exists
    #[arg(long)]
    pub resume: bool,
    /// Start a new file at this size or age; can be given once for each
    #[arg(long, value_name = "SIZE|TIME", value_parser = value::rotate)]
    pub rotate: Vec<Rotate>,
    /// Keep only the N newest of the full files
    #[arg(long, value_name = "N", value_parser = value::count, requires = "rotate")]
    pub keep: Option<u64>,
}
