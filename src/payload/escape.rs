use std::fmt;

/// Whether a character may act on a terminal instead of being shown: a control of C0 or C1, DEL, or one
/// that changes the direction of the text around it (the "Trojan Source" characters).
pub const fn is_unsafe_on_terminal(character: char) -> bool {
    matches!(
        character,
        '\0'..='\x1f'
            | '\x7f'..='\u{9f}'
            // Line ends of other systems and invisible characters; the joiner of emoji and scripts stays.
            | '\u{200b}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{feff}'
            | '\u{e0000}'..='\u{e007f}'
    )
}

/// Reads the escapes `\0 \a \e \n \r \t \v \\ \xHH` of a delimiter into bytes.
///
/// # Errors
///
/// Names the invalid escape and its position.
pub fn parse_escapes(text: &str) -> Result<Vec<u8>, EscapeError> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(backslash) = rest.find('\\') {
        bytes.extend_from_slice(&rest.as_bytes()[..backslash]);
        let escape = &rest[backslash..];
        let (byte, length) = parse_escape(escape).ok_or_else(|| EscapeError::new(escape, text.len() - escape.len()))?;
        bytes.push(byte);
        rest = &escape[length..];
    }
    bytes.extend_from_slice(rest.as_bytes());
    Ok(bytes)
}

/// The byte of the escape at the start of `text`, and the length of the escape.
pub fn parse_escape(text: &str) -> Option<(u8, usize)> {
    let byte = match text.strip_prefix('\\')?.bytes().next()? {
        b'0' => b'\0',
        b'a' => b'\x07',
        b'e' => b'\x1b',
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        b'v' => b'\x0b',
        b'\\' => b'\\',
        b'x' => {
            let digits = text.get(2..4).filter(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()))?;
            return Some((u8::from_str_radix(digits, 16).ok()?, 4));
        }
        _ => return None,
    };
    Some((byte, 2))
}

/// A backslash followed by something without a meaning.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EscapeError {
    escape: String,
    at: usize,
}

impl EscapeError {
    /// For a `text` that begins with an invalid escape, at the byte `at`.
    pub fn new(text: &str, at: usize) -> Self {
        let shown = if text.starts_with("\\x") { 4 } else { 2 };
        Self { escape: text.chars().take(shown).collect(), at }
    }

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_every_escape() {
        assert_eq!(parse_escapes(r"a\0\a\e\n\r\t\v\\\x7F\xffé").unwrap(), b"a\0\x07\x1b\n\r\t\x0b\\\x7f\xff\xc3\xa9");
        assert_eq!(parse_escapes("").unwrap(), b"");
    }

    #[test]
    fn names_an_escape_that_is_none_and_its_place() {
        for (text, escape, at) in [(r"ab\q", r"\q", 2), ("\\", "\\", 0), (r"\x4", r"\x4", 0), (r"é\x+1", r"\x+1", 2)] {
            let error = parse_escapes(text).unwrap_err();
            assert!(error.to_string().starts_with(&format!("`{escape}` is not an escape")), "{error}");
            assert_eq!(error.offset(), at);
        }
    }
}
