//! Lines that take the whole screen: `watch` and `plot`.

use clap::Args;

use crate::cli::value;
use crate::mqtt::{TopicFilter, TopicName};

/// `watch`.
#[derive(Debug, Clone, Args)]
#[command(
    override_usage = "watch [FILTER]...",
    after_help = "\
Keys:
  arrows, j, k  choose a topic           s       sort by name, or newest first
  Enter         its payload and history  Tab     let the arrows scroll these
  g             plot its numbers         p       publish to it
  /             filter topics by text    x       remove its retained message
  space         pause or resume          q, Esc  back to the prompt
  c             connect again

In a script or a pipe it prints the latest values once. It shows only topics that are subscribed to."
)]
pub(crate) struct WatchLine {
    /// Filter of the topics
    #[arg(value_name = "FILTER", default_value = "#", value_parser = value::topic_filter)]
    pub filters: Vec<TopicFilter>,
}

/// `plot`.
#[derive(Debug, Clone, Args)]
#[command(
    override_usage = "plot <TOPIC> [OPTIONS]",
    after_help = "\
Example:
  plot meter/7 --json /state/kWh

In a script or a pipe it prints one line of blocks."
)]
pub(crate) struct PlotLine {
    /// Topic to plot
    #[arg(value_name = "TOPIC", value_parser = value::topic_name)]
    pub topic: TopicName,
    /// JSON pointer to the number [default: the first number]
    #[arg(long, value_name = "POINTER")]
    pub json: Option<String>,
}
