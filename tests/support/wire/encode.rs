//! Packets to bytes. Nothing is checked: a test may want what is broken.

use mqttx_rs::mqtt::Version;

use super::packet::{Ack, Connect, Packet, Publish};
use super::property::{Properties, Value};

/// A frame of a first byte and a body, with the right Remaining Length.
pub fn frame(first: u8, body: &[u8]) -> Vec<u8> {
    let mut bytes = vec![first];
    bytes.extend(variable_length(body.len()));
    bytes.extend_from_slice(body);
    bytes
}

/// A Variable Byte Integer in its shortest form; more than four bytes for what does not fit.
pub fn variable_length(mut number: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    loop {
        let seven = u8::try_from(number % 128).expect("below 128");
        number /= 128;
        if number == 0 {
            bytes.push(seven);
            return bytes;
        }
        bytes.push(seven | 0x80);
    }
}

impl Packet {
    /// The packet on the wire. What a version does not know (properties, reasons) is left away.
    pub fn encode(&self, version: Version) -> Vec<u8> {
        let v5 = version.is_v5();
        let mut body = Vec::new();
        let first = match self {
            Self::Connect(connect) => return encode_connect(connect),
            Self::Publish(publish) => return encode_publish(publish, v5),
            Self::Ack(ack) => return encode_ack(ack, v5),
            Self::Connack(connack) => {
                body.extend([connack.session_present.into(), connack.code]);
                put_properties(&mut body, &connack.properties, v5);
                0x20
            }
            Self::Subscribe(subscribe) => {
                body.extend(subscribe.id.to_be_bytes());
                put_properties(&mut body, &subscribe.properties, v5);
                for (filter, options) in &subscribe.filters {
                    put_binary(&mut body, filter.as_bytes());
                    body.push(*options);
                }
                0x82
            }
            Self::Suback(suback) => {
                body.extend(suback.id.to_be_bytes());
                put_properties(&mut body, &suback.properties, v5);
                body.extend(&suback.reasons);
                0x90
            }
            Self::Unsubscribe(unsubscribe) => {
                body.extend(unsubscribe.id.to_be_bytes());
                put_properties(&mut body, &unsubscribe.properties, v5);
                for filter in &unsubscribe.filters {
                    put_binary(&mut body, filter.as_bytes());
                }
                0xA2
            }
            Self::Unsuback(unsuback) => {
                body.extend(unsuback.id.to_be_bytes());
                put_properties(&mut body, &unsuback.properties, v5);
                if v5 {
                    body.extend(&unsuback.reasons);
                }
                0xB0
            }
            Self::Pingreq => 0xC0,
            Self::Pingresp => 0xD0,
            Self::Disconnect(disconnect) => {
                put_reason(&mut body, disconnect.reason, &disconnect.properties, v5);
                0xE0
            }
            Self::Auth(auth) => {
                // Left away as a whole or not at all, other than in the packets above.
                if auth.reason != 0 || !auth.properties.is_empty() {
                    body.push(auth.reason);
                    put_properties(&mut body, &auth.properties, true);
                }
                0xF0
            }
        };
        frame(first, &body)
    }
}

fn encode_connect(connect: &Connect) -> Vec<u8> {
    let v5 = connect.version.is_v5();
    let mut body = Vec::new();
    put_binary(&mut body, if connect.version == Version::V3_1 { b"MQIsdp" } else { b"MQTT" });
    body.push(connect.version.level());
    let mut flags = u8::from(connect.clean) << 1;
    if let Some(will) = &connect.will {
        flags |= 0x04 | will.qos << 3 | u8::from(will.retain) << 5;
    }
    flags |= u8::from(connect.password.is_some()) << 6 | u8::from(connect.user_name.is_some()) << 7;
    body.push(flags);
    body.extend(connect.keep_alive.to_be_bytes());
    put_properties(&mut body, &connect.properties, v5);
    put_binary(&mut body, connect.client_id.as_bytes());
    if let Some(will) = &connect.will {
        put_properties(&mut body, &will.properties, v5);
        put_binary(&mut body, will.topic.as_bytes());
        put_binary(&mut body, &will.payload);
    }
    if let Some(user_name) = &connect.user_name {
        put_binary(&mut body, user_name.as_bytes());
    }
    if let Some(password) = &connect.password {
        put_binary(&mut body, password);
    }
    frame(0x10, &body)
}

fn encode_publish(publish: &Publish, v5: bool) -> Vec<u8> {
    let mut body = Vec::with_capacity(publish.payload.len() + publish.topic.len() + 16);
    put_binary(&mut body, publish.topic.as_bytes());
    if publish.qos > 0 {
        body.extend(publish.id.to_be_bytes());
    }
    put_properties(&mut body, &publish.properties, v5);
    body.extend(&publish.payload);
    frame(0x30 | u8::from(publish.dup) << 3 | publish.qos << 1 | u8::from(publish.retain), &body)
}

fn encode_ack(ack: &Ack, v5: bool) -> Vec<u8> {
    let mut body = ack.id.to_be_bytes().to_vec();
    put_reason(&mut body, ack.reason, &ack.properties, v5);
    let kind = ack.kind as u8;
    // PUBREL alone has flags [MQTT-3.6.1-1].
    frame(kind << 4 | if kind == 6 { 2 } else { 0 }, &body)
}

/// Reason and properties, both left away when they say nothing.
fn put_reason(body: &mut Vec<u8>, reason: u8, properties: &Properties, v5: bool) {
    if v5 && (reason != 0 || !properties.is_empty()) {
        body.push(reason);
        if !properties.is_empty() {
            put_properties(body, properties, true);
        }
    }
}

fn put_properties(body: &mut Vec<u8>, properties: &Properties, v5: bool) {
    if !v5 {
        return;
    }
    let mut bytes = Vec::new();
    for (id, value) in &properties.0 {
        bytes.push(*id);
        match value {
            Value::Byte(number) => bytes.push(*number),
            Value::Two(number) => bytes.extend(number.to_be_bytes()),
            Value::Four(number) => bytes.extend(number.to_be_bytes()),
            Value::Variable(number) => bytes.extend(variable_length(*number as usize)),
            Value::Text(text) => put_binary(&mut bytes, text.as_bytes()),
            Value::Binary(binary) => put_binary(&mut bytes, binary),
            Value::Pair(name, value) => {
                put_binary(&mut bytes, name.as_bytes());
                put_binary(&mut bytes, value.as_bytes());
            }
        }
    }
    body.extend(variable_length(bytes.len()));
    body.extend(bytes);
}

fn put_binary(body: &mut Vec<u8>, bytes: &[u8]) {
    let length = u16::try_from(bytes.len()).expect("strings have at most 65,535 bytes");
    body.extend(length.to_be_bytes());
    body.extend_from_slice(bytes);
}
