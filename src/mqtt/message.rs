use std::sync::Arc;

use bytes::Bytes;

use super::{PublishProperties, QoS, TopicName, WillProperties};

/// An application message: what PUBLISH carries, in either direction.
///
/// Cloning is cheap: topic and payload are reference-counted, and the properties are boxed since most messages
/// have none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// The topic it is published to, or was received from.
    pub topic: TopicName,
    /// The bytes, opaque to the protocol.
    pub payload: Bytes,
    /// The QoS requested (outgoing) or delivered (incoming).
    pub qos: QoS,
    /// Outgoing: the server is to retain it. Incoming: it was retained, not just published (unless Retain As Published).
    pub retain: bool,
    /// Outgoing: DUP is set even when it is sent for the first time, which is only useful to test a broker.
    pub marked_duplicate: bool,
    /// MQTT 5.0 only; `None` when there are none.
    pub properties: Option<Arc<PublishProperties>>,
}

impl Message {
    /// A message at QoS 0, not retained, without properties.
    pub fn new(topic: TopicName, payload: impl Into<Bytes>) -> Self {
        Self {
            topic,
            payload: payload.into(),
            qos: QoS::AtMostOnce,
            retain: false,
            marked_duplicate: false,
            properties: None,
        }
    }

    /// The same message with another QoS.
    #[must_use]
    pub fn with_qos(mut self, qos: QoS) -> Self {
        self.qos = qos;
        self
    }
}

/// The message that the server publishes if this client disappears without DISCONNECT.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Will {
    /// The topic.
    pub topic: TopicName,
    /// The bytes.
    pub payload: Bytes,
    /// Its QoS.
    pub qos: QoS,
    /// Whether the server is to retain it.
    pub retain: bool,
    /// MQTT 5.0 only.
    pub properties: WillProperties,
}
