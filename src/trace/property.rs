//! Properties of MQTT 5.0 [MQTT-2.2.2] by name.

use serde_json::{Map, Value, json};

use super::excerpt::{HIDDEN, insert_bytes};
use super::reader::Reader;

#[derive(Clone, Copy)]
enum Kind {
    Byte,
    TwoByte,
    FourByte,
    Variable,
    Text,
    Binary,
    /// Binary that is not shown.
    Secret,
    Pair,
}

const NAMES: &[(u8, &str, Kind)] = &[
    (0x01, "payload_format_indicator", Kind::Byte),
    (0x02, "message_expiry_interval", Kind::FourByte),
    (0x03, "content_type", Kind::Text),
    (0x08, "response_topic", Kind::Text),
    (0x09, "correlation_data", Kind::Binary),
    (0x0B, "subscription_identifier", Kind::Variable),
    (0x11, "session_expiry_interval", Kind::FourByte),
    (0x12, "assigned_client_identifier", Kind::Text),
    (0x13, "server_keep_alive", Kind::TwoByte),
    (0x15, "authentication_method", Kind::Text),
    (0x16, "authentication_data", Kind::Secret),
    (0x17, "request_problem_information", Kind::Byte),
    (0x18, "will_delay_interval", Kind::FourByte),
    (0x19, "request_response_information", Kind::Byte),
    (0x1A, "response_information", Kind::Text),
    (0x1C, "server_reference", Kind::Text),
    (0x1F, "reason_string", Kind::Text),
    (0x21, "receive_maximum", Kind::TwoByte),
    (0x22, "topic_alias_maximum", Kind::TwoByte),
    (0x23, "topic_alias", Kind::TwoByte),
    (0x24, "maximum_qos", Kind::Byte),
    (0x25, "retain_available", Kind::Byte),
    (0x26, "user_properties", Kind::Pair),
    (0x27, "maximum_packet_size", Kind::FourByte),
    (0x28, "wildcard_subscription_available", Kind::Byte),
    (0x29, "subscription_identifier_available", Kind::Byte),
    (0x2A, "shared_subscription_available", Kind::Byte),
];

/// Adds the properties that stand next; `None` if they are out of order.
pub(super) fn read(reader: &mut Reader<'_>, fields: &mut Map<String, Value>) -> Option<()> {
    let length = reader.variable()?;
    let mut properties = Reader(reader.part(length as usize)?);
    while !properties.0.is_empty() {
        let identifier = properties.byte()?;
        let (_, name, kind) = NAMES.iter().find(|(number, ..)| *number == identifier)?;
        let value = match kind {
            Kind::Byte => properties.byte()?.into(),
            Kind::TwoByte => properties.two_byte()?.into(),
            Kind::FourByte => properties.four_byte()?.into(),
            Kind::Variable => properties.variable()?.into(),
            Kind::Text => properties.text()?.into(),
            Kind::Secret => properties.binary().map(|_| HIDDEN.into())?,
            Kind::Binary => {
                insert_bytes(fields, name, properties.binary()?);
                continue;
            }
            Kind::Pair => json!([properties.text()?, properties.text()?]),
        };
        match (kind, fields.get_mut(*name)) {
            (Kind::Pair, None) => fields.insert((*name).to_owned(), Value::Array(vec![value])),
            // Only these two repeat.
            (Kind::Pair, Some(Value::Array(values))) => {
                values.push(value);
                None
            }
            (Kind::Variable, Some(first)) => {
                let mut values = first.as_array().cloned().unwrap_or_else(|| vec![first.clone()]);
                values.push(value);
                *first = Value::Array(values);
                None
            }
            _ => fields.insert((*name).to_owned(), value),
        };
    }
    Some(())
}
