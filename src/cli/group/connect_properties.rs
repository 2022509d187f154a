use clap::Args;

use crate::cli::value;
use crate::mqtt::UserProperty;

/// Properties of CONNECT.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "CONNECT properties (MQTT 5.0)")]
pub struct ConnectPropertiesArgs {
    /// -se: how long the session outlives the connection, seconds or a duration
    #[arg(long, value_name = "DURATION", value_parser = value::whole_seconds_u32)]
    pub session_expiry_interval: Option<u32>,
    /// QoS 1 and 2 messages that the broker may have outstanding, 1 to 65535
    #[arg(long, visible_alias = "rcv-max", value_name = "N", value_parser = value::positive_u16)]
    pub receive_maximum: Option<u16>,
    /// Bytes of the largest packet to accept
    #[arg(long, value_name = "BYTES", value_parser = value::positive_u32)]
    pub maximum_packet_size: Option<u32>,
    /// Topic aliases that the broker may use, 0 to 65535
    #[arg(long, value_name = "N", value_parser = value::any_u16)]
    pub topic_alias_maximum: Option<u16>,
    /// Ask the broker for response information
    #[arg(long)]
    pub req_response_info: bool,
    /// Ask the broker to leave out reason strings
    #[arg(long)]
    pub no_req_problem_info: bool,
    /// -Cup: user properties, as in "site: plant-7"
    #[arg(long, value_name = "PAIR", num_args = 1.., value_parser = value::key_value)]
    pub conn_user_properties: Vec<UserProperty>,
}
