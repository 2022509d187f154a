//! `mqttx-rs topic`: what filters mean and match, without a broker.

use clap::{Args, Subcommand};

use super::value;
use crate::mqtt::{TopicFilter, TopicName};

/// `mqttx-rs topic`.
#[derive(Debug, Clone, Args)]
pub struct TopicArgs {
    /// The command.
    #[command(subcommand)]
    pub command: TopicCommand,
}

/// The commands.
#[derive(Debug, Clone, Subcommand)]
pub enum TopicCommand {
    /// Print the topics that a filter matches; exit 1 if it matches none
    Match(TopicMatchArgs),
    /// Explain a filter level by level
    Explain(TopicExplainArgs),
}

/// `topic match`.
#[derive(Debug, Clone, Args)]
#[command(after_help = "\
Exit code 0: at least one topic matches; 1: no topic matches; 2: the filter or a topic is not valid.
The prefix of a filter ($share/GROUP/, $queue/, $exclusive/) is ignored, and a topic $delayed/SECONDS/TOPIC counts as
TOPIC, under which the message arrives.

Examples:
  mqttx-rs topic match 'car/+/speed' car/7/speed
  mqttx-rs topic match '$share/workers/job/#' job job/1 other
  cut -f1 messages.tsv | mqttx-rs topic match 'car/#'")]
pub struct TopicMatchArgs {
    /// Filter, for example car/+/speed or car/#
    #[arg(value_name = "FILTER", value_parser = value::topic_filter)]
    pub filter: TopicFilter,
    /// Topics [default: the lines of stdin]
    #[arg(value_name = "TOPIC", value_parser = value::topic_name)]
    pub topics: Vec<TopicName>,
}

/// `topic explain`.
#[derive(Debug, Clone, Args)]
#[command(after_help = "\
Examples:
  mqttx-rs topic explain 'car/+/speed'
  mqttx-rs topic explain '$share/workers/job/#'
  mqttx-rs topic explain '$delayed/60/job/1'")]
pub struct TopicExplainArgs {
    /// Filter or topic
    #[arg(value_name = "FILTER", value_parser = value::topic_filter)]
    pub filter: TopicFilter,
}
