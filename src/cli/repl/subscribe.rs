//! `sub` as a line of a session.

use clap::Args;

use crate::cli::subscribe::SubscribeArgs;
use crate::cli::value;
use crate::mqtt::TopicFilter;

/// `sub`.
#[derive(Debug, Clone, Args)]
#[command(
    override_usage = "sub <FILTER>... [OPTIONS]",
    after_help = "\
Examples:
  sub car/#
  sub 'car/+/speed' order/# -q 1
  sub $share/workers/job/# --output-mode jsonl"
)]
pub(crate) struct SubscribeLine {
    /// Filters to subscribe to
    #[arg(value_name = "FILTER", value_parser = value::topic_filter)]
    pub filters: Vec<TopicFilter>,
    /// The subscription and its output.
    #[command(flatten)]
    pub subscribe: SubscribeArgs,
}
