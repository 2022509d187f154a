//! `MessagePack` to and from JSON.
//!
//! Written by hand for the same reasons as CBOR. What JSON lacks becomes its nearest equivalent: bytes are in
//! Base64, a timestamp is a string of RFC 3339, another extension is an object of its type and its bytes, NaN and
//! infinities are null.

use jiff::Timestamp;

use super::cursor::Cursor;
use super::node::{DEEPEST, Node, Value};
use super::number::{exact_double, is_integer, push_double};
use super::text::push_base64;
use crate::payload::{PayloadError, PayloadFormat, push_decimal, push_json_string};

/// The type of the extension that is a timestamp.
const TIMESTAMP: u8 = 0xff;

/// The bytes of a text of JSON: integers in the shortest form, other numbers as 64-bit floats.
pub(super) fn encode(text: &[u8]) -> Result<Vec<u8>, PayloadError> {
    let node = Node::parse(text, PayloadFormat::Msgpack)?;
    let mut out = Vec::with_capacity(text.len());
    write(&node, &mut out)
        .map_err(|(at, what)| PayloadError::content(PayloadFormat::Msgpack, text, at, what))
        .map(|()| out)
}

fn write(node: &Node<'_>, out: &mut Vec<u8>) -> Result<(), (usize, String)> {
    let here = |what| (node.at, what);
    match &node.value {
        Value::Null => out.push(0xc0),
        Value::Bool(value) => out.push(if *value { 0xc3 } else { 0xc2 }),
        Value::Number(text) => write_number(text, out).map_err(here)?,
        Value::String(text) => write_string(text, out).map_err(here)?,
        Value::Array(items) => {
            write_length(items.len(), [Some((0x90, 16)), None, Some((0xdc, 2))], out).map_err(here)?;
            items.iter().try_for_each(|item| write(item, out))?;
        }
        Value::Object(members) => {
            write_length(members.len(), [Some((0x80, 16)), None, Some((0xde, 2))], out).map_err(here)?;
            for (name, value) in members {
                write_string(name, out).map_err(here)?;
                write(value, out)?;
            }
        }
    }
    Ok(())
}

fn write_string(text: &str, out: &mut Vec<u8>) -> Result<(), String> {
    write_length(text.len(), [Some((0xa0, 32)), Some((0xd9, 1)), Some((0xda, 2))], out)?;
    out.extend_from_slice(text.as_bytes());
    Ok(())
}

/// A length in the shortest form: within the first byte, in a byte, in two, in four, whose first byte is the next one.
fn write_length(length: usize, forms: [Option<(u8, usize)>; 3], out: &mut Vec<u8>) -> Result<(), String> {
    let Ok(wide) = u32::try_from(length) else { return Err("it has more than 4294967295 parts".to_owned()) };
    let bytes = wide.to_be_bytes();
    let [within, one, two] = forms;
    match (within, one, two) {
        (Some((first, most)), ..) if length < most => out.push(first | bytes[3]),
        (_, Some((first, _)), _) if length < 0x100 => out.extend_from_slice(&[first, bytes[3]]),
        (_, _, Some((first, _))) if length < 0x1_0000 => out.extend_from_slice(&[first, bytes[2], bytes[3]]),
        (_, _, two) => {
            out.push(two.map_or(0, |(first, _)| first + 1));
            out.extend_from_slice(&bytes);
        }
    }
    Ok(())
}

fn write_number(text: &str, out: &mut Vec<u8>) -> Result<(), String> {
    // There is no negative zero among integers.
    if !is_integer(text) || text == "-0" {
        out.push(0xcb);
        out.extend_from_slice(&exact_double(text)?.to_be_bytes());
        return Ok(());
    }
    let number: i128 = text.parse().map_err(|_| out_of_range(text))?;
    let bytes = number.to_be_bytes();
    let (first, length) = match number {
        -32..0x80 => (bytes[15], 0),
        0x80..0x100 => (0xcc, 1),
        0x100..0x1_0000 => (0xcd, 2),
        0x1_0000..0x1_0000_0000 => (0xce, 4),
        0x1_0000_0000..0x1_0000_0000_0000_0000 => (0xcf, 8),
        -0x80..-32 => (0xd0, 1),
        -0x8000..-0x80 => (0xd1, 2),
        -0x8000_0000..-0x8000 => (0xd2, 4),
        -0x8000_0000_0000_0000..-0x8000_0000 => (0xd3, 8),
        _ => return Err(out_of_range(text)),
    };
    out.push(first);
    out.extend_from_slice(&bytes[16 - length..]);
    Ok(())
}

fn out_of_range(text: &str) -> String {
    format!("`{text}` is not between -9223372036854775808 and 18446744073709551615")
}

/// Appends the value of a payload as compact JSON.
pub(super) fn decode(payload: &[u8], out: &mut Vec<u8>) -> Result<(), PayloadError> {
    let mut reader = Reader { bytes: Cursor::new(PayloadFormat::Msgpack, payload, 0) };
    reader.item(0, out)?;
    reader.bytes.end("value")
}

struct Reader<'a> {
    bytes: Cursor<'a>,
}

impl Reader<'_> {
    fn item(&mut self, depth: usize, out: &mut Vec<u8>) -> Result<(), PayloadError> {
        if depth > DEEPEST {
            return Err(self.bytes.error(format!("values nest more than {DEEPEST} levels deep")));
        }
        let Some(first) = self.bytes.peek() else { return Err(self.bytes.error("the payload ends too early")) };
        if first == 0xc1 {
            return Err(self.bytes.error("the byte 0xc1 does not begin a value"));
        }
        self.bytes.at += 1;
        match first {
            0..0x80 => push_decimal(first.into(), out),
            0x80..0x90 => self.map((first & 0xf).into(), depth, out)?,
            0x90..0xa0 => self.array((first & 0xf).into(), depth, out)?,
            0xa0..0xc0 => self.text((first & 0x1f).into(), out)?,
            0xc2 => out.extend_from_slice(b"false"),
            0xc3 => out.extend_from_slice(b"true"),
            0xc4..=0xc6 => {
                let length = self.bytes.number(1 << (first - 0xc4))?;
                push_bytes(self.bytes.take(length)?, out);
            }
            0xc7..=0xc9 => {
                let length = self.bytes.number(1 << (first - 0xc7))?;
                self.extension(length, out)?;
            }
            0xca => {
                let bits = self.bytes.number(4)?.to_be_bytes();
                push_double(f32::from_be_bytes([bits[4], bits[5], bits[6], bits[7]]).into(), out);
            }
            0xcb => push_double(f64::from_bits(self.bytes.number(8)?), out),
            0xcc..=0xcf => {
                let number = self.bytes.number(1 << (first - 0xcc))?;
                push_decimal(number, out);
            }
            0xd0..=0xd3 => {
                let length = 1 << (first - 0xd0);
                let unused = 64 - 8 * length;
                let number = (self.bytes.number(length)? << unused).cast_signed() >> unused;
                out.extend_from_slice(number.to_string().as_bytes());
            }
            0xd4..=0xd8 => self.extension(1 << (first - 0xd4), out)?,
            0xd9..=0xdb => {
                let length = self.bytes.number(1 << (first - 0xd9))?;
                self.text(length, out)?;
            }
            0xdc | 0xdd => {
                let length = self.bytes.number(2 << (first - 0xdc))?;
                self.array(length, depth, out)?;
            }
            0xde | 0xdf => {
                let length = self.bytes.number(2 << (first - 0xde))?;
                self.map(length, depth, out)?;
            }
            0xe0..=0xff => out.extend_from_slice(first.cast_signed().to_string().as_bytes()),
            0xc0 | 0xc1 => out.extend_from_slice(b"null"),
        }
        Ok(())
    }

    fn array(&mut self, length: u64, depth: usize, out: &mut Vec<u8>) -> Result<(), PayloadError> {
        out.push(b'[');
        for index in 0..length {
            if index > 0 {
                out.push(b',');
            }
            self.item(depth + 1, out)?;
        }
        out.push(b']');
        Ok(())
    }

    fn map(&mut self, length: u64, depth: usize, out: &mut Vec<u8>) -> Result<(), PayloadError> {
        out.push(b'{');
        for index in 0..length {
            if index > 0 {
                out.push(b',');
            }
            let begin = self.bytes.at;
            let start = out.len();
            self.item(depth + 1, out)?;
            self.bytes.quote_key(begin, start, out)?;
            out.push(b':');
            self.item(depth + 1, out)?;
        }
        out.push(b'}');
        Ok(())
    }

    fn text(&mut self, length: u64, out: &mut Vec<u8>) -> Result<(), PayloadError> {
        let begin = self.bytes.at;
        let bytes = self.bytes.take(length)?;
        self.bytes.push_text(begin, bytes, out)
    }

    fn extension(&mut self, length: u64, out: &mut Vec<u8>) -> Result<(), PayloadError> {
        let [kind] = *self.bytes.take(1)? else { return Ok(()) };
        let data = self.bytes.take(length)?;
        if let Some(time) = timestamp(kind, data) {
            push_json_string(&time.to_string(), out);
            return Ok(());
        }
        out.extend_from_slice(b"{\"type\":");
        out.extend_from_slice(kind.cast_signed().to_string().as_bytes());
        out.extend_from_slice(b",\"data\":");
        push_bytes(data, out);
        out.push(b'}');
        Ok(())
    }
}

fn push_bytes(bytes: &[u8], out: &mut Vec<u8>) {
    out.push(b'"');
    push_base64(bytes, out);
    out.push(b'"');
}

/// The time of an extension of that type, if it is one.
fn timestamp(kind: u8, data: &[u8]) -> Option<Timestamp> {
    if kind != TIMESTAMP {
        return None;
    }
    let (seconds, nanoseconds) = match *data {
        [_, _, _, _] => (u32::from_be_bytes(data.try_into().ok()?).into(), 0),
        [_, _, _, _, _, _, _, _] => {
            let both = u64::from_be_bytes(data.try_into().ok()?);
            ((both & 0x3_ffff_ffff).cast_signed(), u32::try_from(both >> 34).ok()?)
        }
        [a, b, c, d, ref seconds @ ..] => {
            (i64::from_be_bytes(seconds.try_into().ok()?), u32::from_be_bytes([a, b, c, d]))
        }
        _ => return None,
    };
    if nanoseconds > 999_999_999 {
        return None;
    }
    Timestamp::new(seconds, nanoseconds.cast_signed()).ok()
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

    #[test]
    fn values_are_written_in_their_shortest_form_and_read_back() {
        for (hex, json) in [
            ("c0", "null"),
            ("c2", "false"),
            ("00", "0"),
            ("7f", "127"),
            ("cc80", "128"),
            ("cdffff", "65535"),
            ("ce00010000", "65536"),
            ("cf0000000100000000", "4294967296"),
            ("cfffffffffffffffff", "18446744073709551615"),
            ("e0", "-32"),
            ("d0df", "-33"),
            ("d1ff7f", "-129"),
            ("d2ffff7fff", "-32769"),
            ("d38000000000000000", "-9223372036854775808"),
            ("cb3fb999999999999a", "0.1"),
            ("cb8000000000000000", "-0.0"),
            ("a0", "\"\""),
            // The example on msgpack.org.
            ("82a7636f6d70616374c3a6736368656d6100", "{\"compact\":true,\"schema\":0}"),
            ("93010203", "[1,2,3]"),
        ] {
            assert_eq!(written(json), hex, "{json}");
            assert_eq!(shown(hex), json, "{hex}");
        }
        for length in [31, 32, 255, 256, 65535, 65536] {
            let text = format!("\"{}\"", "x".repeat(length));
            assert_eq!(shown(&written(&text)), text);
            let array = format!("[{}]", vec!["1"; length].join(","));
            assert_eq!(shown(&written(&array)), array);
        }
        assert!(written(&format!("\"{}\"", "x".repeat(256))).starts_with("da0100"));
        assert!(written(&format!("[{}]", vec!["1"; 65536].join(","))).starts_with("dd00010000"));
    }

    #[test]
    fn what_json_lacks_is_shown_by_the_nearest_that_it_has() {
        for (hex, json) in [
            ("c403000102", "\"AAEC\""),
            ("ca3fc00000", "1.5"),
            ("cb7ff8000000000000", "null"),
            ("8101c3", "{\"1\":true}"),
            ("d6ff5a4af6a5", "\"2018-01-02T03:04:05Z\""),
            ("d7ff000000045a4af6a5", "\"2018-01-02T03:04:05.000000001Z\""),
            (
                "c70cff0000000100000000ffffffff00",
                "not msgpack at byte 15: the value ends here, and 1 more bytes follow",
            ),
            ("c70cff00000001ffffffffffffffff", "\"1969-12-31T23:59:59.000000001Z\""),
            ("d40501", "{\"type\":5,\"data\":\"AQ==\"}"),
        ] {
            assert_eq!(shown(hex), json, "{hex}");
        }
    }

    #[test]
    fn a_payload_that_is_not_msgpack_is_refused_where_it_ends_being_it() {
        for (hex, error) in [
            ("", "not msgpack at byte 0: the payload ends too early"),
            ("c1", "not msgpack at byte 0: the byte 0xc1 does not begin a value"),
            ("c6ffffffff00", "not msgpack at byte 5: 4294967295 bytes are needed, but only 1 are left"),
            ("ddffffffff", "not msgpack at byte 5: the payload ends too early"),
            ("dfffffffff0000", "not msgpack at byte 7: the payload ends too early"),
            ("a1ff", "not msgpack at byte 1: text must be UTF-8, but this byte is not"),
            ("819000", "not msgpack at byte 1: the key of a map is an array or a map, which JSON cannot express"),
        ] {
            assert_eq!(shown(hex), error, "{hex}");
        }
        assert!(shown(&"91".repeat(100_000)).ends_with("values nest more than 100 levels deep"));
    }

    #[test]
    fn a_number_that_does_not_fit_is_refused() {
        for number in ["18446744073709551616", "-9223372036854775809", "1e400"] {
            assert!(written(number).starts_with("not encodable as msgpack at character 1: "), "{number}");
        }
    }

    proptest! {
        #[test]
        fn any_integer_comes_back(number in i128::from(i64::MIN)..=i128::from(u64::MAX), small: i64) {
            prop_assert_eq!(shown(&written(&number.to_string())), number.to_string());
            prop_assert_eq!(shown(&written(&small.to_string())), small.to_string());
        }

        #[test]
        fn any_float_comes_back(number in proptest::num::f64::NORMAL) {
            let json = serde_json::to_string(&number).unwrap();
            // Compared by value: of two shortest texts, either may be chosen.
            prop_assert_eq!(shown(&written(&json)).parse::<f64>().unwrap().to_bits(), number.to_bits());
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
