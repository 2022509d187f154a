//! `--template`: the vocabulary of `mosquitto_sub -F`, parsed once.
//!
//! It follows the manual of mosquitto, with `%f`, `%d` and grouped hex of 2.1. Where `mosquitto_sub` 2.0 differs from
//! its manual, the manual is followed: a width never cuts a payload, it counts columns and not bytes, and `%j` has a
//! valid time, and the user properties of 2.1, an array that keeps their order.

mod error;
mod fit;
mod json;
mod parse;
mod piece;
mod render;
mod time;

use std::str::FromStr;

use jiff::tz::TimeZone;

use error::TemplateError;
use fit::Fit;
use piece::{Field, FloatWidth, Groups, Piece};

/// A parsed `--template`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    pieces: Vec<Piece>,
    /// The local time zone; looked up only if a piece needs it.
    zone: TimeZone,
}

impl Template {
    /// The conversions of strftime after `@`, for the reference.
    #[cfg(all(test, feature = "broker"))]
    pub(crate) fn time_conversions() -> &'static str {
        parse::TIME_CONVERSIONS
    }

    /// The letters of fields and their meanings.
    pub(crate) fn letters() -> impl Iterator<Item = (char, &'static str)> {
        parse::LETTERS.iter().map(|(letter, _, meaning)| (*letter, *meaning))
    }

    /// Whether it shows the time of receipt.
    pub fn wants_time(&self) -> bool {
        self.pieces.iter().any(Piece::wants_time)
    }

    fn parse(text: &str, zone: impl FnOnce() -> TimeZone) -> Result<Self, TemplateError> {
        let pieces = parse::pieces(text)?;
        let zone = if pieces.iter().any(Piece::wants_zone) { zone() } else { TimeZone::UTC };
        Ok(Self { pieces, zone })
    }
}

impl FromStr for Template {
    type Err = TemplateError;

    /// Parses, and looks up the local time zone if it is needed.
    fn from_str(text: &str) -> Result<Self, TemplateError> {
        Self::parse(text, TimeZone::system)
    }
}
