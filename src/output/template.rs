use std::fmt;
use std::str::FromStr;

/// A parsed `--template`: the vocabulary of `mosquitto_sub -F`.
#[derive(Debug, Clone)]
pub struct Template {}

impl Template {
    /// Whether it shows the time of receipt.
    pub fn wants_time(&self) -> bool {
        unimplemented!()
    }
}

impl FromStr for Template {
    type Err = TemplateError;

    fn from_str(_text: &str) -> Result<Self, TemplateError> {
        unimplemented!()
    }
}

/// Why a text is no template, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TemplateError {
    what: String,
    caret: String,
}

impl TemplateError {
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
