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
When the connection is lost, what is published meanwhile at QoS 1 and 2
  MQTT 5.0, by default            arrives: the session is kept
  MQTT 3.1.1, by default          is missing, with a warning
  -i ID --no-clean, any version   arrives, also for the next run

--exec runs CMD by the shell for each message: the payload is its stdin, and MQTT_TOPIC, MQTT_QOS, MQTT_RETAIN,
MQTT_CONTENT_TYPE, MQTT_RESPONSE_TOPIC, MQTT_CORRELATION_DATA and MQTT_USER_PROPERTIES (a line `name: value` each) are in
its environment. Nothing else is printed. With --jobs N up to N run at a time, begun in the order of arrival; N is also
the Receive Maximum in MQTT 5.0, unless --receive-maximum says more. Acknowledgements leave in the order of arrival
[MQTT-4.6.0-2], so one slow job holds back those behind it. Ctrl-C and SIGTERM begin no further job and wait for those
that run; a second one ends them. With --ack after, at QoS 1 and 2 in a session that is kept, no message is missing, and
some are worked on twice after a crash or a lost connection. A command that runs when sub is killed may run on, its stdin
cut short.

--ack-on-read prints as usual and reads one line of stdin for each message, in the order of printing: `ok` or an empty
line acknowledges it, a number N the next N, `fail` is a failure. The end of stdin ends the work, and what has no answer
is not acknowledged.

--on-failure ignore      go on, the message is acknowledged; exit code 1 at the end
             stop        begin nothing more, let what runs end; the message is not acknowledged; exit code 1
             redeliver   disconnect and come back to the session: the broker sends again what is not acknowledged, to
                         another member of a shared subscription if it does so. (A refusing PUBACK, from 0x80, would
                         not do: brokers drop the message then.)

Examples:
  mqttx-rs sub -t 'car/#' --embedded
  mqttx-rs sub -t 'car/+/speed' 'order/#' -q 0 2 -v
  mqttx-rs sub -t '$share/workers/job/#' -C 10 --output-mode jsonl
  mqttx-rs sub -t '$share/workers/job/#' -q 1 --exec ./work.sh --jobs 4 --ack after -i worker-1 --no-clean";

/// `mqttx-rs sub`.
#[derive(Debug, Clone, Args)]
#[command(override_usage = "mqttx-rs sub -t <FILTER>... [OPTIONS]", after_help = EXAMPLES)]
pub struct SubscribeCommand {
    /// What is subscribed to.
    #[command(flatten)]
    pub subscribe: SubscribeArgs,
    /// What is done with each message.
    #[command(flatten)]
    pub work: WorkArgs,
    /// Where to.
    #[command(flatten)]
    pub connect: ConnectArgs,
}

/// What is subscribed to, whatever the connection: `sub` of the command line and that of `repl`.
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

/// What SUBSCRIBE asks for. Lists pair with the filters by position; a filter without a value of its own takes the
/// first, as in MQTTX.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Subscription")]
pub struct SubscriptionArgs {
    /// Filters, as in car/+/speed or car/#
    #[arg(short, long, value_name = "FILTER", num_args = 1.., value_parser = value::topic_filter)]
    pub topic: Vec<TopicFilter>,
    /// Highest QoS, for each or all
    #[arg(short, long, value_name = "QOS", num_args = 1.., default_value = "0")]
    pub qos: Vec<QoS>,
    /// Unsubscribe from these afterwards
    #[arg(short = 'U', long, value_name = "FILTER", num_args = 1.., value_parser = value::topic_filter)]
    pub unsubscribe: Vec<TopicFilter>,
    /// Not this client's own messages
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
    /// Retain flag as published
    #[arg(
        long,
        value_name = "BOOL",
        hide_possible_values = true,
        num_args = 0..,
        default_missing_value = "true",
        help_heading = V5,
    )]
    pub retain_as_published: Vec<bool>,
    /// Retained: 0 yes, 1 if new, 2 no
    #[arg(long, value_name = "N", num_args = 1.., value_parser = value::retain_handling, help_heading = V5)]
    pub retain_handling: Vec<RetainHandling>,
    /// Comes back with messages
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
    /// End after so many messages
    #[arg(short = 'C', long, value_name = "N", value_parser = value::count)]
    pub count: Option<u64>,
    /// End after so long, 0 is never
    #[arg(long, value_name = "SEC", value_parser = value::seconds)]
    pub timeout: Option<Duration>,
    /// End when nothing came for so long, 0 is never
    #[arg(long, value_name = "SEC", value_parser = value::seconds)]
    pub idle_timeout: Option<Duration>,
    /// End when the subscription is granted
    #[arg(short = 'E', long)]
    pub exit_after_suback: bool,
    /// Leave out retained messages
    #[arg(short = 'R', long)]
    pub skip_retained: bool,
    /// Only retained messages; end at the first other
    #[arg(long, conflicts_with = "skip_retained")]
    pub retained_only: bool,
    /// Remove the retained messages that match
    #[arg(long, conflicts_with = "skip_retained")]
    pub remove_retained: bool,
    /// With --remove-retained: only show them
    #[arg(long, requires = "remove_retained")]
    pub dry_run: bool,
    /// Leave out topics that match these
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
    /// default, clean, jsonl or raw
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
        help = "Shape, as in \"%I %t %p\", mosquitto_sub's letters",
        value_name = "TEMPLATE",
        allow_hyphen_values = true
    )]
    pub template: Option<String>,
    /// Everything that a packet has
    #[arg(short, long)]
    pub verbose: bool,
    /// Append payloads to a file
    #[arg(long, value_name = "PATH", conflicts_with = "file_save")]
    pub file_write: Option<PathBuf>,
    /// Each payload to a file of its own, numbered
    #[arg(long, value_name = "PATH")]
    pub file_save: Option<PathBuf>,
    /// After each payload in files and raw
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
