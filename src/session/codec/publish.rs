//! Writes PUBLISH by hand: the crate takes ownership of topic and payload, which costs a copy of the topic for each message,
//! and one message goes to many receivers.

use bytes::{BufMut, BytesMut};

use super::packet::PacketType;
use super::property::{Properties, Property, Value, size_of, write_one};
use super::put::{put_binary, put_variable, whole};
use super::reader::variable_size;
use super::types::Unencodable;
use crate::mqtt::{Message, PublishProperties, QoS, Version};

/// How PUBLISH names its topic, and whether it is a resend.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Envelope {
    /// 0 at QoS 0.
    pub(crate) packet_id: u16,
    pub(crate) dup: bool,
    pub(crate) alias: Option<u16>,
    /// `false`: only the alias is sent.
    pub(crate) with_topic: bool,
}

/// PUBLISH to be written: all of it borrowed, so that one message can go to many receivers.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Outgoing<'a> {
    /// Empty if only the alias is sent.
    pub(crate) topic: &'a str,
    pub(crate) payload: &'a [u8],
    pub(crate) qos: QoS,
    pub(crate) retain: bool,
    pub(crate) dup: bool,
    /// 0 at QoS 0.
    pub(crate) packet_id: u16,
    /// The properties of the message, without alias, expiry and identifiers, which differ for each receiver.
    pub(crate) properties: Option<&'a PublishProperties>,
    pub(crate) topic_alias: Option<u16>,
    /// The rest of the expiry interval.
    pub(crate) message_expiry_interval: Option<u32>,
    /// Identifiers of the subscriptions that matched; a client must not send any [MQTT-3.3.4-6].
    pub(crate) subscription_identifiers: &'a [u32],
}

impl<'a> Outgoing<'a> {
    /// A client's message.
    pub(crate) fn of(message: &'a Message, envelope: Envelope) -> Self {
        let properties = message.properties.as_deref();
        Self {
            topic: if envelope.with_topic { message.topic.as_str() } else { "" },
            payload: &message.payload,
            qos: message.qos,
            retain: message.retain,
            dup: envelope.dup,
            packet_id: envelope.packet_id,
            properties,
            topic_alias: envelope.alias,
            message_expiry_interval: properties.and_then(|properties| properties.message_expiry_interval),
            subscription_identifiers: &[],
        }
    }

    /// Bytes of the packet.
    pub(crate) fn size(&self, version: Version) -> usize {
        let remaining = self.remaining(version, self.properties_length(version));
        1 + variable_size(remaining) + remaining
    }

    /// Appends the packet.
    pub(crate) fn write(&self, version: Version, buffer: &mut BytesMut) -> Result<(), Unencodable> {
        let needs_packet_id = self.qos != QoS::AtMostOnce;
        if needs_packet_id == (self.packet_id == 0) {
            return Err(Unencodable);
        }
        let properties_length = self.properties_length(version);
        let remaining = self.remaining(version, properties_length);
        whole(buffer, |buffer| {
            let flags = u8::from(self.dup) << 3 | self.qos.number() << 1 | u8::from(self.retain);
            buffer.reserve(5 + remaining);
            buffer.put_u8(PacketType::Publish.first_byte() | flags);
            put_variable(buffer, remaining)?;
            put_binary(buffer, self.topic.as_bytes())?;
            if needs_packet_id {
                buffer.put_u16(self.packet_id);
            }
            if version.is_v5() {
                put_variable(buffer, properties_length)?;
                let mut written = Ok(());
                if properties_length > 0 {
                    self.for_each_property(&mut |property, value| {
                        if written.is_ok() {
                            written = write_one(property, value, buffer);
                        }
                    });
                }
                written?;
            }
            buffer.put_slice(self.payload);
            Ok(())
        })
    }

    fn remaining(&self, version: Version, properties_length: usize) -> usize {
        let packet_id = if self.qos == QoS::AtMostOnce { 0 } else { 2 };
        let properties = if version.is_v5() { variable_size(properties_length) + properties_length } else { 0 };
        2 + self.topic.len() + packet_id + properties + self.payload.len()
    }

    fn properties_length(&self, version: Version) -> usize {
        let mut length = 0;
        if version.is_v5() && self.has_properties() {
            self.for_each_property(&mut |property, value| length += size_of(property, value));
        }
        length
    }

    /// Most messages have none, and need not be asked for each.
    fn has_properties(&self) -> bool {
        self.properties.is_some()
            || self.message_expiry_interval.is_some()
            || self.topic_alias.is_some()
            || !self.subscription_identifiers.is_empty()
    }

    fn for_each_property(&self, give: &mut dyn FnMut(Property, Value<'_>)) {
        // In the order of the table, where these come first.
        if let Some(indicator) = self.properties.and_then(|properties| properties.payload_format_indicator) {
            give(Property::PayloadFormatIndicator, Value::Number(indicator.into()));
        }
        if let Some(expiry) = self.message_expiry_interval {
            give(Property::MessageExpiryInterval, Value::Number(expiry));
        }
        if let Some(alias) = self.topic_alias {
            give(Property::TopicAlias, Value::Number(alias.into()));
        }
        for identifier in self.subscription_identifiers {
            give(Property::SubscriptionIdentifier, Value::Number(*identifier));
        }
        let Some(properties) = self.properties else { return };
        properties.for_each(&mut |property, value| match property {
            Property::PayloadFormatIndicator
            | Property::MessageExpiryInterval
            | Property::TopicAlias
            | Property::SubscriptionIdentifier => {}
            _ => give(property, value),
        });
    }
}

/// Appends a client's PUBLISH.
pub(crate) fn write_publish(
    version: Version,
    message: &Message,
    envelope: Envelope,
    buffer: &mut BytesMut,
) -> Result<(), Unencodable> {
    Outgoing::of(message, envelope).write(version, buffer)
}

/// Bytes of the PUBLISH that [`write_publish`] writes with the topic in full.
pub(crate) fn publish_size(version: Version, message: &Message, alias: Option<u16>) -> usize {
    Outgoing::of(message, Envelope { packet_id: 0, dup: false, alias, with_topic: true }).size(version)
}
