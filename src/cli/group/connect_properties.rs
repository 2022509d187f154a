use clap::Args;

use crate::cli::value;
use crate::mqtt::UserProperty;

/// Properties of CONNECT.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "CONNECT properties (MQTT 5.0)")]
pub struct ConnectPropertiesArgs {
    /// Time the broker keeps the session after the connection ends
    #[arg(long, value_name = "SEC", value_parser = value::whole_seconds_u32)]
    pub session_expiry_interval: Option<u32>,
    /// QoS 1 and 2 messages the broker may send unacknowledged, 1 or more
    #[arg(long, alias = "rcv-max", value_name = "N", value_parser = value::positive_u16)]
    pub receive_maximum: Option<u16>,
    /// Largest packet to accept from the broker
    #[arg(long, value_name = "BYTES", value_parser = value::positive_u32)]
    pub maximum_packet_size: Option<u32>,
    /// Topic aliases the broker may use
    #[arg(long, value_name = "N", value_parser = value::any_u16)]
    pub topic_alias_maximum: Option<u16>,
    /// Ask the broker for Response Information
    #[arg(long)]
    pub req_response_info: bool,
    /// Ask the broker to leave out reason strings
    #[arg(long)]
    pub no_req_problem_info: bool,
    /// User properties of CONNECT, "name: value"
    #[arg(long, value_name = "PAIR", num_args = 1.., value_parser = value::key_value)]
    pub conn_user_properties: Vec<UserProperty>,
}
