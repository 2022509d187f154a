use std::sync::Arc;

use bytes::Bytes;

use super::{PublishProperties, QoS, TopicName, WillProperties};

/// An application message: what PUBLISH carries, in either direction.
///
/// Cloning is cheap: topic and payload are reference-counted, and the properties are boxed since most messages
/// have none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Where to, or where from.
    pub topic: TopicName,
    /// The bytes, opaque to the protocol.
    pub payload: Bytes,
    /// Wanted (outgoing) or delivered (incoming) assurance.
    pub qos: QoS,
    /// Outgoing: the server keeps it. Incoming: it was kept, not sent just now (unless Retain As Published).
    pub retain: bool,
    /// Outgoing: DUP is set already when it is sent for the first time, as only somebody who tests a broker wants it.
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

/// The message that the server publishes when this client goes without DISCONNECT.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Will {
    /// Where to.
    pub topic: TopicName,
    /// The bytes.
    pub payload: Bytes,
    /// Assurance of its delivery.
    pub qos: QoS,
    /// Whether the server keeps it.
    pub retain: bool,
    /// MQTT 5.0 only.
    pub properties: WillProperties,
}
