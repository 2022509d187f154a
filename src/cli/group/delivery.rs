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
        help = "Messages in flight [default: as many as the broker announces, otherwise 100, or 20 at QoS 2]"
    )]
    pub inflight: Option<u16>,
    /// Send QoS 2 messages again when a lost session leaves their delivery uncertain
    #[arg(long)]
    pub resend_uncertain: bool,
}
