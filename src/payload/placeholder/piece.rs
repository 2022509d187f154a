//! The pieces of a text with placeholders.

use std::fmt::Write as _;

use super::table::Name;

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
    Random(u64, u64),
    Hex(usize),
}

impl Part {
    pub(super) fn text(text: String) -> Self {
        Self { source: text.clone(), piece: Piece::Text(text) }
    }
}

impl Piece {
    pub(super) fn is_random(&self) -> bool {
        matches!(self, Self::Random(..) | Self::Hex(_))
    }

    pub(super) fn write(&self, random: &mut fastrand::Rng, out: &mut String, mut value: impl FnMut(Name, &mut String)) {
        match self {
            Self::Text(text) => out.push_str(text),
            Self::Value(name) => value(*name, out),
            Self::Random(low, high) => {
                // Writing into a string does not fail.
                let _ = write!(out, "{}", random.u64(*low..=*high));
            }
            Self::Hex(digits) => out.extend((0..*digits).map(|_| random.digit(16))),
        }
    }
}
