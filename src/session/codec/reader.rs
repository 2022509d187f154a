//! Reads the data types of the specification [MQTT-1.5] from one packet, and names what is missing or wrong.

use super::packet::PacketType;
use crate::mqtt::ReasonCode;
use crate::session::Violation;

/// The rest of a packet, or of a part of one.
#[derive(Clone)]
pub(super) struct Reader<'a> {
    bytes: &'a [u8],
    packet: PacketType,
}

impl<'a> Reader<'a> {
    pub(super) fn new(packet: PacketType, bytes: &'a [u8]) -> Self {
        Self { bytes, packet }
    }

    pub(super) fn packet(&self) -> PacketType {
        self.packet
    }

    pub(super) fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// What is left.
    pub(super) fn rest(&self) -> &'a [u8] {
        self.bytes
    }

    /// The next `length` bytes as a separate reader; `what` names the field that held the length.
    pub(super) fn within(&mut self, length: usize, what: &str) -> Result<Self, Violation> {
        let Some((part, rest)) = self.bytes.split_at_checked(length) else {
            return Err(self.malformed(format_args!("whose {what} runs past the end of the packet")));
        };
        self.bytes = rest;
        Ok(Self { bytes: part, packet: self.packet })
    }

    pub(super) fn byte(&mut self, what: &str) -> Result<u8, Violation> {
        Ok(self.array::<1>(what)?[0])
    }

    pub(super) fn two_byte(&mut self, what: &str) -> Result<u16, Violation> {
        self.array(what).map(u16::from_be_bytes)
    }

    pub(super) fn four_byte(&mut self, what: &str) -> Result<u32, Violation> {
        self.array(what).map(u32::from_be_bytes)
    }

    /// A Variable Byte Integer in its shortest form [MQTT-1.5.5-1].
    pub(super) fn variable(&mut self, what: &str) -> Result<u32, Violation> {
        match variable_byte_integer(self.bytes) {
            Variable::Value { value, length, shortest: true } => {
                self.bytes = &self.bytes[length..];
                Ok(value)
            }
            Variable::Value { .. } => Err(self.malformed(format_args!("whose {what} is longer than it need be"))),
            Variable::Unfinished => Err(self.malformed(format_args!("that ends within its {what}"))),
            Variable::TooLong => Err(self.malformed(format_args!("whose {what} has more than four bytes"))),
        }
    }

    pub(super) fn binary(&mut self, what: &str) -> Result<&'a [u8], Violation> {
        let length = usize::from(self.two_byte(what)?);
        Ok(self.within(length, what)?.bytes)
    }

    /// A UTF-8 Encoded String [MQTT-1.5.4-1], without U+0000 [MQTT-1.5.4-2].
    pub(super) fn text(&mut self, what: &str) -> Result<&'a str, Violation> {
        let bytes = self.binary(what)?;
        let Ok(text) = str::from_utf8(bytes) else {
            return Err(self.malformed(format_args!("whose {what} is not UTF-8")));
        };
        if bytes.contains(&0) {
            return Err(self.malformed(format_args!("whose {what} holds the character U+0000")));
        }
        Ok(text)
    }

    /// Checks that nothing is left.
    pub(super) fn end(&self) -> Result<(), Violation> {
        if self.bytes.is_empty() {
            return Ok(());
        }
        Err({
            let (count, s) = (self.bytes.len(), if self.bytes.len() == 1 { "" } else { "s" });
            self.malformed(format_args!("with {count} byte{s} too many"))
        })
    }

    #[cold]
    pub(super) fn malformed(&self, fault: std::fmt::Arguments<'_>) -> Violation {
        Violation::new(ReasonCode::MalformedPacket, format!("{} {fault}", self.packet))
    }

    fn array<const N: usize>(&mut self, what: &str) -> Result<[u8; N], Violation> {
        let Some((array, rest)) = self.bytes.split_first_chunk() else {
            return Err(self.malformed(format_args!("that ends within its {what}")));
        };
        self.bytes = rest;
        Ok(*array)
    }
}

/// Bytes of a Variable Byte Integer.
pub(super) const fn variable_size(value: usize) -> usize {
    match value {
        0..128 => 1,
        128..16_384 => 2,
        16_384..2_097_152 => 3,
        _ => 4,
    }
}

/// The front of some bytes, read as a Variable Byte Integer.
pub(super) enum Variable {
    Value { value: u32, length: usize, shortest: bool },
    Unfinished,
    TooLong,
}

pub(super) fn variable_byte_integer(bytes: &[u8]) -> Variable {
    let mut value = 0;
    for (at, &byte) in bytes.iter().take(4).enumerate() {
        value |= u32::from(byte & 0x7F) << (7 * at);
        if byte & 0x80 == 0 {
            return Variable::Value { value, length: at + 1, shortest: at == 0 || byte != 0 };
        }
    }
    if bytes.len() < 4 { Variable::Unfinished } else { Variable::TooLong }
}
