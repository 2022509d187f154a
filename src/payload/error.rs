use std::fmt;

use unicode_width::UnicodeWidthStr;

use super::{PayloadFormat, is_unsafe_on_terminal};

/// Why bytes or text do not fit a format, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PayloadError {
    /// What the payload is not.
    not: String,
    place: Place,
    what: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Place {
    /// The whole payload, or an unknown position.
    Whole,
    /// In a text that a person wrote.
    Character { line: usize, column: usize, caret: String },
    /// In bytes that were received.
    Byte(usize),
}

/// How many characters are shown on each side of the position.
const CONTEXT: usize = 30;

impl PayloadError {
    /// The text is not in the format: where, as a byte offset, and why.
    pub(super) fn text(format: PayloadFormat, text: &[u8], at: usize, what: impl Into<String>) -> Self {
        Self { not: format!("not {format}"), place: character(text, at), what: what.into() }
    }

    /// The text is JSON, but the format cannot hold the value there.
    pub(super) fn content(format: PayloadFormat, text: &[u8], at: usize, what: impl Into<String>) -> Self {
        Self { place: character(text, at), ..Self::whole(format, what) }
    }

    /// The format cannot hold the text as a whole.
    pub(super) fn whole(format: PayloadFormat, what: impl Into<String>) -> Self {
        Self { not: format!("not encodable as {format}"), place: Place::Whole, what: what.into() }
    }

    /// The bytes are not in the format: where, and why.
    pub(super) fn bytes(format: impl fmt::Display, at: usize, what: impl Into<String>) -> Self {
        Self { not: format!("not {format}"), place: Place::Byte(at), what: what.into() }
    }

    /// The bytes as a whole are not in the format.
    pub(super) fn undecodable(format: impl fmt::Display, what: impl Into<String>) -> Self {
        Self { not: format!("not {format}"), place: Place::Whole, what: what.into() }
    }

    /// The part of the text around the position with a caret below it, aligned by display width; `None` without a text.
    pub fn caret(&self) -> Option<&str> {
        match &self.place {
            Place::Character { caret, .. } => Some(caret),
            Place::Whole | Place::Byte(_) => None,
        }
    }
}

fn character(text: &[u8], at: usize) -> Place {
    let (before, after) = text.split_at(at.min(text.len()));
    let line = before.split(|&byte| byte == b'\n').count();
    let before = String::from_utf8_lossy(before.rsplit(|&byte| byte == b'\n').next().unwrap_or_default());
    let after = after.split(|&byte| byte == b'\n').next().unwrap_or_default();
    // Cut before it is decoded: the rest of a large file is of no interest here.
    let after = String::from_utf8_lossy(&after[..after.len().min(4 * CONTEXT)]);
    Place::Character { line, column: before.chars().count() + 1, caret: caret(&before, &after) }
}

/// The part of a line around a position with a caret below it, aligned by display width and escaped for a terminal.
pub fn caret(before: &str, after: &str) -> String {
    let shown = |text: &str| text.replace(is_unsafe_on_terminal, "\u{fffd}");
    let skipped = before.chars().count().saturating_sub(CONTEXT);
    let before = shown(&before.chars().skip(skipped).collect::<String>());
    let after = shown(&after.chars().take(CONTEXT).collect::<String>());
    format!("{before}{after}\n{:width$}^", "", width = before.width())
}

impl fmt::Display for PayloadError {
    /// For example `not hex at character 3: ...`; the caller says whose payload it is.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.not)?;
        match &self.place {
            Place::Whole => {}
            Place::Character { line: 1, column, .. } => write!(f, " at character {column}")?,
            Place::Character { line, column, .. } => write!(f, " at line {line}, character {column}")?,
            Place::Byte(at) => write!(f, " at byte {at}")?,
        }
        write!(f, ": {}", self.what)
    }
}

impl std::error::Error for PayloadError {}
