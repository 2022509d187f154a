//! `mqttx-rs pub`: publish messages.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use super::group::{CompressArgs, ConnectArgs, DeliveryArgs, MessageArgs, PayloadArgs, QueueArgs, TemplateArgs};
use super::value;
use crate::payload::PayloadSize;

const EXAMPLES: &str = "\
When the connection is lost:   QoS 1                 QoS 2
  MQTT 5.0, by default         resumed               resumed, exactly once
  MQTT 3.1.1, by default       published again       not repeated, exit code 7
  -i ID --no-clean             resumed               resumed, exactly once
  session lost by the broker   published again       not repeated, exit code 7

Resumed means that no message is missing. Messages of QoS 2 that are not repeated are reported as uncertain.

--queue DIR stores each message on disk (fsync) before it counts as read, and keeps it until it is acknowledged, at QoS 0
until it is written to the socket. Nothing stored is lost when the program is killed, the power fails or the broker is away:
the next run with the same DIR continues in the same session, with the same packet ids, so that QoS 2 stays exactly once.
DIR holds a client id of its own; in MQTT 5.0 the session lasts 7 days, or --session-expiry-interval. With lines from stdin
it reconnects forever, and stops reading when --queue-max messages wait. A signal that ends it loses no line that was read;
kill -9 can lose the lines that it has just read and is storing, 16 KB at most. One process at a time can use DIR.

Examples:
  mqttx-rs pub -t car/1/speed -m 52 -q 1
  mqttx-rs pub -t order/42 -m cancel --delay 15m
  seq 1000 | mqttx-rs pub -t numbers -lm
  sensor | mqttx-rs pub -t car/1/speed -lm -q 1 --queue /var/spool/car
  mqttx-rs pub --queue /var/spool/car
  mqttx-rs pub -t car/1 --template -m '{\"at\":{time:ms},\"speed\":{walk:0..130:5}}' --repeat 60 --repeat-delay 1
  mqttx-rs pub -t car/1/speed -n -r --url mqtts://me@broker.example";

/// `mqttx-rs pub`.
#[derive(Debug, Clone, Args)]
#[command(override_usage = "mqttx-rs pub -t <TOPIC> [-m <TEXT>] [OPTIONS]", after_help = EXAMPLES)]
pub struct PublishCommand {
    /// The messages.
    #[command(flatten)]
    pub publish: PublishArgs,
    /// Where messages wait until they are delivered.
    #[command(flatten)]
    pub queue: QueueArgs,
    /// Whether placeholders in payloads are filled.
    #[command(flatten)]
    pub template: TemplateArgs,
    /// The connection.
    #[command(flatten)]
    pub connect: ConnectArgs,
    /// How messages are delivered.
    #[command(flatten)]
    pub delivery: DeliveryArgs,
}

/// What to publish, without the connection: shared by `pub` of the command line and of `repl`.
#[derive(Debug, Clone, Args)]
pub struct PublishArgs {
    /// The fields of each message.
    #[command(flatten)]
    pub message: MessageArgs,
    /// Where payloads come from, when and how often.
    #[command(flatten)]
    pub source: SourceArgs,
    /// How payloads are encoded.
    #[command(flatten)]
    pub payload: PayloadArgs,
    /// How payloads are compressed.
    #[command(flatten)]
    pub compress: CompressArgs,
}

/// Where payloads come from, when and how often.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Message")]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own on the command line")]
pub struct SourceArgs {
    /// Payload [default: "Hello From MQTTX CLI"]
    #[arg(short = 'm', long, value_name = "TEXT", allow_hyphen_values = true)]
    pub message: Option<String>,
    /// Read one payload from stdin, up to its end
    #[arg(short, long)]
    pub stdin: bool,
    /// Publish each line of stdin as a message
    #[arg(short = 'M', long)]
    pub multiline: bool,
    /// Alias of --multiline
    #[arg(long)]
    pub line_mode: bool,
    /// Publish each line of stdin, a JSON object as printed by `sub --output-mode jsonl`
    #[arg(long)]
    pub jsonl: bool,
    /// Read the payload from a file
    #[arg(long, value_name = "PATH")]
    pub file_read: Option<PathBuf>,
    /// Send an empty payload; with -r, removes the retained message
    #[arg(short, long)]
    pub null_message: bool,
    /// Send a random payload of this size, for example 1KB (1024 bytes)
    #[arg(short = 'S', long, value_name = "SIZE")]
    pub payload_size: Option<PayloadSize>,
    /// Number of times to publish
    #[arg(long, value_name = "N", default_value = "1", value_parser = value::count)]
    pub repeat: u64,
    /// Delay between repeats
    #[arg(long, value_name = "SEC", default_value = "0", value_parser = value::seconds)]
    pub repeat_delay: Duration,
    /// Have the broker hold the message back for this time ($delayed)
    #[arg(long, value_name = "SEC", value_parser = value::delay_seconds)]
    pub delay: Option<u32>,
    /// Give up after this time; 0 waits forever
    #[arg(long, value_name = "SEC", value_parser = value::seconds)]
    pub timeout: Option<Duration>,
}
