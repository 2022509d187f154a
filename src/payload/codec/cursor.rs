//! What the readers of binary formats have in common: a place in a payload, and errors that name it.

use crate::payload::{PayloadError, PayloadFormat, push_json_string};

/// A place in a payload.
pub(super) struct Cursor<'a> {
    format: PayloadFormat,
    payload: &'a [u8],
    /// The index of the byte that is read next.
    pub(super) at: usize,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(format: PayloadFormat, payload: &'a [u8], at: usize) -> Self {
        Self { format, payload, at }
    }

    /// An error at this place.
    pub(super) fn error(&self, what: impl Into<String>) -> PayloadError {
        PayloadError::bytes(self.format, self.at, what)
    }

    /// The next byte, which stays the next.
    pub(super) fn peek(&self) -> Option<u8> {
        self.payload.get(self.at).copied()
    }

    /// So many bytes. A length that is only declared takes no memory.
    pub(super) fn take(&mut self, length: u64) -> Result<&'a [u8], PayloadError> {
        let rest = &self.payload[self.at..];
        let taken = usize::try_from(length).ok().and_then(|length| rest.get(..length));
        let taken =
            taken.ok_or_else(|| self.error(format!("{length} bytes are needed, but only {} are left", rest.len())))?;
        self.at += taken.len();
        Ok(taken)
    }

    /// An unsigned number of so many bytes, the most significant first.
    pub(super) fn number(&mut self, length: u64) -> Result<u64, PayloadError> {
        Ok(self.take(length)?.iter().fold(0, |number, byte| number << 8 | u64::from(*byte)))
    }

    /// Appends bytes that were read from `begin` on as a JSON string.
    pub(super) fn push_text(&mut self, begin: usize, bytes: &[u8], out: &mut Vec<u8>) -> Result<(), PayloadError> {
        match std::str::from_utf8(bytes) {
            Ok(text) => push_json_string(text, out),
            Err(wrong) => {
                self.at = begin + wrong.valid_up_to();
                return Err(self.error("text must be UTF-8, but this byte is not"));
            }
        }
        Ok(())
    }

    /// Makes a JSON string of the key of a map that was read from `begin` on and appended from `start` on.
    pub(super) fn quote_key(&mut self, begin: usize, start: usize, out: &mut Vec<u8>) -> Result<(), PayloadError> {
        match out.get(start) {
            Some(b'"') => {}
            Some(b'[' | b'{') => {
                self.at = begin;
                return Err(self.error("the key of a map is an array or a map, which JSON cannot express"));
            }
            _ => {
                out.insert(start, b'"');
                out.push(b'"');
            }
        }
        Ok(())
    }

    /// Requires that nothing follows `what`.
    pub(super) fn end(&self, what: &str) -> Result<(), PayloadError> {
        match self.payload.len() - self.at {
            0 => Ok(()),
            left => Err(self.error(format!("the {what} ends here, and {left} more bytes follow"))),
        }
    }
}
