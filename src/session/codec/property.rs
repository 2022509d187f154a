//! The one table of properties [MQTT-2.2.2]: identifier, name, type and forbidden values, and which packets of which
//! side have it. Reading, checking, writing and naming all use it.

use bytes::{BufMut, BytesMut};

use super::packet::{PacketType, Sender};
use super::put::{put_binary, put_variable};
use super::reader::{Reader, variable_size};
use super::types::Unencodable;
use crate::mqtt::ReasonCode;
use crate::session::Violation;

/// Type of a property's value, with the values that are forbidden.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// A byte that is 0 or 1.
    Flag,
    TwoByte,
    /// 0 is an error with the given reason.
    TwoByteNotZero(ReasonCode),
    FourByte,
    FourByteNotZero,
    VariableNotZero,
    Text,
    /// A Topic Name: text without wildcards.
    Topic,
    Binary,
    Pair,
}

/// A value on its way from the wire to a field, or back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Value<'a> {
    /// A number of any width.
    Number(u32),
    Text(&'a str),
    Binary(&'a [u8]),
    Pair(&'a str, &'a str),
}

/// The properties of one packet, each in a field.
pub(crate) trait Properties {
    /// Stores what was read. A property without a field here never occurs, as the table excludes it.
    fn set(&mut self, property: Property, value: Value<'_>);

    /// Calls the closure for each property that is present.
    fn for_each(&self, give: &mut dyn FnMut(Property, Value<'_>));
}

/// A set of packets: a bit for each type. No packet has type 0, so its bit is for the will in CONNECT.
type Packets = u16;

const WILL: Packets = 1;
const CONNECT: Packets = bit(PacketType::Connect);
const CONNACK: Packets = bit(PacketType::ConnAck);
const PUBLISH: Packets = bit(PacketType::Publish);
const ACKS: Packets =
    bit(PacketType::PubAck) | bit(PacketType::PubRec) | bit(PacketType::PubRel) | bit(PacketType::PubComp);
const SUBSCRIBE: Packets = bit(PacketType::Subscribe);
const REQUESTS: Packets = SUBSCRIBE | bit(PacketType::Unsubscribe);
const ANSWERS: Packets = bit(PacketType::SubAck) | bit(PacketType::UnsubAck);
const DISCONNECT: Packets = bit(PacketType::Disconnect);
const AUTH: Packets = bit(PacketType::Auth);
const NONE: Packets = 0;

const fn bit(packet: PacketType) -> Packets {
    1 << packet as u8
}

struct Row {
    name: &'static str,
    kind: Kind,
    from_client: Packets,
    from_server: Packets,
}

/// Defines [`Property`] and its rows.
macro_rules! properties {
    ($($identifier:literal $property:ident $name:literal $kind:expr, $from_client:expr, $from_server:expr;)+) => {
        /// A property, by its identifier.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        #[repr(u8)]
        #[expect(clippy::enum_variant_names, reason = "the specification's names")]
        pub(crate) enum Property {
            $($property = $identifier),+
        }

        impl Property {
            const fn of(identifier: u8) -> Option<Self> {
                match identifier {
                    $($identifier => Some(Self::$property),)+
                    _ => None,
                }
            }

            const fn row(self) -> Row {
                match self {
                    $(Self::$property => Row {
                        name: $name,
                        kind: $kind,
                        from_client: $from_client,
                        from_server: $from_server,
                    },)+
                }
            }
        }
    };
}

properties! {
    0x01 PayloadFormatIndicator "Payload Format Indicator" Kind::Flag, PUBLISH | WILL, PUBLISH;
    0x02 MessageExpiryInterval "Message Expiry Interval" Kind::FourByte, PUBLISH | WILL, PUBLISH;
    0x03 ContentType "Content Type" Kind::Text, PUBLISH | WILL, PUBLISH;
    0x08 ResponseTopic "Response Topic" Kind::Topic, PUBLISH | WILL, PUBLISH;
    0x09 CorrelationData "Correlation Data" Kind::Binary, PUBLISH | WILL, PUBLISH;
    0x0B SubscriptionIdentifier "Subscription Identifier" Kind::VariableNotZero, SUBSCRIBE, PUBLISH;
    0x11 SessionExpiryInterval "Session Expiry Interval" Kind::FourByte, CONNECT | DISCONNECT, CONNACK;
    0x12 AssignedClientIdentifier "Assigned Client Identifier" Kind::Text, NONE, CONNACK;
    0x13 ServerKeepAlive "Server Keep Alive" Kind::TwoByte, NONE, CONNACK;
    0x15 AuthenticationMethod "Authentication Method" Kind::Text, CONNECT | AUTH, CONNACK | AUTH;
    0x16 AuthenticationData "Authentication Data" Kind::Binary, CONNECT | AUTH, CONNACK | AUTH;
    0x17 RequestProblemInformation "Request Problem Information" Kind::Flag, CONNECT, NONE;
    0x18 WillDelayInterval "Will Delay Interval" Kind::FourByte, WILL, NONE;
    0x19 RequestResponseInformation "Request Response Information" Kind::Flag, CONNECT, NONE;
    0x1A ResponseInformation "Response Information" Kind::Text, NONE, CONNACK;
    0x1C ServerReference "Server Reference" Kind::Text, NONE, CONNACK | DISCONNECT;
    0x1F ReasonString "Reason String" Kind::Text, ACKS | DISCONNECT | AUTH,
        CONNACK | ACKS | ANSWERS | DISCONNECT | AUTH;
    0x21 ReceiveMaximum "Receive Maximum" Kind::TwoByteNotZero(ReasonCode::ProtocolError), CONNECT, CONNACK;
    0x22 TopicAliasMaximum "Topic Alias Maximum" Kind::TwoByte, CONNECT, CONNACK;
    0x23 TopicAlias "Topic Alias" Kind::TwoByteNotZero(ReasonCode::TopicAliasInvalid), PUBLISH, PUBLISH;
    0x24 MaximumQoS "Maximum QoS" Kind::Flag, NONE, CONNACK;
    0x25 RetainAvailable "Retain Available" Kind::Flag, NONE, CONNACK;
    0x26 UserProperty "User Property" Kind::Pair,
        CONNECT | WILL | PUBLISH | ACKS | REQUESTS | DISCONNECT | AUTH,
        CONNACK | PUBLISH | ACKS | ANSWERS | DISCONNECT | AUTH;
    0x27 MaximumPacketSize "Maximum Packet Size" Kind::FourByteNotZero, CONNECT, CONNACK;
    0x28 WildcardSubscriptionAvailable "Wildcard Subscription Available" Kind::Flag, NONE, CONNACK;
    0x29 SubscriptionIdentifierAvailable "Subscription Identifier Available" Kind::Flag, NONE, CONNACK;
    0x2A SharedSubscriptionAvailable "Shared Subscription Available" Kind::Flag, NONE, CONNACK;
}

/// The packet, or the part of one, that properties are in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) sender: Sender,
    packets: Packets,
    /// Whether Reason String and User Properties are allowed everywhere. If not, a server may send them only in CONNACK,
    /// PUBLISH and DISCONNECT [MQTT-3.1.2-29].
    explained: bool,
}

impl Place {
    pub(super) const fn new(sender: Sender, packet: PacketType) -> Self {
        Self { sender, packets: bit(packet), explained: true }
    }

    pub(super) const fn will() -> Self {
        Self { sender: Sender::Client, packets: WILL, explained: true }
    }

    pub(super) const fn explained(self, explained: bool) -> Self {
        Self { explained, ..self }
    }

    const fn has(self, property: Property) -> bool {
        let row = property.row();
        let packets = match self.sender {
            Sender::Client => row.from_client,
            Sender::Server => row.from_server,
        };
        packets & self.packets != 0
    }

    const fn may_repeat(self, property: Property) -> bool {
        match property {
            Property::UserProperty => true,
            // One for each subscription that matches.
            Property::SubscriptionIdentifier => self.packets == PUBLISH,
            _ => false,
        }
    }
}

impl Property {
    /// Its name in the specification.
    pub(crate) const fn name(self) -> &'static str {
        self.row().name
    }

    const fn explains(self) -> bool {
        matches!(self, Self::ReasonString | Self::UserProperty)
    }
}

/// Reads and checks the Property Length and all properties; `None` if there are none.
pub(super) fn read<P: Properties + Default>(reader: &mut Reader<'_>, place: Place) -> Result<Option<P>, Violation> {
    let length = reader.variable("Property Length")?;
    if length == 0 {
        return Ok(None);
    }
    let mut properties = P::default();
    let mut part = reader.within(length as usize, "Property Length")?;
    let mut seen = 0_u64;
    while !part.is_empty() {
        let (property, value) = read_one(&mut part, place, &mut seen)?;
        properties.set(property, value);
    }
    Ok(Some(properties))
}

/// Reads one property; `seen` has a bit for each that has been read before.
fn read_one<'a>(reader: &mut Reader<'a>, place: Place, seen: &mut u64) -> Result<(Property, Value<'a>), Violation> {
    let packet = reader.packet();
    let identifier = reader.byte("property")?;
    let Some(property) = Property::of(identifier) else {
        let fault = format!("{packet} with a property 0x{identifier:02X}, which the specification does not have");
        return Err(Violation::new(ReasonCode::MalformedPacket, fault));
    };
    let name = property.name();
    if !place.has(property) {
        let of = if place.packets == WILL { " of the will" } else { "" };
        let fault = format!("{packet} with the property {name}{of}, which belongs to other packets");
        return Err(Violation::new(ReasonCode::MalformedPacket, fault));
    }
    if property.explains() && !place.explained && place.packets & (CONNACK | PUBLISH | DISCONNECT) == 0 {
        let fault = format!("{packet} with the property {name}, though CONNECT had asked for none");
        return Err(Violation::new(ReasonCode::ProtocolError, fault));
    }
    let bit = 1 << identifier;
    if *seen & bit != 0 && !place.may_repeat(property) {
        return Err(Violation::new(ReasonCode::ProtocolError, format!("{packet} with two {name} properties")));
    }
    *seen |= bit;
    Ok((property, read_value(reader, property)?))
}

fn read_value<'a>(reader: &mut Reader<'a>, property: Property) -> Result<Value<'a>, Violation> {
    let packet = reader.packet();
    let Row { name, kind, .. } = property.row();
    let not_zero = |value: u32, reason| match value {
        0 => Err(Violation::new(reason, format!("{packet} with a {name} of 0"))),
        _ => Ok(Value::Number(value)),
    };
    match kind {
        Kind::Flag => {
            let value = reader.byte(name)?;
            if value > 1 {
                let fault = format!("{packet} with a {name} of {value}, which must be 0 or 1");
                return Err(Violation::new(ReasonCode::ProtocolError, fault));
            }
            Ok(Value::Number(value.into()))
        }
        Kind::TwoByte => Ok(Value::Number(reader.two_byte(name)?.into())),
        Kind::TwoByteNotZero(reason) => not_zero(reader.two_byte(name)?.into(), reason),
        Kind::FourByte => Ok(Value::Number(reader.four_byte(name)?)),
        Kind::FourByteNotZero => not_zero(reader.four_byte(name)?, ReasonCode::ProtocolError),
        Kind::VariableNotZero => not_zero(reader.variable(name)?, ReasonCode::ProtocolError),
        Kind::Text => Ok(Value::Text(reader.text(name)?)),
        Kind::Topic => {
            let topic = reader.text(name)?;
            if topic.contains(['+', '#']) {
                let fault = format!("{packet} with a {name} that has a wildcard");
                return Err(Violation::new(ReasonCode::ProtocolError, fault));
            }
            Ok(Value::Text(topic))
        }
        Kind::Binary => Ok(Value::Binary(reader.binary(name)?)),
        Kind::Pair => Ok(Value::Pair(reader.text(name)?, reader.text(name)?)),
    }
}

/// Appends the Property Length and the properties that are allowed here; the others are left out.
pub(super) fn write(properties: &dyn Properties, place: Place, buffer: &mut BytesMut) -> Result<(), Unencodable> {
    let mut length = 0;
    properties.for_each(&mut |property, value| {
        if is_written(property, place) {
            length += size_of(property, value);
        }
    });
    put_variable(buffer, length)?;
    let mut written = Ok(());
    properties.for_each(&mut |property, value| {
        if is_written(property, place) && written.is_ok() {
            written = write_one(property, value, buffer);
        }
    });
    written
}

/// In a packet to be written, `explained` decides whether explanations are included.
fn is_written(property: Property, place: Place) -> bool {
    place.has(property) && (place.explained || !property.explains())
}

/// Appends one property.
pub(super) fn write_one(property: Property, value: Value<'_>, buffer: &mut BytesMut) -> Result<(), Unencodable> {
    buffer.put_u8(property as u8);
    match value {
        Value::Number(number) => {
            let bytes = number.to_be_bytes();
            match property.row().kind {
                Kind::Flag => buffer.put_slice(&bytes[3..]),
                Kind::TwoByte | Kind::TwoByteNotZero(_) => buffer.put_slice(&bytes[2..]),
                Kind::VariableNotZero => put_variable(buffer, number as usize)?,
                _ => buffer.put_slice(&bytes),
            }
            Ok(())
        }
        Value::Text(text) => put_binary(buffer, text.as_bytes()),
        Value::Binary(bytes) => put_binary(buffer, bytes),
        Value::Pair(name, value) => {
            put_binary(buffer, name.as_bytes())?;
            put_binary(buffer, value.as_bytes())
        }
    }
}

/// Bytes that [`write_one`] appends.
pub(super) fn size_of(property: Property, value: Value<'_>) -> usize {
    1 + match value {
        Value::Number(number) => match property.row().kind {
            Kind::Flag => 1,
            Kind::TwoByte | Kind::TwoByteNotZero(_) => 2,
            Kind::VariableNotZero => variable_size(number as usize),
            _ => 4,
        },
        Value::Text(text) => 2 + text.len(),
        Value::Binary(bytes) => 2 + bytes.len(),
        Value::Pair(name, value) => 4 + name.len() + value.len(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_fit_the_set_of_those_seen_and_each_property_has_a_packet() {
        let all: Vec<Property> = (0..=u8::MAX).filter_map(Property::of).collect();
        assert_eq!(all.len(), 27);
        for property in all {
            let Row { from_client, from_server, .. } = property.row();
            assert!((property as u8) < 64 && from_client | from_server != NONE, "{property:?}");
        }
    }
}
