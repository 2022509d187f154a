//! CBOR (RFC 8949) to and from JSON, by the advice of its section 6.
//!
//! Written by hand: the available codecs read into trees that allocate what a length declares, or that round numbers.
//! What JSON lacks becomes its nearest equivalent: bytes are in the URL-safe Base64 without padding (in Base64 or Base16
//! after the tags that ask for it), undefined, NaN and infinities are null, other tags are left out.

use data_encoding::{BASE64, BASE64URL_NOPAD, HEXUPPER};

use super::cursor::Cursor;
use super::node::{DEEPEST, Node, Value};
use super::number::{exact_double, is_integer, push_double};
use crate::payload::{PayloadError, PayloadFormat, push_decimal};

/// Bytes of the largest integer that is read or written, about 600 digits: turning them into digits takes quadratic time.
const LARGEST_INTEGER: usize = 256;

/// The bytes of a text of JSON, in the shortest form.
pub(super) fn encode(text: &[u8]) -> Result<Vec<u8>, PayloadError> {
    let node = Node::parse(text, PayloadFormat::Cbor)?;
    let mut out = Vec::with_capacity(text.len());
    write(&node, &mut out)
        .map_err(|(at, what)| PayloadError::content(PayloadFormat::Cbor, text, at, what))
        .map(|()| out)
}

fn write(node: &Node<'_>, out: &mut Vec<u8>) -> Result<(), (usize, String)> {
    match &node.value {
        Value::Null => out.push(0xf6),
        Value::Bool(value) => out.push(if *value { 0xf5 } else { 0xf4 }),
        Value::Number(text) => write_number(text, out).map_err(|what| (node.at, what))?,
        Value::String(text) => write_string(text, out),
        Value::Array(items) => {
            write_head(4, items.len() as u64, out);
            items.iter().try_for_each(|item| write(item, out))?;
        }
        Value::Object(members) => {
            write_head(5, members.len() as u64, out);
            for (name, value) in members {
                write_string(name, out);
                write(value, out)?;
            }
        }
    }
    Ok(())
}

fn write_string(text: &str, out: &mut Vec<u8>) {
    write_head(3, text.len() as u64, out);
    out.extend_from_slice(text.as_bytes());
}

/// The first byte of an item with its argument, in the shortest form.
fn write_head(major: u8, argument: u64, out: &mut Vec<u8>) {
    let major = major << 5;
    let bytes = argument.to_be_bytes();
    match argument {
        0..24 => out.push(major | bytes[7]),
        24..0x100 => out.extend_from_slice(&[major | 0x18, bytes[7]]),
        0x100..0x1_0000 => {
            out.push(major | 0x19);
            out.extend_from_slice(&bytes[6..]);
        }
        0x1_0000..0x1_0000_0000 => {
            out.push(major | 0x1a);
            out.extend_from_slice(&bytes[4..]);
        }
        _ => {
            out.push(major | 0x1b);
            out.extend_from_slice(&bytes);
        }
    }
}

fn write_number(text: &str, out: &mut Vec<u8>) -> Result<(), String> {
    if text == "-0" {
        // There is no negative zero among integers.
        out.extend_from_slice(&[0xf9, 0x80, 0x00]);
        return Ok(());
    }
    if !is_integer(text) {
        let number = exact_double(text)?;
        #[expect(clippy::cast_possible_truncation, reason = "taken only if nothing was lost")]
        let short = number as f32;
        if f64::from(short).to_bits() == number.to_bits() {
            out.push(0xfa);
            out.extend_from_slice(&short.to_be_bytes());
        } else {
            out.push(0xfb);
            out.extend_from_slice(&number.to_be_bytes());
        }
        return Ok(());
    }
    let (is_negative, digits) = text.strip_prefix('-').map_or((false, text), |digits| (true, digits));
    // A negative integer n is written as -1 - n.
    let bytes = bytes_of(digits, is_negative)?;
    let mut argument = [0; 8];
    if let Some(zeros) = 8_usize.checked_sub(bytes.len()) {
        argument[zeros..].copy_from_slice(&bytes);
        write_head(u8::from(is_negative), u64::from_be_bytes(argument), out);
    } else {
        out.push(if is_negative { 0xc3 } else { 0xc2 });
        write_head(2, bytes.len() as u64, out);
        out.extend_from_slice(&bytes);
    }
    Ok(())
}

/// The number of decimal digits, or one less, in bytes, the most significant first and not zero.
fn bytes_of(digits: &str, one_less: bool) -> Result<Vec<u8>, String> {
    // The least significant first.
    let mut bytes: Vec<u8> = Vec::new();
    for digit in digits.bytes() {
        let mut carry = u16::from(digit - b'0');
        for byte in &mut bytes {
            carry += u16::from(*byte) * 10;
            *byte = carry.to_le_bytes()[0];
            carry >>= 8;
        }
        if carry > 0 {
            bytes.push(carry.to_le_bytes()[0]);
        }
        if bytes.len() > LARGEST_INTEGER {
            return Err(format!("an integer has more than {LARGEST_INTEGER} bytes"));
        }
    }
    if one_less {
        for byte in &mut bytes {
            let (less, borrows) = byte.overflowing_sub(1);
            *byte = less;
            if !borrows {
                break;
            }
        }
    }
    while bytes.last() == Some(&0) {
        bytes.pop();
    }
    bytes.reverse();
    Ok(bytes)
}

/// Appends an integer in decimal digits, or one more than it.
fn push_large(bytes: &[u8], one_more: bool, out: &mut Vec<u8>) {
    // The least significant first.
    let mut digits = vec![0_u8];
    let mut multiply_and_add = |factor: u32, mut carry: u32| {
        for digit in &mut digits {
            carry += u32::from(*digit) * factor;
            *digit = u8::try_from(carry % 10).unwrap_or_default();
            carry /= 10;
        }
        while carry > 0 {
            digits.push(u8::try_from(carry % 10).unwrap_or_default());
            carry /= 10;
        }
    };
    for byte in bytes {
        multiply_and_add(256, (*byte).into());
    }
    multiply_and_add(1, one_more.into());
    out.extend(digits.iter().rev().map(|digit| b'0' + digit));
}

/// Appends the value of a payload as compact JSON.
pub(super) fn decode(payload: &[u8], out: &mut Vec<u8>) -> Result<(), PayloadError> {
    let mut reader = Reader { bytes: Cursor::new(PayloadFormat::Cbor, payload, 0) };
    reader.item(0, Encoding::Base64Url, out)?;
    reader.bytes.end("value")
}

struct Reader<'a> {
    bytes: Cursor<'a>,
}

/// How bytes are written in JSON.
#[derive(Clone, Copy)]
enum Encoding {
    Base64Url,
    Base64,
    Base16,
}

/// The information in the first byte of an item.
struct Head {
    major: u8,
    /// `None`: of indefinite length.
    argument: Option<u64>,
    /// The low five bits of the first byte.
    low: u8,
}

impl Reader<'_> {
    fn head(&mut self) -> Result<Head, PayloadError> {
        let Some(first) = self.bytes.peek() else { return Err(self.bytes.error("the payload ends too early")) };
        let (major, low) = (first >> 5, first & 0x1f);
        let length = match low {
            0..24 => 0,
            24..28 => 1 << (low - 24),
            31 if matches!(major, 2..=5 | 7) => 0,
            _ => return Err(self.bytes.error(format!("the byte 0x{first:02x} does not begin a value"))),
        };
        self.bytes.at += 1;
        let argument = match low {
            31 => None,
            0..24 => Some(low.into()),
            _ => Some(self.bytes.number(length)?),
        };
        Ok(Head { major, argument, low })
    }

    /// Whether an item of indefinite length ends here.
    fn ends(&mut self) -> bool {
        let ends = self.bytes.peek() == Some(0xff);
        self.bytes.at += usize::from(ends);
        ends
    }

    fn item(&mut self, depth: usize, encoding: Encoding, out: &mut Vec<u8>) -> Result<(), PayloadError> {
        if depth > DEEPEST {
            return Err(self.bytes.error(format!("values nest more than {DEEPEST} levels deep")));
        }
        let begin = self.bytes.at;
        let head = self.head()?;
        match (head.major, head.argument) {
            (0, Some(number)) => push_decimal(number, out),
            (1, Some(number)) => {
                out.push(b'-');
                push_large(&number.to_be_bytes(), true, out);
            }
            (2, _) => push_bytes(&self.string(&head)?, encoding, out),
            (3, _) => self.text(&head, out)?,
            (4, length) => self.array(length, depth, encoding, out)?,
            (5, length) => self.map(length, depth, encoding, out)?,
            (6, Some(tag @ (2 | 3))) => {
                let inner = self.head()?;
                if inner.major != 2 {
                    return Err(self.bytes.error("a large integer is not a byte string"));
                }
                let bytes = self.string(&inner)?;
                let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
                if bytes.len() - zeros > LARGEST_INTEGER {
                    return Err(self.bytes.error(format!("an integer has more than {LARGEST_INTEGER} bytes")));
                }
                if tag == 3 {
                    out.push(b'-');
                }
                push_large(&bytes[zeros..], tag == 3, out);
            }
            (6, Some(tag)) => {
                let encoding = match tag {
                    21 => Encoding::Base64Url,
                    22 => Encoding::Base64,
                    23 => Encoding::Base16,
                    _ => encoding,
                };
                self.item(depth + 1, encoding, out)?;
            }
            (7, Some(bits)) => push_simple(head.low, bits, out),
            _ => {
                self.bytes.at = begin;
                return Err(self.bytes.error("an end without a beginning"));
            }
        }
        Ok(())
    }

    fn array(
        &mut self,
        length: Option<u64>,
        depth: usize,
        encoding: Encoding,
        out: &mut Vec<u8>,
    ) -> Result<(), PayloadError> {
        out.push(b'[');
        let mut index = 0;
        while length.map_or_else(|| !self.ends(), |length| index < length) {
            if index > 0 {
                out.push(b',');
            }
            self.item(depth + 1, encoding, out)?;
            index += 1;
        }
        out.push(b']');
        Ok(())
    }

    fn map(
        &mut self,
        length: Option<u64>,
        depth: usize,
        encoding: Encoding,
        out: &mut Vec<u8>,
    ) -> Result<(), PayloadError> {
        out.push(b'{');
        let mut index = 0;
        while length.map_or_else(|| !self.ends(), |length| index < length) {
            if index > 0 {
                out.push(b',');
            }
            let begin = self.bytes.at;
            let start = out.len();
            self.item(depth + 1, encoding, out)?;
            self.bytes.quote_key(begin, start, out)?;
            out.push(b':');
            self.item(depth + 1, encoding, out)?;
            index += 1;
        }
        out.push(b'}');
        Ok(())
    }

    /// The bytes of a string, whose chunks are joined.
    fn string(&mut self, head: &Head) -> Result<Vec<u8>, PayloadError> {
        if let Some(length) = head.argument {
            return self.bytes.take(length).map(<[u8]>::to_vec);
        }
        let mut whole = Vec::new();
        while !self.ends() {
            let chunk = self.head()?;
            match chunk.argument {
                Some(length) if chunk.major == head.major => whole.extend_from_slice(self.bytes.take(length)?),
                _ => return Err(self.bytes.error("a chunk of a string is not a string of the same type")),
            }
        }
        Ok(whole)
    }

    fn text(&mut self, head: &Head, out: &mut Vec<u8>) -> Result<(), PayloadError> {
        let begin = self.bytes.at;
        let bytes = self.string(head)?;
        self.bytes.push_text(begin, &bytes, out)
    }
}

fn push_bytes(bytes: &[u8], encoding: Encoding, out: &mut Vec<u8>) {
    let encoding = match encoding {
        Encoding::Base64Url => &BASE64URL_NOPAD,
        Encoding::Base64 => &BASE64,
        Encoding::Base16 => &HEXUPPER,
    };
    out.push(b'"');
    out.extend_from_slice(encoding.encode(bytes).as_bytes());
    out.push(b'"');
}

fn push_simple(low: u8, bits: u64, out: &mut Vec<u8>) {
    // The number of bits gives the width of the float.
    let bits = bits.to_be_bytes();
    match low {
        20 => out.extend_from_slice(b"false"),
        21 => out.extend_from_slice(b"true"),
        25 => push_double(half(u16::from_be_bytes([bits[6], bits[7]])), out),
        26 => push_double(f32::from_be_bytes([bits[4], bits[5], bits[6], bits[7]]).into(), out),
        27 => push_double(f64::from_be_bytes(bits), out),
        _ => out.extend_from_slice(b"null"),
    }
}

/// A float of 16 bits, as Appendix D of RFC 8949 computes it.
fn half(bits: u16) -> f64 {
    let exponent = i32::from(bits >> 10 & 0x1f);
    let mantissa = f64::from(bits & 0x3ff);
    let value = match exponent {
        0 => mantissa * 2_f64.powi(-24),
        31 if mantissa == 0.0 => f64::INFINITY,
        31 => f64::NAN,
        _ => (mantissa + 1024.0) * 2_f64.powi(exponent - 25),
    };
    if bits & 0x8000 == 0 { value } else { -value }
}

#[cfg(test)]
mod tests {
    use data_encoding::HEXLOWER;
    use proptest::prelude::*;

    use super::*;

    fn shown(hex: &str) -> String {
        let mut out = Vec::new();
        match decode(&HEXLOWER.decode(hex.as_bytes()).unwrap(), &mut out) {
            Ok(()) => String::from_utf8(out).unwrap(),
            Err(error) => error.to_string(),
        }
    }

    fn written(json: &str) -> String {
        match encode(json.as_bytes()) {
            Ok(bytes) => HEXLOWER.encode(&bytes),
            Err(error) => error.to_string(),
        }
    }

    /// Appendix A of RFC 8949.
    #[test]
    fn the_examples_of_the_specification_are_written_and_read() {
        for (hex, json) in [
            ("00", "0"),
            ("17", "23"),
            ("1818", "24"),
            ("1903e8", "1000"),
            ("1a000f4240", "1000000"),
            ("1b000000e8d4a51000", "1000000000000"),
            ("1bffffffffffffffff", "18446744073709551615"),
            ("c249010000000000000000", "18446744073709551616"),
            ("3bffffffffffffffff", "-18446744073709551616"),
            ("c349010000000000000000", "-18446744073709551617"),
            ("20", "-1"),
            ("3903e7", "-1000"),
            ("fb3ff199999999999a", "1.1"),
            ("fa47c35000", "100000.0"),
            ("fb7e37e43c8800759c", "1e+300"),
            ("fbc010666666666666", "-4.1"),
            ("f4", "false"),
            ("f6", "null"),
            ("60", "\"\""),
            ("62c3bc", "\"ü\""),
            ("64f0908591", "\"𐅑\""),
            ("83010203", "[1,2,3]"),
            ("8301820203820405", "[1,[2,3],[4,5]]"),
            ("a0", "{}"),
            ("a26161016162820203", "{\"a\":1,\"b\":[2,3]}"),
        ] {
            assert_eq!(written(json), hex, "{json}");
            assert_eq!(shown(hex).replace("e300", "e+300"), json, "{hex}");
        }
        for (hex, json) in [
            ("f90000", "0.0"),
            ("f98000", "-0.0"),
            ("f93e00", "1.5"),
            ("f97bff", "65504.0"),
            ("f90001", "5.960464477539063e-8"),
            ("f97e00", "null"),
            ("f7", "null"),
            ("c11a514b67b0", "1363896240"),
            ("d74401020304", "\"01020304\""),
            ("4401020304", "\"AQIDBA\""),
            ("d6420102", "\"AQI=\""),
            ("a201020304", "{\"1\":2,\"3\":4}"),
            ("5f42010243030405ff", "\"AQIDBAU\""),
            ("7f657374726561646d696e67ff", "\"streaming\""),
            ("9f018202039f0405ffff", "[1,[2,3],[4,5]]"),
            ("bf61610161629f0203ffff", "{\"a\":1,\"b\":[2,3]}"),
        ] {
            assert_eq!(shown(hex), json, "{hex}");
        }
    }

    #[test]
    fn a_payload_that_is_not_cbor_is_refused_where_it_ends_being_cbor() {
        for (hex, error) in [
            ("", "not cbor at byte 0: the payload ends too early"),
            ("0000", "not cbor at byte 1: the value ends here, and 1 more bytes follow"),
            ("5bffffffffffffffff00", "not cbor at byte 9: 18446744073709551615 bytes are needed, but only 1 are left"),
            ("9bffffffffffffffff", "not cbor at byte 9: the payload ends too early"),
            ("bb00ffffffffffffff0000", "not cbor at byte 11: the payload ends too early"),
            ("61ff", "not cbor at byte 1: text must be UTF-8, but this byte is not"),
            ("ff", "not cbor at byte 0: an end without a beginning"),
            ("1c", "not cbor at byte 0: the byte 0x1c does not begin a value"),
            ("a18001", "not cbor at byte 1: the key of a map is an array or a map, which JSON cannot express"),
            ("9f", "not cbor at byte 1: the payload ends too early"),
        ] {
            assert_eq!(shown(hex), error, "{hex}");
        }
        assert!(shown(&"81".repeat(100_000)).ends_with("values nest more than 100 levels deep"));
        assert!(shown(&"c1".repeat(100_000)).ends_with("values nest more than 100 levels deep"));
    }

    #[test]
    fn a_number_is_written_exactly_or_refused() {
        assert_eq!(written("0.1"), "fb3fb999999999999a");
        assert_eq!(written("-0"), "f98000");
        assert_eq!(
            written("{\"a\": 1e400}"),
            "not encodable as cbor at character 7: `1e400` is too large for a 64-bit float"
        );
        assert!(written(&"9".repeat(1000)).contains("an integer has more than 256 bytes"));
    }

    proptest! {
        #[test]
        fn any_integer_comes_back(number: i128) {
            prop_assert_eq!(shown(&written(&number.to_string())), number.to_string());
        }

        #[test]
        fn any_float_comes_back(number in proptest::num::f64::NORMAL) {
            let json = serde_json::to_string(&number).unwrap();
            // Compared by value: of two shortest texts, either may be chosen.
            prop_assert_eq!(shown(&written(&json)).parse::<f64>().unwrap().to_bits(), number.to_bits());
        }

        #[test]
        fn any_string_comes_back(text: String) {
            let back: String = serde_json::from_str(&shown(&written(&serde_json::to_string(&text).unwrap()))).unwrap();
            prop_assert_eq!(back, text);
        }

        #[test]
        fn any_bytes_are_json_or_refused(bytes: Vec<u8>) {
            let mut out = Vec::new();
            if decode(&bytes, &mut out).is_ok() {
                prop_assert!(serde_json::from_slice::<serde_json::Value>(&out).is_ok());
            }
        }
    }
}
