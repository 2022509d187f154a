use std::fmt;
use std::str::FromStr;

use bytes::Bytes;
use data_encoding::{BASE64, BASE64_NOPAD, DecodeKind};

use super::{PayloadError, json, without_bom};

/// How a payload is written by a person (`pub --format`) and shown to one (`sub --format`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum PayloadFormat {
    /// The bytes as they are.
    #[default]
    Plain,
    /// Pairs of hexadecimal digits, white space between digits at will; shown four digits to a group.
    Hex,
    /// RFC 4648, standard or URL-safe alphabet, padding and white space at will; shown in the standard one with padding.
    Base64,
    /// Checked to be JSON; published without insignificant white space, shown indented. Numbers keep their digits.
    Json,
    /// The bytes as they are (MQTTX's name for files that are no text).
    Binary,
}

impl PayloadFormat {
    /// All of them, in the order of the help text.
    pub const ALL: [Self; 5] = [Self::Plain, Self::Hex, Self::Base64, Self::Json, Self::Binary];

    /// The name on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Hex => "hex",
            Self::Base64 => "base64",
            Self::Json => "json",
            Self::Binary => "binary",
        }
    }

    /// The bytes to publish for what a person wrote; `Plain` and `Binary` hand it through uncopied. What is read as
    /// text may begin with a byte order mark.
    pub fn encode(self, text: Bytes) -> Result<Bytes, PayloadError> {
        let text = match self {
            Self::Plain | Self::Binary => text,
            _ => text.slice_ref(without_bom(&text)),
        };
        match self {
            Self::Plain | Self::Binary => Ok(text),
            Self::Hex => decode_hex(&text).map(Bytes::from),
            Self::Base64 => decode_base64(&text).map(Bytes::from),
            Self::Json => {
                let mut out = Vec::with_capacity(text.len());
                json::compact(checked_json(&text)?, &mut out);
                Ok(out.into())
            }
        }
    }

    /// Appends to `out` what a person should see of a payload. On an error nothing is appended.
    pub fn show(self, payload: &[u8], out: &mut Vec<u8>) -> Result<(), PayloadError> {
        match self {
            Self::Plain | Self::Binary => out.extend_from_slice(payload),
            Self::Hex => push_hex_groups(payload, out),
            Self::Base64 => push_base64(payload, out),
            Self::Json => json::indent(checked_json(payload)?, out),
        }
        Ok(())
    }
}

/// Appends bytes in Base64 with padding.
pub fn push_base64(bytes: &[u8], out: &mut Vec<u8>) {
    let start = out.len();
    out.resize(start + BASE64.encode_len(bytes.len()), 0);
    BASE64.encode_mut(bytes, &mut out[start..]);
}

fn push_hex_groups(bytes: &[u8], out: &mut Vec<u8>) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    out.reserve(bytes.len() * 5 / 2 + 1);
    for (index, byte) in bytes.iter().enumerate() {
        if index > 0 && index % 2 == 0 {
            out.push(b' ');
        }
        out.push(DIGITS[usize::from(byte >> 4)]);
        out.push(DIGITS[usize::from(byte & 0xf)]);
    }
}

fn decode_hex(text: &[u8]) -> Result<Vec<u8>, PayloadError> {
    let error = |at, what: &str| PayloadError::at(PayloadFormat::Hex, text, at, what);
    let mut bytes = Vec::with_capacity(text.len() / 2);
    let mut high = None;
    for (at, character) in text.iter().enumerate() {
        if character.is_ascii_whitespace() {
            continue;
        }
        let digit = match character {
            b'0'..=b'9' => character - b'0',
            b'a'..=b'f' => character - b'a' + 10,
            b'A'..=b'F' => character - b'A' + 10,
            _ => return Err(error(at, "hexadecimal digits are 0-9 and a-f")),
        };
        match high.take() {
            None => high = Some(digit),
            Some(high) => bytes.push(high << 4 | digit),
        }
    }
    match high {
        None => Ok(bytes),
        Some(_) => Err(error(text.trim_ascii_end().len(), "a digit is missing, each byte has two")),
    }
}

fn decode_base64(text: &[u8]) -> Result<Vec<u8>, PayloadError> {
    let error = |at, what: &str| PayloadError::at(PayloadFormat::Base64, text, at, what);
    // The digits in the standard alphabet, and where in the text each stood.
    let (mut digits, places): (Vec<u8>, Vec<usize>) = text
        .iter()
        .enumerate()
        .filter(|(_, character)| !character.is_ascii_whitespace())
        .map(|(at, character)| match character {
            b'-' => (b'+', at),
            b'_' => (b'/', at),
            _ => (*character, at),
        })
        .unzip();
    let end = text.trim_ascii_end().len();
    let all = digits.len();
    let padding = digits.iter().rev().take_while(|digit| **digit == b'=').count();
    digits.truncate(all - padding);
    if padding > 2 || (padding > 0 && !all.is_multiple_of(4)) {
        return Err(error(places[all - padding], "the padding `=` does not fit the number of digits"));
    }
    if let Some(wrong) =
        digits.iter().position(|digit| !matches!(digit, b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'+' | b'/'))
    {
        return Err(error(places[wrong], "Base64 digits are A-Z, a-z, 0-9, `+` and `/`, or `-` and `_`"));
    }
    BASE64_NOPAD.decode(&digits).map_err(|wrong| match (wrong.kind, places.get(wrong.position)) {
        (DecodeKind::Trailing, Some(&at)) => error(at, "the last digit has bits that belong to no byte"),
        _ => error(end, "the text ends within a byte"),
    })
}

fn checked_json(text: &[u8]) -> Result<&str, PayloadError> {
    let json = std::str::from_utf8(text).map_err(|wrong| {
        PayloadError::at(PayloadFormat::Json, text, wrong.valid_up_to(), "JSON is UTF-8, this byte is not")
    })?;
    match json::check(json) {
        Ok(()) => Ok(json),
        Err(wrong) => {
            let line_start: usize = json.split_inclusive('\n').take(wrong.line().saturating_sub(1)).map(str::len).sum();
            // serde_json counts from 1, and at the end of the text names the last character.
            let at = line_start + wrong.column().saturating_sub(usize::from(!wrong.is_eof()));
            let what = wrong.to_string();
            let what = what.split_once(" at line ").map_or(what.as_str(), |(what, _)| what);
            Err(PayloadError::at(PayloadFormat::Json, text, at, what))
        }
    }
}

impl fmt::Display for PayloadFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for PayloadFormat {
    type Err = InvalidPayloadFormat;

    fn from_str(text: &str) -> Result<Self, InvalidPayloadFormat> {
        Self::ALL.into_iter().find(|format| format.name() == text).ok_or_else(|| InvalidPayloadFormat(text.to_owned()))
    }
}

/// What was given where a payload format is wanted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a payload format: use plain, hex, base64, json or binary")]
pub struct InvalidPayloadFormat(pub String);

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn shown(format: PayloadFormat, payload: &[u8]) -> String {
        let mut out = Vec::new();
        format.show(payload, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    fn refused(format: PayloadFormat, text: &'static str) -> (String, String) {
        let error = format.encode(Bytes::from_static(text.as_bytes())).unwrap_err();
        (error.to_string(), error.caret().to_owned())
    }

    #[test]
    fn shows_hex_in_groups_of_four_digits() {
        assert_eq!(shown(PayloadFormat::Hex, b"Hello"), "4865 6c6c 6f");
        assert_eq!(shown(PayloadFormat::Hex, b""), "");
    }

    #[test]
    fn reads_hex_in_either_case_with_white_space() {
        let payload = PayloadFormat::Hex.encode(Bytes::from_static(b" 00 fF\t0A\n")).unwrap();
        assert_eq!(&payload[..], b"\x00\xff\x0a");
    }

    #[test]
    fn names_the_place_where_hex_ends_being_hex() {
        let (message, caret) = refused(PayloadFormat::Hex, "zz");
        assert_eq!(message, "not hex at character 1: hexadecimal digits are 0-9 and a-f");
        assert_eq!(caret, "zz\n^");
        let (message, caret) = refused(PayloadFormat::Hex, "00\n车g\n");
        assert_eq!(message, "not hex at line 2, character 1: hexadecimal digits are 0-9 and a-f");
        assert_eq!(caret, "车g\n^");
        assert_eq!(
            refused(PayloadFormat::Hex, "001").0,
            "not hex at character 4: a digit is missing, each byte has two"
        );
    }

    #[test]
    fn reads_base64_of_both_alphabets_with_or_without_padding() {
        for text in ["+/8=", "-_8=", "-_8", " +/\n8 ="] {
            assert_eq!(&PayloadFormat::Base64.encode(Bytes::from(text)).unwrap()[..], b"\xfb\xff", "{text}");
        }
        assert!(PayloadFormat::Base64.encode(Bytes::new()).unwrap().is_empty());
    }

    #[test]
    fn refuses_what_is_not_base64_and_says_where() {
        assert_eq!(refused(PayloadFormat::Base64, "aG k*").1, "aG k*\n    ^");
        assert_eq!(
            refused(PayloadFormat::Base64, "aGk==").0,
            "not base64 at character 4: the padding `=` does not fit the number of digits"
        );
        assert_eq!(refused(PayloadFormat::Base64, "aGkaa").0, "not base64 at character 6: the text ends within a byte");
        assert_eq!(
            refused(PayloadFormat::Base64, "aGl").0,
            "not base64 at character 3: the last digit has bits that belong to no byte"
        );
        assert!(refused(PayloadFormat::Base64, "a=Gk").0.starts_with("not base64 at character 2: "));
    }

    #[test]
    fn json_is_published_compact_and_shown_indented() {
        let payload = PayloadFormat::Json.encode(Bytes::from_static(b" { \"a\" : 1.10 }\n")).unwrap();
        assert_eq!(&payload[..], b"{\"a\":1.10}");
        assert_eq!(shown(PayloadFormat::Json, &payload), "{\n  \"a\": 1.10\n}");
    }

    #[test]
    fn names_the_place_where_json_ends_being_json() {
        let (message, caret) = refused(PayloadFormat::Json, "{\"a\": nul}");
        assert_eq!(message, "not json at character 10: expected ident");
        assert_eq!(caret, "{\"a\": nul}\n         ^");
        assert_eq!(
            refused(PayloadFormat::Json, "{\n \"a\": 1").0,
            "not json at line 2, character 8: EOF while parsing an object"
        );
        assert_eq!(refused(PayloadFormat::Json, "").0, "not json at character 1: EOF while parsing a value");
        let error = PayloadFormat::Json.encode(Bytes::from_static(b"\"\xff\"")).unwrap_err();
        assert_eq!(error.to_string(), "not json at character 2: JSON is UTF-8, this byte is not");
    }

    #[test]
    fn a_payload_that_does_not_decode_leaves_the_output_alone() {
        let mut out = b"before".to_vec();
        PayloadFormat::Json.show(b"{\"a\":", &mut out).unwrap_err();
        assert_eq!(out, b"before");
    }

    #[test]
    fn a_caret_line_shows_nothing_that_a_terminal_obeys() {
        let error = PayloadFormat::Hex.encode(Bytes::from_static(b"00\x1b[2Jg")).unwrap_err();
        assert_eq!(error.caret(), "00\u{fffd}[2Jg\n  ^");
    }

    proptest! {
        #[test]
        fn what_is_shown_reads_back_as_the_payload(payload: Vec<u8>) {
            for format in [PayloadFormat::Plain, PayloadFormat::Hex, PayloadFormat::Base64, PayloadFormat::Binary] {
                let mut out = Vec::new();
                format.show(&payload, &mut out).unwrap();
                prop_assert_eq!(&format.encode(out.into()).unwrap()[..], &payload[..]);
            }
        }

        #[test]
        fn any_text_is_encoded_or_refused(text: String, bytes: Vec<u8>) {
            for format in PayloadFormat::ALL {
                for text in [text.clone().into_bytes(), bytes.clone()] {
                    if let Err(error) = format.encode(text.into()) {
                        prop_assert!(!error.caret().is_empty());
                    }
                }
            }
        }
    }
}
