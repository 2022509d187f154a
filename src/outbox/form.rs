//! A message as bytes: PUBLISH of MQTT 5.0, whatever version it is sent in.

use bytes::BytesMut;

use crate::mqtt::{Message, QoS, Version};
use crate::session::codec::{Envelope, FromClient, MAXIMUM_PACKET_SIZE, Rules, read_from_client, write_publish};

/// Stands in for the packet id, which is not known before the message is sent.
const PLACEHOLDER: u16 = 1;

/// The bytes; `None` if no PUBLISH can hold the message.
pub(super) fn to_bytes(message: &Message) -> Option<BytesMut> {
    let packet_id = if message.qos == QoS::AtMostOnce { 0 } else { PLACEHOLDER };
    let alias = message.properties.as_ref().and_then(|properties| properties.topic_alias);
    let dup = message.marked_duplicate && packet_id != 0;
    let mut bytes = BytesMut::new();
    let written = write_publish(Version::V5, message, Envelope { packet_id, dup, alias, with_topic: true }, &mut bytes);
    written.ok().map(|()| bytes)
}

/// The message; `None` if the bytes are not those of one.
pub(super) fn to_message(bytes: &[u8]) -> Option<Message> {
    let rules =
        Rules { version: Some(Version::V5), maximum_packet_size: MAXIMUM_PACKET_SIZE, problem_information: true };
    let FromClient::Publish(publish) = read_from_client(&mut BytesMut::from(bytes), rules).ok()?? else { return None };
    Some(Message {
        topic: publish.topic?,
        payload: publish.payload,
        qos: publish.qos,
        retain: publish.retain,
        marked_duplicate: publish.dup,
        properties: publish.properties,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mqtt::PublishProperties;

    #[test]
    fn a_message_is_the_same_when_it_is_read_again() {
        let properties = PublishProperties {
            payload_format_indicator: Some(1),
            message_expiry_interval: Some(60),
            topic_alias: Some(7),
            response_topic: Some("answer".to_owned()),
            correlation_data: Some(vec![0, 1, 255].into()),
            user_properties: vec![("a".to_owned(), "b".to_owned()), ("a".to_owned(), String::new())],
            subscription_identifiers: Vec::new(),
            content_type: Some("text/plain".to_owned()),
        };
        let plain = Message::new("$delayed/5/a/b".parse().unwrap(), vec![0, 13, 10, 255]);
        let full = Message { properties: Some(std::sync::Arc::new(properties)), retain: true, ..plain.clone() };
        for qos in [QoS::AtMostOnce, QoS::AtLeastOnce, QoS::ExactlyOnce] {
            let dup = Message { marked_duplicate: qos != QoS::AtMostOnce, ..full.clone() };
            for message in [plain.clone(), full.clone(), dup, Message::new("a".parse().unwrap(), "")] {
                let message = message.with_qos(qos);
                assert_eq!(to_message(&to_bytes(&message).unwrap()), Some(message));
            }
        }
        assert_eq!(to_message(&[]), None);
        assert_eq!(to_message(&[0x30, 5, 0]), None);
    }
}
