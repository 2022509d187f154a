use crate::mqtt::QoS;

/// What the server granted in its last CONNACK; before the first, what the specification assumes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "the specification has them")]
pub struct Granted {
    /// How many publishes at QoS 1 and 2 it takes at a time.
    pub receive_maximum: u16,
    /// The highest QoS it takes.
    pub maximum_qos: QoS,
    /// Whether it keeps retained messages.
    pub retain_available: bool,
    /// Bytes of the largest packet that it takes; without a limit of its own, the largest that there is.
    pub maximum_packet_size: u32,
    /// How many topic aliases we may use.
    pub topic_alias_maximum: u16,
    /// Seconds of silence that it bears; 0: any.
    pub keep_alive: u16,
    /// Seconds that the session outlives the connection; `u32::MAX` never ends.
    pub session_expiry_interval: u32,
    /// Whether it takes filters with wildcards.
    pub wildcard_subscription_available: bool,
    /// Whether it takes subscription identifiers.
    pub subscription_identifiers_available: bool,
    /// Whether it takes shared subscriptions.
    pub shared_subscription_available: bool,
}
