//! `mqttx-rs bench pub`.

use clap::Args;

use super::clients::{ClientsArgs, id_short};
use super::load::{ContentArgs, LoadArgs, PrecisionArgs};
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
    /// Number of clients, pace and duration.
    #[command(flatten)]
    pub clients: ClientsArgs,
    /// The load.
    #[command(flatten)]
    pub load: LoadArgs,
    /// How exactly times are kept.
    #[command(flatten)]
    pub precision: PrecisionArgs,
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
