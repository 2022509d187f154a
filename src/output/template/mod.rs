//! `--template`: the vocabulary of `mosquitto_sub -F`, parsed once.
//!
//! It means what mosquitto's manual says of it, with `%f`, `%d` and grouped hex of 2.1. Where `mosquitto_sub` 2.0 does
//! otherwise, the manual is followed: a width never cuts a payload, it counts columns and not bytes, and `%j` has a
//! valid time, and the user properties of 2.1, an array that keeps their order.

mod fit;
mod json;
mod parse;
mod render;

use std::fmt;
use std::str::FromStr;

use jiff::tz::TimeZone;

use crate::payload::caret;
use fit::Fit;

/// A parsed `--template`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    pieces: Vec<Piece>,
    /// Where local times are local; looked up only if a piece shows one.
    zone: TimeZone,
}

/// What is printed one after the other.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    /// The user's own bytes, which are trusted: colours are possible.
    Literal(Vec<u8>),
    /// Something of the message.
    Field(Field, Fit),
    /// A conversion of strftime, with its percent sign.
    Time([u8; 2]),
}

/// What a letter after `%` stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Field {
    TopicAlias,
    ContentType,
    CorrelationData,
    MessageExpiryInterval,
    PayloadFormatIndicator,
    IsoTime,
    Json { inline: bool },
    PayloadLength,
    PacketId,
    UserProperties,
    Payload,
    QoS,
    ResponseTopic,
    Retain,
    SubscriptionIdentifier,
    Topic,
    UnixTime,
    Hex { upper: bool, groups: Option<Groups> },
    Float(FloatWidth),
}

/// `%.2:x`: digits to a group and what stands between groups, a blank unless it is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Groups {
    digits: usize,
    separator: u8,
}

/// How many bits the number in the payload has, in the byte order of this machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum FloatWidth {
    Single,
    Double,
}

impl Template {
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

impl Piece {
    fn wants_time(&self) -> bool {
        self.wants_zone() || matches!(self, Self::Field(Field::UnixTime, _))
    }

    fn wants_zone(&self) -> bool {
        matches!(self, Self::Time(_) | Self::Field(Field::IsoTime | Field::Json { .. }, _))
    }
}

/// Why a text is no template, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TemplateError {
    what: String,
    caret: String,
}

impl TemplateError {
    fn at(text: &str, at: usize, what: String) -> Self {
        let (before, after) = text.split_at(at);
        Self { what, caret: caret(before, after) }
    }

    /// The template and under it a caret at the place.
    pub fn caret(&self) -> &str {
        &self.caret
    }
}

impl fmt::Display for TemplateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)
    }
}

impl std::error::Error for TemplateError {}
