use std::fmt;

use crate::payload::caret;

/// Why a text is not a valid template, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TemplateError {
    what: String,
    caret: String,
}

impl TemplateError {
    pub(super) fn at(text: &str, at: usize, what: String) -> Self {
        let (before, after) = text.split_at(at);
        Self { what, caret: caret(before, after) }
    }

    /// The template with a caret below the position.
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
