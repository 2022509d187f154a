use std::borrow::Cow;
use std::sync::Arc;

use bytes::Bytes;
use jiff::Timestamp;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;

use super::JsonLineError;
use crate::mqtt::{Message, PublishProperties, QoS, TopicName, UserProperties};
use crate::payload::{Record, decode_base64, without_bom};

/// Reads a line that [`write_json_line`](super::write_json_line) wrote, or that a person or a script wrote in its shape.
///
/// Only `payload` is required, and `topic` if there is no default. Without `payload_encoding` a string is text
/// and anything else is JSON. A field that is unknown is an error, as it is more likely misspelled than meant to be
/// ignored.
pub fn read_json_line(line: &[u8], default_topic: Option<&TopicName>) -> Result<Record, JsonLineError> {
    let line: Line<'_> = serde_json::from_slice(without_bom(line)).map_err(|error| JsonLineError::json(&error))?;
    let topic = match (line.topic, default_topic) {
        (Some(topic), _) => TopicName::parse(topic.as_ref()).map_err(|error| JsonLineError::field("topic", error))?,
        (None, Some(topic)) => topic.clone(),
        (None, None) => return Err(JsonLineError { what: "`topic` is missing".into() }),
    };
    let received_at = line
        .received_at
        .map(|time| time.parse::<Timestamp>().map_err(|error| JsonLineError::field("received_at", error)))
        .transpose()?;
    Ok(Record {
        message: Message {
            topic,
            payload: read_payload(line.payload, line.payload_encoding)?,
            qos: QoS::try_from(line.qos).map_err(|error| JsonLineError::field("qos", error))?,
            retain: line.retain,
            marked_duplicate: false,
            properties: line.properties.map(Properties::read).transpose()?.map(Arc::new),
        },
        dup: line.dup,
        packet_id: line.packet_id,
        received_at,
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line<'a> {
    #[serde(borrow)]
    topic: Option<Cow<'a, str>>,
    #[serde(borrow)]
    payload: &'a RawValue,
    payload_encoding: Option<Encoding>,
    #[serde(default)]
    qos: u8,
    #[serde(default)]
    retain: bool,
    #[serde(default)]
    dup: bool,
    packet_id: Option<u16>,
    #[serde(borrow)]
    received_at: Option<Cow<'a, str>>,
    properties: Option<Properties>,
    /// The decoded value is there for readers; `payload` is what is published.
    #[serde(rename = "decoded")]
    _decoded: Option<IgnoredAny>,
    #[serde(rename = "payload_error")]
    _payload_error: Option<IgnoredAny>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(clippy::struct_field_names, reason = "the fields of the format")]
struct Properties {
    payload_format_indicator: Option<u8>,
    message_expiry_interval: Option<u32>,
    topic_alias: Option<u16>,
    response_topic: Option<String>,
    correlation_data: Option<String>,
    correlation_data_encoding: Option<Encoding>,
    content_type: Option<String>,
    #[serde(default)]
    subscription_identifiers: Vec<u32>,
    #[serde(default)]
    user_properties: UserProperties,
}

/// How bytes are encoded in a JSON object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Encoding {
    Utf8,
    Json,
    Base64,
}

fn read_payload(raw: &RawValue, encoding: Option<Encoding>) -> Result<Bytes, JsonLineError> {
    let is_string = raw.get().starts_with('"');
    match encoding.unwrap_or(if is_string { Encoding::Utf8 } else { Encoding::Json }) {
        Encoding::Json => Ok(Bytes::copy_from_slice(raw.get().as_bytes())),
        encoding => {
            let text: String = serde_json::from_str(raw.get()).map_err(|_| JsonLineError {
                what: "`payload` must be a string, unless `payload_encoding` is \"json\"".into(),
            })?;
            read_text("payload", text, encoding)
        }
    }
}

fn read_text(field: &str, text: String, encoding: Encoding) -> Result<Bytes, JsonLineError> {
    match encoding {
        Encoding::Utf8 => Ok(text.into()),
        Encoding::Base64 => {
            decode_base64(text.as_bytes()).map(Bytes::from).map_err(|error| JsonLineError::field(field, error))
        }
        Encoding::Json => Err(JsonLineError { what: format!("`{field}_encoding` must be \"utf8\" or \"base64\"") }),
    }
}

impl Properties {
    fn read(self) -> Result<PublishProperties, JsonLineError> {
        if self.payload_format_indicator.is_some_and(|indicator| indicator > 1) {
            return Err(JsonLineError { what: "`payload_format_indicator` must be 0 or 1".into() });
        }
        let encoding = self.correlation_data_encoding.unwrap_or(Encoding::Utf8);
        let correlation_data =
            self.correlation_data.map(|text| read_text("correlation_data", text, encoding)).transpose()?;
        Ok(PublishProperties {
            payload_format_indicator: self.payload_format_indicator,
            message_expiry_interval: self.message_expiry_interval,
            topic_alias: self.topic_alias,
            response_topic: self.response_topic,
            correlation_data,
            user_properties: self.user_properties,
            subscription_identifiers: self.subscription_identifiers,
            content_type: self.content_type,
        })
    }
}
