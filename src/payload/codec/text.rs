//! The formats that are text: hexadecimal digits, Base64, JSON.

use data_encoding::{BASE64, BASE64_NOPAD, DecodeKind};

use crate::payload::{PayloadError, PayloadFormat, json};

/// Appends bytes in Base64 with padding.
pub fn push_base64(bytes: &[u8], out: &mut Vec<u8>) {
    let start = out.len();
    out.resize(start + BASE64.encode_len(bytes.len()), 0);
    BASE64.encode_mut(bytes, &mut out[start..]);
}

/// Appends bytes in hexadecimal digits, four to a group.
pub(super) fn push_hex_groups(bytes: &[u8], out: &mut Vec<u8>) {
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

/// The bytes of pairs of hexadecimal digits, with optional white space.
pub(super) fn decode_hex(text: &[u8]) -> Result<Vec<u8>, PayloadError> {
    let error = |at, what: &str| PayloadError::text(PayloadFormat::Hex, text, at, what);
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
        Some(_) => Err(error(text.trim_ascii_end().len(), "a digit is missing: each byte has two")),
    }
}

/// The bytes of a text in either alphabet of RFC 4648, with optional padding and white space.
pub fn decode_base64(text: &[u8]) -> Result<Vec<u8>, PayloadError> {
    let error = |at, what: &str| PayloadError::text(PayloadFormat::Base64, text, at, what);
    // The digits in the standard alphabet, and the position of each in the text.
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
        (DecodeKind::Trailing, Some(&at)) => error(at, "the last digit has unused bits that are not 0"),
        _ => error(end, "the text ends within a byte"),
    })
}

/// A text that is one value of JSON.
pub(super) fn checked_json(text: &[u8]) -> Result<&str, PayloadError> {
    let json = std::str::from_utf8(text).map_err(|wrong| {
        PayloadError::text(PayloadFormat::Json, text, wrong.valid_up_to(), "JSON must be UTF-8, but this byte is not")
    })?;
    match json::check(json) {
        Ok(()) => Ok(json),
        Err(wrong) => {
            let line_start: usize = json.split_inclusive('\n').take(wrong.line().saturating_sub(1)).map(str::len).sum();
            // serde_json counts from 1, and at the end of the text names the last character.
            let at = line_start + wrong.column().saturating_sub(usize::from(!wrong.is_eof()));
            Err(PayloadError::text(PayloadFormat::Json, text, at, json::fault(&wrong)))
        }
    }
}

/// JSON without insignificant white space.
pub fn compact_json(text: &[u8]) -> Result<Vec<u8>, PayloadError> {
    let mut out = Vec::with_capacity(text.len());
    json::compact(checked_json(text)?, &mut out);
    Ok(out)
}

/// Appends JSON indented by two spaces a level. On an error nothing is appended.
pub fn indent_json(text: &[u8], out: &mut Vec<u8>) -> Result<(), PayloadError> {
    json::indent(checked_json(text)?, out);
    Ok(())
}
