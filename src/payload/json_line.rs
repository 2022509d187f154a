//! JSON lines: a message as one lossless object on one line, written by `sub` and read by `pub`.

use std::fmt;

use super::Record;
use crate::mqtt::TopicName;

/// Appends a record as one line, its newline included.
///
/// The line is safe on a terminal too: what could act on one is written as a JSON escape.
pub fn write_json_line(_record: &Record, _out: &mut Vec<u8>) {
    unimplemented!()
}

/// Reads a line that [`write_json_line`] wrote, or that a person or a script wrote in its shape.
///
/// Only `payload` must be there, and `topic` where there is no default. A field that is unknown is an error, as it
/// is more likely a misspelling than a wish to have it dropped.
pub fn read_json_line(_line: &[u8], _default_topic: Option<&TopicName>) -> Result<Record, JsonLineError> {
    unimplemented!()
}

/// Why a line holds no message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JsonLineError {
    what: String,
}

impl fmt::Display for JsonLineError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)
    }
}

impl std::error::Error for JsonLineError {}
