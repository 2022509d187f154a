//! `mqttx-rs watch`: the topics of a broker on the whole screen.

use clap::Args;

use super::group::ConnectArgs;
use super::value;
use crate::mqtt::{QoS, TopicFilter};

const EXAMPLES: &str = "\
Keys:
  arrows, j, k  choose a topic           s, Tab  by name, or the newest first
  Enter         its payload and history  space   stop the picture, and go on
  g             plot its numbers         p       publish to it
  /             only topics with a text  x       remove what is retained on it
  c             connect again            q, Esc  leave

A lost connection is opened again, as by `sub`; the first line says so. `watch` in `mqttx-rs repl` is the same view.

Examples:
  mqttx-rs watch
  mqttx-rs watch 'car/+/speed' 'order/#' -q 1
  mqttx-rs watch '$SYS/#' -h broker.example";

/// `mqttx-rs watch`.
#[derive(Debug, Clone, Args)]
#[command(
    override_usage = "mqttx-rs watch [FILTER]... [OPTIONS]",
    after_help = EXAMPLES,
    mut_arg("save_options", |option| option.hide(true)),
    mut_arg("load_options", |option| option.hide(true))
)]
pub struct WatchCommand {
    /// Filters of the topics [default: #]
    #[arg(value_name = "FILTER", value_parser = value::topic_filter)]
    pub filters: Vec<TopicFilter>,
    /// What is subscribed to.
    #[command(flatten)]
    pub watched: WatchedArgs,
    /// Where to.
    #[command(flatten)]
    pub connect: ConnectArgs,
}

/// What is subscribed to.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Subscription")]
pub struct WatchedArgs {
    /// Filters, as FILTER
    #[arg(short, long, value_name = "FILTER", num_args = 1.., value_parser = value::topic_filter)]
    pub topic: Vec<TopicFilter>,
    /// Highest QoS
    #[arg(short, long, value_name = "QOS", default_value = "0")]
    pub qos: QoS,
}
