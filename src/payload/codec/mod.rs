//! Payloads in the formats that people write and read them in.
//!
//! A [`Codec`] knows the format, the schemas and the compression that one command was given, and is the only place that
//! converts payloads: [`Codec::encode`] turns what a person wrote into a payload, [`Codec::decode`] turns a payload into
//! what a person reads. It is cheap to clone. What comes from the network is bounded: values nest at most a hundred levels
//! deep, a declared length does not allocate memory, and what was compressed may not grow beyond [`LARGEST_DECOMPRESSED`].

mod avro;
mod cbor;
mod compression;
mod cursor;
mod msgpack;
mod node;
mod number;
#[cfg(feature = "protobuf")]
mod protobuf;
#[cfg(not(feature = "protobuf"))]
#[path = "protobuf_absent.rs"]
mod protobuf;
mod schema;
mod schema_error;
#[cfg(test)]
mod tests;
mod text;

use std::borrow::Cow;
use std::sync::Arc;

use bytes::Bytes;

pub use compression::{Compression, Decompression, InvalidCompression, LARGEST_DECOMPRESSED};
pub use schema::Schema;
pub use schema_error::SchemaError;
pub use text::{compact_json, decode_base64, indent_json, push_base64};

use crate::mqtt::TopicFilter;
use crate::payload::json;
use crate::payload::{PayloadError, PayloadFormat, push_json_string, without_bom};
use schema::Kind;

/// How payloads are written by a person (`pub --format`) and shown to one (`sub --format`).
#[derive(Debug, Clone, Default)]
pub struct Codec {
    format: PayloadFormat,
    schemas: Option<Arc<Schemas>>,
    compression: Option<Compression>,
    decompression: Option<Decompression>,
    /// Payloads on Sparkplug's topics are shown in Sparkplug's format.
    knows_sparkplug_topics: bool,
}

/// Which messages have which schema.
#[derive(Debug, Default)]
struct Schemas {
    /// The first filter that matches is used.
    by_filter: Vec<(TopicFilter, Schema)>,
    /// The schema if none matches.
    otherwise: Option<Schema>,
}

/// The format of a payload, once its topic is known.
enum Form<'a> {
    Verbatim,
    Hex,
    Base64,
    Json,
    Cbor,
    Msgpack,
    Protobuf(&'a protobuf::MessageType),
    Avro(&'a avro::AvroSchema),
    AvroSingleObject(&'a avro::AvroSchema),
}

/// What [`Codec::decode_to_json`] found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decoded {
    /// The payload needs no decoding.
    AsItIs,
    /// A value in JSON.
    Json,
}

impl Codec {
    /// A codec by schemas: the first filter that matches a topic is used, `otherwise` if none does.
    pub fn with_schemas(
        format: PayloadFormat,
        by_filter: Vec<(TopicFilter, Schema)>,
        otherwise: Option<Schema>,
    ) -> Self {
        let has_schemas = !by_filter.is_empty() || otherwise.is_some();
        let schemas = has_schemas.then(|| Arc::new(Schemas { by_filter, otherwise }));
        Self { schemas, ..Self::from(format) }
    }

    /// The same, compressing what it encodes.
    #[must_use]
    pub fn compressing(self, compression: Option<Compression>) -> Self {
        Self { compression, ..self }
    }

    /// The same, decompressing what it decodes.
    #[must_use]
    pub fn decompressing(self, decompression: Option<Decompression>) -> Self {
        Self { decompression, ..self }
    }

    /// The same; payloads on Sparkplug's topics that have no schema are shown in Sparkplug's format.
    #[must_use]
    pub fn knowing_sparkplug_topics(self) -> Self {
        Self { knows_sparkplug_topics: cfg!(feature = "protobuf"), ..self }
    }

    /// The format by name.
    pub fn format(&self) -> PayloadFormat {
        self.format
    }

    /// Whether texts and payloads are the same bytes, whatever the topic.
    pub fn is_verbatim(&self) -> bool {
        matches!(self.format, PayloadFormat::Plain | PayloadFormat::Binary)
            && self.schemas.is_none()
            && self.compression.is_none()
            && self.decompression.is_none()
            && !self.knows_sparkplug_topics
    }

    /// Whether payloads of a topic are shown unchanged.
    pub fn is_verbatim_for(&self, topic: &str) -> bool {
        matches!(self.format, PayloadFormat::Plain | PayloadFormat::Binary)
            && self.schemas.is_none()
            && self.decompression.is_none()
            && !(self.knows_sparkplug_topics && is_sparkplug(topic))
    }

    /// Whether this build can do it.
    ///
    /// # Errors
    ///
    /// It cannot; the error names the missing feature.
    pub fn check_built_in(&self) -> Result<(), String> {
        if self.compression.is_some() || self.decompression.is_some() {
            Compression::check_built_in()?;
        }
        match self.format {
            PayloadFormat::Sparkplug => protobuf::sparkplug().map(drop),
            _ => Ok(()),
        }
    }

    /// Whether the same text gives different payloads for different topics.
    pub fn depends_on_topic(&self) -> bool {
        self.schemas.as_ref().is_some_and(|schemas| !schemas.by_filter.is_empty())
    }

    /// The bytes to publish to a topic for what a person wrote; without a format it is passed through uncopied. Text
    /// may begin with a byte order mark.
    pub fn encode(&self, topic: &str, text: Bytes) -> Result<Bytes, PayloadError> {
        let form = self.form(topic, PayloadError::whole)?;
        let text = match form {
            Form::Verbatim => text,
            _ => text.slice_ref(without_bom(&text)),
        };
        let payload = match form {
            Form::Verbatim => text,
            Form::Hex => text::decode_hex(&text)?.into(),
            Form::Base64 => decode_base64(&text)?.into(),
            Form::Json => compact_json(&text)?.into(),
            Form::Cbor => cbor::encode(&text)?.into(),
            Form::Msgpack => msgpack::encode(&text)?.into(),
            Form::Protobuf(message) => message.encode(&text)?.into(),
            Form::Avro(schema) => schema.encode(&text)?.into(),
            Form::AvroSingleObject(schema) => schema.encode_single_object(&text)?.into(),
        };
        match self.compression {
            Some(compression) => compression.compress(&payload).map(Bytes::from),
            None => Ok(payload),
        }
    }

    /// Appends to `out` what a person should see of a payload. On an error nothing is appended.
    pub fn decode(&self, topic: &str, payload: &[u8], out: &mut Vec<u8>) -> Result<(), PayloadError> {
        let form = self.form_to_read(topic)?;
        let payload = self.decompressed(payload)?;
        match form {
            Form::Verbatim => out.extend_from_slice(&payload),
            Form::Hex => text::push_hex_groups(&payload, out),
            Form::Base64 => push_base64(&payload, out),
            Form::Json => indent_json(&payload, out)?,
            form => {
                let start = out.len();
                push_value(&form, &payload, out).inspect_err(|_| out.truncate(start))?;
                if self.format == PayloadFormat::Json {
                    let compact = out.split_off(start);
                    indent_json(&compact, out)?;
                }
            }
        }
        Ok(())
    }

    /// Appends the value of a payload as compact JSON, if it has one that its bytes do not show. On an error nothing is
    /// appended.
    pub fn decode_to_json(&self, topic: &str, payload: &[u8], out: &mut Vec<u8>) -> Result<Decoded, PayloadError> {
        let form = self.form_to_read(topic)?;
        let plain = self.decompressed(payload)?;
        let start = out.len();
        match form {
            Form::Verbatim | Form::Hex | Form::Base64 if matches!(plain, Cow::Borrowed(_)) => {
                return Ok(Decoded::AsItIs);
            }
            Form::Verbatim | Form::Hex | Form::Base64 => {
                if let Ok(text) = std::str::from_utf8(&plain) {
                    push_json_string(text, out);
                } else {
                    out.push(b'"');
                    push_base64(&plain, out);
                    out.push(b'"');
                }
            }
            Form::Json => {
                let json = text::checked_json(&plain)?;
                if matches!(plain, Cow::Borrowed(_)) {
                    return Ok(Decoded::AsItIs);
                }
                json::compact(json, out);
            }
            form => push_value(&form, &plain, out).inspect_err(|_| out.truncate(start))?,
        }
        Ok(Decoded::Json)
    }

    fn decompressed<'a>(&self, payload: &'a [u8]) -> Result<Cow<'a, [u8]>, PayloadError> {
        match self.decompression {
            Some(decompression) => decompression.decompress(payload),
            None => Ok(Cow::Borrowed(payload)),
        }
    }

    fn form_to_read(&self, topic: &str) -> Result<Form<'_>, PayloadError> {
        self.form(topic, PayloadError::undecodable)
    }

    fn form(&self, topic: &str, error: fn(PayloadFormat, String) -> PayloadError) -> Result<Form<'_>, PayloadError> {
        use PayloadFormat as Format;
        let schema = self.schemas.as_ref().and_then(|schemas| schemas.of(topic));
        let missing = |format: Format| error(format, format!("no schema is given for the topic `{topic}`"));
        Ok(match (self.format, schema) {
            (Format::Hex, _) => Form::Hex,
            (Format::Base64, _) => Form::Base64,
            (Format::Cbor, _) => Form::Cbor,
            (Format::Msgpack, _) => Form::Msgpack,
            (Format::Sparkplug, _) => Form::Protobuf(protobuf::sparkplug().map_err(|what| error(self.format, what))?),
            (Format::AvroSingleObject, Some(Schema(Kind::Avro(schema)))) => Form::AvroSingleObject(schema),
            (Format::Plain | Format::Json | Format::Protobuf, Some(Schema(Kind::Protobuf(message)))) => {
                Form::Protobuf(message)
            }
            (Format::Plain | Format::Json | Format::Avro, Some(Schema(Kind::Avro(schema)))) => Form::Avro(schema),
            (format @ (Format::Protobuf | Format::Avro | Format::AvroSingleObject), _) => return Err(missing(format)),
            (Format::Plain | Format::Json, None) if self.knows_sparkplug_topics && is_sparkplug(topic) => {
                Form::Protobuf(protobuf::sparkplug().map_err(|what| error(Format::Sparkplug, what))?)
            }
            (Format::Json, None) => Form::Json,
            (Format::Binary, _) | (Format::Plain, None) => Form::Verbatim,
        })
    }
}

/// Appends the value of a payload as compact JSON.
fn push_value(form: &Form<'_>, payload: &[u8], out: &mut Vec<u8>) -> Result<(), PayloadError> {
    match form {
        Form::Cbor => cbor::decode(payload, out),
        Form::Msgpack => msgpack::decode(payload, out),
        Form::Protobuf(message) => message.decode(payload, out),
        Form::Avro(schema) => schema.decode(payload, out),
        Form::AvroSingleObject(schema) => schema.decode_single_object(payload, out),
        Form::Verbatim | Form::Hex | Form::Base64 | Form::Json => Ok(()),
    }
}

/// Whether a topic is one of those whose payload the Sparkplug specification defines in Protobuf: `STATE` has JSON.
fn is_sparkplug(topic: &str) -> bool {
    let kind = topic.strip_prefix("spBv1.0/").and_then(|rest| rest.split('/').nth(1));
    matches!(kind, Some("NBIRTH" | "NDEATH" | "NDATA" | "NCMD" | "DBIRTH" | "DDEATH" | "DDATA" | "DCMD"))
}

impl Schemas {
    fn of(&self, topic: &str) -> Option<&Schema> {
        let matching = self.by_filter.iter().find(|(filter, _)| filter.matches(topic));
        matching.map(|(_, schema)| schema).or(self.otherwise.as_ref())
    }
}

impl From<PayloadFormat> for Codec {
    fn from(format: PayloadFormat) -> Self {
        Self { format, ..Self::default() }
    }
}

impl PartialEq for Codec {
    /// Schemas are equal only if they are the same instance.
    fn eq(&self, other: &Self) -> bool {
        let schemas = |codec: &Self| codec.schemas.as_ref().map(Arc::as_ptr);
        self.format == other.format
            && schemas(self) == schemas(other)
            && self.compression == other.compression
            && self.decompression == other.decompression
            && self.knows_sparkplug_topics == other.knows_sparkplug_topics
    }
}

impl Eq for Codec {}
