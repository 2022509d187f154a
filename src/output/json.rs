//! What several shapes of JSON have in common.

use std::fmt::Write;

use crate::mqtt::UserProperty;
use crate::payload::{is_unsafe_on_terminal, push_json_string};

/// An object; a repeated name has an array of its values at its first occurrence.
pub(super) fn push_user_properties(properties: &[UserProperty], out: &mut Vec<u8>) {
    out.push(b'{');
    for (index, (name, value)) in properties.iter().enumerate() {
        if properties[..index].iter().any(|(earlier, _)| earlier == name) {
            continue;
        }
        if index > 0 {
            out.push(b',');
        }
        push_json_string(name, out);
        out.push(b':');
        let mut again = properties[index + 1..].iter().filter(|(later, _)| later == name).peekable();
        if again.peek().is_none() {
            push_json_string(value, out);
            continue;
        }
        out.push(b'[');
        push_json_string(value, out);
        for (_, value) in again {
            out.push(b',');
            push_json_string(value, out);
        }
        out.push(b']');
    }
    out.push(b'}');
}

/// The same JSON on one line: what could act on a terminal can only be within a string there.
pub(super) fn ascii_where_unsafe(json: &str) -> String {
    let mut safe = String::with_capacity(json.len());
    for character in json.chars() {
        if is_unsafe_on_terminal(character) {
            for unit in character.encode_utf16(&mut [0; 2]) {
                // Writing to a String does not fail.
                _ = write!(safe, "\\u{unit:04x}");
            }
        } else {
            safe.push(character);
        }
    }
    safe
}
