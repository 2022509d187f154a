//! The fifteen control packets, and a builder for each: `publish("a", b"x").qos(1).id(5).dup()`.

use std::fmt;

use mqttx_rs::mqtt::Version;

use super::property::{Properties, Property};

/// A control packet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Packet {
    Connect(Connect),
    Connack(Connack),
    Publish(Publish),
    Ack(Ack),
    Subscribe(Subscribe),
    Suback(Suback),
    Unsubscribe(Unsubscribe),
    Unsuback(Unsuback),
    Pingreq,
    Pingresp,
    Disconnect(Disconnect),
    Auth(Auth),
}

/// CONNECT.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Connect {
    pub version: Version,
    /// Clean Start in 5.0, Clean Session before.
    pub clean: bool,
    pub keep_alive: u16,
    pub client_id: String,
    pub will: Option<Will>,
    pub user_name: Option<String>,
    pub password: Option<Vec<u8>>,
    pub properties: Properties,
}

/// The will in CONNECT.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Will {
    pub topic: String,
    pub payload: Vec<u8>,
    pub qos: u8,
    pub retain: bool,
    pub properties: Properties,
}

/// CONNACK; `code` is the Reason Code of 5.0 or the return code of 3.1.1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Connack {
    pub session_present: bool,
    pub code: u8,
    pub properties: Properties,
}

/// PUBLISH; `id` is 0 at `QoS` 0.
#[derive(Clone, PartialEq, Eq)]
pub struct Publish {
    pub topic: String,
    pub payload: Vec<u8>,
    pub qos: u8,
    pub id: u16,
    pub dup: bool,
    pub retain: bool,
    pub properties: Properties,
}

/// PUBACK, PUBREC, PUBREL or PUBCOMP.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ack {
    pub kind: AckKind,
    pub id: u16,
    pub reason: u8,
    pub properties: Properties,
}

/// The packets of one shape that acknowledge PUBLISH; the value is the packet type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AckKind {
    Puback = 4,
    Pubrec = 5,
    Pubrel = 6,
    Pubcomp = 7,
}

/// SUBSCRIBE: filters with their options byte.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subscribe {
    pub id: u16,
    pub filters: Vec<(String, u8)>,
    pub properties: Properties,
}

/// SUBACK: one reason for each filter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suback {
    pub id: u16,
    pub reasons: Vec<u8>,
    pub properties: Properties,
}

/// UNSUBSCRIBE.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unsubscribe {
    pub id: u16,
    pub filters: Vec<String>,
    pub properties: Properties,
}

/// UNSUBACK; before 5.0 it carries no reasons.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unsuback {
    pub id: u16,
    pub reasons: Vec<u8>,
    pub properties: Properties,
}

/// DISCONNECT; before 5.0 it carries nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Disconnect {
    pub reason: u8,
    pub properties: Properties,
}

/// AUTH, 5.0 only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Auth {
    pub reason: u8,
    pub properties: Properties,
}

/// A CONNECT with Clean Start, no keep alive, no will and no credentials.
pub fn connect(version: Version, client_id: &str) -> Connect {
    Connect {
        version,
        clean: true,
        keep_alive: 0,
        client_id: client_id.into(),
        will: None,
        user_name: None,
        password: None,
        properties: Properties::default(),
    }
}

/// A CONNACK that accepts, Session Present = 0.
pub fn connack() -> Connack {
    Connack { session_present: false, code: 0, properties: Properties::default() }
}

/// A PUBLISH at `QoS` 0.
pub fn publish(topic: &str, payload: impl AsRef<[u8]>) -> Publish {
    Publish {
        topic: topic.into(),
        payload: payload.as_ref().into(),
        qos: 0,
        id: 0,
        dup: false,
        retain: false,
        properties: Properties::default(),
    }
}

/// PUBACK, success.
pub fn puback(id: u16) -> Ack {
    Ack { kind: AckKind::Puback, id, reason: 0, properties: Properties::default() }
}

/// PUBREC, success.
pub fn pubrec(id: u16) -> Ack {
    Ack { kind: AckKind::Pubrec, ..puback(id) }
}

/// PUBREL, success.
pub fn pubrel(id: u16) -> Ack {
    Ack { kind: AckKind::Pubrel, ..puback(id) }
}

/// PUBCOMP, success.
pub fn pubcomp(id: u16) -> Ack {
    Ack { kind: AckKind::Pubcomp, ..puback(id) }
}

/// A SUBSCRIBE to one filter at a `QoS`.
pub fn subscribe(id: u16, filter: &str, qos: u8) -> Subscribe {
    Subscribe { id, filters: vec![(filter.into(), qos)], properties: Properties::default() }
}

/// SUBACK with a reason for each filter.
pub fn suback(id: u16, reasons: impl Into<Vec<u8>>) -> Suback {
    Suback { id, reasons: reasons.into(), properties: Properties::default() }
}

/// An UNSUBSCRIBE from one filter.
pub fn unsubscribe(id: u16, filter: &str) -> Unsubscribe {
    Unsubscribe { id, filters: vec![filter.into()], properties: Properties::default() }
}

/// UNSUBACK with a reason for each filter; before 5.0 the reasons are left away.
pub fn unsuback(id: u16, reasons: impl Into<Vec<u8>>) -> Unsuback {
    Unsuback { id, reasons: reasons.into(), properties: Properties::default() }
}

/// DISCONNECT with a reason; before 5.0 the reason is left away.
pub fn disconnect(reason: u8) -> Disconnect {
    Disconnect { reason, properties: Properties::default() }
}

/// AUTH with a reason.
pub fn auth(reason: u8) -> Auth {
    Auth { reason, properties: Properties::default() }
}

impl Packet {
    /// The specification's name of the packet type.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Connect(_) => "CONNECT",
            Self::Connack(_) => "CONNACK",
            Self::Publish(_) => "PUBLISH",
            Self::Ack(ack) => ack.kind.name(),
            Self::Subscribe(_) => "SUBSCRIBE",
            Self::Suback(_) => "SUBACK",
            Self::Unsubscribe(_) => "UNSUBSCRIBE",
            Self::Unsuback(_) => "UNSUBACK",
            Self::Pingreq => "PINGREQ",
            Self::Pingresp => "PINGRESP",
            Self::Disconnect(_) => "DISCONNECT",
            Self::Auth(_) => "AUTH",
        }
    }
}

impl AckKind {
    /// The specification's name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Puback => "PUBACK",
            Self::Pubrec => "PUBREC",
            Self::Pubrel => "PUBREL",
            Self::Pubcomp => "PUBCOMP",
        }
    }
}

impl Connect {
    /// Keeps or takes up the session: Clean Start (Clean Session) = 0.
    pub fn keep_session(mut self) -> Self {
        self.clean = false;
        self
    }

    /// Sets Keep Alive in seconds.
    pub fn keep_alive(mut self, seconds: u16) -> Self {
        self.keep_alive = seconds;
        self
    }

    /// Sets the will.
    pub fn will(mut self, topic: &str, payload: &[u8], qos: u8, retain: bool) -> Self {
        let properties = Properties::default();
        self.will = Some(Will { topic: topic.into(), payload: payload.into(), qos, retain, properties });
        self
    }

    /// Sets user name and password.
    pub fn credentials(mut self, user_name: &str, password: &str) -> Self {
        self.user_name = Some(user_name.into());
        self.password = Some(password.into());
        self
    }
}

impl Connack {
    /// Session Present = 1.
    pub fn session_present(mut self) -> Self {
        self.session_present = true;
        self
    }

    /// Refuses, with the version's own code.
    pub fn refusing(mut self, code: u8) -> Self {
        self.code = code;
        self
    }
}

impl Publish {
    /// Sets the `QoS`; 3 is possible, and broken.
    pub fn qos(mut self, qos: u8) -> Self {
        self.qos = qos;
        self
    }

    /// Sets the packet identifier.
    pub fn id(mut self, id: u16) -> Self {
        self.id = id;
        self
    }

    /// Sets DUP.
    pub fn dup(mut self) -> Self {
        self.dup = true;
        self
    }

    /// Sets RETAIN.
    pub fn retain(mut self) -> Self {
        self.retain = true;
        self
    }

    /// The payload as text.
    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.payload).expect("the payload is text")
    }
}

impl Ack {
    /// Sets the reason code; before 5.0 it is left away.
    pub fn reason(mut self, reason: u8) -> Self {
        self.reason = reason;
        self
    }
}

impl Subscribe {
    /// Adds a filter with its options byte.
    pub fn and(mut self, filter: &str, options: u8) -> Self {
        self.filters.push((filter.into(), options));
        self
    }
}

/// Prints long payloads in short.
impl fmt::Debug for Publish {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { topic, payload, qos, id, dup, retain, properties } = self;
        write!(f, "Publish {{ topic: {topic:?}, qos: {qos}, id: {id}, dup: {dup}, retain: {retain}, payload: ")?;
        if payload.len() > 64 {
            write!(f, "{} bytes", payload.len())?;
        } else {
            write!(f, "\"{}\"", payload.escape_ascii())?;
        }
        if !properties.is_empty() {
            write!(f, ", {properties:?}")?;
        }
        f.write_str(" }")
    }
}

macro_rules! with_properties {
    ($($packet:ident),+) => {
        $(impl $packet {
            /// Adds a property.
            pub fn with(mut self, property: Property) -> Self {
                self.properties.0.push(property);
                self
            }
        })+
    };
}
with_properties!(Connect, Connack, Publish, Ack, Subscribe, Suback, Unsubscribe, Unsuback, Disconnect, Auth);

macro_rules! into_packet {
    ($($packet:ident),+) => {
        $(impl From<$packet> for Packet {
            fn from(packet: $packet) -> Self {
                Self::$packet(packet)
            }
        })+
    };
}
into_packet!(Connect, Connack, Publish, Ack, Subscribe, Suback, Unsubscribe, Unsuback, Disconnect, Auth);
