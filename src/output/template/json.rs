//! `%j` and `%J`: mosquitto's JSON of a message.
//!
//! For tools made for `mosquitto_sub`; the lossless form is `--output-mode jsonl`. Unlike in `mosquitto_sub` 2.0, a
//! payload that is not UTF-8 is in Base64 (with `payload_encoding`), user properties are an array of objects of one
//! pair each, as 2.1 prints them, so that their order is kept, and the time is ISO 8601.

use jiff::Zoned;

use super::time::push_time;
use crate::mqtt::{PublishProperties, UserProperty};
use crate::output::json::ascii_where_unsafe;
use crate::payload::{PayloadError, Record, compact_json, push_base64, push_decimal, push_json_string};

pub(super) fn push(record: &Record, local: &Zoned, inline: bool, out: &mut Vec<u8>) -> Result<(), PayloadError> {
    let message = &record.message;
    out.extend_from_slice(b"{\"tst\":\"");
    push_time(b"%Y-%m-%dT%H:%M:%S.%6f%z", local, out);
    out.extend_from_slice(b"\",\"topic\":");
    push_json_string(message.topic.as_str(), out);
    out.extend_from_slice(b",\"qos\":");
    push_decimal(message.qos.number().into(), out);
    out.extend_from_slice(b",\"retain\":");
    push_decimal(message.retain.into(), out);
    out.extend_from_slice(b",\"payloadlen\":");
    push_decimal(message.payload.len() as u64, out);
    if let Some(packet_id) = record.packet_id {
        out.extend_from_slice(b",\"mid\":");
        push_decimal(packet_id.into(), out);
    }
    if let Some(properties) = message.properties.as_deref() {
        out.extend_from_slice(b",\"properties\":{");
        push_properties(properties, out);
        out.push(b'}');
    }
    out.extend_from_slice(b",\"payload\":");
    let outcome = push_payload(&message.payload, inline, out);
    out.push(b'}');
    outcome
}

fn push_payload(payload: &bytes::Bytes, inline: bool, out: &mut Vec<u8>) -> Result<(), PayloadError> {
    if payload.is_empty() {
        out.extend_from_slice(b"null");
        return Ok(());
    }
    let mut outcome = Ok(());
    if inline {
        match compact_json(payload) {
            Ok(compact) => {
                // It is valid JSON, so it is text.
                let compact = String::from_utf8_lossy(&compact);
                out.extend_from_slice(ascii_where_unsafe(&compact).as_bytes());
                return Ok(());
            }
            Err(error) => outcome = Err(error),
        }
    }
    if let Ok(text) = std::str::from_utf8(payload) {
        push_json_string(text, out);
    } else {
        out.push(b'"');
        push_base64(payload, out);
        out.extend_from_slice(b"\",\"payload_encoding\":\"base64\"");
    }
    outcome
}

fn push_properties(properties: &PublishProperties, out: &mut Vec<u8>) {
    let mut first = true;
    let mut name = |name: &str, out: &mut Vec<u8>| {
        if !std::mem::take(&mut first) {
            out.push(b',');
        }
        push_json_string(name, out);
        out.push(b':');
    };
    if let Some(indicator) = properties.payload_format_indicator {
        name("payload-format-indicator", out);
        push_decimal(indicator.into(), out);
    }
    if let Some(interval) = properties.message_expiry_interval {
        name("message-expiry-interval", out);
        push_decimal(interval.into(), out);
    }
    if let Some(content_type) = &properties.content_type {
        name("content-type", out);
        push_json_string(content_type, out);
    }
    if let Some(topic) = &properties.response_topic {
        name("response-topic", out);
        push_json_string(topic, out);
    }
    if let Some(data) = &properties.correlation_data {
        name("correlation-data", out);
        push_json_string(&String::from_utf8_lossy(data), out);
    }
    if let [first, ..] = properties.subscription_identifiers[..] {
        name("subscription-identifier", out);
        push_decimal(first.into(), out);
    }
    if let Some(alias) = properties.topic_alias {
        name("topic-alias", out);
        push_decimal(alias.into(), out);
    }
    if !properties.user_properties.is_empty() {
        name("user-properties", out);
        push_user_properties(&properties.user_properties, out);
    }
}

fn push_user_properties(properties: &[UserProperty], out: &mut Vec<u8>) {
    for (index, (name, value)) in properties.iter().enumerate() {
        out.extend_from_slice(if index == 0 { b"[{" } else { b",{" });
        push_json_string(name, out);
        out.push(b':');
        push_json_string(value, out);
        out.push(b'}');
    }
    out.push(b']');
}
