use clap::Args;

use crate::cli::value;
use crate::mqtt::{QoS, TopicName, UserProperty};

const V5: &str = "Will properties (MQTT 5.0)";

/// The will: what the broker publishes when the connection is lost.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Will")]
#[expect(clippy::struct_field_names, reason = "clap names the options after them")]
pub struct WillArgs {
    /// Topic of the will
    #[arg(long, value_name = "TOPIC", value_parser = value::topic_name)]
    pub will_topic: Option<TopicName>,
    /// Payload of the will [default: empty]
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true, requires = "will_topic")]
    pub will_message: Option<String>,
    /// QoS of the will
    #[arg(long, value_name = "QOS", default_value = "0", requires = "will_topic")]
    pub will_qos: QoS,
    /// Have the broker keep the will for later subscribers
    #[arg(long, requires = "will_topic")]
    pub will_retain: bool,
    /// Delay before the broker publishes the will
    #[arg(
        long,
        value_name = "SEC",
        value_parser = value::whole_seconds_u32,
        requires = "will_topic",
        help_heading = V5,
    )]
    pub will_delay_interval: Option<u32>,
    /// Mark the payload of the will as UTF-8 text
    #[arg(long, requires = "will_topic", help_heading = V5)]
    pub will_payload_format_indicator: bool,
    /// Time after which the broker discards the will
    #[arg(
        long,
        value_name = "SEC",
        value_parser = value::whole_seconds_u32,
        requires = "will_topic",
        help_heading = V5,
    )]
    pub will_message_expiry_interval: Option<u32>,
    /// MIME type of the payload of the will
    #[arg(long, value_name = "TYPE", requires = "will_topic", help_heading = V5)]
    pub will_content_type: Option<String>,
    /// Topic for replies to the will
    #[arg(long, value_name = "TOPIC", value_parser = value::topic_name, requires = "will_topic", help_heading = V5)]
    pub will_response_topic: Option<TopicName>,
    /// Data that links a reply to the will
    #[arg(
        long,
        value_name = "DATA",
        allow_hyphen_values = true,
        requires = "will_topic",
        help_heading = V5
    )]
    pub will_correlation_data: Option<String>,
    /// User properties of the will, "name: value"
    #[arg(
        long,
        value_name = "PAIR",
        num_args = 1..,
        value_parser = value::key_value,
        requires = "will_topic",
        help_heading = V5,
    )]
    pub will_user_properties: Vec<UserProperty>,
}
