//! How a broker answers a packet that it refuses on request, and the fields that this needs.
//!
//! Separate from the session, which never sees such a packet.

use bytes::{BufMut, Bytes, BytesMut};

use crate::broker::core::CONTROL_TOPIC;
use crate::mqtt::ReasonCode;

const QOS: u8 = 0b0110;

/// A whole packet, with the fields that faults need.
#[derive(Debug, Clone, Copy)]
pub(super) struct Frame<'a> {
    first_byte: u8,
    content: &'a [u8],
}

/// The answer to a refused packet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Answer {
    /// This packet.
    Packet(Bytes),
    /// This packet, after which the link ends.
    Last(Bytes),
    /// Nothing: the packet is ignored.
    Nothing,
    /// The end of the link, as the version has no other answer.
    End,
}

/// The size of the packet at the front; `None` while its header is incomplete.
pub(super) fn size(bytes: &[u8]) -> Option<Result<usize, Malformed>> {
    let mut length = 0;
    for place in 0..4 {
        let byte = *bytes.get(place + 1)?;
        length |= usize::from(byte & 0x7F) << (7 * place);
        if byte & 0x80 == 0 {
            return Some(Ok(length + place + 2));
        }
    }
    Some(Err(Malformed))
}

/// A header that no packet has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Malformed;

impl<'a> Frame<'a> {
    /// Of a whole packet.
    pub(super) fn new(bytes: &'a [u8]) -> Option<Self> {
        let header = 2 + bytes.iter().skip(1).take_while(|byte| **byte & 0x80 != 0).count();
        Some(Self { first_byte: *bytes.first()?, content: bytes.get(header..)? })
    }

    /// Of a CONNECT whether it is one of MQTT 5.0.
    pub(super) fn is_connect_of_v5(self) -> Option<bool> {
        let (_, rest) = string(self.content)?;
        (self.kind() == 1).then_some(*rest.first()? == 5)
    }

    /// Whether it is a CONNACK that accepts.
    pub(super) fn is_acceptance(self) -> bool {
        self.kind() == 2 && self.content.get(1) == Some(&0)
    }

    /// The text of a PUBLISH that sets faults.
    pub(super) fn control(self, is_v5: bool) -> Option<&'a [u8]> {
        let (topic, mut rest) = string(self.content)?;
        if self.kind() != 3 || topic != CONTROL_TOPIC.as_bytes() {
            return None;
        }
        if self.qos() > 0 {
            rest = rest.get(2..)?;
        }
        if is_v5 { behind_properties(rest) } else { Some(rest) }
    }

    /// The answer to this packet when it is refused.
    pub(super) fn refused(self, reason: ReasonCode, why: &str, is_v5: bool) -> Answer {
        match (self.kind(), is_v5) {
            (1, true) => Answer::Last(Bytes::copy_from_slice(&[0x20, 3, 0, reason.number(), 0])),
            (1, false) => Answer::Last(Bytes::copy_from_slice(&[0x20, 2, 0, return_code(reason)])),
            (3, _) if self.qos() == 0 => Answer::Nothing,
            (3, true) => {
                let Some((_, rest)) = string(self.content) else { return Answer::End };
                // PUBACK or PUBREC.
                let kind = if self.qos() == 1 { 0x40 } else { 0x50 };
                packet(kind, rest, &reason_string(why), &[reason.number()], true)
            }
            // Any failure is 0x80.
            (8, _) => {
                let reason = if is_v5 { reason.number() } else { 0x80 };
                self.refused_filters(0x90, reason, 1, is_v5)
            }
            (10, true) => self.refused_filters(0xB0, reason.number(), 0, true),
            _ => Answer::End,
        }
    }

    /// A reason for each filter, each followed by this many bytes.
    fn refused_filters(self, kind: u8, reason: u8, behind: usize, is_v5: bool) -> Answer {
        let rest = self.content.get(2..);
        let mut rest = (if is_v5 { rest.and_then(behind_properties) } else { rest }).unwrap_or_default();
        let mut reasons = Vec::new();
        while let Some((_, next)) = string(rest) {
            reasons.push(reason);
            rest = next.get(behind..).unwrap_or_default();
        }
        let properties: &[u8] = if is_v5 { &[0] } else { &[] };
        packet(kind, self.content, properties, &reasons, false)
    }

    /// Of a PUBLISH above QoS 0 and of what belongs to its hand-shake.
    pub(super) fn packet_id(self) -> Option<u16> {
        let rest = match self.kind() {
            3 if self.qos() == 0 => return None,
            3 => string(self.content)?.1,
            4..=7 => self.content,
            _ => return None,
        };
        rest.first_chunk().map(|id| u16::from_be_bytes(*id))
    }

    pub(super) fn is_pubrel(self) -> bool {
        self.kind() == 6
    }

    /// PUBACK, PUBREC or PUBCOMP.
    pub(super) fn is_answer_to_publish(self) -> bool {
        matches!(self.kind(), 4 | 5 | 7)
    }

    /// Whether nothing follows an answer to PUBLISH: a PUBREC that accepts has PUBREL and PUBCOMP behind it.
    pub(super) fn ends_hand_shake(self) -> bool {
        self.kind() != 5 || self.content.get(2).is_some_and(|reason| *reason >= 0x80)
    }

    fn kind(self) -> u8 {
        self.first_byte >> 4
    }

    fn qos(self) -> u8 {
        (self.first_byte & QOS) >> 1
    }
}

/// An acknowledgement: the identifier at the front of `id`, and reasons before or behind the properties.
fn packet(kind: u8, id: &[u8], properties: &[u8], reasons: &[u8], reasons_first: bool) -> Answer {
    let Some(id) = id.get(..2) else { return Answer::End };
    let (first, second) = if reasons_first { (reasons, properties) } else { (properties, reasons) };
    let mut out = BytesMut::new();
    out.put_u8(kind);
    put_variable(&mut out, 2 + properties.len() + reasons.len());
    out.extend_from_slice(id);
    out.extend_from_slice(first);
    out.extend_from_slice(second);
    Answer::Packet(out.freeze())
}

/// The properties of an answer: a Reason String, if there is one to give.
fn reason_string(why: &str) -> Vec<u8> {
    let why = shortened(why);
    if why.is_empty() {
        return vec![0];
    }
    let mut out = BytesMut::new();
    put_variable(&mut out, why.len() + 3);
    out.put_u8(0x1F);
    #[expect(clippy::cast_possible_truncation, reason = "at most LONGEST")]
    out.put_u16(why.len() as u16);
    out.extend_from_slice(why.as_bytes());
    out.to_vec()
}

/// A text of at most some hundred bytes, cut between two words.
fn shortened(text: &str) -> String {
    const LONGEST: usize = 500;
    const CUT: &str = " …";
    if text.len() <= LONGEST {
        return text.to_owned();
    }
    let start = &text[..text.floor_char_boundary(LONGEST - CUT.len())];
    let words = start.rsplit_once(' ').map_or(start, |(words, _)| words);
    format!("{words}{CUT}")
}

/// A Variable Byte Integer.
fn put_variable(out: &mut BytesMut, mut value: usize) {
    while value >= 0x80 {
        #[expect(clippy::cast_possible_truncation, reason = "seven bits")]
        out.put_u8((value & 0x7F) as u8 | 0x80);
        value >>= 7;
    }
    #[expect(clippy::cast_possible_truncation, reason = "below 128")]
    out.put_u8(value as u8);
}

/// The return code of MQTT 3.1.1 that says the most of a reason.
fn return_code(reason: ReasonCode) -> u8 {
    match reason.number() {
        0x84 => 1,
        0x85 => 2,
        0x86 => 4,
        0x87 | 0x8A => 5,
        _ => 3,
    }
}

/// What follows properties and their length.
fn behind_properties(bytes: &[u8]) -> Option<&[u8]> {
    let mut length = 0;
    for place in 0..4 {
        let byte = *bytes.get(place)?;
        length |= usize::from(byte & 0x7F) << (7 * place);
        if byte & 0x80 == 0 {
            return bytes.get(place + 1 + length..);
        }
    }
    None
}

/// A string with its length before it, and what follows.
fn string(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bytes.split_first_chunk::<2>()?;
    rest.split_at_checked(u16::from_be_bytes(*length).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(frame: &[u8], reason: u8, is_v5: bool) -> Answer {
        Frame::new(frame).unwrap().refused(ReasonCode::from_number(reason).unwrap(), "", is_v5)
    }

    fn answer(bytes: &[u8]) -> Answer {
        Answer::Packet(Bytes::copy_from_slice(bytes))
    }

    #[test]
    fn each_packet_has_the_answer_of_its_version() {
        let connect = b"\x10\x0e\0\x04MQTT\x04\x02\0\x3c\0\x02me";
        assert_eq!(refused(connect, 0x86, false), Answer::Last(Bytes::from_static(b"\x20\x02\0\x04")));
        assert_eq!(refused(connect, 0x86, true), Answer::Last(Bytes::from_static(b"\x20\x03\0\x86\0")));
        assert_eq!(refused(b"\x30\x04\0\x01ax", 0x97, true), Answer::Nothing);
        assert_eq!(refused(b"\x32\x07\0\x01a\0\x09\0x", 0x97, true), answer(b"\x40\x04\0\x09\x97\0"));
        assert_eq!(refused(b"\x34\x07\0\x01a\0\x09\0x", 0x97, true), answer(b"\x50\x04\0\x09\x97\0"));
        assert_eq!(refused(b"\x32\x06\0\x01a\0\x09x", 0x97, false), Answer::End);
        let subscribe = b"\x82\x0a\0\x07\0\x01a\0\0\x01b\x02";
        assert_eq!(refused(subscribe, 0x87, false), answer(b"\x90\x04\0\x07\x80\x80"));
        let subscribe = b"\x82\x0d\0\x07\x02\x0b\x05\0\x01a\0\0\x01b\x02";
        assert_eq!(refused(subscribe, 0x87, true), answer(b"\x90\x05\0\x07\0\x87\x87"));
        assert_eq!(refused(b"\xa2\x06\0\x07\0\0\x01a", 0x83, true), answer(b"\xb0\x04\0\x07\0\x83"));
    }

    #[test]
    fn an_answer_says_why() {
        let publish = Frame::new(b"\x32\x07\0\x01a\0\x09\0x").unwrap();
        let expected = b"\x40\x09\0\x09\x99\x05\x1f\0\x02no";
        assert_eq!(publish.refused(ReasonCode::PayloadFormatInvalid, "no", true), answer(expected));
        for why in ["é".repeat(1000), "word ".repeat(1000)] {
            let Answer::Packet(long) = publish.refused(ReasonCode::PayloadFormatInvalid, &why, true) else {
                panic!("no packet")
            };
            assert_eq!(size(&long), Some(Ok(long.len())));
        }
        let words = shortened(&"word ".repeat(1000));
        assert!(words.ends_with("word …") && words.len() > 400 && words.len() <= 500, "{words}");
    }

    #[test]
    fn only_a_message_to_the_control_topic_sets_faults() {
        let text = |frame: &'static [u8], is_v5| Frame::new(frame).unwrap().control(is_v5);
        assert_eq!(text(b"\x30\x13\0\x0f$control/faultsxy", false), Some(&b"xy"[..]));
        assert_eq!(text(b"\x32\x17\0\x0f$control/faults\0\x01\x00xyz", true), Some(&b"xyz"[..]));
        assert_eq!(text(b"\x30\x12\0\x0e$control/faultxy", false), None);
    }

    #[test]
    fn a_size_is_known_as_soon_as_the_header_is() {
        assert_eq!(size(&[0x30]), None);
        assert_eq!(size(&[0x30, 0x80]), None);
        assert_eq!(size(&[0x30, 0x80, 1]), Some(Ok(131)));
        assert_eq!(size(&[0x30, 0xFF, 0xFF, 0xFF, 0xFF]), Some(Err(Malformed)));
    }
}
