use std::fmt;
use std::str::FromStr;

use bytes::Bytes;

use super::PayloadError;

/// How a payload is written by a person (`pub --format`) and shown to one (`sub --format`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum PayloadFormat {
    /// The bytes as they are.
    #[default]
    Plain,
    /// Pairs of hexadecimal digits, white space between them at will; shown four to a group.
    Hex,
    /// RFC 4648, standard or URL-safe alphabet, padding at will; shown in the standard one with padding.
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

    /// The bytes to publish for what a person wrote; `Plain` and `Binary` hand it through uncopied.
    pub fn encode(self, _text: Bytes) -> Result<Bytes, PayloadError> {
        unimplemented!()
    }

    /// Appends to `out` what a person should see of a payload. On an error nothing is appended.
    pub fn show(self, _payload: &[u8], _out: &mut Vec<u8>) -> Result<(), PayloadError> {
        unimplemented!()
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
