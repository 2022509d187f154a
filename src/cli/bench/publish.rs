//! `mqttx-rs bench pub`.

use clap::Args;

use super::clients::id_short;
use super::load::{ContentArgs, TrafficArgs};
use super::results::ResultsArgs;
use crate::cli::group::{CompressArgs, ConnectArgs, MessageArgs, PayloadArgs};

/// `mqttx-rs bench pub`.
#[derive(Debug, Clone, Args)]
#[command(
    override_usage = "mqttx-rs bench pub -t <TOPIC> [OPTIONS]",
    mut_arg("client_id", id_short),
    mut_arg("topic", topic_help)
)]
pub struct BenchPublishArgs {
    /// How many clients, how much they publish, and how exactly.
    #[command(flatten)]
    pub traffic: TrafficArgs,
    /// The payload.
    #[command(flatten)]
    pub content: ContentArgs,
    /// The fields of every message.
    #[command(flatten)]
    pub message: MessageArgs,
    /// How its payload is written.
    #[command(flatten)]
    pub payload: PayloadArgs,
    /// How it is compressed.
    #[command(flatten)]
    pub compress: CompressArgs,
    /// Where results are written.
    #[command(flatten)]
    pub results: ResultsArgs,
    /// The connection.
    #[command(flatten)]
    pub connect: ConnectArgs,
}

fn topic_help(option: clap::Arg) -> clap::Arg {
    option.help("Topic to publish to; %i, %c and other placeholders, or --topics, make several of one")
}
