//! Which property may stand in which packet from a server, once or often, with which values [MQTT-2.2.2].
//!
//! The codec crates take most of what is wrong here for right, so this table is asked first.

use super::packet::PacketType::{
    self, Auth, ConnAck, Disconnect, PubAck, PubComp, PubRec, PubRel, Publish, SubAck, UnsubAck,
};
use super::reader::Reader;
use crate::mqtt::ReasonCode;
use crate::session::Violation;

/// Type of a property's value, with the values that are forbidden.
#[derive(Clone, Copy)]
enum Value {
    /// A byte that is 0 or 1.
    Flag,
    TwoByte,
    /// 0 is an error, of the given reason.
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

struct Property {
    identifier: u8,
    name: &'static str,
    value: Value,
    packets: &'static [PacketType],
}

const fn property(identifier: u8, name: &'static str, value: Value, packets: &'static [PacketType]) -> Property {
    Property { identifier, name, value, packets }
}

const REASON_STRING: u8 = 0x1F;
const USER_PROPERTY: u8 = 0x26;
const SUBSCRIPTION_IDENTIFIER: u8 = 0x0B;

const ANSWERS: &[PacketType] = &[ConnAck, PubAck, PubRec, PubRel, PubComp, SubAck, UnsubAck, Disconnect, Auth];
const ALL: &[PacketType] = &[ConnAck, Publish, PubAck, PubRec, PubRel, PubComp, SubAck, UnsubAck, Disconnect, Auth];

/// Table 2-4, less what only clients send.
#[rustfmt::skip]
const PROPERTIES: &[Property] = &[
    property(0x01, "Payload Format Indicator", Value::Flag, &[Publish]),
    property(0x02, "Message Expiry Interval", Value::FourByte, &[Publish]),
    property(0x03, "Content Type", Value::Text, &[Publish]),
    property(0x08, "Response Topic", Value::Topic, &[Publish]),
    property(0x09, "Correlation Data", Value::Binary, &[Publish]),
    property(SUBSCRIPTION_IDENTIFIER, "Subscription Identifier", Value::VariableNotZero, &[Publish]),
    property(0x11, "Session Expiry Interval", Value::FourByte, &[ConnAck]),
    property(0x12, "Assigned Client Identifier", Value::Text, &[ConnAck]),
    property(0x13, "Server Keep Alive", Value::TwoByte, &[ConnAck]),
    property(0x15, "Authentication Method", Value::Text, &[ConnAck, Auth]),
    property(0x16, "Authentication Data", Value::Binary, &[ConnAck, Auth]),
    property(0x17, "Request Problem Information", Value::Flag, &[]),
    property(0x18, "Will Delay Interval", Value::FourByte, &[]),
    property(0x19, "Request Response Information", Value::Flag, &[]),
    property(0x1A, "Response Information", Value::Text, &[ConnAck]),
    property(0x1C, "Server Reference", Value::Text, &[ConnAck, Disconnect]),
    property(REASON_STRING, "Reason String", Value::Text, ANSWERS),
    property(0x21, "Receive Maximum", Value::TwoByteNotZero(ReasonCode::ProtocolError), &[ConnAck]),
    property(0x22, "Topic Alias Maximum", Value::TwoByte, &[ConnAck]),
    property(0x23, "Topic Alias", Value::TwoByteNotZero(ReasonCode::TopicAliasInvalid), &[Publish]),
    property(0x24, "Maximum QoS", Value::Flag, &[ConnAck]),
    property(0x25, "Retain Available", Value::Flag, &[ConnAck]),
    property(USER_PROPERTY, "User Property", Value::Pair, ALL),
    property(0x27, "Maximum Packet Size", Value::FourByteNotZero, &[ConnAck]),
    property(0x28, "Wildcard Subscription Available", Value::Flag, &[ConnAck]),
    property(0x29, "Subscription Identifier Available", Value::Flag, &[ConnAck]),
    property(0x2A, "Shared Subscription Available", Value::Flag, &[ConnAck]),
];

/// Reads and checks the Property Length and all properties.
///
/// `problem_information`: what CONNECT asked for; if not, the server may explain itself in CONNACK, PUBLISH and
/// DISCONNECT only [MQTT-3.1.2-29].
pub(super) fn check(reader: &mut Reader<'_>, problem_information: bool) -> Result<(), Violation> {
    let packet = reader.packet();
    let length = reader.variable("Property Length")?;
    if length == 0 {
        return Ok(());
    }
    let mut properties = reader.within(length as usize, "Property Length")?;
    let mut seen = 0_u64;
    while !properties.is_empty() {
        let identifier = properties.byte("property")?;
        let Some(property) = PROPERTIES.iter().find(|property| property.identifier == identifier) else {
            let fault = format!("{packet} with a property 0x{identifier:02X}, which the specification does not have");
            return Err(Violation::new(ReasonCode::MalformedPacket, fault));
        };
        let name = property.name;
        if !property.packets.contains(&packet) {
            let fault = format!("{packet} with the property {name}, which belongs to other packets");
            return Err(Violation::new(ReasonCode::MalformedPacket, fault));
        }
        let explains = matches!(identifier, REASON_STRING | USER_PROPERTY);
        if explains && !problem_information && !matches!(packet, ConnAck | Publish | Disconnect) {
            let fault = format!("{packet} with the property {name}, though CONNECT had asked for none");
            return Err(Violation::new(ReasonCode::ProtocolError, fault));
        }
        let bit = 1 << identifier;
        if seen & bit != 0 && !matches!(identifier, USER_PROPERTY | SUBSCRIPTION_IDENTIFIER) {
            let fault = format!("{packet} with two {name} properties");
            return Err(Violation::new(ReasonCode::ProtocolError, fault));
        }
        seen |= bit;
        check_value(&mut properties, property)?;
    }
    Ok(())
}

fn check_value(reader: &mut Reader<'_>, property: &Property) -> Result<(), Violation> {
    let packet = reader.packet();
    let name = property.name;
    let not_zero = |value: u32, reason| match value {
        0 => Err(Violation::new(reason, format!("{packet} with a {name} of 0"))),
        _ => Ok(()),
    };
    match property.value {
        Value::Flag => {
            let value = reader.byte(name)?;
            if value > 1 {
                let fault = format!("{packet} with a {name} of {value}, which must be 0 or 1");
                return Err(Violation::new(ReasonCode::ProtocolError, fault));
            }
        }
        Value::TwoByte => _ = reader.two_byte(name)?,
        Value::TwoByteNotZero(reason) => not_zero(reader.two_byte(name)?.into(), reason)?,
        Value::FourByte => _ = reader.four_byte(name)?,
        Value::FourByteNotZero => not_zero(reader.four_byte(name)?, ReasonCode::ProtocolError)?,
        Value::VariableNotZero => not_zero(reader.variable(name)?, ReasonCode::ProtocolError)?,
        Value::Text => _ = reader.text(name)?,
        Value::Topic => {
            if reader.text(name)?.contains(['+', '#']) {
                let fault = format!("{packet} with a {name} that has a wildcard");
                return Err(Violation::new(ReasonCode::ProtocolError, fault));
            }
        }
        Value::Binary => _ = reader.binary(name)?,
        Value::Pair => {
            reader.text(name)?;
            reader.text(name)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_are_sorted_and_fit_the_set_of_those_seen() {
        assert!(PROPERTIES.windows(2).all(|pair| pair[0].identifier < pair[1].identifier));
        assert_eq!(PROPERTIES.len(), 27);
        assert!(PROPERTIES.iter().all(|property| property.identifier < 64));
    }
}
