//! `mqttx-rs reply`: answer requests.

use std::path::PathBuf;

use clap::{ArgGroup, Args};

use super::group::ConnectArgs;
use super::value;
use crate::mqtt::{QoS, TopicFilter, TopicName};

const EXAMPLES: &str = "\
MQTT 5.0: the answer goes to the Response Topic of the request, with its Correlation Data; a request without a Response
Topic is answered on --reply-topic, if that is given. MQTT 3.1.1: answers go to TOPIC/reply, or to --reply-topic;
messages whose topic ends in /reply are not answered.
--exec runs CMD in the shell for each request, one after another: it reads the payload from stdin, and its stdout is
the answer. MQTT_TOPIC, MQTT_QOS, MQTT_CONTENT_TYPE, MQTT_RESPONSE_TOPIC, MQTT_CORRELATION_DATA and
MQTT_USER_PROPERTIES (one line `name: value` each, with \\n for a line break in it) are in its environment. If CMD
fails, a warning is printed and the request is not answered.
--rules FILE has a table [[rules]] for each rule; the first one that matches a request answers it. filter selects the
requests, match (a regular expression) and json (such as \"/state=on\") check the payload. answer (a text with placeholders),
file (the same, or a Jinja template), echo = true or exec is the answer. topic (with placeholders) is used if the request
names no Response Topic; qos and delay (\"2s\") apply to the answer, and retain = true unless it goes to a Response Topic.

Examples:
  mqttx-rs reply 'lamp/+/get' -m on
  mqttx-rs reply 'lamp/+/set' --template -m '{\"was\":\"{/state}\",\"at\":{time:ms}}'
  mqttx-rs reply --rules rules.toml
  mqttx-rs reply -t echo --echo -q 1
  mqttx-rs reply 'upper/#' --exec 'tr a-z A-Z'";

/// `mqttx-rs reply`.
#[derive(Debug, Clone, Args)]
#[command(override_usage = "mqttx-rs reply <FILTER>... <--message|--file-read|--echo|--exec|--rules> [OPTIONS]", after_help = EXAMPLES, mut_arg("save_options", |option| option.hide(true)), mut_arg("load_options", |option| option.hide(true)))]
pub struct ReplyCommand {
    /// Filters, like -t
    #[arg(value_name = "FILTER", value_parser = value::topic_filter)]
    pub filters: Vec<TopicFilter>,
    /// What is answered, and how.
    #[command(flatten)]
    pub answer: AnswerArgs,
    /// The connection.
    #[command(flatten)]
    pub connect: ConnectArgs,
}

/// What is answered, and how.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Answer", group = ArgGroup::new("answer").args(["message", "file_read", "echo", "exec", "rules"]))]
pub struct AnswerArgs {
    /// Filters to take requests from, for example lamp/+/get
    #[arg(short, long, value_name = "FILTER", num_args = 1.., value_parser = value::topic_filter)]
    pub topic: Vec<TopicFilter>,
    /// QoS of the subscription and of answers
    #[arg(short, long, value_name = "QOS", default_value = "0")]
    pub qos: QoS,
    /// Answer with this text
    #[arg(short, long, value_name = "TEXT", allow_hyphen_values = true)]
    pub message: Option<String>,
    /// Answer with the content of a file
    #[arg(long, value_name = "PATH")]
    pub file_read: Option<PathBuf>,
    /// Fill placeholders in the answer, for example {payload} {topic} {/a/b} of the request; a file ending in .j2 is a Jinja
    /// template
    #[arg(long, conflicts_with_all = ["echo", "exec", "rules"])]
    pub template: bool,
    /// Answer by the rules of a TOML file, each with a filter
    #[arg(long, value_name = "FILE", conflicts_with_all = ["filters", "topic", "reply_topic"])]
    pub rules: Option<PathBuf>,
    /// Answer with the payload of the request
    #[arg(long)]
    pub echo: bool,
    /// Answer with the output of a command
    #[arg(long, value_name = "CMD", allow_hyphen_values = true)]
    pub exec: Option<String>,
    /// Topic for answers to requests that name none
    #[arg(long, value_name = "TOPIC", value_parser = value::topic_name)]
    pub reply_topic: Option<TopicName>,
    /// End after N answers
    #[arg(short = 'C', long, value_name = "N", value_parser = value::count)]
    pub count: Option<u64>,
}
