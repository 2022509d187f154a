use super::TopicFilter;
use crate::mqtt::QoS;

/// One entry of SUBSCRIBE: a filter and its Subscription Options [MQTT-3.8.3.1].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SubscriptionOptions {
    /// What to receive.
    pub filter: TopicFilter,
    /// The highest QoS to receive with.
    pub qos: QoS,
    /// Not one's own messages (5.0).
    pub no_local: bool,
    /// Keep the retain flag as the publisher set it (5.0).
    pub retain_as_published: bool,
    /// Whether retained messages come at subscribing (5.0).
    pub retain_handling: RetainHandling,
}

impl SubscriptionOptions {
    /// A filter at a QoS, everything else as in 3.1.1.
    pub fn new(filter: TopicFilter, qos: QoS) -> Self {
        Self {
            filter,
            qos,
            no_local: false,
            retain_as_published: false,
            retain_handling: RetainHandling::SendAtSubscribe,
        }
    }
}

/// When retained messages are sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[repr(u8)]
pub enum RetainHandling {
    /// 0: at each SUBSCRIBE.
    #[default]
    SendAtSubscribe = 0,
    /// 1: only if the subscription is new.
    SendIfNew = 1,
    /// 2: never.
    DoNotSend = 2,
}
