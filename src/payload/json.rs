//! JSON text. Only the white space of valid text is changed: numbers keep every digit and strings every escape, which
//! parsing and writing values would not guarantee.

use serde::de::IgnoredAny;

use super::is_unsafe_on_terminal;

/// Checks that a text is one JSON value, without building it.
pub(super) fn check(text: &str) -> Result<(), serde_json::Error> {
    serde_json::from_str::<IgnoredAny>(text).map(drop)
}

/// What is wrong with a text that is not JSON, in plain words and without `serde_json`'s ` at line 1 column 2`.
pub(super) fn fault(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let what = text.split_once(" at line ").map_or(text.as_str(), |(what, _)| what);
    match what {
        "expected ident" | "expected value" => "not a JSON value".to_owned(),
        "EOF while parsing a value" => "a value is missing".to_owned(),
        what => match what.strip_prefix("EOF while parsing ") {
            Some(part) => format!("the text ends within {part}"),
            None => what.to_owned(),
        },
    }
}

/// Appends valid JSON without insignificant white space.
pub(super) fn compact(valid: &str, out: &mut Vec<u8>) {
    for token in tokens(valid) {
        out.extend_from_slice(token.as_bytes());
    }
}

/// Appends valid JSON indented by two spaces a level, like JavaScript's `JSON.stringify(value, null, 2)`.
pub(super) fn indent(valid: &str, out: &mut Vec<u8>) {
    let mut depth = 0;
    let mut tokens = tokens(valid).peekable();
    while let Some(token) = tokens.next() {
        let next = tokens.peek().copied();
        match token {
            "{" | "[" if matches!(next, Some("}" | "]")) => out.extend_from_slice(token.as_bytes()),
            "{" | "[" => {
                depth += 1;
                out.extend_from_slice(token.as_bytes());
                new_line(depth, out);
            }
            "," => {
                out.push(b',');
                new_line(depth, out);
            }
            ":" => out.extend_from_slice(b": "),
            _ => {
                out.extend_from_slice(token.as_bytes());
                if matches!(next, Some("}" | "]")) {
                    depth = depth.saturating_sub(1);
                    new_line(depth, out);
                }
            }
        }
    }
}

fn new_line(depth: usize, out: &mut Vec<u8>) {
    out.push(b'\n');
    out.resize(out.len() + 2 * depth, b' ');
}

/// Splits valid JSON into strings, brackets, commas, colons and literals, leaving out the white space between them.
pub(super) fn tokens(valid: &str) -> impl Iterator<Item = &str> {
    let mut rest = valid;
    std::iter::from_fn(move || {
        rest = rest.trim_ascii_start();
        let first = *rest.as_bytes().first()?;
        let length = match first {
            b'{' | b'}' | b'[' | b']' | b',' | b':' => 1,
            b'"' => string_length(rest.as_bytes()),
            _ => rest.find([',', ':', '}', ']', ' ', '\n', '\r', '\t']).unwrap_or(rest.len()),
        };
        let (token, after) = rest.split_at(length);
        rest = after;
        Some(token)
    })
}

/// Bytes of the string that `text` begins with, both quotes included.
fn string_length(text: &[u8]) -> usize {
    let mut at = 1;
    while at < text.len() {
        match text[at] {
            b'\\' => at += 2,
            b'"' => return at + 1,
            _ => at += 1,
        }
    }
    text.len()
}

/// Appends a JSON string. In addition to what JSON requires, characters that could act on a terminal are escaped.
pub fn push_json_string(text: &str, out: &mut Vec<u8>) {
    out.push(b'"');
    let mut copied = 0;
    for (at, character) in text.char_indices() {
        if character != '"' && character != '\\' && !is_unsafe_on_terminal(character) {
            continue;
        }
        out.extend_from_slice(&text.as_bytes()[copied..at]);
        copied = at + character.len_utf8();
        match character {
            '"' => out.extend_from_slice(b"\\\""),
            '\\' => out.extend_from_slice(b"\\\\"),
            '\n' => out.extend_from_slice(b"\\n"),
            '\r' => out.extend_from_slice(b"\\r"),
            '\t' => out.extend_from_slice(b"\\t"),
            '\x08' => out.extend_from_slice(b"\\b"),
            '\x0c' => out.extend_from_slice(b"\\f"),
            _ => push_unicode_escape(character, out),
        }
    }
    out.extend_from_slice(&text.as_bytes()[copied..]);
    out.push(b'"');
}

/// Appends `\uXXXX`, twice for a character beyond the Basic Multilingual Plane.
fn push_unicode_escape(character: char, out: &mut Vec<u8>) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    for unit in character.encode_utf16(&mut [0; 2]) {
        out.extend_from_slice(b"\\u");
        for shift in [12, 8, 4, 0] {
            out.push(DIGITS[usize::from(*unit >> shift & 0xf)]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn indented(text: &str) -> String {
        let mut out = Vec::new();
        indent(text, &mut out);
        String::from_utf8(out).unwrap()
    }

    fn compacted(text: &str) -> String {
        let mut out = Vec::new();
        compact(text, &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn indents_as_javascript_does() {
        assert_eq!(
            indented(r#"{"a":[1,{"b":null}],"c":{},"d":[ ],"e":"x, {\"y\": [1]}"}"#),
            "{\n  \"a\": [\n    1,\n    {\n      \"b\": null\n    }\n  ],\n  \"c\": {},\n  \"d\": [],\n  \
             \"e\": \"x, {\\\"y\\\": [1]}\"\n}"
        );
        assert_eq!(indented(" [[[]]] "), "[\n  [\n    []\n  ]\n]");
        assert_eq!(indented("42"), "42");
    }

    #[test]
    fn keeps_the_digits_of_numbers() {
        let text = r#"{ "big" : 12345678901234567890123, "exact": 1.10, "tiny": 1E-400 }"#;
        assert_eq!(compacted(text), r#"{"big":12345678901234567890123,"exact":1.10,"tiny":1E-400}"#);
    }

    #[test]
    fn agrees_with_serde_json_on_what_a_value_means() {
        let text = " { \"a\\\\\" : [ true , false,null,-1.5e3 , \"\\\"]\" ] ,\n\t\"\" : { } } ";
        let value: serde_json::Value = serde_json::from_str(text).unwrap();
        assert_eq!(serde_json::from_str::<serde_json::Value>(&compacted(text)).unwrap(), value);
        assert_eq!(indented(text), serde_json::to_string_pretty(&value).unwrap().replace("-1500.0", "-1.5e3"));
    }

    #[test]
    fn a_string_survives_and_nothing_in_it_acts_on_a_terminal() {
        let text = "\"\\\n\r\t\u{8}\u{c}\0\x1b\x7f\u{9b}\u{202e}\u{2066}\u{e0041}汽车 😀";
        let mut out = Vec::new();
        push_json_string(text, &mut out);
        let written = String::from_utf8(out).unwrap();
        assert!(!written.contains(is_unsafe_on_terminal), "{written}");
        assert_eq!(serde_json::from_str::<String>(&written).unwrap(), text);
    }
}
