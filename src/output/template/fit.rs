use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// How a field is fitted into its place: printf's flags, width and precision, counted in columns of a terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Fit {
    /// Padded on the right.
    pub(super) left: bool,
    /// Padded with zeros instead of spaces on the left.
    pub(super) zero: bool,
    /// Minimum width.
    pub(super) width: usize,
    /// Maximum width.
    pub(super) precision: Option<usize>,
}

impl Fit {
    /// Cuts and pads what has been appended to `out` from `start` on, in place.
    pub(super) fn apply(self, out: &mut Vec<u8>, start: usize) {
        if let Some(precision) = self.precision {
            out.truncate(start + prefix(&out[start..], precision));
        }
        if self.width == 0 {
            return;
        }
        let missing = self.width.saturating_sub(columns(&out[start..]));
        out.resize(out.len() + missing, if self.zero { b'0' } else { b' ' });
        if !self.left {
            out[start..].rotate_right(missing);
        }
    }
}

/// The width of bytes; those that are not UTF-8 count one column each.
fn columns(bytes: &[u8]) -> usize {
    if bytes.is_ascii() {
        return bytes.len();
    }
    bytes.utf8_chunks().map(|chunk| chunk.valid().width() + chunk.invalid().len()).sum()
}

/// Bytes of the longest start of a text within this many columns, without splitting a character.
fn prefix(bytes: &[u8], columns: usize) -> usize {
    if bytes.is_ascii() {
        return bytes.len().min(columns);
    }
    let (mut length, mut left) = (0, columns);
    for chunk in bytes.utf8_chunks() {
        for character in chunk.valid().chars() {
            match left.checked_sub(character.width().unwrap_or(1)) {
                Some(rest) => left = rest,
                None => return length,
            }
            length += character.len_utf8();
        }
        let fitting = chunk.invalid().len().min(left);
        length += fitting;
        left -= fitting;
        if fitting < chunk.invalid().len() {
            return length;
        }
    }
    length
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fitted(text: &[u8], fit: Fit) -> Vec<u8> {
        let mut out = b"|".to_vec();
        out.extend_from_slice(text);
        fit.apply(&mut out, 1);
        out.push(b'|');
        out
    }

    #[test]
    fn pads_on_either_side_by_display_width() {
        let width = Fit { width: 6, ..Fit::default() };
        assert_eq!(fitted(b"abc", width), b"|   abc|");
        assert_eq!(fitted(b"abc", Fit { left: true, ..width }), b"|abc   |");
        assert_eq!(fitted(b"42", Fit { zero: true, ..width }), b"|000042|");
        assert_eq!(fitted("汽车".as_bytes(), width), "|  汽车|".as_bytes());
        assert_eq!(fitted(b"\xff\xfe", width), b"|    \xff\xfe|");
        assert_eq!(fitted(b"longer than that", width), b"|longer than that|");
    }

    #[test]
    fn cuts_between_characters() {
        let precision = |columns| Fit { precision: Some(columns), ..Fit::default() };
        assert_eq!(fitted(b"abcdef", precision(3)), b"|abc|");
        assert_eq!(fitted("汽车".as_bytes(), precision(3)), "|汽|".as_bytes());
        assert_eq!(fitted(b"a\xff\xfeb", precision(2)), b"|a\xff|");
        assert_eq!(fitted(b"abc", precision(0)), b"||");
        assert_eq!(fitted(b"abc", Fit { width: 5, ..precision(2) }), b"|   ab|");
    }
}
