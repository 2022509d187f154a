use std::fmt;

use unicode_width::UnicodeWidthStr;

use super::{PayloadFormat, is_unsafe_on_terminal};

/// Why bytes or text are not what a format says, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PayloadError {
    format: PayloadFormat,
    what: String,
    line: usize,
    column: usize,
    caret: String,
}

/// How many characters are shown on each side of the place.
const CONTEXT: usize = 30;

impl PayloadError {
    /// An error at a byte offset of the text.
    pub(super) fn at(format: PayloadFormat, text: &[u8], at: usize, what: impl Into<String>) -> Self {
        let (before, after) = text.split_at(at.min(text.len()));
        let line = before.split(|&byte| byte == b'\n').count();
        let before = String::from_utf8_lossy(before.rsplit(|&byte| byte == b'\n').next().unwrap_or_default());
        let after = after.split(|&byte| byte == b'\n').next().unwrap_or_default();
        // Cut before it is decoded: the rest of a large file is of no interest here.
        let after = String::from_utf8_lossy(&after[..after.len().min(4 * CONTEXT)]);
        Self { format, what: what.into(), line, column: before.chars().count() + 1, caret: caret(&before, &after) }
    }

    /// The format that was asked for.
    pub fn format(&self) -> PayloadFormat {
        self.format
    }

    /// The part of the text around the place and under it a caret, aligned by display width.
    pub fn caret(&self) -> &str {
        &self.caret
    }
}

/// The part of a line around a place and under it a caret, aligned by display width. Nothing in it acts on a terminal.
pub fn caret(before: &str, after: &str) -> String {
    let shown = |text: &str| text.replace(is_unsafe_on_terminal, "\u{fffd}");
    let skipped = before.chars().count().saturating_sub(CONTEXT);
    let before = shown(&before.chars().skip(skipped).collect::<String>());
    let after = shown(&after.chars().take(CONTEXT).collect::<String>());
    format!("{before}{after}\n{:width$}^", "", width = before.width())
}

impl fmt::Display for PayloadError {
    /// As in `not hex at character 3: ...`; the caller says whose text it is.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "not {} at ", self.format)?;
        if self.line > 1 {
            write!(f, "line {}, ", self.line)?;
        }
        write!(f, "character {}: {}", self.column, self.what)
    }
}

impl std::error::Error for PayloadError {}
