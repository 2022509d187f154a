//! Properties of MQTT 5.0 as a list of number and value, in the order of the wire.

/// Number and value.
pub type Property = (u8, Value);

/// The value of a property, by its type on the wire.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// One byte.
    Byte(u8),
    /// Two bytes.
    Two(u16),
    /// Four bytes.
    Four(u32),
    /// A Variable Byte Integer.
    Variable(u32),
    /// A UTF-8 string.
    Text(String),
    /// Bytes with their length.
    Binary(Vec<u8>),
    /// A name and a value.
    Pair(String, String),
}

/// All properties of a packet.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Properties(pub Vec<Property>);

impl Properties {
    /// The first value of a property.
    pub fn get(&self, id: u8) -> Option<&Value> {
        self.0.iter().find(|(number, _)| *number == id).map(|(_, value)| value)
    }

    /// The first value of a property of a number type.
    pub fn number(&self, id: u8) -> Option<u32> {
        match self.get(id)? {
            Value::Byte(number) => Some((*number).into()),
            Value::Two(number) => Some((*number).into()),
            Value::Four(number) | Value::Variable(number) => Some(*number),
            other => panic!("property 0x{id:02X} is not a number: {other:?}"),
        }
    }

    /// The first value of a property of a string type.
    pub fn text(&self, id: u8) -> Option<&str> {
        match self.get(id)? {
            Value::Text(text) => Some(text),
            other => panic!("property 0x{id:02X} is not text: {other:?}"),
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// The types of values, for the decoder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Byte,
    Two,
    Four,
    Variable,
    Text,
    Binary,
    Pair,
}

/// The properties of the will are in CONNECT but are not properties of CONNECT; no packet has this number.
pub(super) const WILL: u8 = 0;

/// Section 2.2.2.2: number, type, and the packet types that may have it.
#[rustfmt::skip]
pub(super) const TABLE: &[(u8, Kind, &[u8])] = &[
    (PAYLOAD_FORMAT_INDICATOR,          Kind::Byte,     &[3, WILL]),
    (MESSAGE_EXPIRY_INTERVAL,           Kind::Four,     &[3, WILL]),
    (CONTENT_TYPE,                      Kind::Text,     &[3, WILL]),
    (RESPONSE_TOPIC,                    Kind::Text,     &[3, WILL]),
    (CORRELATION_DATA,                  Kind::Binary,   &[3, WILL]),
    (SUBSCRIPTION_IDENTIFIER,           Kind::Variable, &[3, 8]),
    (SESSION_EXPIRY_INTERVAL,           Kind::Four,     &[1, 2, 14]),
    (ASSIGNED_CLIENT_IDENTIFIER,        Kind::Text,     &[2]),
    (SERVER_KEEP_ALIVE,                 Kind::Two,      &[2]),
    (AUTHENTICATION_METHOD,             Kind::Text,     &[1, 2, 15]),
    (AUTHENTICATION_DATA,               Kind::Binary,   &[1, 2, 15]),
    (REQUEST_PROBLEM_INFORMATION,       Kind::Byte,     &[1]),
    (WILL_DELAY_INTERVAL,               Kind::Four,     &[WILL]),
    (REQUEST_RESPONSE_INFORMATION,      Kind::Byte,     &[1]),
    (RESPONSE_INFORMATION,              Kind::Text,     &[2]),
    (SERVER_REFERENCE,                  Kind::Text,     &[2, 14]),
    (REASON_STRING,                     Kind::Text,     &[2, 4, 5, 6, 7, 9, 11, 14, 15]),
    (RECEIVE_MAXIMUM,                   Kind::Two,      &[1, 2]),
    (TOPIC_ALIAS_MAXIMUM,               Kind::Two,      &[1, 2]),
    (TOPIC_ALIAS,                       Kind::Two,      &[3]),
    (MAXIMUM_QOS,                       Kind::Byte,     &[2]),
    (RETAIN_AVAILABLE,                  Kind::Byte,     &[2]),
    (USER_PROPERTY,                     Kind::Pair,     &[1, 2, 3, WILL, 4, 5, 6, 7, 8, 9, 10, 11, 14, 15]),
    (MAXIMUM_PACKET_SIZE,               Kind::Four,     &[1, 2]),
    (WILDCARD_SUBSCRIPTION_AVAILABLE,   Kind::Byte,     &[2]),
    (SUBSCRIPTION_IDENTIFIER_AVAILABLE, Kind::Byte,     &[2]),
    (SHARED_SUBSCRIPTION_AVAILABLE,     Kind::Byte,     &[2]),
];

pub const PAYLOAD_FORMAT_INDICATOR: u8 = 0x01;
pub const MESSAGE_EXPIRY_INTERVAL: u8 = 0x02;
pub const CONTENT_TYPE: u8 = 0x03;
pub const RESPONSE_TOPIC: u8 = 0x08;
pub const CORRELATION_DATA: u8 = 0x09;
pub const SUBSCRIPTION_IDENTIFIER: u8 = 0x0B;
pub const SESSION_EXPIRY_INTERVAL: u8 = 0x11;
pub const ASSIGNED_CLIENT_IDENTIFIER: u8 = 0x12;
pub const SERVER_KEEP_ALIVE: u8 = 0x13;
pub const AUTHENTICATION_METHOD: u8 = 0x15;
pub const AUTHENTICATION_DATA: u8 = 0x16;
pub const REQUEST_PROBLEM_INFORMATION: u8 = 0x17;
pub const WILL_DELAY_INTERVAL: u8 = 0x18;
pub const REQUEST_RESPONSE_INFORMATION: u8 = 0x19;
pub const RESPONSE_INFORMATION: u8 = 0x1A;
pub const SERVER_REFERENCE: u8 = 0x1C;
pub const REASON_STRING: u8 = 0x1F;
pub const RECEIVE_MAXIMUM: u8 = 0x21;
pub const TOPIC_ALIAS_MAXIMUM: u8 = 0x22;
pub const TOPIC_ALIAS: u8 = 0x23;
pub const MAXIMUM_QOS: u8 = 0x24;
pub const RETAIN_AVAILABLE: u8 = 0x25;
pub const USER_PROPERTY: u8 = 0x26;
pub const MAXIMUM_PACKET_SIZE: u8 = 0x27;
pub const WILDCARD_SUBSCRIPTION_AVAILABLE: u8 = 0x28;
pub const SUBSCRIPTION_IDENTIFIER_AVAILABLE: u8 = 0x29;
pub const SHARED_SUBSCRIPTION_AVAILABLE: u8 = 0x2A;

/// Reason String, in most of what a broker sends.
pub fn reason_string(text: &str) -> Property {
    (REASON_STRING, Value::Text(text.into()))
}

/// User Property.
pub fn user_property(name: &str, value: &str) -> Property {
    (USER_PROPERTY, Value::Pair(name.into(), value.into()))
}

/// Receive Maximum.
pub fn receive_maximum(count: u16) -> Property {
    (RECEIVE_MAXIMUM, Value::Two(count))
}

/// Topic Alias Maximum.
pub fn topic_alias_maximum(count: u16) -> Property {
    (TOPIC_ALIAS_MAXIMUM, Value::Two(count))
}

/// Topic Alias.
pub fn topic_alias(alias: u16) -> Property {
    (TOPIC_ALIAS, Value::Two(alias))
}

/// Server Keep Alive.
pub fn server_keep_alive(seconds: u16) -> Property {
    (SERVER_KEEP_ALIVE, Value::Two(seconds))
}

/// Maximum Packet Size.
pub fn maximum_packet_size(bytes: u32) -> Property {
    (MAXIMUM_PACKET_SIZE, Value::Four(bytes))
}

/// Maximum `QoS`.
pub fn maximum_qos(qos: u8) -> Property {
    (MAXIMUM_QOS, Value::Byte(qos))
}

/// Retain Available.
pub fn retain_available(available: bool) -> Property {
    (RETAIN_AVAILABLE, Value::Byte(available.into()))
}

/// Session Expiry Interval.
pub fn session_expiry_interval(seconds: u32) -> Property {
    (SESSION_EXPIRY_INTERVAL, Value::Four(seconds))
}

/// Subscription Identifier.
pub fn subscription_identifier(number: u32) -> Property {
    (SUBSCRIPTION_IDENTIFIER, Value::Variable(number))
}

/// Server Reference.
pub fn server_reference(server: &str) -> Property {
    (SERVER_REFERENCE, Value::Text(server.into()))
}

/// Assigned Client Identifier.
pub fn assigned_client_identifier(id: &str) -> Property {
    (ASSIGNED_CLIENT_IDENTIFIER, Value::Text(id.into()))
}

/// Authentication Method.
pub fn authentication_method(name: &str) -> Property {
    (AUTHENTICATION_METHOD, Value::Text(name.into()))
}

/// Authentication Data.
pub fn authentication_data(data: &[u8]) -> Property {
    (AUTHENTICATION_DATA, Value::Binary(data.into()))
}

/// Message Expiry Interval.
pub fn message_expiry_interval(seconds: u32) -> Property {
    (MESSAGE_EXPIRY_INTERVAL, Value::Four(seconds))
}

/// Content Type.
pub fn content_type(name: &str) -> Property {
    (CONTENT_TYPE, Value::Text(name.into()))
}

/// Response Topic.
pub fn response_topic(topic: &str) -> Property {
    (RESPONSE_TOPIC, Value::Text(topic.into()))
}

/// Correlation Data.
pub fn correlation_data(data: &[u8]) -> Property {
    (CORRELATION_DATA, Value::Binary(data.into()))
}

/// Payload Format Indicator.
pub fn payload_format_indicator(indicator: u8) -> Property {
    (PAYLOAD_FORMAT_INDICATOR, Value::Byte(indicator))
}
