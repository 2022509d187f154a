//! What the application asks of a session, and why a session declines.

use super::InvalidOptions;
use super::options::{check_binary, check_payload_format, check_text, check_user_properties};
use crate::mqtt::{PublishProperties, QoS, SubscriptionOptions, TopicFilter, UserProperties, Version};

/// Names a publish. Later publishes have greater ids.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DeliveryId(pub(super) u64);

/// Names a SUBSCRIBE or UNSUBSCRIBE.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RequestId(pub(super) u64);

/// What to put into SUBSCRIBE.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SubscribeRequest {
    /// At least one.
    pub filters: Vec<SubscriptionOptions>,
    /// 1 to 268,435,455 (5.0).
    pub subscription_identifier: Option<u32>,
    /// Names and values defined by the application (5.0).
    pub user_properties: UserProperties,
}

/// What to put into UNSUBSCRIBE.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct UnsubscribeRequest {
    /// At least one.
    pub filters: Vec<TopicFilter>,
    /// Names and values defined by the application (5.0).
    pub user_properties: UserProperties,
}

/// Why a message is not published: the broker announced that it would not accept it, or no PUBLISH can carry it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PublishError {
    /// Larger than the server's Maximum Packet Size, or than any packet can be.
    #[error("the packet has {size} bytes, and the broker's Maximum Packet Size is {maximum}")]
    PacketTooLarge {
        /// Bytes of the whole PUBLISH.
        size: usize,
        /// The limit.
        maximum: u32,
    },
    /// Above the server's Maximum QoS [MQTT-3.2.2-11].
    #[error("QoS {qos} is above the broker's Maximum QoS {maximum}")]
    QoSNotSupported {
        /// The value requested.
        qos: QoS,
        /// The limit.
        maximum: QoS,
    },
    /// The server's Retain Available is 0 [MQTT-3.2.2-14].
    #[error("the broker does not keep retained messages (Retain Available 0)")]
    RetainNotSupported,
    /// A topic alias of 0, or above the server's Topic Alias Maximum [MQTT-3.3.2-9].
    #[error("topic alias {alias} is not within the broker's Topic Alias Maximum {maximum}")]
    TopicAliasInvalid {
        /// The value requested.
        alias: u16,
        /// The limit.
        maximum: u16,
    },
    /// A property that cannot be encoded.
    #[error(transparent)]
    Invalid(#[from] InvalidOptions),
}

/// Why a SUBSCRIBE or UNSUBSCRIBE is not sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RequestError {
    /// No filters [MQTT-3.8.3-2].
    #[error("a subscription needs at least one filter")]
    NoFilter,
    /// Larger than the server's Maximum Packet Size, or than any packet can be.
    #[error("the packet has {size} bytes, and the broker's Maximum Packet Size is {maximum}")]
    PacketTooLarge {
        /// Bytes of the whole packet.
        size: usize,
        /// The limit.
        maximum: u32,
    },
    /// No Local on a shared subscription [MQTT-3.8.3-4].
    #[error("a shared subscription cannot have No Local: `{0}`")]
    NoLocalOnShared(TopicFilter),
    /// The server's Wildcard Subscription Available is 0.
    #[error("the broker does not support wildcard subscriptions: `{0}`")]
    WildcardsNotSupported(TopicFilter),
    /// The server's Shared Subscription Available is 0.
    #[error("the broker does not support shared subscriptions: `{0}`")]
    SharedNotSupported(TopicFilter),
    /// The server's Subscription Identifier Available is 0.
    #[error("the broker does not support Subscription Identifiers")]
    IdentifiersNotSupported,
    /// A property that cannot be encoded.
    #[error(transparent)]
    Invalid(#[from] InvalidOptions),
}

/// Why AUTH is not sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AuthenticateError {
    /// CONNECT named no Authentication Method [MQTT-4.12.0-7].
    #[error("AUTH needs the Authentication Method of CONNECT, and there was none")]
    NoMethod,
    /// The connection is not in a state in which a client may send it.
    #[error("AUTH has no place here: no exchange is under way")]
    NotExpected,
    /// A property that cannot be encoded.
    #[error(transparent)]
    Invalid(#[from] InvalidOptions),
}

/// The largest Variable Byte Integer [MQTT-1.5.5].
const MAXIMUM_SUBSCRIPTION_IDENTIFIER: u32 = 268_435_455;

/// Whether the properties of a PUBLISH can be encoded.
pub(super) fn check_publish_properties(properties: &PublishProperties) -> Result<(), PublishError> {
    check_payload_format(properties.payload_format_indicator)?;
    if properties.topic_alias == Some(0) {
        return Err(InvalidOptions { field: "Topic Alias", fault: "must be at least 1" }.into());
    }
    let response_topic = properties.response_topic.as_deref().unwrap_or_default();
    check_text("Response Topic", response_topic)?;
    if response_topic.contains(['+', '#']) {
        return Err(InvalidOptions { field: "Response Topic", fault: "cannot have wildcards" }.into());
    }
    check_text("Content Type", properties.content_type.as_deref().unwrap_or_default())?;
    check_binary("Correlation Data", properties.correlation_data.as_deref().unwrap_or_default())?;
    Ok(check_user_properties(&properties.user_properties)?)
}

/// Whether a SUBSCRIBE can be encoded.
pub(super) fn check_subscribe(request: &SubscribeRequest, version: Version) -> Result<(), RequestError> {
    if request.filters.is_empty() {
        return Err(RequestError::NoFilter);
    }
    check_user_properties(&request.user_properties)?;
    if !version.is_v5() {
        return Ok(());
    }
    if request.subscription_identifier.is_some_and(|value| value == 0 || value > MAXIMUM_SUBSCRIPTION_IDENTIFIER) {
        let fault = "must be 1 to 268,435,455";
        return Err(InvalidOptions { field: "Subscription Identifier", fault }.into());
    }
    match request.filters.iter().find(|options| options.no_local && options.filter.is_shared()) {
        Some(options) => Err(RequestError::NoLocalOnShared(options.filter.clone())),
        None => Ok(()),
    }
}

/// Whether an UNSUBSCRIBE can be encoded.
pub(super) fn check_unsubscribe(request: &UnsubscribeRequest) -> Result<(), RequestError> {
    if request.filters.is_empty() {
        return Err(RequestError::NoFilter);
    }
    Ok(check_user_properties(&request.user_properties)?)
}
