use std::fmt;

/// Whether a character may do something to a terminal instead of standing on it: a control of C0 or C1, DEL, or one
/// that changes the direction of the text around it (the "Trojan Source" characters).
pub const fn is_unsafe_on_terminal(character: char) -> bool {
    matches!(character, '\0'..='\x1f' | '\x7f'..='\u{9f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Reads the escapes `\0 \a \e \n \r \t \v \\ \xHH` of a delimiter or a template into bytes.
///
/// # Errors
///
/// Names the escape that is none, and its place.
pub fn parse_escapes(_text: &str) -> Result<Vec<u8>, EscapeError> {
    unimplemented!()
}

/// A backslash with something behind it that means nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EscapeError {
    escape: String,
    at: usize,
}

impl EscapeError {
    /// Byte offset of the backslash.
    pub fn offset(&self) -> usize {
        self.at
    }
}

impl fmt::Display for EscapeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is not an escape: use \\0 \\a \\e \\n \\r \\t \\v \\\\ or \\xHH", self.escape)
    }
}

impl std::error::Error for EscapeError {}
