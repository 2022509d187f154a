//! JSON to a datum.

use super::schema::{AvroSchema, Field, Kind, Type, TypeId};
use crate::payload::codec::node::{Node, Value};
use crate::payload::codec::number::{is_integer, nearest_double};

/// Where in the text, and why.
type Refusal = (usize, String);

/// Appends the datum of a value.
pub(super) fn datum(schema: &AvroSchema, id: TypeId, node: &Node<'_>, out: &mut Vec<u8>) -> Result<(), Refusal> {
    let kind = schema.get(id);
    match (kind, &node.value) {
        (Type::Union(branches), _) => union(schema, branches, node, out)?,
        (Type::Null, Value::Null) => {}
        (Type::Boolean, Value::Bool(value)) => out.push(u8::from(*value)),
        (Type::Int, Value::Number(text)) => {
            let number: i32 = integer(text, "-2147483648 and 2147483647").map_err(|what| (node.at, what))?;
            varint(number.into(), out);
        }
        (Type::Long, Value::Number(text)) => {
            let number = integer(text, "-9223372036854775808 and 9223372036854775807");
            varint(number.map_err(|what| (node.at, what))?, out);
        }
        (Type::Float, value) if let Some(number) = float(value) => {
            let number = number.map_err(|what| (node.at, what))?;
            #[expect(clippy::cast_possible_truncation, reason = "the schema requires 32 bits")]
            let short = number as f32;
            if short.is_infinite() && number.is_finite() {
                return Err((node.at, format!("`{number:e}` is too large for a 32-bit float")));
            }
            out.extend_from_slice(&short.to_le_bytes());
        }
        (Type::Double, value) if let Some(number) = float(value) => {
            out.extend_from_slice(&number.map_err(|what| (node.at, what))?.to_le_bytes());
        }
        (Type::String, Value::String(text)) => string(text.as_bytes(), out),
        (Type::Bytes, Value::String(text)) => string(&latin(text).map_err(|what| (node.at, what))?, out),
        (Type::Fixed { name, size }, Value::String(text)) => {
            let bytes = latin(text).map_err(|what| (node.at, what))?;
            if bytes.len() != *size {
                return Err((node.at, format!("`{name}` has {size} bytes, not {}", bytes.len())));
            }
            out.extend_from_slice(&bytes);
        }
        (Type::Enum { name, symbols }, Value::String(text)) => {
            let index = symbols.iter().position(|symbol| symbol == text);
            let Some(index) = index else {
                return Err((node.at, format!("`{text}` is not a symbol of `{name}`: use {}", symbols.join(", "))));
            };
            length(index, out);
        }
        (Type::Array(items), Value::Array(values)) => {
            block(values.len(), out);
            values.iter().try_for_each(|value| datum(schema, *items, value, out))?;
            end_of_blocks(values.len(), out);
        }
        (Type::Map(values), Value::Object(members)) => {
            block(members.len(), out);
            for (name, value) in members {
                string(name.as_bytes(), out);
                datum(schema, *values, value, out)?;
            }
            end_of_blocks(members.len(), out);
        }
        (Type::Record { name, fields }, Value::Object(members)) => {
            let is_field = |member: &str| fields.iter().any(|field| field.name == member);
            if let Some((unknown, value)) = members.iter().find(|(member, _)| !is_field(member)) {
                return Err((value.at, format!("`{name}` has no field `{unknown}`")));
            }
            for field in fields {
                field_of(schema, name, field, members, out).map_err(|error| error.or_at(node.at))?;
            }
        }
        (kind, value) => return Err((node.at, format!("the schema requires {}, not {}", wanted(kind), value.kind()))),
    }
    Ok(())
}

/// A missing field has no position.
enum FieldError {
    Missing(String),
    Refused(Refusal),
}

impl FieldError {
    fn or_at(self, at: usize) -> Refusal {
        match self {
            Self::Missing(what) => (at, what),
            Self::Refused(refusal) => refusal,
        }
    }
}

fn field_of<'a>(
    schema: &AvroSchema,
    record: &str,
    field: &Field,
    members: &[(std::borrow::Cow<'a, str>, Node<'a>)],
    out: &mut Vec<u8>,
) -> Result<(), FieldError> {
    match (members.iter().find(|(name, _)| *name == field.name), &field.default) {
        (Some((_, value)), _) => datum(schema, field.kind, value, out).map_err(FieldError::Refused),
        (None, Some(default)) => {
            out.extend_from_slice(default);
            Ok(())
        }
        (None, None) => Err(FieldError::Missing(format!("the field `{}` of `{record}` is missing", field.name))),
    }
}

/// A value of a union: alone, or with the name of its branch.
fn union(schema: &AvroSchema, branches: &[TypeId], node: &Node<'_>, out: &mut Vec<u8>) -> Result<(), Refusal> {
    let fitting: Vec<usize> = (0..branches.len()).filter(|index| fits(schema.get(branches[*index]), node)).collect();
    let is_ambiguous = schema.is_ambiguous(branches);
    if let Value::Object(members) = &node.value
        && let [(name, value)] = members.as_slice()
        && (is_ambiguous || fitting.is_empty())
        && let Some(index) = branches.iter().position(|branch| is_named(schema.get(*branch), name))
    {
        length(index, out);
        return datum(schema, branches[index], value, out);
    }
    match fitting.as_slice() {
        [] => {
            let names: Vec<_> = branches.iter().map(|branch| schema.get(*branch).name()).collect();
            Err((node.at, format!("{} does not fit any branch of the union: {}", node.value.kind(), names.join(", "))))
        }
        [first, others @ ..] => {
            // If several records could be meant, the user must name one; they are not tried in turn.
            if !others.is_empty() && schema.get(branches[*first]).kind() == Kind::Object {
                let name = schema.get(branches[*first]).name();
                return Err((node.at, format!("several branches of the union fit: write {{\"{name}\": ...}}")));
            }
            length(*first, out);
            datum(schema, branches[*first], node, out)
        }
    }
}

/// Whether a value can be of a type, judged without looking into arrays and objects.
fn fits(kind: &Type, node: &Node<'_>) -> bool {
    match (kind, &node.value) {
        (Type::Int, Value::Number(text)) => text.parse::<i32>().is_ok(),
        (Type::Long, Value::Number(text)) => text.parse::<i64>().is_ok(),
        (Type::Float | Type::Double, Value::Number(_))
        | (Type::Null, Value::Null)
        | (Type::Boolean, Value::Bool(_))
        | (Type::String, Value::String(_))
        | (Type::Array(_), Value::Array(_))
        | (Type::Map(_) | Type::Record { .. }, Value::Object(_)) => true,
        (Type::Bytes, Value::String(text)) => latin(text).is_ok(),
        (Type::Fixed { size, .. }, Value::String(text)) => text.chars().count() == *size && latin(text).is_ok(),
        (Type::Enum { symbols, .. }, Value::String(text)) => symbols.iter().any(|symbol| symbol == text),
        _ => false,
    }
}

/// Whether a branch has this name, with or without the namespace.
fn is_named(kind: &Type, name: &str) -> bool {
    let full = kind.name();
    full == name || full.rsplit_once('.').is_some_and(|(_, short)| short == name)
}

fn wanted(kind: &Type) -> String {
    match kind {
        Type::Null => "null".to_owned(),
        Type::Array(_) | Type::Int => format!("an {}", kind.name()),
        Type::Record { name, .. } | Type::Enum { name, .. } | Type::Fixed { name, .. } => format!("a `{name}`"),
        _ => format!("a {}", kind.name()),
    }
}

fn integer<T: std::str::FromStr>(text: &str, range: &str) -> Result<T, String> {
    if !is_integer(text) {
        return Err(format!("`{text}` is not an integer"));
    }
    text.parse().map_err(|_| format!("`{text}` is not between {range}"))
}

/// A number, or the names of those that JSON has no number for.
fn float(value: &Value<'_>) -> Option<Result<f64, String>> {
    match value {
        Value::Number(text) => Some(nearest_double(text)),
        Value::String(text) => match text.as_ref() {
            "NaN" => Some(Ok(f64::NAN)),
            "Infinity" => Some(Ok(f64::INFINITY)),
            "-Infinity" => Some(Ok(f64::NEG_INFINITY)),
            _ => None,
        },
        _ => None,
    }
}

/// The bytes of a string whose characters are their numbers.
fn latin(text: &str) -> Result<Vec<u8>, String> {
    let byte = |character: char| {
        u8::try_from(u32::from(character)).map_err(|_| format!("`{character}` is not a byte: use \\u0000 to \\u00ff"))
    };
    text.chars().map(byte).collect()
}

fn string(bytes: &[u8], out: &mut Vec<u8>) {
    length(bytes.len(), out);
    out.extend_from_slice(bytes);
}

/// All items in one block.
fn block(count: usize, out: &mut Vec<u8>) {
    length(count, out);
}

/// An empty block ends the sequence; without items, it is the only one.
fn end_of_blocks(count: usize, out: &mut Vec<u8>) {
    if count > 0 {
        out.push(0);
    }
}

fn length(length: usize, out: &mut Vec<u8>) {
    // Nothing in memory can be longer.
    varint(i64::try_from(length).unwrap_or(i64::MAX), out);
}

/// Appends an integer in zigzag order, seven bits a byte.
pub(super) fn varint(number: i64, out: &mut Vec<u8>) {
    let mut rest = (number << 1 ^ number >> 63).cast_unsigned();
    loop {
        let [low, ..] = rest.to_le_bytes();
        rest >>= 7;
        if rest == 0 {
            out.push(low & 0x7f);
            return;
        }
        out.push(low | 0x80);
    }
}
