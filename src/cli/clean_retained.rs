//! `mqttx-rs clean-retained`: remove retained messages.

use std::time::Duration;

use clap::Args;

use super::group::ConnectArgs;
use super::value;
use crate::mqtt::TopicFilter;

const EXAMPLES: &str = "\
An empty retained message at QoS 1 to its topic removes a retained message. Each topic is printed when the broker has
acknowledged its removal. Topics below $SYS belong to the broker and are left alone.
Without --yes the command asks first; if stdin is not a terminal, it removes nothing and exits 2.
Exit code 0: done, or the answer was no; 5: the broker refused a removal.

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
    /// What to remove.
    #[command(flatten)]
    pub clean: CleanRetainedArgs,
    /// The broker.
    #[command(flatten)]
    pub connect: ConnectArgs,
}

/// What to remove, and whether to ask first.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Removal")]
pub struct CleanRetainedArgs {
    /// Filters, for example car/+/speed or car/#
    #[arg(short, long, value_name = "FILTER", num_args = 1.., value_parser = value::topic_filter)]
    pub topic: Vec<TopicFilter>,
    /// Leave out topics that match these
    #[arg(short = 'T', long, value_name = "FILTER", num_args = 1.., value_parser = value::topic_filter)]
    pub filter_out: Vec<TopicFilter>,
    /// List the topics and remove nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Remove without asking
    #[arg(long, conflicts_with = "dry_run")]
    pub yes: bool,
    /// Assume that the broker has sent everything after this long without a message
    #[arg(long, value_name = "SEC", default_value = "1", value_parser = value::seconds)]
    pub idle_timeout: Duration,
}
