use crate::mqtt::PublishProperties;
use crate::output::json::push_user_properties;
use crate::payload::{Record, push_decimal, push_json_string};

/// Appends a message like MQTTX's `--output-mode clean`: an indented object with its topic, its payload as shown, and
/// the packet with the names of MQTT.js. Bytes are written as numbers there, so nothing is lost.
pub(super) fn push(record: &Record, shown: &[u8], out: &mut Vec<u8>) {
    let message = &record.message;
    let topic = message.topic.as_str();
    out.extend_from_slice(b"{\n  \"topic\": ");
    push_json_string(topic, out);
    out.extend_from_slice(b",\n  \"payload\": ");
    push_json_string(&String::from_utf8_lossy(shown), out);
    out.extend_from_slice(b",\n  \"packet\": {\n    \"cmd\": \"publish\",\n    \"retain\": ");
    push_flag(message.retain, out);
    out.extend_from_slice(b",\n    \"qos\": ");
    push_decimal(message.qos.number().into(), out);
    out.extend_from_slice(b",\n    \"dup\": ");
    push_flag(record.dup, out);
    out.extend_from_slice(b",\n    \"topic\": ");
    push_json_string(topic, out);
    out.extend_from_slice(b",\n    \"payload\": ");
    push_buffer(&message.payload, out);
    if let Some(packet_id) = record.packet_id {
        out.extend_from_slice(b",\n    \"messageId\": ");
        push_decimal(packet_id.into(), out);
    }
    if let Some(properties) = message.properties.as_deref() {
        out.extend_from_slice(b",\n    \"properties\": {");
        push_properties(properties, out);
        out.extend_from_slice(b"\n    }");
    }
    out.extend_from_slice(b"\n  }\n}\n");
}

fn push_properties(properties: &PublishProperties, out: &mut Vec<u8>) {
    let mut first = true;
    let mut name = |name: &str, out: &mut Vec<u8>| {
        out.extend_from_slice(if std::mem::take(&mut first) { b"\n      " } else { b",\n      " });
        push_json_string(name, out);
        out.extend_from_slice(b": ");
    };
    if let Some(indicator) = properties.payload_format_indicator {
        name("payloadFormatIndicator", out);
        push_flag(indicator == 1, out);
    }
    if let Some(interval) = properties.message_expiry_interval {
        name("messageExpiryInterval", out);
        push_decimal(interval.into(), out);
    }
    if let Some(alias) = properties.topic_alias {
        name("topicAlias", out);
        push_decimal(alias.into(), out);
    }
    if let Some(topic) = &properties.response_topic {
        name("responseTopic", out);
        push_json_string(topic, out);
    }
    if let Some(data) = &properties.correlation_data {
        name("correlationData", out);
        push_buffer(data, out);
    }
    if !properties.user_properties.is_empty() {
        name("userProperties", out);
        push_user_properties(&properties.user_properties, out);
    }
    match properties.subscription_identifiers[..] {
        [] => {}
        [identifier] => {
            name("subscriptionIdentifier", out);
            push_decimal(identifier.into(), out);
        }
        ref identifiers => {
            name("subscriptionIdentifier", out);
            push_numbers(identifiers, out);
        }
    }
    if let Some(content_type) = &properties.content_type {
        name("contentType", out);
        push_json_string(content_type, out);
    }
}

/// Bytes as in the JSON of Node, but on one line, where Node would write one line per byte.
fn push_buffer(bytes: &[u8], out: &mut Vec<u8>) {
    out.extend_from_slice(b"{ \"type\": \"Buffer\", \"data\": ");
    push_numbers(bytes, out);
    out.extend_from_slice(b" }");
}

fn push_numbers<N: Copy + Into<u64>>(numbers: &[N], out: &mut Vec<u8>) {
    out.push(b'[');
    for (index, number) in numbers.iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        push_decimal((*number).into(), out);
    }
    out.push(b']');
}

fn push_flag(flag: bool, out: &mut Vec<u8>) {
    out.extend_from_slice(if flag { b"true" } else { b"false" });
}
