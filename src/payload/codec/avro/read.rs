//! A datum to JSON.

use super::schema::{AvroSchema, Type, TypeId};
use crate::payload::codec::cursor::Cursor;
use crate::payload::codec::node::DEEPEST;
use crate::payload::codec::number::push_double;
use crate::payload::{PayloadError, PayloadFormat, push_json_string};

/// How many values a payload may have in addition to sixteen per byte: an array of nulls has any length in no bytes.
const VALUES_IN_NO_BYTES: usize = 100_000;

/// Appends the value of the datum that begins there, which must be all that follows.
pub(super) fn datum(schema: &AvroSchema, payload: &[u8], at: usize, out: &mut Vec<u8>) -> Result<(), PayloadError> {
    let values_left = payload.len().saturating_mul(16).saturating_add(VALUES_IN_NO_BYTES);
    let bytes = Cursor::new(PayloadFormat::Avro, payload, at);
    let mut reader = Reader { schema, bytes, values_left };
    reader.value(schema.root(), 0, out)?;
    reader.bytes.end("datum")
}

struct Reader<'a> {
    schema: &'a AvroSchema,
    bytes: Cursor<'a>,
    values_left: usize,
}

impl Reader<'_> {
    fn array<const N: usize>(&mut self) -> Result<[u8; N], PayloadError> {
        let mut bytes = [0; N];
        bytes.copy_from_slice(self.bytes.take(N as u64)?);
        Ok(bytes)
    }

    fn varint(&mut self) -> Result<i64, PayloadError> {
        let mut number = 0_u64;
        for shift in (0..64).step_by(7) {
            let [byte] = self.array()?;
            number |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Ok((number >> 1).cast_signed() ^ -((number & 1).cast_signed()));
            }
        }
        Err(self.bytes.error("an integer has more than ten bytes"))
    }

    fn length(&mut self) -> Result<usize, PayloadError> {
        let length = self.varint()?;
        usize::try_from(length).map_err(|_| self.bytes.error(format!("{length} is not a length")))
    }

    fn value(&mut self, id: TypeId, depth: usize, out: &mut Vec<u8>) -> Result<(), PayloadError> {
        if depth > DEEPEST {
            return Err(self.bytes.error(format!("values nest more than {DEEPEST} levels deep")));
        }
        self.values_left =
            self.values_left.checked_sub(1).ok_or_else(|| self.bytes.error("too many values of zero bytes"))?;
        // A separate reference, so that the schema can be looked at while the payload is read.
        let schema = self.schema;
        match schema.get(id) {
            Type::Null => out.extend_from_slice(b"null"),
            Type::Boolean => match self.array()? {
                [0] => out.extend_from_slice(b"false"),
                [1] => out.extend_from_slice(b"true"),
                [other] => return Err(self.bytes.error(format!("0x{other:02x} is not a boolean"))),
            },
            Type::Int => {
                let number = self.varint()?;
                let number = i32::try_from(number).map_err(|_| self.bytes.error(format!("{number} is not an int")))?;
                out.extend_from_slice(number.to_string().as_bytes());
            }
            Type::Long => out.extend_from_slice(self.varint()?.to_string().as_bytes()),
            Type::Float => {
                let number = f32::from_le_bytes(self.array()?);
                if !push_special(number.into(), out) {
                    // Writing to a vector does not fail.
                    _ = serde_json::to_writer(out, &number);
                }
            }
            Type::Double => {
                let number = f64::from_le_bytes(self.array()?);
                if !push_special(number, out) {
                    push_double(number, out);
                }
            }
            Type::Bytes => {
                let length = self.length()?;
                push_latin(self.bytes.take(length as u64)?, out);
            }
            Type::Fixed { size, .. } => push_latin(self.bytes.take(*size as u64)?, out),
            Type::String => self.string(out)?,
            Type::Enum { name, symbols } => {
                let index = self.length()?;
                let symbol =
                    symbols.get(index).ok_or_else(|| self.bytes.error(format!("`{name}` has no symbol {index}")))?;
                push_json_string(symbol, out);
            }
            Type::Array(items) => {
                out.push(b'[');
                self.blocks(out, |reader, out| reader.value(*items, depth + 1, out))?;
                out.push(b']');
            }
            Type::Map(values) => {
                out.push(b'{');
                self.blocks(out, |reader, out| {
                    reader.string(out)?;
                    out.push(b':');
                    reader.value(*values, depth + 1, out)
                })?;
                out.push(b'}');
            }
            Type::Union(branches) => {
                let index = self.length()?;
                let branch =
                    *branches.get(index).ok_or_else(|| self.bytes.error(format!("the union has no branch {index}")))?;
                if matches!(schema.get(branch), Type::Null) || !schema.is_ambiguous(branches) {
                    return self.value(branch, depth + 1, out);
                }
                out.push(b'{');
                push_json_string(schema.get(branch).name(), out);
                out.push(b':');
                self.value(branch, depth + 1, out)?;
                out.push(b'}');
            }
            Type::Record { fields, .. } => {
                out.push(b'{');
                for (index, field) in fields.iter().enumerate() {
                    if index > 0 {
                        out.push(b',');
                    }
                    push_json_string(&field.name, out);
                    out.push(b':');
                    self.value(field.kind, depth + 1, out)?;
                }
                out.push(b'}');
            }
        }
        Ok(())
    }

    /// The items of an array or a map: blocks with a count each, up to an empty one.
    fn blocks(
        &mut self,
        out: &mut Vec<u8>,
        mut item: impl FnMut(&mut Self, &mut Vec<u8>) -> Result<(), PayloadError>,
    ) -> Result<(), PayloadError> {
        let mut is_first = true;
        loop {
            let count = self.varint()?;
            if count < 0 {
                // The size of the block follows, for readers that skip it.
                self.varint()?;
            }
            if count == 0 {
                return Ok(());
            }
            for _ in 0..count.unsigned_abs() {
                if !std::mem::take(&mut is_first) {
                    out.push(b',');
                }
                item(self, out)?;
            }
        }
    }

    fn string(&mut self, out: &mut Vec<u8>) -> Result<(), PayloadError> {
        let length = self.length()?;
        let begin = self.bytes.at;
        let bytes = self.bytes.take(length as u64)?;
        self.bytes.push_text(begin, bytes, out)
    }
}

/// Appends the name of a float that JSON has no number for, if it is one.
fn push_special(number: f64, out: &mut Vec<u8>) -> bool {
    let name: &[u8] = match number {
        _ if number.is_nan() => b"\"NaN\"",
        f64::INFINITY => b"\"Infinity\"",
        f64::NEG_INFINITY => b"\"-Infinity\"",
        _ => return false,
    };
    out.extend_from_slice(name);
    true
}

/// Appends bytes as a string whose characters are their numbers.
fn push_latin(bytes: &[u8], out: &mut Vec<u8>) {
    let text: String = bytes.iter().copied().map(char::from).collect();
    push_json_string(&text, out);
}
