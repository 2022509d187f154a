use std::fmt;

use super::PayloadFormat;

/// Why bytes or text are not what a format says, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PayloadError {
    format: PayloadFormat,
    what: String,
    line: usize,
    column: usize,
    caret: Option<String>,
}

/// How many characters are shown on each side of the place.
const CONTEXT: usize = 24;

impl PayloadError {
    /// An error at a byte offset of the text; `what` follows the format's name, as in `has the odd character z`.
    pub(super) fn at(format: PayloadFormat, text: &[u8], at: usize, what: impl Into<String>) -> Self {
        let before = &text[..at.min(text.len())];
        let start = before.iter().rposition(|&byte| byte == b'\n').map_or(0, |newline| newline + 1);
        let column = String::from_utf8_lossy(&before[start..]).chars().count() + 1;
        let line = before.split(|&byte| byte == b'\n').count();
        Self { format, what: what.into(), line, column, caret: caret(&text[start..], at - start) }
    }

    /// The format that was asked for.
    pub fn format(&self) -> PayloadFormat {
        self.format
    }

    /// The part of the text around the place and under it a caret, aligned by display width.
    pub fn caret(&self) -> Option<&str> {
        self.caret.as_deref()
    }
}

fn caret(_line: &[u8], _at: usize) -> Option<String> {
    let _ = CONTEXT;
    None
}

impl fmt::Display for PayloadError {
    /// As in `not hex: character 3: ...`; the caller says whose text it is.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "not {}: ", self.format)?;
        if self.line > 1 {
            write!(f, "line {}, ", self.line)?;
        }
        write!(f, "character {}: {}", self.column, self.what)
    }
}

impl std::error::Error for PayloadError {}
