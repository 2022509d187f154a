use clap::Args;

use crate::cli::value;

/// How publishes at QoS 1 and 2 are delivered on a connection.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Connection")]
pub struct DeliveryArgs {
    /// QoS 1 and 2 messages in flight
    #[arg(
        long,
        value_name = "N",
        value_parser = value::positive_u16,
        help = "Messages in flight [default: what the broker announces, else 100, at QoS 2 20]"
    )]
    pub inflight: Option<u16>,
    /// Repeat QoS 2 messages that a lost session leaves uncertain
    #[arg(long)]
    pub resend_uncertain: bool,
}
