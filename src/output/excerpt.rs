use unicode_width::UnicodeWidthChar;

use crate::payload::is_unsafe_on_terminal;

/// Columns between two stops of a tab.
const TAB: usize = 8;

/// As much of a text as fits into some rows of a screen, measured with unsafe characters escaped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Excerpt {
    /// Byte offset at which it ends.
    pub end: usize,
    /// Rows that it takes, at least one.
    pub rows: usize,
}

impl Excerpt {
    /// Part of `text`, which begins `indent` columns after the beginning of a row: at most this many rows and columns. With
    /// 0 rows there is no limit; without columns, rows are lines.
    pub(crate) fn of(text: &[u8], indent: usize, columns: usize, maximum_rows: usize) -> Self {
        let columns = if columns == 0 { usize::MAX } else { columns };
        let maximum = if maximum_rows == 0 { usize::MAX } else { maximum_rows };
        let (mut end, mut rows, mut column) = (0, 1 + indent / columns, indent % columns);
        for chunk in text.utf8_chunks() {
            let valid = chunk.valid().chars().map(|character| (character.len_utf8(), Some(character)));
            for (length, character) in valid.chain(chunk.invalid().iter().map(|_| (1, None))) {
                if character == Some('\n') {
                    (rows, column) = (rows + 1, 0);
                } else {
                    let (cells, width) = cells(character, column, columns);
                    for _ in 0..cells {
                        if column + width > columns {
                            (rows, column) = (rows + 1, 0);
                        }
                        column += width;
                    }
                }
                if rows > maximum {
                    return Self { end, rows: rows - 1 };
                }
                end += length;
            }
        }
        Self { end, rows }
    }
}

/// How many characters of which width a character becomes at a column: an escape is wrapped like any text. `None` is a
/// byte that is not text.
fn cells(character: Option<char>, column: usize, columns: usize) -> (usize, usize) {
    const BYTE: usize = r"\x1b".len();
    match character {
        None => (BYTE, 1),
        // It stays within the row.
        Some('\t') => (1, (TAB - column % TAB).min(columns - column)),
        Some(character) if is_unsafe_on_terminal(character) => {
            (if character.is_ascii() { BYTE } else { character.escape_unicode().len() }, 1)
        }
        Some(character) => (1, character.width().unwrap_or_default()),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::output::{Stream, safe};

    fn excerpt(text: &str, indent: usize, columns: usize, rows: usize) -> (&str, usize) {
        let excerpt = Excerpt::of(text.as_bytes(), indent, columns, rows);
        (&text[..excerpt.end], excerpt.rows)
    }

    #[test]
    fn long_lines_are_folded_and_cut_at_the_last_row() {
        assert_eq!(excerpt("abcdefgh", 0, 4, 0), ("abcdefgh", 2));
        assert_eq!(excerpt("abcdefgh", 2, 4, 2), ("abcdef", 2));
        assert_eq!(excerpt("汽车汽车", 0, 5, 1), ("汽车", 1));
        assert_eq!(excerpt("\x1b\x1b\x1b", 0, 9, 1), ("\x1b\x1b", 1));
        assert_eq!(excerpt("a\nb\nc", 0, 80, 2), ("a\nb", 2));
        assert_eq!(excerpt("a\n\n\n", 0, 80, 1), ("a", 1));
        assert_eq!(excerpt("a\nb\nc", 0, 0, 2), ("a\nb", 2));
        assert_eq!(excerpt("a\nb", 0, 0, 0), ("a\nb", 2));
        assert_eq!(excerpt("", 0, 4, 1), ("", 1));
        assert_eq!(Excerpt::of(&[0xff; 100], 0, 8, 3), Excerpt { end: 6, rows: 3 });
    }

    proptest! {
        /// Compared with a terminal emulator.
        #[test]
        fn a_terminal_takes_as_many_rows(text in prop_oneof!["[a-z\n汽\x01\u{202e}]{0,120}", "[ -~\n]{0,120}"], columns in 10_u16..30) {
            let text = text.trim_end_matches('\n');
            let rows = Excerpt::of(text.as_bytes(), 0, columns.into(), 0).rows;
            let mut written = Vec::new();
            safe::push_text(text.as_bytes(), Stream { terminal: true, color: false, unicode: true }, &mut written);
            let mut terminal =
                vt100::Parser::new(1_000.try_into().unwrap(), columns.try_into().unwrap(), 0);
            terminal.process(String::from_utf8(written).unwrap().replace('\n', "\r\n").as_bytes());
            let (row, _) = terminal.screen().cursor_position();
            prop_assert_eq!(rows, usize::from(row) + 1);
        }

        #[test]
        fn it_ends_at_a_character_and_grows_with_the_rows(text: String, columns in 1_usize..20, rows in 1_usize..5) {
            let (less, more) = (Excerpt::of(text.as_bytes(), 0, columns, rows), Excerpt::of(text.as_bytes(), 0, columns, rows + 1));
            prop_assert!(text.is_char_boundary(less.end) && less.end <= more.end && less.rows <= rows.max(1));
        }
    }
}
