//! Lines about what was received: `last`, `diff`, `topics`, and the selection of messages that several have.

use std::time::Duration;

use clap::Args;
use regex_lite::Regex;

use crate::cli::value;
use crate::mqtt::TopicFilter;
use crate::output::MessageShape;
use crate::payload::{JsonPlace, PayloadFormat};

/// A selection of the received messages.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct SelectionArgs {
    /// Only messages whose topic matches this filter
    #[arg(long, value_name = "FILTER", value_parser = value::topic_filter)]
    pub on: Option<TopicFilter>,
    /// Only messages whose payload matches this regular expression
    #[arg(id = "pattern", long = "match", value_name = "REGEX", allow_hyphen_values = true, value_parser = value::pattern)]
    pub pattern: Option<Regex>,
    /// Only messages with this value in their JSON, for example /state/on=true (without a value, `last` shows that part),
    /// or that a jq expression matches, for example '.t > 20'
    #[arg(long, value_name = "POINTER[=VALUE]|JQ", allow_hyphen_values = true, value_parser = value::json_place)]
    pub json: Vec<JsonPlace>,
    /// Only messages of the last SEC seconds, or with a unit, for example 5m
    #[arg(long, value_name = "SEC", value_parser = value::seconds)]
    pub since: Option<Duration>,
}

/// `last`.
#[derive(Debug, Clone, Args)]
#[command(
    override_usage = "last [N] [OPTIONS]",
    after_help = "\
Examples:
  last 20 --on 'car/+/speed' --since 5m
  last --match 'error|warn'
  last 100 --json /temperature
  last 5 -F '%I %t %p' | sort"
)]
pub(crate) struct LastLine {
    /// Number of messages
    #[arg(value_name = "N", default_value = "10", value_parser = value::count)]
    pub count: u64,
    /// Which.
    #[command(flatten)]
    pub selection: SelectionArgs,
    /// Shape of the output
    #[arg(long, value_enum, value_name = "MODE", conflicts_with = "template")]
    pub output_mode: Option<MessageShape>,
    /// Shape of a line
    #[arg(
        short = 'F',
        long,
        help = "Shape of a line in the letters of mosquitto_sub, for example \"%I %t %p\"",
        value_name = "TEMPLATE",
        allow_hyphen_values = true
    )]
    pub template: Option<String>,
    /// How payloads are shown
    #[arg(short = 'f', long, value_name = "FORMAT", value_parser = value::payload_format())]
    pub format: Option<PayloadFormat>,
}

/// `diff`.
#[derive(Debug, Clone, Args)]
#[command(
    override_usage = "diff <ID> [ID] | diff <TOPIC>",
    after_help = "\
Examples:
  diff 3 7
  diff 7
  diff car/state

With one number, the message is compared with the one before it on its topic; with a topic, its last two messages
are compared."
)]
pub(crate) struct DiffLine {
    /// Number of a message, or a topic
    #[arg(value_name = "ID|TOPIC")]
    pub first: String,
    /// Number of the other message
    #[arg(value_name = "ID", value_parser = value::count)]
    pub second: Option<u64>,
}

/// `topics`.
#[derive(Debug, Clone, Args)]
#[command(
    override_usage = "topics [FILTER] [OPTIONS]",
    after_help = "\
Examples:
  topics car/# --depth 3
  topics 'meter/+' --json /kWh | sort"
)]
pub(crate) struct TopicsLine {
    /// Only topics that match this filter
    #[arg(value_name = "FILTER", value_parser = value::topic_filter)]
    pub on: Option<TopicFilter>,
    /// Depth of the tree, in levels
    #[arg(long, value_name = "N", default_value = "8", value_parser = value::count)]
    pub depth: u64,
    /// Only the value at this pointer of JSON payloads, for example /state/on
    #[arg(long, value_name = "POINTER")]
    pub json: Option<String>,
}
