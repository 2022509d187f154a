//! How bytes are shown in a trace: truncated, or not at all.

use std::fmt::Write;

use serde_json::{Map, Value};

/// Shown in place of hidden data.
pub(super) const HIDDEN: &str = "(hidden)";

/// How many characters of a text payload, or bytes of a binary one, are shown.
const SHOWN: usize = 32;

/// Adds bytes as text if they are text, otherwise in hexadecimal; truncated either way.
pub(super) fn insert_bytes(fields: &mut Map<String, Value>, name: &str, bytes: &[u8]) {
    if let Ok(text) = std::str::from_utf8(bytes) {
        let end = text.char_indices().nth(SHOWN).map(|(at, _)| at);
        let shown = end.map_or_else(|| text.to_owned(), |end| format!("{}…", &text[..end]));
        fields.insert(name.to_owned(), shown.into());
    } else {
        let more = if bytes.len() > SHOWN { "…" } else { "" };
        let shown = hex(&bytes[..bytes.len().min(SHOWN)]);
        fields.insert(format!("{name}_hex"), format!("{shown}{more}").into());
    }
}

/// Bytes in hexadecimal.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a String does not fail.
        _ = write!(text, "{byte:02x}");
        text
    })
}
