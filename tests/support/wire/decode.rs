//! Bytes to packets, strict: reserved flags, lengths in their shortest form, UTF-8, which property is where and
//! how often, nothing left over.

use mqttx_rs::mqtt::Version;

use super::packet::{
    Ack, AckKind, Auth, Connack, Connect, Disconnect, Packet, Publish, Suback, Subscribe, Unsuback, Unsubscribe, Will,
};
use super::property::{self, Kind, Properties, Value};

/// What breaks the specification.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Malformed(pub String);

type Decoded<T> = Result<T, Malformed>;

/// The first packet of some bytes and how many of them it takes; `None` when it is not complete yet.
///
/// CONNECT is read in its own version, the others in the given one.
pub fn decode(version: Version, bytes: &[u8]) -> Decoded<Option<(Packet, usize)>> {
    let Some((&first, rest)) = bytes.split_first() else { return Ok(None) };
    let Some((length, width)) = variable(rest)? else { return Ok(None) };
    let (start, end) = (1 + width, 1 + width + length as usize);
    let Some(body) = bytes.get(start..end) else { return Ok(None) };
    let mut reader = Reader { bytes: body, version };
    let packet = reader.packet(first)?;
    if !reader.bytes.is_empty() {
        return malformed(format!("{} bytes are left over in {packet:?}", reader.bytes.len()));
    }
    Ok(Some((packet, end)))
}

fn malformed<T>(what: impl Into<String>) -> Decoded<T> {
    Err(Malformed(what.into()))
}

/// A Variable Byte Integer and its width.
fn variable(bytes: &[u8]) -> Decoded<Option<(u32, usize)>> {
    let mut number = 0;
    for (index, &byte) in bytes.iter().take(4).enumerate() {
        number |= u32::from(byte & 0x7F) << (7 * index);
        if byte & 0x80 == 0 {
            if byte == 0 && index > 0 {
                return malformed("a Variable Byte Integer is not in its shortest form");
            }
            return Ok(Some((number, index + 1)));
        }
    }
    if bytes.len() >= 4 { malformed("a Variable Byte Integer has more than four bytes") } else { Ok(None) }
}

struct Reader<'a> {
    bytes: &'a [u8],
    version: Version,
}

impl<'a> Reader<'a> {
    fn packet(&mut self, first: u8) -> Decoded<Packet> {
        let (kind, flags) = (first >> 4, first & 0x0F);
        let expected = match kind {
            3 => flags,
            6 | 8 | 10 => 2,
            _ => 0,
        };
        // Before 5.0's predecessor 3.1.1, the resends of SUBSCRIBE, UNSUBSCRIBE and PUBREL bore DUP; 3.1 is not judged.
        if flags != expected && self.version != Version::V3_1 {
            return malformed(format!("the flags of packet type {kind} are {flags:04b}, not {expected:04b}"));
        }
        Ok(match kind {
            1 => self.connect()?.into(),
            2 => {
                let flags = self.byte()?;
                if flags > 1 {
                    return malformed(format!("the acknowledge flags of CONNACK are {flags:#b}"));
                }
                let code = self.byte()?;
                Connack { session_present: flags == 1, code, properties: self.properties(kind)? }.into()
            }
            3 => self.publish(flags)?.into(),
            4 => self.ack(AckKind::Puback)?.into(),
            5 => self.ack(AckKind::Pubrec)?.into(),
            6 => self.ack(AckKind::Pubrel)?.into(),
            7 => self.ack(AckKind::Pubcomp)?.into(),
            8 => self.subscribe()?.into(),
            9 => {
                let (id, properties) = (self.packet_id()?, self.properties(kind)?);
                Suback { id, reasons: self.rest().into(), properties }.into()
            }
            10 => {
                let (id, properties) = (self.packet_id()?, self.properties(kind)?);
                let mut filters = Vec::new();
                while !self.bytes.is_empty() {
                    filters.push(self.text()?);
                }
                if filters.is_empty() {
                    return malformed("UNSUBSCRIBE has no filter");
                }
                Unsubscribe { id, filters, properties }.into()
            }
            11 => {
                let (id, properties) = (self.packet_id()?, self.properties(kind)?);
                Unsuback { id, reasons: self.rest().into(), properties }.into()
            }
            12 => Packet::Pingreq,
            13 => Packet::Pingresp,
            14 => {
                let (reason, properties) = self.reason_and_properties(kind)?;
                Disconnect { reason, properties }.into()
            }
            15 if self.version.is_v5() => {
                let (reason, properties) = self.reason_and_properties(kind)?;
                Auth { reason, properties }.into()
            }
            _ => return malformed(format!("packet type {kind} does not exist")),
        })
    }

    fn connect(&mut self) -> Decoded<Connect> {
        let name = self.text()?;
        let level = self.byte()?;
        self.version = match (name.as_str(), level) {
            ("MQIsdp", 3) => Version::V3_1,
            ("MQTT", 4) => Version::V3_1_1,
            ("MQTT", 5) => Version::V5,
            _ => return malformed(format!("protocol {name:?} level {level} does not exist")),
        };
        let flags = self.byte()?;
        let (has_will, will_qos, will_retain) = (flags & 0x04 != 0, flags >> 3 & 3, flags & 0x20 != 0);
        if flags & 1 != 0 || will_qos == 3 || (!has_will && (will_qos != 0 || will_retain)) {
            return malformed(format!("the connect flags are {flags:08b}"));
        }
        if !self.version.is_v5() && flags & 0xC0 == 0x40 {
            return malformed("a password without a user name");
        }
        let keep_alive = self.two()?;
        let properties = self.properties(1)?;
        let client_id = self.text()?;
        let will = if has_will {
            let properties = self.properties(property::WILL)?;
            let (topic, payload) = (self.text()?, self.binary()?.into());
            Some(Will { topic, payload, qos: will_qos, retain: will_retain, properties })
        } else {
            None
        };
        let user_name = if flags & 0x80 == 0 { None } else { Some(self.text()?) };
        let password = if flags & 0x40 == 0 { None } else { Some(self.binary()?.into()) };
        let (version, clean) = (self.version, flags & 0x02 != 0);
        Ok(Connect { version, clean, keep_alive, client_id, will, user_name, password, properties })
    }

    fn publish(&mut self, flags: u8) -> Decoded<Publish> {
        let (dup, qos, retain) = (flags & 8 != 0, flags >> 1 & 3, flags & 1 != 0);
        if qos == 3 || (dup && qos == 0) {
            return malformed(format!("the flags of PUBLISH are {flags:04b}"));
        }
        let topic = self.text()?;
        if topic.contains(['+', '#']) {
            return malformed(format!("the topic {topic:?} has a wildcard"));
        }
        let id = if qos == 0 { 0 } else { self.packet_id()? };
        let properties = self.properties(3)?;
        if topic.is_empty() && properties.get(property::TOPIC_ALIAS).is_none() {
            return malformed("an empty topic without a Topic Alias");
        }
        Ok(Publish { topic, payload: self.rest().into(), qos, id, dup, retain, properties })
    }

    fn ack(&mut self, kind: AckKind) -> Decoded<Ack> {
        let id = self.packet_id()?;
        let (reason, properties) = self.reason_and_properties(kind as u8)?;
        Ok(Ack { kind, id, reason, properties })
    }

    fn subscribe(&mut self) -> Decoded<Subscribe> {
        let (id, properties) = (self.packet_id()?, self.properties(8)?);
        let mut filters = Vec::new();
        while !self.bytes.is_empty() {
            let (filter, options) = (self.text()?, self.byte()?);
            let known = if self.version.is_v5() { 0x3F } else { 0x03 };
            if filter.is_empty() || options & !known != 0 || options & 3 == 3 || options & 0x30 == 0x30 {
                return malformed(format!("the filter {filter:?} with the options {options:08b}"));
            }
            filters.push((filter, options));
        }
        if filters.is_empty() {
            return malformed("SUBSCRIBE has no filter");
        }
        Ok(Subscribe { id, filters, properties })
    }

    fn reason_and_properties(&mut self, kind: u8) -> Decoded<(u8, Properties)> {
        if !self.version.is_v5() || self.bytes.is_empty() {
            return Ok((0, Properties::default()));
        }
        let reason = self.byte()?;
        let properties = if self.bytes.is_empty() { Properties::default() } else { self.properties(kind)? };
        Ok((reason, properties))
    }

    fn properties(&mut self, packet: u8) -> Decoded<Properties> {
        let mut properties = Properties::default();
        if !self.version.is_v5() {
            return Ok(properties);
        }
        let length = self.variable()? as usize;
        let mut reader = Reader { bytes: self.take(length)?, version: self.version };
        while !reader.bytes.is_empty() {
            let id = reader.byte()?;
            let Some((_, kind, packets)) = property::TABLE.iter().find(|(number, ..)| *number == id) else {
                return malformed(format!("property 0x{id:02X} does not exist"));
            };
            let repeats = id == property::USER_PROPERTY || (id == property::SUBSCRIPTION_IDENTIFIER && packet == 3);
            if !packets.contains(&packet) || (!repeats && properties.get(id).is_some()) {
                return malformed(format!("property 0x{id:02X} is misplaced or repeated in packet type {packet}"));
            }
            let value = match kind {
                Kind::Byte => Value::Byte(reader.byte()?),
                Kind::Two => Value::Two(reader.two()?),
                Kind::Four => Value::Four(u32::from(reader.two()?) << 16 | u32::from(reader.two()?)),
                Kind::Variable => Value::Variable(reader.variable()?),
                Kind::Text => Value::Text(reader.text()?),
                Kind::Binary => Value::Binary(reader.binary()?.into()),
                Kind::Pair => Value::Pair(reader.text()?, reader.text()?),
            };
            properties.0.push((id, value));
        }
        Ok(properties)
    }

    fn variable(&mut self) -> Decoded<u32> {
        let Some((number, width)) = variable(self.bytes)? else { return malformed("the packet is too short") };
        self.take(width)?;
        Ok(number)
    }

    fn packet_id(&mut self) -> Decoded<u16> {
        match self.two()? {
            0 => malformed("the packet identifier is 0"),
            id => Ok(id),
        }
    }

    fn text(&mut self) -> Decoded<String> {
        match std::str::from_utf8(self.binary()?) {
            Ok(text) if !text.contains('\0') => Ok(text.into()),
            _ => malformed("a string is not UTF-8 or has U+0000"),
        }
    }

    fn binary(&mut self) -> Decoded<&'a [u8]> {
        let length = self.two()?;
        self.take(length.into())
    }

    fn two(&mut self) -> Decoded<u16> {
        Ok(u16::from(self.byte()?) << 8 | u16::from(self.byte()?))
    }

    fn byte(&mut self) -> Decoded<u8> {
        Ok(self.take(1)?[0])
    }

    fn take(&mut self, length: usize) -> Decoded<&'a [u8]> {
        let Some((head, tail)) = self.bytes.split_at_checked(length) else {
            return malformed("the packet is too short");
        };
        self.bytes = tail;
        Ok(head)
    }

    fn rest(&mut self) -> &'a [u8] {
        std::mem::take(&mut self.bytes)
    }
}
