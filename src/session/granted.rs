//! What the server grants and limits, and which of our packets keep within the limits.

use super::codec::{self, MAXIMUM_PACKET_SIZE, Subscription};
use super::{ConnAck, ConnectOptions, PublishError, RequestError};
use crate::mqtt::{Message, QoS, Version};

/// What the server granted in its last CONNACK; before the first, what the specification assumes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "the specification has them")]
pub struct Granted {
    /// How many publishes at QoS 1 and 2 it accepts at a time; `None`: not announced, which 3.1.1 cannot do.
    pub receive_maximum: Option<u16>,
    /// The highest QoS it accepts.
    pub maximum_qos: QoS,
    /// Whether it supports retained messages.
    pub retain_available: bool,
    /// Bytes of the largest packet that it accepts; without an announced limit, the largest possible.
    pub maximum_packet_size: u32,
    /// How many topic aliases we may use.
    pub topic_alias_maximum: u16,
    /// Seconds of silence that it tolerates; 0: unlimited.
    pub keep_alive: u16,
    /// Seconds that the session outlives the connection; `u32::MAX`: forever.
    pub session_expiry_interval: u32,
    /// Whether it supports filters with wildcards.
    pub wildcard_subscription_available: bool,
    /// Whether it supports subscription identifiers.
    pub subscription_identifiers_available: bool,
    /// Whether it supports shared subscriptions.
    pub shared_subscription_available: bool,
}

impl Granted {
    /// The defaults unless CONNACK announces something else.
    pub(super) fn assumed(options: &ConnectOptions) -> Self {
        let session_expiry_interval = match options.version {
            Version::V5 => options.properties.session_expiry_interval.unwrap_or(0),
            _ if options.clean_start => 0,
            _ => u32::MAX,
        };
        Self {
            receive_maximum: None,
            maximum_qos: QoS::ExactlyOnce,
            retain_available: true,
            maximum_packet_size: MAXIMUM_PACKET_SIZE,
            topic_alias_maximum: 0,
            keep_alive: options.keep_alive,
            session_expiry_interval,
            wildcard_subscription_available: true,
            subscription_identifiers_available: true,
            shared_subscription_available: true,
        }
    }

    /// Applies what CONNACK announces.
    pub(super) fn by(ack: &ConnAck, options: &ConnectOptions) -> Self {
        let assumed = Self::assumed(options);
        let properties = &ack.properties;
        let available = |flag: Option<bool>| flag.unwrap_or(true);
        Self {
            receive_maximum: properties.receive_maximum,
            maximum_qos: properties.maximum_qos.unwrap_or(assumed.maximum_qos),
            retain_available: available(properties.retain_available),
            maximum_packet_size: properties.maximum_packet_size.unwrap_or(u32::MAX).min(MAXIMUM_PACKET_SIZE),
            topic_alias_maximum: properties.topic_alias_maximum.unwrap_or(0),
            keep_alive: properties.server_keep_alive.unwrap_or(assumed.keep_alive),
            session_expiry_interval: properties.session_expiry_interval.unwrap_or(assumed.session_expiry_interval),
            wildcard_subscription_available: available(properties.wildcard_subscription_available),
            subscription_identifiers_available: available(properties.subscription_identifiers_available),
            shared_subscription_available: available(properties.shared_subscription_available),
        }
    }

    /// Whether a publish keeps within the limits. A topic alias of ours counts only if the message names one.
    pub(super) fn admit(&self, version: Version, message: &Message) -> Result<(), PublishError> {
        if message.qos > self.maximum_qos {
            return Err(PublishError::QoSNotSupported { qos: message.qos, maximum: self.maximum_qos });
        }
        if message.retain && !self.retain_available {
            return Err(PublishError::RetainNotSupported);
        }
        let alias = message.properties.as_ref().and_then(|properties| properties.topic_alias);
        if version.is_v5()
            && let Some(alias) = alias
            && alias > self.topic_alias_maximum
        {
            return Err(PublishError::TopicAliasInvalid { alias, maximum: self.topic_alias_maximum });
        }
        let size = codec::publish_size(version, message, alias);
        if size > self.maximum_packet_size as usize {
            return Err(PublishError::PacketTooLarge { size, maximum: self.maximum_packet_size });
        }
        Ok(())
    }

    /// Whether a request keeps within the limits.
    pub(super) fn admit_request(&self, version: Version, subscription: &Subscription) -> Result<(), RequestError> {
        let size = codec::subscription_size(version, subscription);
        if size > self.maximum_packet_size as usize {
            return Err(RequestError::PacketTooLarge { size, maximum: self.maximum_packet_size });
        }
        let Subscription::Subscribe(request) = subscription else { return Ok(()) };
        if request.subscription_identifier.is_some() && !self.subscription_identifiers_available {
            return Err(RequestError::IdentifiersNotSupported);
        }
        for options in &request.filters {
            if options.filter.has_wildcards() && !self.wildcard_subscription_available {
                return Err(RequestError::WildcardsNotSupported(options.filter.clone()));
            }
            if options.filter.is_shared() && !self.shared_subscription_available {
                return Err(RequestError::SharedNotSupported(options.filter.clone()));
            }
        }
        Ok(())
    }
}
