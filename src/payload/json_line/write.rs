use jiff::Timestamp;
use jiff::fmt::temporal::DateTimePrinter;

use crate::mqtt::{Message, PublishProperties};
use crate::payload::{Codec, Decoded, Record, is_unsafe_on_terminal, push_base64, push_decimal, push_json_string};

/// Appends a record as one line, its newline included.
///
/// `payload` is a string (`payload_encoding` `utf8`), the payload itself if it is JSON that any JSON tool would
/// reproduce byte by byte (`json`), or a string of `base64`. The line is safe on a terminal too: what could act on
/// one is written as a JSON escape.
pub fn write_json_line(record: &Record, out: &mut Vec<u8>) {
    write_json_line_at(record, record.received_at, None, out);
}

/// The same with a given time of receipt, and beside `payload` the result of a codec: `decoded` or
/// `payload_error`.
pub fn write_json_line_at(record: &Record, received_at: Option<Timestamp>, codec: Option<&Codec>, out: &mut Vec<u8>) {
    let message = &record.message;
    out.extend_from_slice(b"{\"topic\":");
    push_json_string(message.topic.as_str(), out);
    out.extend_from_slice(b",\"payload\":");
    push_payload(&message.payload, out);
    if let Some(codec) = codec {
        push_decoded(codec, message, out);
    }
    push_number("qos", message.qos.number().into(), out);
    push_flag("retain", message.retain, out);
    push_flag("dup", record.dup, out);
    if let Some(packet_id) = record.packet_id {
        push_number("packet_id", packet_id.into(), out);
    }
    if let Some(received_at) = received_at {
        out.extend_from_slice(b",\"received_at\":\"");
        push_timestamp(received_at, out);
        out.push(b'"');
    }
    if let Some(properties) = &message.properties {
        out.extend_from_slice(b",\"properties\":{");
        push_properties(properties, out);
        out.push(b'}');
    }
    out.extend_from_slice(b"}\n");
}

/// Appends a time as RFC 3339 in UTC with nanoseconds: a number of nanoseconds would lose digits in tools that know
/// only doubles.
pub fn push_timestamp(timestamp: Timestamp, out: &mut Vec<u8>) {
    const PRINTER: DateTimePrinter = DateTimePrinter::new().precision(Some(9));
    // Writing to a vector does not fail.
    let _ = PRINTER.print_timestamp(&timestamp, out);
}

fn push_payload(payload: &[u8], out: &mut Vec<u8>) {
    let Ok(text) = std::str::from_utf8(payload) else {
        out.push(b'"');
        push_base64(payload, out);
        out.extend_from_slice(b"\",\"payload_encoding\":\"base64\"");
        return;
    };
    if can_stand_inline(text) {
        out.extend_from_slice(payload);
        out.extend_from_slice(b",\"payload_encoding\":\"json\"");
    } else {
        push_json_string(text, out);
        out.extend_from_slice(b",\"payload_encoding\":\"utf8\"");
    }
}

fn push_decoded(codec: &Codec, message: &Message, out: &mut Vec<u8>) {
    let start = out.len();
    push_name("decoded", out);
    match codec.decode_to_json(message.topic.as_str(), &message.payload, out) {
        Ok(Decoded::Json) => {}
        Ok(Decoded::AsItIs) => out.truncate(start),
        Err(error) => {
            out.truncate(start);
            push_string("payload_error", &error.to_string(), out);
        }
    }
}

/// Whether a payload is JSON that stays the same when any JSON tool reads and writes it: compact, its
/// numbers within what a double holds and in their shortest form, no duplicate names in an object.
fn can_stand_inline(text: &str) -> bool {
    let may_begin_json =
        matches!(text.as_bytes().first(), Some(b'{' | b'[' | b'"' | b'-' | b'0'..=b'9' | b't' | b'f' | b'n'));
    if !may_begin_json || text.contains(is_unsafe_on_terminal) {
        return false;
    }
    let Ok(value) = serde_json::from_str::<serde_json::Value>(text) else { return false };
    !has_large_integer(&value) && serde_json::to_string(&value).is_ok_and(|again| again == text)
}

/// Integers above 2^53, which a double may round.
fn has_large_integer(value: &serde_json::Value) -> bool {
    const LIMIT: u64 = 1 << 53;
    match value {
        serde_json::Value::Number(number) => {
            number.as_u64().or_else(|| number.as_i64().map(i64::unsigned_abs)).is_some_and(|number| number > LIMIT)
        }
        serde_json::Value::Array(values) => values.iter().any(has_large_integer),
        serde_json::Value::Object(values) => values.values().any(has_large_integer),
        _ => false,
    }
}

fn push_properties(properties: &PublishProperties, out: &mut Vec<u8>) {
    let start = out.len();
    if let Some(indicator) = properties.payload_format_indicator {
        push_number("payload_format_indicator", indicator.into(), out);
    }
    if let Some(interval) = properties.message_expiry_interval {
        push_number("message_expiry_interval", interval.into(), out);
    }
    if let Some(alias) = properties.topic_alias {
        push_number("topic_alias", alias.into(), out);
    }
    if let Some(topic) = &properties.response_topic {
        push_string("response_topic", topic, out);
    }
    if let Some(data) = &properties.correlation_data {
        if let Ok(text) = std::str::from_utf8(data) {
            push_string("correlation_data", text, out);
        } else {
            push_name("correlation_data", out);
            out.push(b'"');
            push_base64(data, out);
            out.push(b'"');
            push_string("correlation_data_encoding", "base64", out);
        }
    }
    if let Some(content_type) = &properties.content_type {
        push_string("content_type", content_type, out);
    }
    if !properties.subscription_identifiers.is_empty() {
        push_name("subscription_identifiers", out);
        push_list(&properties.subscription_identifiers, out, |identifier, out| push_decimal((*identifier).into(), out));
    }
    if !properties.user_properties.is_empty() {
        push_name("user_properties", out);
        push_list(&properties.user_properties, out, |(name, value), out| {
            out.push(b'[');
            push_json_string(name, out);
            out.push(b',');
            push_json_string(value, out);
            out.push(b']');
        });
    }
    // Each member brings its comma; the first one has none before it.
    if out.len() > start {
        out.remove(start);
    }
}

fn push_list<T>(items: &[T], out: &mut Vec<u8>, push: impl Fn(&T, &mut Vec<u8>)) {
    for (index, item) in items.iter().enumerate() {
        out.push(if index == 0 { b'[' } else { b',' });
        push(item, out);
    }
    out.push(b']');
}

fn push_name(name: &str, out: &mut Vec<u8>) {
    out.extend_from_slice(b",\"");
    out.extend_from_slice(name.as_bytes());
    out.extend_from_slice(b"\":");
}

fn push_string(name: &str, value: &str, out: &mut Vec<u8>) {
    push_name(name, out);
    push_json_string(value, out);
}

fn push_number(name: &str, value: u64, out: &mut Vec<u8>) {
    push_name(name, out);
    push_decimal(value, out);
}

fn push_flag(name: &str, value: bool, out: &mut Vec<u8>) {
    push_name(name, out);
    out.extend_from_slice(if value { b"true" } else { b"false" });
}
