use clap::Args;

use crate::cli::value;
use crate::mqtt::{QoS, TopicName, UserProperty};

/// The will: what the broker publishes when the connection is lost.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Will")]
pub struct WillArgs {
    /// -Wt: topic of the will
    #[arg(long, value_name = "TOPIC", value_parser = value::topic_name)]
    pub will_topic: Option<TopicName>,
    /// -Wm: its payload [default: empty]
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true, requires = "will_topic")]
    pub will_message: Option<String>,
    /// -Wq: its QoS
    #[arg(long, value_name = "QOS", default_value = "0", requires = "will_topic")]
    pub will_qos: QoS,
    /// -Wr: the broker keeps it
    #[arg(long, requires = "will_topic")]
    pub will_retain: bool,
    /// -Wd: wait before it is published, seconds or a duration (5.0)
    #[arg(long, value_name = "DURATION", value_parser = value::whole_seconds_u32, requires = "will_topic")]
    pub will_delay_interval: Option<u32>,
    /// -Wpf: its payload is UTF-8 text (5.0)
    #[arg(long, requires = "will_topic")]
    pub will_payload_format_indicator: bool,
    /// -We: its lifetime, seconds or a duration (5.0)
    #[arg(long, value_name = "DURATION", value_parser = value::whole_seconds_u32, requires = "will_topic")]
    pub will_message_expiry_interval: Option<u32>,
    /// -Wct: its content type (5.0)
    #[arg(long, value_name = "TYPE", requires = "will_topic")]
    pub will_content_type: Option<String>,
    /// -Wrt: its response topic (5.0)
    #[arg(long, value_name = "TOPIC", value_parser = value::topic_name, requires = "will_topic")]
    pub will_response_topic: Option<TopicName>,
    /// -Wcd: its correlation data (5.0)
    #[arg(long, value_name = "DATA", allow_hyphen_values = true, requires = "will_topic")]
    pub will_correlation_data: Option<String>,
    /// -Wup: its user properties (5.0)
    #[arg(long, value_name = "PAIR", num_args = 1.., value_parser = value::key_value, requires = "will_topic")]
    pub will_user_properties: Vec<UserProperty>,
}
