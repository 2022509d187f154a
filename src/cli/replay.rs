//! `mqttx-rs replay`: publish what was recorded.

use std::path::PathBuf;

use clap::Args;

use super::group::{ConnectArgs, DeliveryArgs};
use super::value::{self, Speed};
use crate::mqtt::{QoS, TopicFilter, TopicMapping};

const EXAMPLES: &str = "\
Messages are published with the pauses, QoS, retain flag and properties that they were recorded with; several files
follow one another. What `sub --output-mode jsonl` printed can be replayed too.
--map 'FROM=TO' gives the topics that match FROM other names: the first + of TO is what the first + of FROM matched and
so on, # what # matched. The first mapping that matches holds; topics that match none keep their names.
Topics of $SYS are left out unless they are mapped: only a broker publishes there.
Exit code 0: everything was published, and acknowledged at QoS 1 and 2. A torn last line, as a crash of the recorder leaves
it, is left out with a warning; any other line that is not a message is an error (exit code 1), and the rest is published.

Examples:
  mqttx-rs replay car.jsonl
  mqttx-rs replay car-*.jsonl car.jsonl --speed 10x --map 'car/+/#=test/+/#'
  mqttx-rs replay car.jsonl.zst --only 'car/7/#' --speed max --retain=false
  mqttx-rs replay demo.jsonl --loop";

/// `mqttx-rs replay`.
#[derive(Debug, Clone, Args)]
#[command(override_usage = "mqttx-rs replay <FILE>... [OPTIONS]", after_help = EXAMPLES, mut_arg("save_options", |option| option.hide(true)), mut_arg("load_options", |option| option.hide(true)))]
pub struct ReplayCommand {
    /// Files that `record` wrote, in this order
    #[arg(value_name = "FILE", required = true)]
    pub files: Vec<PathBuf>,
    /// What is published, and how fast.
    #[command(flatten)]
    pub replay: ReplayArgs,
    /// How QoS 1 and 2 are delivered.
    #[command(flatten)]
    pub delivery: DeliveryArgs,
    /// Where to.
    #[command(flatten)]
    pub connect: ConnectArgs,
}

/// What is published, and how fast.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Replay")]
pub struct ReplayArgs {
    /// 2x is twice as fast, 0.5 half as fast, max without pauses
    #[arg(long, value_name = "FACTOR", default_value = "1", value_parser = value::speed)]
    pub speed: Speed,
    /// Play N times; without N until Ctrl-C
    #[arg(long = "loop", id = "rounds", value_name = "N", num_args = 0..=1, default_missing_value = "0", value_parser = value::rounds)]
    pub rounds: Option<u64>,
    /// Other names for topics, for example 'car/#=test/#'
    #[arg(long, value_name = "FROM=TO", value_parser = value::topic_mapping)]
    pub map: Vec<TopicMapping>,
    /// Only the recorded topics that match; repeat it for several filters
    #[arg(long, value_name = "FILTER", value_parser = value::topic_filter)]
    pub only: Vec<TopicFilter>,
    /// QoS for all [default: as recorded]
    #[arg(short, long, value_name = "QOS")]
    pub qos: Option<QoS>,
    /// Retain flag for all [default: as recorded]
    #[arg(long, value_name = "BOOL", hide_possible_values = true, num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub retain: Option<bool>,
}
