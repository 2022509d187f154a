//! The pieces of a text with placeholders.

use std::fmt::Write as _;
use std::sync::Arc;

use super::drawer::{Drawer, Kept, Slot};
use super::moment::{Moment, push_iso};
use super::number::Steps;
use super::table::Name;
use crate::payload::Rows;

/// One piece of a pattern and how it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Part {
    pub(super) source: String,
    pub(super) piece: Piece,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Piece {
    Text(String),
    Value(Name),
    /// A number, padded to at least this many digits.
    Padded(Name, usize),
    /// A whole number from the lowest on, and how far the highest is from it.
    Random(i128, u64),
    Hex(usize),
    Float(Steps),
    Choice(Vec<String>),
    /// How many letters and digits, from and to.
    Letters(usize, usize),
    Uuid4,
    Uuid7,
    /// The first number, and what each message adds.
    Counter(i64, i64),
    Time(Moment),
    /// Seconds from now, from and to.
    RandomTime(i64, i64),
    Walk(Steps, Slot),
    /// Drawn once for each client.
    Once(Box<Self>, Slot),
    /// A variable of the environment, until it is read.
    Environment(String),
    /// A file, until it is read, and the name of a column if it is CSV.
    File(String, Option<String>),
    /// A line or row in turn, and which column.
    Row(Arc<Rows>, usize),
    /// What is at a place of the request.
    Pointer(String),
}

impl Part {
    pub(super) fn text(text: String) -> Self {
        Self { source: text.clone(), piece: Piece::Text(text) }
    }
}

impl Piece {
    /// Whether it has another value each time, whatever the message.
    pub(super) fn is_random(&self) -> bool {
        matches!(
            self,
            Self::Random(..)
                | Self::Hex(_)
                | Self::Float(_)
                | Self::Choice(_)
                | Self::Letters(..)
                | Self::Uuid4
                | Self::Uuid7
                | Self::Time(_)
                | Self::RandomTime(..)
        )
    }

    /// Whether the value differs between messages.
    pub(super) fn differs_by_message(&self) -> bool {
        self.is_random()
            || matches!(
                self,
                Self::Value(Name::Sequence | Name::Payload)
                    | Self::Padded(Name::Sequence, _)
                    | Self::Counter(..)
                    | Self::Walk(..)
                    | Self::Row(..)
                    | Self::Pointer(_)
            )
    }

    pub(super) fn write(&self, drawer: &mut Drawer, out: &mut String, value: &mut impl FnMut(Name, &mut String)) {
        // Writing into a string does not fail.
        let _ = match self {
            Self::Text(text) => out.write_str(text),
            Self::Value(name) => {
                value(*name, out);
                Ok(())
            }
            Self::Padded(name, digits) => {
                let begin = out.len();
                value(*name, out);
                for _ in (out.len() - begin)..*digits {
                    out.insert(begin, '0');
                }
                Ok(())
            }
            Self::Random(low, span) => write!(out, "{}", low + i128::from(drawer.random.u64(0..=*span))),
            Self::Hex(digits) => {
                out.extend((0..*digits).map(|_| drawer.random.digit(16)));
                Ok(())
            }
            Self::Float(steps) => {
                steps.write(steps.draw(&mut drawer.random), out);
                Ok(())
            }
            Self::Choice(choices) => out.write_str(drawer.random.choice(choices).map_or("", String::as_str)),
            Self::Letters(least, most) => {
                let length = drawer.random.usize(*least..=*most);
                out.extend((0..length).map(|_| drawer.random.alphanumeric()));
                Ok(())
            }
            Self::Uuid4 => {
                let random = drawer.random.u128(..);
                push_uuid(random, 4, out)
            }
            Self::Uuid7 => {
                // RFC 9562: 48 bits of milliseconds, the rest is random.
                let time = u128::from(drawer.now().as_millisecond().unsigned_abs()) << 80;
                let random = drawer.random.u128(..) >> 48;
                push_uuid(time | random, 7, out)
            }
            Self::Counter(first, step) => {
                let number = i128::from(drawer.number()) * i128::from(*step) + i128::from(*first);
                write!(out, "{number}")
            }
            Self::Time(moment) => {
                moment.write(drawer.now(), out);
                Ok(())
            }
            Self::RandomTime(from, to) => {
                let offset = jiff::SignedDuration::from_millis(drawer.random.i64(from * 1000..=to * 1000));
                push_iso(drawer.now().saturating_add(offset).unwrap_or(jiff::Timestamp::MAX), out);
                Ok(())
            }
            Self::Walk(steps, slot) => {
                let from = match drawer.kept(*slot) {
                    Some(Kept::Position(position)) => Some(*position),
                    _ => None,
                };
                let position = steps.walk(from, &mut drawer.random);
                drawer.keep(*slot, Kept::Position(position));
                steps.write(position, out);
                Ok(())
            }
            Self::Once(piece, slot) => {
                if let Some(Kept::Text(text)) = drawer.kept(*slot) {
                    return out.push_str(text);
                }
                let begin = out.len();
                piece.write(drawer, out, value);
                drawer.keep(*slot, Kept::Text(out[begin..].into()));
                Ok(())
            }
            Self::Row(rows, column) => out.write_str(rows.get(rows.of_client(drawer.number()), *column)),
            Self::Pointer(pointer) => {
                let written = match drawer.request().and_then(|request| request.pointer(pointer)) {
                    Some(serde_json::Value::String(text)) => out.write_str(text),
                    Some(value) => write!(out, "{value}"),
                    None => Err(std::fmt::Error),
                };
                if written.is_err() {
                    drawer.fail(|| format!("its payload has no {pointer}"));
                }
                Ok(())
            }
            // Both are read before anything is filled in.
            Self::Environment(_) | Self::File(..) => Ok(()),
        };
    }
}

/// A UUID of a version; the bits of version and variant are overwritten.
fn push_uuid(bits: u128, version: u128, out: &mut String) -> std::fmt::Result {
    let bits = bits & !(0xF << 76) & !(0x3 << 62) | version << 76 | 0x2 << 62;
    write!(
        out,
        "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
        bits >> 96,
        bits >> 80 & 0xFFFF,
        bits >> 64 & 0xFFFF,
        bits >> 48 & 0xFFFF,
        bits & 0xFFFF_FFFF_FFFF
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_uuid_says_its_version_and_variant() {
        for (version, bits) in [(4, u128::MAX), (7, 0), (4, 0), (7, u128::MAX)] {
            let mut out = String::new();
            push_uuid(bits, version, &mut out).unwrap();
            assert_eq!(out.len(), 36);
            assert_eq!(out[14..15], version.to_string());
            assert!(["8", "9", "a", "b"].contains(&&out[19..20]), "{out}");
        }
    }
}
