//! The properties of MQTT 5.0 [MQTT-2.2.2], one struct per packet. `None` and empty mean "not on the wire".

use bytes::Bytes;

/// One User Property: a name and a value; names repeat and order is kept.
pub type UserProperty = (String, String);

/// All User Properties of a packet, in their order.
pub type UserProperties = Vec<UserProperty>;

/// Properties of PUBLISH.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PublishProperties {
    /// 0: bytes, 1: UTF-8 text.
    pub payload_format_indicator: Option<u8>,
    /// Seconds until the message expires.
    pub message_expiry_interval: Option<u32>,
    /// Number sent in place of the topic on this connection.
    pub topic_alias: Option<u16>,
    /// Topic for a reply.
    pub response_topic: Option<String>,
    /// Data that links a reply to its request.
    pub correlation_data: Option<Bytes>,
    /// Names and values defined by the application.
    pub user_properties: UserProperties,
    /// Identifiers of the subscriptions that matched (incoming only).
    pub subscription_identifiers: Vec<u32>,
    /// MIME type or any text.
    pub content_type: Option<String>,
}

/// Properties of CONNECT.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ConnectProperties {
    /// Seconds the session outlives the connection; 0xFFFFFFFF never ends.
    pub session_expiry_interval: Option<u32>,
    /// How many QoS 1 and 2 publishes the server may have outstanding towards us, 1 to 65,535.
    pub receive_maximum: Option<u16>,
    /// Bytes of the largest packet that we accept, from 1.
    pub maximum_packet_size: Option<u32>,
    /// How many topic aliases the server may use.
    pub topic_alias_maximum: Option<u16>,
    /// Ask for Response Information in CONNACK.
    pub request_response_information: Option<bool>,
    /// `false`: reason strings and user properties only where they cannot be left out.
    pub request_problem_information: Option<bool>,
    /// Names and values defined by the application.
    pub user_properties: UserProperties,
    /// Name of the enhanced authentication method.
    pub authentication_method: Option<String>,
    /// The first data of the authentication.
    pub authentication_data: Option<Bytes>,
}

/// Properties of the will in CONNECT.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct WillProperties {
    /// Seconds between the loss of the connection and the will.
    pub will_delay_interval: Option<u32>,
    /// 0: bytes, 1: UTF-8 text.
    pub payload_format_indicator: Option<u8>,
    /// Seconds until the message expires.
    pub message_expiry_interval: Option<u32>,
    /// MIME type or any text.
    pub content_type: Option<String>,
    /// Topic for a reply.
    pub response_topic: Option<String>,
    /// Data that links a reply to its request.
    pub correlation_data: Option<Bytes>,
    /// Names and values defined by the application.
    pub user_properties: UserProperties,
}

/// Properties of CONNACK: what the server grants and limits.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ConnAckProperties {
    /// Overrides the Session Expiry Interval asked for, seconds.
    pub session_expiry_interval: Option<u32>,
    /// How many QoS 1 and 2 publishes we may have outstanding; absent: 65,535.
    pub receive_maximum: Option<u16>,
    /// The highest QoS we may publish with; absent: 2.
    pub maximum_qos: Option<super::QoS>,
    /// Whether we may publish with retain; absent: yes.
    pub retain_available: Option<bool>,
    /// Bytes of the largest packet that the server accepts; absent: no limit.
    pub maximum_packet_size: Option<u32>,
    /// Client identifier assigned by the server.
    pub assigned_client_identifier: Option<String>,
    /// How many topic aliases we may use; absent: 0.
    pub topic_alias_maximum: Option<u16>,
    /// The reason in the words of the server.
    pub reason_string: Option<String>,
    /// Names and values defined by the server.
    pub user_properties: UserProperties,
    /// Absent: yes.
    pub wildcard_subscription_available: Option<bool>,
    /// Absent: yes.
    pub subscription_identifiers_available: Option<bool>,
    /// Absent: yes.
    pub shared_subscription_available: Option<bool>,
    /// Overrides the Keep Alive asked for, seconds.
    pub server_keep_alive: Option<u16>,
    /// Base for response topics.
    pub response_information: Option<String>,
    /// Another server to use.
    pub server_reference: Option<String>,
    /// Name of the enhanced authentication method.
    pub authentication_method: Option<String>,
    /// The last data of the authentication.
    pub authentication_data: Option<Bytes>,
}
