//! The Parsing Canonical Form of a schema, and its fingerprint of 64 bits.

use std::collections::HashSet;

use super::schema::{AvroSchema, Type, TypeId};

/// CRC-64-AVRO of the canonical form.
pub(super) fn fingerprint(schema: &AvroSchema) -> u64 {
    const EMPTY: u64 = 0xc15d_213a_a4d7_a795;
    let mut form = String::new();
    push(schema, schema.root(), &mut HashSet::new(), &mut form);
    form.bytes().fold(EMPTY, |mut sum, byte| {
        sum ^= u64::from(byte);
        for _ in 0..8 {
            sum = sum >> 1 ^ (EMPTY & (sum & 1).wrapping_neg());
        }
        sum
    })
}

fn push<'a>(schema: &'a AvroSchema, id: TypeId, known: &mut HashSet<&'a str>, form: &mut String) {
    let kind = schema.get(id);
    // Names and symbols are letters, digits, `_` and dots: nothing needs an escape.
    let quoted = |text: &str| format!("\"{text}\"");
    match kind {
        Type::Array(items) => {
            form.push_str("{\"type\":\"array\",\"items\":");
            push(schema, *items, known, form);
            form.push('}');
        }
        Type::Map(values) => {
            form.push_str("{\"type\":\"map\",\"values\":");
            push(schema, *values, known, form);
            form.push('}');
        }
        Type::Union(branches) => {
            form.push('[');
            for (index, branch) in branches.iter().enumerate() {
                if index > 0 {
                    form.push(',');
                }
                push(schema, *branch, known, form);
            }
            form.push(']');
        }
        Type::Record { name, .. } | Type::Enum { name, .. } | Type::Fixed { name, .. } if !known.insert(name) => {
            form.push_str(&quoted(name));
        }
        Type::Record { name, fields } => {
            form.extend(["{\"name\":\"", name, "\",\"type\":\"record\",\"fields\":["]);
            for (index, field) in fields.iter().enumerate() {
                if index > 0 {
                    form.push(',');
                }
                form.extend(["{\"name\":\"", &field.name, "\",\"type\":"]);
                push(schema, field.kind, known, form);
                form.push('}');
            }
            form.push_str("]}");
        }
        Type::Enum { name, symbols } => {
            let symbols: Vec<_> = symbols.iter().map(|symbol| quoted(symbol)).collect();
            let symbols = symbols.join(",");
            form.extend(["{\"name\":\"", name, "\",\"type\":\"enum\",\"symbols\":[", &symbols, "]}"]);
        }
        Type::Fixed { name, size } => {
            form.extend(["{\"name\":\"", name, "\",\"type\":\"fixed\",\"size\":", &size.to_string(), "}"]);
        }
        primitive => form.push_str(&quoted(primitive.name())),
    }
}
