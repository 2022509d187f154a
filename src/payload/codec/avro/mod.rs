//! Avro to and from JSON by a schema: the raw datum that MQTTX sends, and the single-object encoding, which names its
//! schema by a fingerprint.
//!
//! Written by hand: the crate apache-avro trusts declared lengths up to half a gigabyte and nests without a limit, and
//! JSON would have to be turned into its values and back here in any case. Of the specification this is what a payload
//! needs: no container files, no resolution of one schema by another. In JSON, bytes are a string whose characters are
//! their numbers, as the specification says; a value of a union is written alone if its kind determines the branch, as in
//! MQTTX, else as `{"branch": value}`. Logical types are shown as their underlying types.

mod canonical;
mod read;
mod schema;
#[cfg(test)]
mod tests;
mod write;

pub(super) use schema::AvroSchema;

use super::node::Node;
use crate::payload::{PayloadError, PayloadFormat};
use schema::{FieldDefault, Type};

/// The marker of the single-object encoding.
const MARKER: [u8; 2] = [0xc3, 0x01];

/// The marker and the fingerprint.
const HEADER: usize = 10;

impl AvroSchema {
    /// Parses the text of an `.avsc` file.
    pub(super) fn parse(text: &[u8]) -> Result<Self, String> {
        let (mut schema, defaults) = Self::read(text)?;
        for default in defaults {
            let datum = schema.default_datum(&default);
            let datum = datum.map_err(|what| format!("the default of `{}`: {what}", default.field))?;
            schema.set_default(&default, datum);
        }
        Ok(schema)
    }

    fn default_datum(&self, default: &FieldDefault) -> Result<Vec<u8>, String> {
        let text = default.value.to_string();
        let node = Node::parse(text.as_bytes(), PayloadFormat::Avro).map_err(|error| error.to_string())?;
        let mut datum = Vec::new();
        // For a union, it belongs to the first branch, even if others would fit.
        let written = match self.get(default.kind) {
            Type::Union(branches) if let Some(first) = branches.first() => {
                write::varint(0, &mut datum);
                write::datum(self, *first, &node, &mut datum)
            }
            _ => write::datum(self, default.kind, &node, &mut datum),
        };
        written.map_err(|(_, what)| what)?;
        Ok(datum)
    }

    /// The datum of a text of JSON.
    pub(super) fn encode(&self, text: &[u8]) -> Result<Vec<u8>, PayloadError> {
        self.write_behind(Vec::with_capacity(text.len()), text)
    }

    /// The same with the marker and the fingerprint of the schema before it.
    pub(super) fn encode_single_object(&self, text: &[u8]) -> Result<Vec<u8>, PayloadError> {
        self.write_behind(self.header().to_vec(), text)
    }

    fn write_behind(&self, mut out: Vec<u8>, text: &[u8]) -> Result<Vec<u8>, PayloadError> {
        let node = Node::parse(text, PayloadFormat::Avro)?;
        write::datum(self, self.root(), &node, &mut out)
            .map_err(|(at, what)| PayloadError::content(PayloadFormat::Avro, text, at, what))?;
        Ok(out)
    }

    /// Appends the value of a datum as compact JSON.
    pub(super) fn decode(&self, payload: &[u8], out: &mut Vec<u8>) -> Result<(), PayloadError> {
        read::datum(self, payload, 0, out)
    }

    /// The same for a datum with the marker and the fingerprint of the schema before it.
    pub(super) fn decode_single_object(&self, payload: &[u8], out: &mut Vec<u8>) -> Result<(), PayloadError> {
        let refused = |at, what: &str| PayloadError::bytes(PayloadFormat::AvroSingleObject, at, what);
        let Some((header, _)) = payload.split_at_checked(HEADER).filter(|(header, _)| header.starts_with(&MARKER))
        else {
            return Err(refused(0, "it does not begin with the marker c301 and a fingerprint"));
        };
        if header != self.header() {
            return Err(refused(MARKER.len(), "the fingerprint belongs to another schema"));
        }
        read::datum(self, payload, HEADER, out)
    }

    fn header(&self) -> [u8; HEADER] {
        let mut header = [0; HEADER];
        header[..2].copy_from_slice(&MARKER);
        header[2..].copy_from_slice(&canonical::fingerprint(self).to_le_bytes());
        header
    }
}
