//! `mqttx-rs pub`: publish messages.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use super::group::{ConnectArgs, MessageArgs, PayloadArgs};
use super::value;
use crate::payload::PayloadSize;

/// `mqttx-rs pub`.
#[derive(Debug, Clone, Args)]
pub struct PublishCommand {
    /// What is published.
    #[command(flatten)]
    pub message: MessageArgs,
    /// Where payloads come from, when and how often.
    #[command(flatten)]
    pub source: SourceArgs,
    /// How payloads are written.
    #[command(flatten)]
    pub payload: PayloadArgs,
    /// Where to.
    #[command(flatten)]
    pub connect: ConnectArgs,
}

/// Where payloads come from, when and how often.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Message")]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own on the command line")]
pub struct SourceArgs {
    /// Payload [default: "Hello From MQTTX CLI"]
    #[arg(short = 'm', long = "message", value_name = "TEXT", allow_hyphen_values = true)]
    pub text: Option<String>,
    /// All of stdin is one payload
    #[arg(short, long)]
    pub stdin: bool,
    /// Each line of stdin is a payload
    #[arg(short = 'M', long)]
    pub multiline: bool,
    /// -lm: each line of stdin is a payload
    #[arg(long)]
    pub line_mode: bool,
    /// Each line of stdin is a JSON object, as `sub --output-mode jsonl` writes it
    #[arg(long)]
    pub jsonl: bool,
    /// A file is the payload
    #[arg(long, value_name = "PATH")]
    pub file_read: Option<PathBuf>,
    /// Empty payload; with -r it removes the retained message
    #[arg(short, long)]
    pub null_message: bool,
    /// Random payload of a size, as in 1KB
    #[arg(short = 'S', long, value_name = "SIZE")]
    pub payload_size: Option<PayloadSize>,
    /// How often to publish it
    #[arg(long, value_name = "N", default_value = "1", value_parser = value::count)]
    pub repeat: u64,
    /// Wait between two, seconds or a duration
    #[arg(long, value_name = "DURATION", default_value = "0", value_parser = value::seconds)]
    pub repeat_delay: Duration,
    /// The broker holds the message back so long, seconds or a duration ($delayed)
    #[arg(long, value_name = "DURATION", value_parser = value::delay_seconds)]
    pub delay: Option<u32>,
    /// Give up when it takes longer, seconds or a duration
    #[arg(long, value_name = "DURATION", value_parser = value::seconds)]
    pub timeout: Option<Duration>,
}
