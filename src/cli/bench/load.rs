//! Options about what a load publishes, how fast, and how exactly.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};

use super::clients::ClientsArgs;
use crate::cli::value;
use crate::payload::PayloadSize;

/// Clients that publish by a plan: how many, how much, and how exactly.
#[derive(Debug, Clone, Args)]
pub struct TrafficArgs {
    /// Number of clients, pace and duration.
    #[command(flatten)]
    pub clients: ClientsArgs,
    /// The load.
    #[command(flatten)]
    pub load: LoadArgs,
    /// How exactly times are kept.
    #[command(flatten)]
    pub precision: PrecisionArgs,
}

/// How much is published.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Load")]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own on the command line")]
pub struct LoadArgs {
    /// Delay between two messages of a client, in milliseconds or with a unit
    #[arg(long, value_name = "DURATION", default_value = "1000", value_parser = value::milliseconds)]
    pub message_interval: Duration,
    /// Messages of all clients together, for example 50000/s
    #[arg(long, value_name = "RATE", conflicts_with_all = ["message_interval", "rate_per_client", "unpaced"])]
    pub rate: Option<String>,
    /// Messages of each client, for example 0.5/s
    #[arg(long, value_name = "RATE", conflicts_with_all = ["message_interval", "unpaced"])]
    pub rate_per_client: Option<String>,
    /// Random gaps between messages, as with many independent senders
    #[arg(long, conflicts_with = "unpaced")]
    pub poisson: bool,
    /// Send this many messages of all clients at a time, at the same rate on average
    #[arg(long, value_name = "N", default_value = "1", value_parser = value::count, conflicts_with_all = ["poisson", "unpaced"])]
    pub burst: u64,
    /// Rates from a CSV file: rows of SECONDS,RATE for example 60,2000/s, each from its second on; the last row is the end
    #[arg(long, value_name = "FILE", conflicts_with_all = ["message_interval", "rate", "rate_per_client", "poisson", "unpaced", "burst", "find_max"])]
    pub rate_trace: Option<PathBuf>,
    /// Send as fast as the window and the socket allow
    #[arg(long, conflicts_with = "message_interval")]
    pub unpaced: bool,
    /// With --unpaced: measure latency anyway, at the cost of speed
    #[arg(long, requires = "unpaced")]
    pub latency: bool,
    /// Search for the highest rate that meets all these conditions, for example 'p99<50ms'; starts at --rate, and each
    /// step takes --duration [default: 5s]
    #[arg(long, value_name = "CONDITIONS", conflicts_with_all = ["unpaced", "limit"])]
    pub find_max: Option<String>,
    /// With --find-max: how many runs have to confirm the result
    #[arg(long, value_name = "N", default_value = "3", requires = "find_max", value_parser = value::positive_u32)]
    pub confirm: u32,
    /// With --find-max: end after this time with the best rate so far, in seconds or with a unit
    #[arg(long, value_name = "DURATION", default_value = "10m", requires = "find_max", value_parser = value::seconds)]
    pub max_time: Duration,
    /// Messages in flight per client [default: as many as the broker announces, otherwise 100, or 20 at QoS 2]
    #[arg(long, value_name = "N", value_parser = value::positive_u16)]
    pub inflight: Option<u16>,
    /// End after N messages of all clients together
    #[arg(short = 'L', long, value_name = "N", value_parser = value::count)]
    pub limit: Option<u64>,
    /// Number of messages of each client
    #[arg(long, value_name = "N", value_parser = value::count, conflicts_with_all = ["limit", "poisson", "find_max"])]
    pub limit_per_client: Option<u64>,
    /// Number of topics each client uses in turn; %s in the topic is their number
    #[arg(long, value_name = "N", value_parser = value::count)]
    pub topics: Option<u64>,
    /// Seed of the random values in the payload and topic, which are then the same in each run
    #[arg(long, value_name = "N", help_heading = "Message")]
    pub seed: Option<u64>,
    /// Where each message carries its number and its time: payload (32 bytes in front), property (5.0), or a field of
    /// JSON, for example `json:/t` [default: payload with -S of 32 or more, else none]
    #[arg(long, value_name = "PLACE", help_heading = "Message")]
    pub stamp: Option<String>,
    /// Accepted for compatibility with MQTTX
    #[arg(short, long, hide = true)]
    pub verbose: bool,
}

/// How exactly a load keeps its planned times.
#[derive(Debug, Clone, Copy, Args)]
#[command(next_help_heading = "Load")]
pub struct PrecisionArgs {
    /// How exactly planned times are kept and arrivals noted; coarser takes less CPU
    /// [default: 50us while idle, up to 1ms under load]
    #[arg(long, value_name = "TIME")]
    pub precision: Option<PrecisionName>,
}

/// How exactly a load keeps its planned times.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum PrecisionName {
    /// Each message and each answer wakes a worker
    #[value(name = "50us")]
    Fine,
    /// A worker looks every 160 us
    #[value(name = "200us")]
    Medium,
    /// A worker looks every 800 us
    #[value(name = "1ms")]
    Coarse,
}

/// The payload of a load.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Message")]
pub struct ContentArgs {
    /// Payload [default: "Hello From MQTTX CLI"; in e2e 64 bytes]
    #[arg(short = 'm', long = "message", value_name = "TEXT", allow_hyphen_values = true)]
    pub text: Option<String>,
    /// Fill placeholders in the payload of -m, --file-read or --payloads too, for example %i {time} {walk:20..30}
    #[arg(long)]
    pub template: bool,
    /// Read the payload from a file
    #[arg(long, value_name = "PATH", conflicts_with = "text")]
    pub file_read: Option<PathBuf>,
    /// Recorded payloads in turn: a folder (each file is one, by name), or JSON lines of `sub --output-mode jsonl`; each
    /// client sends each once, or all of them repeatedly until --limit or --duration
    #[arg(long, value_name = "PATH", conflicts_with_all = ["text", "file_read", "split"])]
    pub payloads: Option<PathBuf>,
    /// Split the payload at this regular expression, for example ',' [default: '\n']; each client sends each part once,
    /// or all of them repeatedly until --limit or --duration
    #[arg(long, value_name = "SEPARATOR", num_args = 0..=1, default_missing_value = "\n")]
    pub split: Option<String>,
    /// Random payload of this size, for example 1KB; with 32 bytes or more it carries a number and a time
    #[arg(short = 'S', long, value_name = "SIZE", conflicts_with_all = ["text", "file_read", "payloads", "split", "template"])]
    pub payload_size: Option<PayloadSize>,
}
