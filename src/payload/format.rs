use std::fmt;
use std::str::FromStr;

/// The name of a payload format, on the command line and in messages; [`super::Codec`] does the work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum PayloadFormat {
    /// The bytes unchanged, or decoded by a schema if one is given.
    #[default]
    Plain,
    /// Pairs of hexadecimal digits, with optional white space between digits; shown in groups of four digits.
    Hex,
    /// RFC 4648, standard or URL-safe alphabet, optional padding and white space; shown in the standard one with padding.
    Base64,
    /// Checked to be JSON; published without insignificant white space, shown indented. Numbers keep their digits. With
    /// a schema, the decoded value is shown indented.
    Json,
    /// The bytes unchanged (MQTTX's name for files that are not text).
    Binary,
    /// RFC 8949, written and shown as JSON.
    Cbor,
    /// `MessagePack`, written and shown as JSON.
    Msgpack,
    /// Protocol Buffers by a schema, in their canonical JSON.
    Protobuf,
    /// An Avro datum by a schema, in JSON.
    Avro,
    /// The same with the marker and the fingerprint of the schema before it.
    AvroSingleObject,
    /// The payload of Eclipse Sparkplug B, in the canonical JSON of its Protobuf schema.
    Sparkplug,
}

impl PayloadFormat {
    /// All of them, in the order of the help text.
    pub const ALL: [Self; 11] = [
        Self::Plain,
        Self::Hex,
        Self::Base64,
        Self::Json,
        Self::Binary,
        Self::Cbor,
        Self::Msgpack,
        Self::Protobuf,
        Self::Avro,
        Self::AvroSingleObject,
        Self::Sparkplug,
    ];

    /// The name on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Hex => "hex",
            Self::Base64 => "base64",
            Self::Json => "json",
            Self::Binary => "binary",
            Self::Cbor => "cbor",
            Self::Msgpack => "msgpack",
            Self::Protobuf => "protobuf",
            Self::Avro => "avro",
            Self::AvroSingleObject => "avro-single-object",
            Self::Sparkplug => "sparkplug",
        }
    }

    /// How a payload is written and shown, for help and the reference.
    pub(crate) const fn meaning(self) -> &'static str {
        match self {
            Self::Plain => "bytes as they are; decoded, if a schema is given",
            Self::Hex => "hexadecimal digits, spaces allowed; shown in groups of four",
            Self::Base64 => "Base64, standard or URL-safe",
            Self::Json => "JSON, checked; sent without white space, shown indented",
            Self::Binary => "bytes as they are, MQTTX's name",
            Self::Cbor => "CBOR (RFC 8949), written and shown as JSON",
            Self::Msgpack => "MessagePack, written and shown as JSON",
            Self::Protobuf => "Protocol Buffers by a schema, as JSON",
            Self::Avro => "Avro datum by a schema, as JSON",
            Self::AvroSingleObject => "the same with the fingerprint of the schema before it",
            Self::Sparkplug => "Eclipse Sparkplug B, as JSON; needs no schema",
        }
    }

    /// Whether it means nothing without a schema.
    pub const fn needs_schema(self) -> bool {
        matches!(self, Self::Protobuf | Self::Avro | Self::AvroSingleObject)
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

/// The text given where a payload format is expected.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is not a payload format: use plain, hex, base64, json, binary, cbor, msgpack, protobuf, avro, \
     avro-single-object or sparkplug"
)]
pub struct InvalidPayloadFormat(pub String);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_format_is_answered_with_all_names() {
        let error = "xml".parse::<PayloadFormat>().unwrap_err().to_string();
        for format in PayloadFormat::ALL {
            assert_eq!(format.name().parse(), Ok(format));
            assert!(error.contains(format.name()), "{error}");
        }
    }
}
