//! `$'..'`, in which any character can be written, and what a person is shown instead of one that a terminal obeys.

use std::fmt::Write;

use crate::payload::is_unsafe_on_terminal;

/// A word within `$'..'`, without a character that a terminal would obey.
pub(super) fn escaped(word: &str) -> String {
    let mut text = String::from("$'");
    for character in word.chars() {
        match character {
            '\\' => text.push_str("\\\\"),
            '\'' => text.push_str("\\'"),
            '\n' => text.push_str("\\n"),
            '\t' => text.push_str("\\t"),
            '\r' => text.push_str("\\r"),
            other => push(other, &mut text),
        }
    }
    text.push('\'');
    text
}

/// A text of one line as it can be shown.
pub(in crate::repl) fn printable(text: &str) -> String {
    let mut shown = String::new();
    text.chars().for_each(|character| push(character, &mut shown));
    shown
}

fn push(character: char, text: &mut String) {
    if !is_unsafe_on_terminal(character) {
        text.push(character);
    } else if character.is_ascii() {
        // Writing to a String does not fail.
        _ = write!(text, "\\x{:02x}", u32::from(character));
    } else {
        text.extend(character.escape_unicode());
    }
}

/// The character of an escape, given what follows its backslash, and the length of that in bytes.
pub(super) fn escape(behind: &str) -> Option<(char, usize)> {
    let first = behind.chars().next()?;
    let plain = match first {
        'n' => '\n',
        't' => '\t',
        'r' => '\r',
        'e' => '\x1b',
        'a' => '\x07',
        '0' => '\0',
        '\\' | '\'' | '"' => first,
        'x' => {
            let digits = behind.get(1..3)?;
            // Beyond ASCII it would be one byte of a character.
            let byte = u8::from_str_radix(digits, 16).ok().filter(u8::is_ascii)?;
            return Some((char::from(byte), 3));
        }
        'u' => {
            let digits = behind.strip_prefix("u{")?.split_once('}')?.0;
            let character = char::from_u32(u32::from_str_radix(digits, 16).ok()?)?;
            return Some((character, digits.len() + 3));
        }
        _ => return None,
    };
    Some((plain, 1))
}
