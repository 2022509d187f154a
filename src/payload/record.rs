use std::sync::Arc;

use jiff::Timestamp;

use crate::mqtt::Message;

/// A message with the other fields of its PUBLISH packet: what is printed, and what JSON lines hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// Topic, payload, QoS, retain and properties.
    pub message: Message,
    /// The sender may have sent it before.
    pub dup: bool,
    /// Packet Identifier; `None` at QoS 0.
    pub packet_id: Option<u16>,
    /// When it arrived. `None`: if a time is needed, that of printing is used, so that a caller that prints at once need
    /// not read the clock.
    pub received_at: Option<Timestamp>,
}

impl Record {
    /// A record of a message without further fields.
    pub fn new(message: Message) -> Self {
        Self { message, dup: false, packet_id: None, received_at: None }
    }

    /// The message to publish when this one was read from another broker.
    ///
    /// Without what belongs to its connection: Topic Alias, and Subscription Identifiers, which a client
    /// must not send [MQTT-3.3.4-6].
    pub fn into_message(self) -> Message {
        let mut message = self.message;
        if let Some(mut properties) = message.properties.take() {
            let own = Arc::make_mut(&mut properties);
            own.topic_alias = None;
            own.subscription_identifiers.clear();
            message.properties = (*properties != crate::mqtt::PublishProperties::default()).then_some(properties);
        }
        message
    }
}
