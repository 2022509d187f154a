//! `mqttx-rs bench sub`.

use clap::Args;

use super::clients::{ClientsArgs, id_short};
use super::load::PrecisionArgs;
use super::results::ResultsArgs;
use crate::cli::group::ConnectArgs;
use crate::cli::value;
use crate::mqtt::{QoS, RetainHandling, UserProperty};

/// `mqttx-rs bench sub`.
#[derive(Debug, Clone, Args)]
#[command(mut_arg("client_id", id_short))]
pub struct BenchSubscribeArgs {
    /// Number of clients, pace and duration.
    #[command(flatten)]
    pub clients: ClientsArgs,
    /// What they subscribe to.
    #[command(flatten)]
    pub subscription: BenchSubscriptionArgs,
    /// How exactly times are kept.
    #[command(flatten)]
    pub precision: PrecisionArgs,
    /// Where results are written.
    #[command(flatten)]
    pub results: ResultsArgs,
    /// The connection.
    #[command(flatten)]
    pub connect: ConnectArgs,
}

/// What the clients subscribe to.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Subscription")]
pub struct BenchSubscriptionArgs {
    /// Topic filters with %i %c %u, for example car/%i/#
    #[arg(short, long, value_name = "FILTER", num_args = 1.., required = true)]
    pub topic: Vec<String>,
    /// Highest QoS, one for each filter or one for all
    #[arg(short, long, value_name = "QOS", num_args = 1.., default_value = "0")]
    pub qos: Vec<QoS>,
    /// Leave out the client's own messages (5.0)
    #[arg(long, alias = "no_local", value_name = "BOOL", num_args = 0.., default_missing_value = "true")]
    pub no_local: Vec<bool>,
    /// Keep the retain flag as published (5.0)
    #[arg(long, value_name = "BOOL", num_args = 0.., default_missing_value = "true")]
    pub retain_as_published: Vec<bool>,
    /// Retained messages: 0 send, 1 send if the subscription is new, 2 do not send (5.0)
    #[arg(long, value_name = "N", num_args = 1.., value_parser = value::retain_handling)]
    pub retain_handling: Vec<RetainHandling>,
    /// Identifier the broker returns with each match (5.0)
    #[arg(long, value_name = "N", value_parser = value::subscription_identifier)]
    pub subscription_identifier: Option<u32>,
    /// User properties, for example "site: plant-7" (5.0)
    #[arg(long, value_name = "PAIR", num_args = 1.., value_parser = value::key_value, hide = true)]
    pub user_properties: Vec<UserProperty>,
    /// End after N messages of all clients together
    #[arg(short = 'L', long, value_name = "N", value_parser = value::count)]
    pub limit: Option<u64>,
    /// Where messages carry their number and time, as in `bench pub --stamp` [default: payload]
    #[arg(long, value_name = "PLACE")]
    pub stamp: Option<String>,
    /// Measure one-way latency of messages stamped by other machines, as accurate as their clocks agree
    #[arg(long)]
    pub trust_foreign_clocks: bool,
    /// Accepted for compatibility with MQTTX
    #[arg(short, long, hide = true)]
    pub verbose: bool,
}
