//! `mqttx-rs replay`: publish recorded messages.

use std::path::PathBuf;

use clap::Args;

use super::group::{ConnectArgs, DeliveryArgs};
use super::value::{self, Speed};
use crate::mqtt::{QoS, TopicFilter, TopicMapping};

const EXAMPLES: &str = "\
Messages are published with their recorded timing, QoS, retain flag and properties; several files are played one after
another. The output of `sub --output-mode jsonl` can be replayed too.
--map 'FROM=TO' renames the topics that match FROM: the first + of TO becomes what the first + of FROM matched and so on,
and # becomes what # matched. The first mapping that matches applies; topics that match none keep their names.
Topics below $SYS are left out unless they are renamed: only a broker publishes there.
Exit code 0: everything was published, and acknowledged at QoS 1 and 2. An incomplete last line, for example after a
crash of `record`, is left out with a warning. Any other line that is not a message is an error (exit code 1); the rest is
published all the same.

Examples:
  mqttx-rs replay car.jsonl
  mqttx-rs replay car-*.jsonl car.jsonl --speed 10x --map 'car/+/#=test/+/#'
  mqttx-rs replay car.jsonl.zst --only 'car/7/#' --speed max --retain=false
  mqttx-rs replay demo.jsonl --loop";

/// `mqttx-rs replay`.
#[derive(Debug, Clone, Args)]
#[command(override_usage = "mqttx-rs replay <FILE>... [OPTIONS]", after_help = EXAMPLES, mut_arg("save_options", |option| option.hide(true)), mut_arg("load_options", |option| option.hide(true)))]
pub struct ReplayCommand {
    /// Files written by `record`, in the order to play them
    #[arg(value_name = "FILE", required = true)]
    pub files: Vec<PathBuf>,
    /// What to publish, and how fast.
    #[command(flatten)]
    pub replay: ReplayArgs,
    /// Delivery at QoS 1 and 2.
    #[command(flatten)]
    pub delivery: DeliveryArgs,
    /// The broker.
    #[command(flatten)]
    pub connect: ConnectArgs,
}

/// What to publish, and how fast.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Replay")]
pub struct ReplayArgs {
    /// Playing speed: 2x is twice as fast, 0.5 half as fast, max without pauses
    #[arg(long, value_name = "FACTOR", default_value = "1", value_parser = value::speed)]
    pub speed: Speed,
    /// Play N times, or until Ctrl-C without N
    #[arg(long = "loop", id = "rounds", value_name = "N", num_args = 0..=1, default_missing_value = "endless", value_parser = value::rounds)]
    pub rounds: Option<u64>,
    /// Rename topics, for example 'car/#=test/#'
    #[arg(long, value_name = "FROM=TO", value_parser = value::topic_mapping)]
    pub map: Vec<TopicMapping>,
    /// Only recorded topics that match this filter; can be repeated
    #[arg(long, value_name = "FILTER", value_parser = value::topic_filter)]
    pub only: Vec<TopicFilter>,
    /// QoS of all messages [default: as recorded]
    #[arg(short, long, value_name = "QOS")]
    pub qos: Option<QoS>,
    /// Retain flag of all messages [default: as recorded]
    #[arg(long, value_name = "BOOL", hide_possible_values = true, num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub retain: Option<bool>,
}
