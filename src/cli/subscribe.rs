//! `mqttx-rs sub`: subscribe and print.

use std::path::PathBuf;
use std::time::Duration;

use bytes::Bytes;
use clap::{Args, ValueEnum};

use super::group::{ConnectArgs, PayloadArgs};
use super::value;
use crate::mqtt::{QoS, RetainHandling, TopicFilter, UserProperty};

/// `mqttx-rs sub`.
#[derive(Debug, Clone, Args)]
pub struct SubscribeCommand {
    /// What SUBSCRIBE asks for.
    #[command(flatten)]
    pub subscription: SubscriptionArgs,
    /// Which messages count, and when it ends.
    #[command(flatten)]
    pub selection: SelectionArgs,
    /// How messages are shown and kept.
    #[command(flatten)]
    pub output: OutputArgs,
    /// How payloads are shown.
    #[command(flatten)]
    pub payload: PayloadArgs,
    /// Where to.
    #[command(flatten)]
    pub connect: ConnectArgs,
}

/// What SUBSCRIBE asks for. Lists pair with the filters by position; a filter without a value of its own takes the
/// first, as in MQTTX.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Subscription")]
pub struct SubscriptionArgs {
    /// Topic filters, as in car/+/speed or car/#
    #[arg(short, long, value_name = "FILTER", num_args = 1.., value_parser = value::topic_filter)]
    pub topic: Vec<TopicFilter>,
    /// Highest QoS, one for each filter or one for all
    #[arg(short, long, value_name = "QOS", num_args = 1.., default_value = "0")]
    pub qos: Vec<QoS>,
    /// -nl: not the messages of this client itself (5.0)
    #[arg(long, alias = "no_local", value_name = "BOOL", num_args = 0.., default_missing_value = "true")]
    pub no_local: Vec<bool>,
    /// -rap: keep the retain flag as published (5.0)
    #[arg(long, value_name = "BOOL", num_args = 0.., default_missing_value = "true")]
    pub retain_as_published: Vec<bool>,
    /// -rh: retained messages: 0 send, 1 if the subscription is new, 2 never (5.0)
    #[arg(long, value_name = "N", num_args = 1.., value_parser = value::retain_handling)]
    pub retain_handling: Vec<RetainHandling>,
    /// -si: number that comes back with each message (5.0)
    #[arg(long, value_name = "N", value_parser = value::subscription_identifier)]
    pub subscription_identifier: Option<u32>,
    /// -up: user properties, as in "site: plant-7" (5.0)
    #[arg(long, value_name = "PAIR", num_args = 1.., value_parser = value::key_value)]
    pub user_properties: Vec<UserProperty>,
    /// Filters to unsubscribe from after subscribing
    #[arg(short = 'U', long, value_name = "FILTER", num_args = 1.., value_parser = value::topic_filter)]
    pub unsubscribe: Vec<TopicFilter>,
}

/// Which messages count, and when it ends.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Selection and end")]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own on the command line")]
pub struct SelectionArgs {
    /// End after so many messages
    #[arg(short = 'C', long, value_name = "N", value_parser = value::count)]
    pub count: Option<u64>,
    /// End after so long, seconds or a duration
    #[arg(long, value_name = "DURATION", value_parser = value::seconds)]
    pub timeout: Option<Duration>,
    /// End when no message came for so long, seconds or a duration
    #[arg(long, value_name = "DURATION", value_parser = value::seconds)]
    pub idle_timeout: Option<Duration>,
    /// End when the broker has acknowledged the subscription
    #[arg(short = 'E', long)]
    pub exit_after_suback: bool,
    /// Leave out retained messages
    #[arg(short = 'R', long)]
    pub skip_retained: bool,
    /// Show retained messages only, and end at the first other one
    #[arg(long, conflicts_with = "skip_retained")]
    pub retained_only: bool,
    /// Remove the retained messages that match
    #[arg(long, conflicts_with = "skip_retained")]
    pub remove_retained: bool,
    /// With --remove-retained: only show what would be removed
    #[arg(long, requires = "remove_retained")]
    pub dry_run: bool,
    /// Leave out topics that match
    #[arg(short = 'T', long, value_name = "FILTER", num_args = 1.., value_parser = value::topic_filter)]
    pub filter_out: Vec<TopicFilter>,
    /// End at once when any filter is refused
    #[arg(long)]
    pub strict: bool,
}

/// How messages are shown and kept.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Output")]
pub struct OutputArgs {
    /// Shape of the output
    #[arg(long, value_name = "MODE", default_value = "default", conflicts_with = "template")]
    pub output_mode: OutputMode,
    /// Shape of a line, as in "%I %t %p" (the letters of mosquitto)
    #[arg(short = 'F', long, value_name = "TEMPLATE", allow_hyphen_values = true)]
    pub template: Option<String>,
    /// Show all of each packet
    #[arg(short, long)]
    pub verbose: bool,
    /// Append payloads to a file
    #[arg(long, value_name = "PATH", conflicts_with = "file_save")]
    pub file_write: Option<PathBuf>,
    /// Write each payload to a file of its own, numbered
    #[arg(long, value_name = "PATH")]
    pub file_save: Option<PathBuf>,
    /// What follows a payload in a file or in raw output; escapes such as \0 are read
    #[arg(long, value_name = "TEXT", num_args = 0..=1, default_value = r"\n", default_missing_value = r"\n", allow_hyphen_values = true, value_parser = value::delimiter)]
    pub delimiter: Bytes,
}

/// Shape of the output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum OutputMode {
    /// For people.
    #[default]
    Default,
    /// A pretty JSON object a message, MQTTX's fields.
    Clean,
    /// A lossless JSON object a line.
    Jsonl,
    /// Payload and delimiter only.
    Raw,
}
