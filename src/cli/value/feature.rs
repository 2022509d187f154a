use std::fmt;
use std::str::FromStr;

/// A feature of a broker that `probe` tests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Feature {
    /// MQTT 3.1.
    Mqtt31,
    /// MQTT 3.1.1.
    Mqtt311,
    /// MQTT 5.0.
    Mqtt50,
    /// At most once.
    QoS0,
    /// At least once.
    QoS1,
    /// Exactly once.
    QoS2,
    /// Retained messages.
    Retain,
    /// `+` and `#`.
    Wildcards,
    /// `$share/{group}/`.
    Shared,
    /// `$queue/`.
    Queue,
    /// `$delayed/{seconds}/`.
    Delayed,
    /// `$exclusive/`.
    Exclusive,
    /// The will of a client whose connection is lost.
    Will,
    /// Persistent sessions.
    Session,
    /// Concurrent publishes.
    Inflight,
    /// Size of a payload.
    Payload,
    /// Bytes of a topic.
    TopicLength,
    /// Levels of a topic.
    TopicLevels,
    /// Bytes of a client identifier.
    ClientIdLength,
    /// An empty client identifier.
    AssignedClientId,
    /// Properties of MQTT 5.0.
    Properties,
    /// Subscription Identifiers.
    SubscriptionIds,
    /// Topic Aliases.
    TopicAlias,
    /// No Local.
    NoLocal,
    /// A request and its response.
    RequestResponse,
    /// TLS.
    Tls,
    /// WebSocket.
    WebSocket,
    /// WebSocket over TLS.
    Wss,
}

impl Feature {
    /// All features, in the order of the tests.
    pub const ALL: [Self; 28] = [
        Self::Mqtt50,
        Self::Mqtt311,
        Self::Mqtt31,
        Self::QoS0,
        Self::QoS1,
        Self::QoS2,
        Self::Retain,
        Self::Wildcards,
        Self::Shared,
        Self::Queue,
        Self::Delayed,
        Self::Exclusive,
        Self::Will,
        Self::Session,
        Self::Inflight,
        Self::Payload,
        Self::TopicLength,
        Self::TopicLevels,
        Self::ClientIdLength,
        Self::AssignedClientId,
        Self::Properties,
        Self::SubscriptionIds,
        Self::TopicAlias,
        Self::NoLocal,
        Self::RequestResponse,
        Self::Tls,
        Self::WebSocket,
        Self::Wss,
    ];

    /// The name on the command line and in the report.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Mqtt31 => "mqtt3.1",
            Self::Mqtt311 => "mqtt3.1.1",
            Self::Mqtt50 => "mqtt5.0",
            Self::QoS0 => "qos0",
            Self::QoS1 => "qos1",
            Self::QoS2 => "qos2",
            Self::Retain => "retain",
            Self::Wildcards => "wildcards",
            Self::Shared => "shared",
            Self::Queue => "queue",
            Self::Delayed => "delayed",
            Self::Exclusive => "exclusive",
            Self::Will => "will",
            Self::Session => "session",
            Self::Inflight => "inflight",
            Self::Payload => "payload",
            Self::TopicLength => "topic-length",
            Self::TopicLevels => "topic-levels",
            Self::ClientIdLength => "client-id-length",
            Self::AssignedClientId => "assigned-client-id",
            Self::Properties => "properties",
            Self::SubscriptionIds => "subscription-ids",
            Self::TopicAlias => "topic-alias",
            Self::NoLocal => "no-local",
            Self::RequestResponse => "request-response",
            Self::Tls => "tls",
            Self::WebSocket => "websocket",
            Self::Wss => "wss",
        }
    }
}

impl fmt::Display for Feature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// A text that is not the name of a feature.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a feature: use {names}", names = Feature::ALL.map(Feature::name).join(", "))]
pub struct UnknownFeature(String);

impl FromStr for Feature {
    type Err = UnknownFeature;

    fn from_str(text: &str) -> Result<Self, UnknownFeature> {
        let found = Self::ALL.into_iter().find(|feature| feature.name() == text);
        found.ok_or_else(|| UnknownFeature(text.to_owned()))
    }
}
