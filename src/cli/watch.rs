//! `mqttx-rs watch`: the topics of a broker on the full screen.

use clap::Args;

use super::group::ConnectArgs;
use super::value;
use crate::mqtt::{QoS, TopicFilter};

const EXAMPLES: &str = "\
Keys:
  arrows, j, k  choose a topic           s       sort by name, or newest first
  Enter         its payload and history  Tab     let the arrows scroll these
  g             plot its numbers         p       publish to it
  /             filter topics by text    x       remove its retained message
  space         pause or resume          q, Esc  leave
  c             connect again

A lost connection is opened again, as with `sub`, and shown in the first line. `watch` in `mqttx-rs repl` is the same view.

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
    /// Filters of the topics to watch [default: all]
    #[arg(value_name = "FILTER", value_parser = value::topic_filter)]
    pub filters: Vec<TopicFilter>,
    /// What to subscribe to.
    #[command(flatten)]
    pub watched: WatchedArgs,
    /// The connection.
    #[command(flatten)]
    pub connect: ConnectArgs,
}

/// What to subscribe to.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Subscription")]
pub struct WatchedArgs {
    /// Filters of the topics, the same as FILTER
    #[arg(short, long, value_name = "FILTER", num_args = 1.., value_parser = value::topic_filter)]
    pub topic: Vec<TopicFilter>,
    /// Highest QoS
    #[arg(short, long, value_name = "QOS", default_value = "0")]
    pub qos: QoS,
}
