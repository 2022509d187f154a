use clap::Args;

use crate::cli::value;
use crate::mqtt::{QoS, TopicName, UserProperty};

const V5: &str = "PUBLISH properties (MQTT 5.0)";

/// The fields of every PUBLISH, whichever command sends it.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Message")]
pub struct MessageArgs {
    /// Topic to publish to; repeatable
    #[arg(short, long, value_name = "TOPIC", value_parser = value::topic_name)]
    pub topic: Vec<TopicName>,
    /// Quality of Service: 0, 1 or 2
    #[arg(short, long, value_name = "QOS", default_value = "0")]
    pub qos: QoS,
    /// Have the broker keep the message for later subscribers
    #[arg(short, long)]
    pub retain: bool,
    /// Set the DUP flag
    #[arg(short, long)]
    pub dup: bool,
    /// Mark the payload as UTF-8 text
    #[arg(long, help_heading = V5)]
    pub payload_format_indicator: bool,
    /// Time after which the broker discards the message
    #[arg(short = 'e', long, value_name = "SEC", value_parser = value::whole_seconds_u32, help_heading = V5)]
    pub message_expiry_interval: Option<u32>,
    /// Number to send in place of the topic
    #[arg(long, value_name = "N", value_parser = value::positive_u16, help_heading = V5)]
    pub topic_alias: Option<u16>,
    /// Topic for replies
    #[arg(long, value_name = "TOPIC", value_parser = value::topic_name, help_heading = V5)]
    pub response_topic: Option<TopicName>,
    /// Data that links a reply to its request
    #[arg(long, value_name = "DATA", allow_hyphen_values = true, help_heading = V5)]
    pub correlation_data: Option<String>,
    /// User properties, "name: value"
    #[arg(long, value_name = "PAIR", num_args = 1.., value_parser = value::key_value, help_heading = V5)]
    pub user_properties: Vec<UserProperty>,
    /// MIME type of the payload
    #[arg(long, value_name = "TYPE", help_heading = V5)]
    pub content_type: Option<String>,
    /// No client may send it [MQTT-3.3.4-6]
    #[arg(long, value_name = "N", value_parser = value::subscription_identifier, hide = true)]
    pub subscription_identifier: Option<u32>,
}
