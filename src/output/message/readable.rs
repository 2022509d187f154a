use std::path::Path;

use colored::Color;

use crate::mqtt::{PublishProperties, UserProperty};
use crate::output::{Stream, safe};
use crate::payload::{Record, push_decimal};

/// The readable shape of MQTTX: a line about the message, its payload, an empty line.
#[derive(Debug)]
pub(super) struct Readable {
    stream: Stream,
    verbose: bool,
    /// The text before and after a label, created once: colours or nothing.
    label: (String, String),
}

impl Readable {
    pub(super) fn new(stream: Stream, verbose: bool) -> Self {
        let painted = stream.paint("|", Color::Green);
        let label = painted.split_once('|').map(|(before, after)| (before.to_owned(), after.to_owned()));
        Self { stream, verbose, label: label.unwrap_or_default() }
    }

    /// Appends a message; `payload` is the text to show, `saved` what was done to which file.
    pub(super) fn push(&self, record: &Record, payload: &[u8], saved: Option<(&str, &Path)>, out: &mut Vec<u8>) {
        let message = &record.message;
        self.text("topic", message.topic.as_str().as_bytes(), out);
        self.number("qos", message.qos.number().into(), out);
        self.name("size", out);
        push_size(message.payload.len() as u64, out);
        if message.retain {
            self.flag("retain", out);
        }
        if self.verbose {
            if record.dup {
                self.flag("dup", out);
            }
            if let Some(packet_id) = record.packet_id {
                self.number("packetId", packet_id.into(), out);
            }
        }
        if let Some(properties) = message.properties.as_deref() {
            self.properties(properties, out);
        }
        out.push(b'\n');
        safe::push_text(payload, self.stream, out);
        out.push(b'\n');
        if let Some((done, path)) = saved {
            out.extend_from_slice(done.as_bytes());
            out.extend_from_slice(b": ");
            safe::push_word(path.as_os_str().as_encoded_bytes(), self.stream, out);
            out.push(b'\n');
        }
        out.push(b'\n');
    }

    fn properties(&self, properties: &PublishProperties, out: &mut Vec<u8>) {
        if self.verbose {
            if let Some(indicator) = properties.payload_format_indicator {
                self.number("payloadFormatIndicator", indicator.into(), out);
            }
            if let Some(interval) = properties.message_expiry_interval {
                self.number("messageExpiryInterval", interval.into(), out);
            }
            if let Some(alias) = properties.topic_alias {
                self.number("topicAlias", alias.into(), out);
            }
            if let Some(topic) = &properties.response_topic {
                self.text("responseTopic", topic.as_bytes(), out);
            }
            if let Some(data) = &properties.correlation_data {
                self.text("correlationData", data, out);
            }
            for identifier in &properties.subscription_identifiers {
                self.number("subscriptionIdentifier", (*identifier).into(), out);
            }
            if let Some(content_type) = &properties.content_type {
                self.text("contentType", content_type.as_bytes(), out);
            }
        }
        if !properties.user_properties.is_empty() {
            self.name("userProperties", out);
            self.user_properties(&properties.user_properties, out);
        }
    }

    /// An array of objects in the style of Node: `[ { key: 'a', value: '1' } ]`.
    fn user_properties(&self, properties: &[UserProperty], out: &mut Vec<u8>) {
        for (index, (name, value)) in properties.iter().enumerate() {
            out.extend_from_slice(if index == 0 { b"[ { key: '" } else { b", { key: '" });
            self.quoted(name, out);
            out.extend_from_slice(b"', value: '");
            self.quoted(value, out);
            out.extend_from_slice(b"' }");
        }
        out.extend_from_slice(b" ]");
    }

    fn quoted(&self, text: &str, out: &mut Vec<u8>) {
        for (index, part) in text.split('\'').enumerate() {
            if index > 0 {
                out.extend_from_slice(b"\\'");
            }
            safe::push_word(part.as_bytes(), self.stream, out);
        }
    }

    fn text(&self, name: &str, text: &[u8], out: &mut Vec<u8>) {
        self.name(name, out);
        safe::push_word(text, self.stream, out);
    }

    fn number(&self, name: &str, number: u64, out: &mut Vec<u8>) {
        self.name(name, out);
        push_decimal(number, out);
    }

    fn flag(&self, name: &str, out: &mut Vec<u8>) {
        self.name(name, out);
        out.extend_from_slice(b"true");
    }

    fn name(&self, name: &str, out: &mut Vec<u8>) {
        // Each line begins with the topic.
        if name != "topic" {
            out.extend_from_slice(b", ");
        }
        out.extend_from_slice(self.label.0.as_bytes());
        out.extend_from_slice(name.as_bytes());
        out.extend_from_slice(self.label.1.as_bytes());
        out.extend_from_slice(b": ");
    }
}

/// A size in the style of MQTTX: `43B`, `1.5KB`, each unit 1024 of the one below, with at most two decimals.
fn push_size(bytes: u64, out: &mut Vec<u8>) {
    let (unit, name) = match bytes {
        0..0x400 => (1, "B"),
        0x400..0x10_0000 => (0x400, "KB"),
        _ => (0x10_0000, "MB"),
    };
    let hundredths = (bytes * 100 + unit / 2) / unit;
    push_decimal(hundredths / 100, out);
    let decimals = hundredths % 100;
    if decimals > 0 {
        out.push(b'.');
        push_decimal(decimals / 10, out);
        if !decimals.is_multiple_of(10) {
            push_decimal(decimals % 10, out);
        }
    }
    out.extend_from_slice(name.as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_mqttx_s_units() {
        for (bytes, shown) in [
            (0, "0B"),
            (1023, "1023B"),
            (1024, "1KB"),
            (1536, "1.5KB"),
            (1577, "1.54KB"),
            (1_048_576, "1MB"),
            (268_435_455, "256MB"),
        ] {
            let mut out = Vec::new();
            push_size(bytes, &mut out);
            assert_eq!(String::from_utf8(out).unwrap(), shown);
        }
    }
}
