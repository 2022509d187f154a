//! `mqttx-rs sub`: subscribe and print.

use std::path::PathBuf;
use std::time::Duration;

use bytes::Bytes;
use clap::Args;

use super::group::{ConnectArgs, DecompressArgs, PayloadArgs, WorkArgs};
use super::value;
use crate::mqtt::{QoS, RetainHandling, TopicFilter, UserProperty};
use crate::output::MessageShape;

const V5: &str = "Subscription (MQTT 5.0)";

const EXAMPLES: &str = "\
When the connection is lost, messages published meanwhile at QoS 1 and 2
  MQTT 5.0, by default            arrive: the session is kept
  MQTT 3.1.1, by default          are missing, with a warning
  -i ID --no-clean, any version   arrive, even in the next run

--exec runs CMD in the shell for each message. The payload is its stdin; MQTT_TOPIC, MQTT_QOS, MQTT_RETAIN,
MQTT_CONTENT_TYPE, MQTT_RESPONSE_TOPIC, MQTT_CORRELATION_DATA and MQTT_USER_PROPERTIES (one line `name: value` each,
with \\n for a line break in it) are in its environment. sub prints nothing else on stdout. Up to --jobs N commands
run at the same time, started in the order of arrival; N is also the Receive Maximum in MQTT 5.0, unless
--receive-maximum is given. Acknowledgements are sent in the order of arrival [MQTT-4.6.0-2], so one slow command
holds back those behind it. Ctrl-C and SIGTERM start no further command and wait for those that run; a second one ends
them. With --ack after, QoS 1 or 2 and a persistent session no message is lost, and some run twice after a crash or a
lost connection. When sub itself is killed, its commands go on, perhaps with a truncated stdin.

--ack-on-read prints as usual and reads one line from stdin for each message, in the order of printing: `ok` or an empty
line acknowledges it, a number N acknowledges the next N, `fail` reports a failure. When stdin ends, sub ends, and messages
without an answer are not acknowledged.

What happens after a failure, --on-failure:
  ignore     continue; the message is acknowledged; exit code 1 at the end
  stop       start nothing more, wait for what runs; the message is not acknowledged; exit code 1
  redeliver  disconnect and resume the session: the broker sends unacknowledged messages again, perhaps to another member of a shared subscription

A PUBACK with a reason from 0x80 on would not do the same: the broker discards the message then.

Examples:
  mqttx-rs sub -t 'car/#' --embedded
  mqttx-rs sub -t 'car/+/speed' 'order/#' -q 0 2 -v
  mqttx-rs sub -t '$share/workers/job/#' -C 10 --output-mode jsonl
  mqttx-rs sub -t '$share/workers/job/#' -q 1 --exec ./work.sh --jobs 4 --ack after -i worker-1 --no-clean";

/// `mqttx-rs sub`.
#[derive(Debug, Clone, Args)]
#[command(override_usage = "mqttx-rs sub -t <FILTER>... [OPTIONS]", after_help = EXAMPLES)]
pub struct SubscribeCommand {
    /// The subscription and its output.
    #[command(flatten)]
    pub subscribe: SubscribeArgs,
    /// What is done with each message.
    #[command(flatten)]
    pub work: WorkArgs,
    /// The connection.
    #[command(flatten)]
    pub connect: ConnectArgs,
}

/// What to subscribe to, without the connection: shared by `sub` of the command line and of `repl`.
#[derive(Debug, Clone, Args)]
pub struct SubscribeArgs {
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
    /// Which payloads are decompressed.
    #[command(flatten)]
    pub decompress: DecompressArgs,
}

/// What SUBSCRIBE asks for. Lists pair with the filters by position; a filter without its own value takes the
/// first, as in MQTTX.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Subscription")]
pub struct SubscriptionArgs {
    /// Filters, for example car/+/speed or car/#
    #[arg(short, long, value_name = "FILTER", num_args = 1.., value_parser = value::topic_filter)]
    pub topic: Vec<TopicFilter>,
    /// Highest QoS, one for each filter or one for all
    #[arg(short, long, value_name = "QOS", num_args = 1.., default_value = "0")]
    pub qos: Vec<QoS>,
    /// Unsubscribe from these filters afterwards
    #[arg(short = 'U', long, value_name = "FILTER", num_args = 1.., value_parser = value::topic_filter)]
    pub unsubscribe: Vec<TopicFilter>,
    /// Leave out this client's own messages
    #[arg(
        long,
        alias = "no_local",
        value_name = "BOOL",
        hide_possible_values = true,
        num_args = 0..,
        default_missing_value = "true",
        help_heading = V5,
    )]
    pub no_local: Vec<bool>,
    /// Keep the retain flag as published
    #[arg(
        long,
        value_name = "BOOL",
        hide_possible_values = true,
        num_args = 0..,
        default_missing_value = "true",
        help_heading = V5,
    )]
    pub retain_as_published: Vec<bool>,
    /// Retained messages: 0 send, 1 send if the subscription is new, 2 do not send
    #[arg(long, value_name = "N", num_args = 1.., value_parser = value::retain_handling, help_heading = V5)]
    pub retain_handling: Vec<RetainHandling>,
    /// Identifier the broker returns with each match
    #[arg(long, value_name = "N", value_parser = value::subscription_identifier, help_heading = V5)]
    pub subscription_identifier: Option<u32>,
    /// User properties, "name: value"
    #[arg(long, value_name = "PAIR", num_args = 1.., value_parser = value::key_value, help_heading = V5)]
    pub user_properties: Vec<UserProperty>,
}

/// Which messages count, and when it ends.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Selection and end")]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own on the command line")]
pub struct SelectionArgs {
    /// End after N messages
    #[arg(short = 'C', long, value_name = "N", value_parser = value::count)]
    pub count: Option<u64>,
    /// End after this time; 0 never ends
    #[arg(long, value_name = "SEC", value_parser = value::seconds)]
    pub timeout: Option<Duration>,
    /// End when nothing has arrived for this time; 0 never ends
    #[arg(long, value_name = "SEC", value_parser = value::seconds)]
    pub idle_timeout: Option<Duration>,
    /// End when the broker has granted the subscription
    #[arg(short = 'E', long)]
    pub exit_after_suback: bool,
    /// Leave out retained messages
    #[arg(short = 'R', long)]
    pub skip_retained: bool,
    /// Print only retained messages; end at the first other
    #[arg(long, conflicts_with = "skip_retained")]
    pub retained_only: bool,
    /// Remove the retained messages that match the filters
    #[arg(long, conflicts_with = "skip_retained")]
    pub remove_retained: bool,
    /// With --remove-retained: show them without removing them
    #[arg(long, requires = "remove_retained")]
    pub dry_run: bool,
    /// Leave out topics that match these filters
    #[arg(short = 'T', long, value_name = "FILTER", num_args = 1.., value_parser = value::topic_filter)]
    pub filter_out: Vec<TopicFilter>,
    /// End at once when a filter is refused
    #[arg(long)]
    pub strict: bool,
}

/// How messages are shown and kept.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Output")]
pub struct OutputArgs {
    /// Shape of the output: default, clean, jsonl or raw
    #[arg(
        long,
        value_name = "MODE",
        hide_possible_values = true,
        default_value = "default",
        conflicts_with = "template"
    )]
    pub output_mode: MessageShape,
    /// Shape of a line
    #[arg(
        short = 'F',
        long,
        help = "Shape of a line in the letters of mosquitto_sub, for example \"%I %t %p\"",
        value_name = "TEMPLATE",
        allow_hyphen_values = true
    )]
    pub template: Option<String>,
    /// Print all fields of each packet
    #[arg(short, long)]
    pub verbose: bool,
    /// Append all payloads to one file
    #[arg(long, value_name = "PATH", conflicts_with = "file_save")]
    pub file_write: Option<PathBuf>,
    /// Write each payload to its own numbered file
    #[arg(long, value_name = "PATH")]
    pub file_save: Option<PathBuf>,
    /// Text to write after each payload in files and in raw
    #[arg(
        long,
        value_name = "TEXT",
        num_args = 0..=1,
        default_value = r"\n",
        default_missing_value = r"\n",
        allow_hyphen_values = true,
        value_parser = value::delimiter,
    )]
    pub delimiter: Bytes,
}
