//! `mqttx-rs bench e2e`.

use clap::{Args, ValueEnum};

use super::clients::id_short;
use super::load::{ContentArgs, TrafficArgs};
use super::results::ResultsArgs;
use crate::cli::group::{CompressArgs, ConnectArgs, PayloadArgs};
use crate::cli::value;
use crate::mqtt::{QoS, TopicName};

/// `mqttx-rs bench e2e`.
#[derive(Debug, Clone, Args)]
#[command(mut_arg("client_id", id_short))]
pub struct BenchEndToEndArgs {
    /// Who sends to whom.
    #[command(flatten)]
    pub shape: ShapeArgs,
    /// How many clients, how much they publish, and how exactly.
    #[command(flatten)]
    pub traffic: TrafficArgs,
    /// The payload.
    #[command(flatten)]
    pub content: ContentArgs,
    /// Topic; the other fields of a message are as in `bench pub`
    #[arg(short, long, value_name = "TOPIC", value_parser = value::topic_name, help_heading = "Message")]
    pub topic: Option<TopicName>,
    /// Quality of Service: 0, 1 or 2
    #[arg(short, long, value_name = "QOS", default_value = "0", help_heading = "Message")]
    pub qos: QoS,
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

/// Who sends to whom.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Shape")]
pub struct ShapeArgs {
    /// Which publisher sends to which subscriber
    #[arg(long, value_name = "SHAPE", default_value = "one-to-one")]
    pub shape: Shape,
    /// Number of publishers [default: -c; with fan-out 1]
    #[arg(long, value_name = "N", value_parser = value::count)]
    pub publishers: Option<u64>,
    /// Number of subscribers [default: -c; with fan-in 1]
    #[arg(long, value_name = "N", value_parser = value::count)]
    pub subscribers: Option<u64>,
}

/// Who sends to whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum Shape {
    /// Each publisher to its own subscriber
    #[default]
    OneToOne,
    /// Every publisher to every subscriber
    FanOut,
    /// Every publisher, each on its own topic, to few subscribers
    FanIn,
    /// Every publisher to a group whose members share the messages
    Shared,
}
