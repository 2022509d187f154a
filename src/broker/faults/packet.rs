/// A Control Packet by name, with its number on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Packet {
    Connect = 1,
    ConnAck,
    Publish,
    PubAck,
    PubRec,
    PubRel,
    PubComp,
    Subscribe,
    SubAck,
    Unsubscribe,
    UnsubAck,
    PingReq,
    PingResp,
    Disconnect,
    Auth,
}

impl Packet {
    pub(crate) const ALL: [Self; 15] = [
        Self::Connect,
        Self::ConnAck,
        Self::Publish,
        Self::PubAck,
        Self::PubRec,
        Self::PubRel,
        Self::PubComp,
        Self::Subscribe,
        Self::SubAck,
        Self::Unsubscribe,
        Self::UnsubAck,
        Self::PingReq,
        Self::PingResp,
        Self::Disconnect,
        Self::Auth,
    ];

    /// As written in a rule.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Connect => "connect",
            Self::ConnAck => "connack",
            Self::Publish => "publish",
            Self::PubAck => "puback",
            Self::PubRec => "pubrec",
            Self::PubRel => "pubrel",
            Self::PubComp => "pubcomp",
            Self::Subscribe => "subscribe",
            Self::SubAck => "suback",
            Self::Unsubscribe => "unsubscribe",
            Self::UnsubAck => "unsuback",
            Self::PingReq => "pingreq",
            Self::PingResp => "pingresp",
            Self::Disconnect => "disconnect",
            Self::Auth => "auth",
        }
    }

    pub(super) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|packet| packet.name().eq_ignore_ascii_case(name))
    }

    /// The packet that begins with this byte; `None` for 0, which is forbidden.
    pub(super) fn of(first_byte: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|packet| *packet as u8 == first_byte >> 4)
    }

    /// Its bit in a set of packets.
    pub(super) const fn bit(self) -> u16 {
        1 << (self as u8)
    }
}

/// A packet as the log names it: its name in capitals, and its packet identifier if it has one.
pub(super) fn described(packet: Packet, frame: &[u8]) -> String {
    let name = packet.name().to_ascii_uppercase();
    let rest = &frame[content(frame)..];
    let id = match packet {
        Packet::Publish if frame[0] & 0b0110 == 0 => None,
        Packet::Publish => string(rest).and_then(|(_, rest)| rest.first_chunk::<2>()),
        Packet::Connect | Packet::ConnAck | Packet::PingReq | Packet::PingResp | Packet::Disconnect | Packet::Auth => {
            None
        }
        _ => rest.first_chunk::<2>(),
    };
    id.map_or_else(|| name.clone(), |id| format!("{name} {}", u16::from_be_bytes(*id)))
}

/// Where the fixed header of a packet ends.
pub(super) fn content(frame: &[u8]) -> usize {
    let length = frame.iter().skip(1).take_while(|byte| **byte & 0x80 != 0).count();
    (length + 2).min(frame.len())
}

/// The Client Identifier of a whole CONNECT of any version; `None` if it cannot be read.
pub(super) fn client_id(connect: &[u8]) -> Option<&str> {
    let rest = &connect[content(connect)..];
    let (_, rest) = string(rest)?;
    // Version, Connect Flags and Keep Alive; 5.0 has properties behind them.
    let (version, mut rest) = (*rest.first()?, rest.get(4..)?);
    if version == 5 {
        let length = rest.iter().take_while(|byte| **byte & 0x80 != 0).count() + 1;
        let digits = rest.get(..length.min(4))?.iter().rev();
        let properties = digits.fold(0_usize, |value, byte| value << 7 | usize::from(byte & 0x7F));
        rest = rest.get(length.checked_add(properties)?..)?;
    }
    std::str::from_utf8(string(rest)?.0).ok()
}

/// A string with its length before it, and what follows.
fn string(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bytes.split_first_chunk::<2>()?;
    rest.split_at_checked(u16::from_be_bytes(*length).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_client_is_read_from_connect_of_each_version() {
        let v3 = b"\x10\x0e\0\x04MQTT\x04\x02\0\x3c\0\x02me";
        let v5 = b"\x10\x14\0\x04MQTT\x05\x02\0\x3c\x05\x11\0\0\0\x0a\0\x02me";
        let v31 = b"\x10\x10\0\x06MQIsdp\x03\x02\0\x3c\0\x02me";
        for connect in [&v3[..], v5, v31] {
            assert_eq!(client_id(connect), Some("me"));
            for length in 0..connect.len() {
                assert_eq!(client_id(&connect[..length]), None, "{length}");
            }
        }
    }

    #[test]
    fn content_begins_behind_the_fixed_header() {
        assert_eq!(content(&[0xC0, 0]), 2);
        assert_eq!(content(&[0x30, 0x80, 0x01, 0]), 3);
        assert_eq!(content(&[0x30]), 1);
    }
}
