//! Bytes <-> what a person reads or writes: payload formats, escapes, sizes, placeholders and JSON lines.
//!
//! Separate from `output` because `pub` needs the reading half before anything is printed. Nothing here prints, depends
//! on a terminal or reads a clock.

mod codec;
mod condition;
mod decimal;
mod error;
mod escape;
mod format;
mod frames;
#[cfg(feature = "jq")]
mod jq;
#[cfg(not(feature = "jq"))]
#[path = "jq_absent.rs"]
mod jq;
mod json;
mod json_line;
mod json_pointer;
pub(crate) mod placeholder;
mod plural;
mod read;
mod record;
mod rows;
mod size;

pub use codec::{
    Codec, Compression, Decoded, Decompression, InvalidCompression, LARGEST_DECOMPRESSED, Schema, SchemaError,
    compact_json, decode_base64, indent_json, push_base64,
};
pub use condition::{Condition, InvalidJsonPlace, JsonPlace};
pub use decimal::push_decimal;
pub use error::{PayloadError, caret};
pub use escape::{EscapeError, is_unsafe_on_terminal, parse_escape, parse_escapes};
pub use format::{InvalidPayloadFormat, PayloadFormat};
pub(crate) use frames::{ZstdFrames, zstd_frame};
pub use json::push_json_string;
pub use json_line::{JsonLineError, push_timestamp, read_json_line, write_json_line, write_json_line_at};
pub(crate) use json_pointer::{JsonPointer, NoSpot, Spot};
pub use plural::plural;
pub use read::{read_at_most, without_bom};
pub use record::Record;
pub(crate) use rows::Rows;
pub use size::{InvalidPayloadSize, LARGEST_PACKET, PayloadSize};
