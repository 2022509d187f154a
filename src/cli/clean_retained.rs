//! `mqttx-rs clean-retained`: remove retained messages.

use std::time::Duration;

use clap::Args;

use super::group::ConnectArgs;
use super::value;
use crate::mqtt::TopicFilter;

const EXAMPLES: &str = "\
Retained messages are removed by an empty retained message to their topics, at QoS 1. Each topic is printed when the
broker has acknowledged that. Topics of $SYS belong to the broker and are never touched.
Without --yes there is a question first; where nobody can be asked, nothing is removed.
Exit code 0: done, or answered with no; 5: the broker refused a removal.

Examples:
  mqttx-rs clean-retained 'car/#' --dry-run
  mqttx-rs clean-retained 'car/7/#' 'plant/+/state' --yes
  mqttx-rs clean-retained '#' -T 'config/#'";

/// `mqttx-rs clean-retained`.
#[derive(Debug, Clone, Args)]
#[command(override_usage = "mqttx-rs clean-retained <FILTER>... [OPTIONS]", after_help = EXAMPLES, mut_arg("save_options", |option| option.hide(true)), mut_arg("load_options", |option| option.hide(true)))]
pub struct CleanRetainedCommand {
    /// Filters, as with -t
    #[arg(value_name = "FILTER", value_parser = value::topic_filter)]
    pub filters: Vec<TopicFilter>,
    /// What is removed.
    #[command(flatten)]
    pub clean: CleanRetainedArgs,
    /// Where to.
    #[command(flatten)]
    pub connect: ConnectArgs,
}

/// What is removed, and whether it is asked before.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Removal")]
pub struct CleanRetainedArgs {
    /// Filters, for example car/+/speed or car/#
    #[arg(short, long, value_name = "FILTER", num_args = 1.., value_parser = value::topic_filter)]
    pub topic: Vec<TopicFilter>,
    /// Leave out topics that match these
    #[arg(short = 'T', long, value_name = "FILTER", num_args = 1.., value_parser = value::topic_filter)]
    pub filter_out: Vec<TopicFilter>,
    /// Only print the topics
    #[arg(long)]
    pub dry_run: bool,
    /// Remove without a question
    #[arg(long, conflicts_with = "dry_run")]
    pub yes: bool,
    /// Silence after which the broker has sent all of them
    #[arg(long, value_name = "SEC", default_value = "1", value_parser = value::seconds)]
    pub idle_timeout: Duration,
}
