use std::sync::Arc;

use jiff::Timestamp;

use crate::mqtt::Message;

/// A message together with what its PUBLISH packet says beside it: what is printed, and what JSON lines hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// Topic, payload, QoS, retain and properties.
    pub message: Message,
    /// The sender sent it before, perhaps.
    pub dup: bool,
    /// Packet Identifier; `None` at QoS 0.
    pub packet_id: Option<u16>,
    /// When it came. `None`: where a time is wanted, that of printing is taken, so a caller that prints at once need
    /// not read the clock.
    pub received_at: Option<Timestamp>,
}

impl Record {
    /// A record of a message of which no more is known.
    pub fn new(message: Message) -> Self {
        Self { message, dup: false, packet_id: None, received_at: None }
    }

    /// The message to publish when this one was read from another broker.
    ///
    /// Without what belongs to the connection it came over: Topic Alias, and Subscription Identifiers, which a client
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
