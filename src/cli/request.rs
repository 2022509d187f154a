//! `mqttx-rs request`: publish, and wait for replies.

use clap::{Arg, Args};

use super::group::ConnectArgs;
use super::publish::PublishArgs;
use super::subscribe::OutputArgs;
use super::value;
use crate::mqtt::TopicName;

/// The options of `pub` that make more than one request.
pub(crate) const NOT_OF_REQUEST: [&str; 5] = ["multiline", "line_mode", "jsonl", "repeat", "repeat_delay"];

const EXAMPLES: &str = "\
MQTT 5.0: the request has a Response Topic (one of its own unless -rt or --reply-topic names another) and Correlation
Data; only messages with the same Correlation Data count as replies.
MQTT 3.1.1 has neither: every message on TOPIC/reply, or on --reply-topic, counts as a reply.
Exit code 0: --count replies arrived; 8: --timeout expired first.

Examples:
  mqttx-rs request -t lamp/7/get -m state
  mqttx-rs rr -t lamps/who -n -C 3 --timeout 2 --output-mode jsonl
  mqttx-rs request -V 3.1.1 -t lamp/7/get -m state --reply-topic lamp/7/answer";

/// `mqttx-rs request`.
#[derive(Debug, Clone, Args)]
#[command(override_usage = "mqttx-rs request -t <TOPIC> [-m <TEXT>] [OPTIONS]", after_help = EXAMPLES, mut_arg("save_options", |option| option.hide(true)), mut_arg("load_options", |option| option.hide(true)), mut_args(without_the_rest_of_pub))]
pub struct RequestCommand {
    /// How many replies to wait for, and where they arrive.
    #[command(flatten)]
    pub replies: RepliesArgs,
    /// The request.
    #[command(flatten)]
    pub publish: PublishArgs,
    /// How replies are shown.
    #[command(flatten)]
    pub output: OutputArgs,
    /// The connection.
    #[command(flatten)]
    pub connect: ConnectArgs,
}

/// How many replies to wait for, and where they arrive.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Replies")]
pub struct RepliesArgs {
    /// End after N replies
    #[arg(short = 'C', long, value_name = "N", default_value = "1", value_parser = value::count)]
    pub count: u64,
    /// Topic to receive replies on [default: in 5.0 a random one, in 3.1.1 TOPIC/reply]
    #[arg(long, value_name = "TOPIC", value_parser = value::topic_name)]
    pub reply_topic: Option<TopicName>,
}

/// Hides what `request` has no use for.
pub(crate) fn without_the_rest_of_pub(option: Arg) -> Arg {
    match option.get_id().as_str() {
        "timeout" => {
            option.help("Time limit for the replies, including the time to connect; 0 waits forever [default: 10]")
        }
        id if NOT_OF_REQUEST.contains(&id) => option.hide(true),
        _ => option,
    }
}
