//! Untrusted text on a terminal: shown, without any effect.
//!
//! What a terminal might act on is written as it would be in source code: `\x1b`, `\u{202e}`, and bytes that are not
//! UTF-8 as `\xff`. A backslash is not escaped, as this is for people, not for programs to read back.

use std::borrow::Cow;

use super::Stream;
use crate::payload::is_unsafe_on_terminal;

/// Appends a payload or another text of several lines: newlines and tabs stay.
pub(super) fn push_text(text: &[u8], stream: Stream, out: &mut Vec<u8>) {
    push(text, stream, |character| matches!(character, '\n' | '\t'), out);
}

/// Appends a topic, a property or another text that must stay within its line.
pub(super) fn push_word(text: &[u8], stream: Stream, out: &mut Vec<u8>) {
    push(text, stream, |_| false, out);
}

/// A text that must stay within its line.
pub(super) fn word(text: &str, stream: Stream) -> Cow<'_, str> {
    if !stream.terminal || !text.contains(is_unsafe_on_terminal) {
        return Cow::Borrowed(text);
    }
    let mut out = Vec::new();
    push_word(text.as_bytes(), stream, &mut out);
    Cow::Owned(String::from_utf8_lossy(&out).into_owned())
}

fn push(text: &[u8], stream: Stream, may_stay: impl Fn(char) -> bool, out: &mut Vec<u8>) {
    if !stream.terminal || text.iter().all(|byte| matches!(byte, b' '..=b'~')) {
        out.extend_from_slice(text);
        return;
    }
    for chunk in text.utf8_chunks() {
        for character in chunk.valid().chars() {
            if is_unsafe_on_terminal(character) && !may_stay(character) {
                push_escape(character, out);
            } else {
                out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
            }
        }
        for byte in chunk.invalid() {
            push_byte_escape(*byte, out);
        }
    }
}

fn push_escape(character: char, out: &mut Vec<u8>) {
    match u8::try_from(character) {
        Ok(byte) if byte.is_ascii() => push_byte_escape(byte, out),
        _ => {
            out.extend_from_slice(b"\\u{");
            for shift in [12, 8, 4, 0] {
                let rest = u32::from(character) >> shift;
                if rest > 0 {
                    out.push(hex_digit(rest));
                }
            }
            out.push(b'}');
        }
    }
}

fn push_byte_escape(byte: u8, out: &mut Vec<u8>) {
    out.extend_from_slice(&[b'\\', b'x', hex_digit(u32::from(byte >> 4)), hex_digit(byte.into())]);
}

/// The digit of the lowest four bits.
fn hex_digit(number: u32) -> u8 {
    b"0123456789abcdef"[(number & 0xf) as usize]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const TERMINAL: Stream = Stream { terminal: true, color: false, unicode: true };

    fn text(text: &[u8], stream: Stream) -> Vec<u8> {
        let mut out = Vec::new();
        push_text(text, stream, &mut out);
        out
    }

    /// The original of an escaped text that had no backslashes.
    fn without_escapes(shown: &[u8]) -> Vec<u8> {
        let shown = str::from_utf8(shown).unwrap();
        let mut parts = shown.split('\\');
        let mut bytes = parts.next().unwrap().as_bytes().to_vec();
        for part in parts {
            let rest = if let Some(part) = part.strip_prefix("u{") {
                let (digits, rest) = part.split_once('}').unwrap();
                let character = char::from_u32(u32::from_str_radix(digits, 16).unwrap()).unwrap();
                bytes.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
                rest
            } else {
                let (digits, rest) = part.strip_prefix('x').unwrap().split_at(2);
                bytes.push(u8::from_str_radix(digits, 16).unwrap());
                rest
            };
            bytes.extend_from_slice(rest.as_bytes());
        }
        bytes
    }

    #[test]
    fn a_terminal_is_shown_what_it_would_have_obeyed() {
        let hostile = "\x1b]0;owned\x07 \u{9b}31m \u{202e}txt.exe\u{2069} \0\r\x7f".as_bytes();
        assert_eq!(text(hostile, TERMINAL), br"\x1b]0;owned\x07 \u{9b}31m \u{202e}txt.exe\u{2069} \x00\x0d\x7f");
        assert_eq!(text(b"caf\xe9 \x9b", TERMINAL), br"caf\xe9 \x9b");
    }

    #[test]
    fn text_in_any_script_stays_as_it_is() {
        let harmless = "汽车 عربى עברית é 👩‍🚗 C:\\new\n\tnext";
        assert_eq!(text(harmless.as_bytes(), TERMINAL), harmless.as_bytes());
    }

    #[test]
    fn a_word_stays_within_its_line() {
        assert_eq!(word("a\nerror: b\t", TERMINAL), r"a\x0aerror: b\x09");
        assert!(matches!(word("a\nb", Stream::PIPE), Cow::Borrowed("a\nb")));
    }

    proptest! {
        #[test]
        fn no_control_reaches_a_terminal(bytes: Vec<u8>, characters: String) {
            for input in [bytes, characters.into_bytes()] {
                let shown = String::from_utf8(text(&input, TERMINAL)).unwrap();
                prop_assert!(!shown.contains(|character| is_unsafe_on_terminal(character) && !"\n\t".contains(character)));
                let mut shown = Vec::new();
                push_word(&input, TERMINAL, &mut shown);
                prop_assert!(!String::from_utf8(shown).unwrap().contains(is_unsafe_on_terminal));
            }
        }

        #[test]
        fn what_is_shown_says_every_byte(mut bytes: Vec<u8>, characters: String) {
            bytes.extend_from_slice(characters.as_bytes());
            bytes.retain(|byte| *byte != b'\\');
            prop_assert_eq!(without_escapes(&text(&bytes, TERMINAL)), bytes);
        }
    }
}
