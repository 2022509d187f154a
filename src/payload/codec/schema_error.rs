//! Why there is no schema, by who has to mend it: the file, or the name of a message.

use std::fmt;

/// Why there is no schema.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SchemaError {
    /// The file cannot be read, or is not a schema.
    File(String),
    /// The schema does not have the message.
    Message(String),
    /// This build does not support such schemas.
    NotBuiltIn(String),
}

impl fmt::Display for SchemaError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(text) | Self::Message(text) | Self::NotBuiltIn(text) => f.write_str(text),
        }
    }
}

impl std::error::Error for SchemaError {}
