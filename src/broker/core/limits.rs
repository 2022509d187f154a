use std::time::Duration;

use crate::mqtt::QoS;

/// The limits of the broker. Those that MQTT 5.0 can announce are in CONNACK, and all of them are enforced.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a property of CONNACK by its name")]
pub struct Limits {
    /// The highest QoS that a client may publish with [MQTT-3.2.2-11]; a subscription is granted no more either.
    pub maximum_qos: QoS,
    /// Whether a message may be retained [MQTT-3.2.2-14].
    pub retain_available: bool,
    /// Publishes at QoS 1 and 2 that a client may have unacknowledged, from 1.
    pub receive_maximum: u16,
    /// Bytes of the largest packet that is accepted, from 1.
    pub maximum_packet_size: u32,
    /// Topic aliases of a connection, in either direction: how many a client may use, and how many are used towards it.
    pub topic_alias_maximum: u16,
    /// Replaces the Keep Alive of the client, in seconds; 0 disables it.
    pub server_keep_alive: Option<u16>,
    /// Connected clients at a time; one more is refused with 0x97 (Quota exceeded).
    pub max_connections: usize,
    /// The most seconds that a session outlives its connection; `None`: as long as the client requests.
    pub session_expiry_maximum: Option<u32>,
    /// Whether a filter may have wildcards.
    pub wildcard_subscription_available: bool,
    /// Whether `$share/` and `$queue/` are accepted.
    pub shared_subscription_available: bool,
    /// Whether a subscription may have an identifier.
    pub subscription_identifiers_available: bool,
    /// Whether a client without an identifier is given one; else it is refused with 0x85.
    pub assigned_client_id: bool,
    /// Messages that wait for one slow or absent subscriber.
    pub max_queued: usize,
    /// Bytes of their topics and payloads, and 64 more for each.
    pub max_queued_bytes: usize,
    /// Messages to `$delayed/` that wait for their time.
    pub max_delayed: usize,
    /// Bytes of their topics and payloads.
    pub max_delayed_bytes: usize,
    /// Retained messages.
    pub max_retained: usize,
    /// Bytes of their topics and payloads.
    pub max_retained_bytes: usize,
    /// How long a link may be open without CONNECT.
    pub connect_timeout: Duration,
}

impl Default for Limits {
    /// Generous: a pipe of a million lines must reach a subscriber that reads slowly.
    fn default() -> Self {
        Self {
            maximum_qos: QoS::ExactlyOnce,
            retain_available: true,
            receive_maximum: u16::MAX,
            maximum_packet_size: 64 << 20,
            topic_alias_maximum: 32,
            server_keep_alive: None,
            max_connections: usize::MAX,
            session_expiry_maximum: None,
            wildcard_subscription_available: true,
            shared_subscription_available: true,
            subscription_identifiers_available: true,
            assigned_client_id: true,
            max_queued: 2_000_000,
            max_queued_bytes: 256 << 20,
            max_delayed: 1_000_000,
            max_delayed_bytes: 1 << 30,
            max_retained: 1_000_000,
            max_retained_bytes: 1 << 30,
            connect_timeout: Duration::from_secs(10),
        }
    }
}
