use unicode_width::UnicodeWidthStr;

use super::{Stream, safe};

/// Rows of text in columns that align by display width, so that wide characters do not shift them.
#[derive(Debug, Default)]
pub(crate) struct Columns {
    rows: Vec<Vec<String>>,
}

impl Columns {
    /// Adds a row.
    pub(crate) fn row(&mut self, cells: impl IntoIterator<Item = impl Into<String>>) {
        self.rows.push(cells.into_iter().map(Into::into).collect());
    }

    /// The rows as lines, two spaces between columns and none at the end of a line, safe for `stream`.
    pub(crate) fn lines(&self, stream: Stream) -> impl Iterator<Item = String> {
        let rows: Vec<Vec<String>> = self
            .rows
            .iter()
            .map(|row| row.iter().map(|cell| safe::word(cell, stream).into_owned()).collect())
            .collect();
        let columns = rows.iter().map(Vec::len).max().unwrap_or_default();
        let widths: Vec<usize> = (0..columns)
            .map(|column| {
                rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.width()).max().unwrap_or_default()
            })
            .collect();
        rows.into_iter().map(move |row| {
            let mut line = String::new();
            for (cell, width) in row.iter().zip(&widths) {
                line.push_str(cell);
                line.extend(std::iter::repeat_n(' ', width - cell.width() + 2));
            }
            line.truncate(line.trim_end_matches(' ').len());
            line
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wide_characters_do_not_shift_the_next_column() {
        let mut columns = Columns::default();
        columns.row(["topic", "qos", "size"]);
        columns.row(["汽车/开空调", "1"]);
        columns.row(["é", "", "43B"]);
        let lines: Vec<String> = columns.lines(Stream::PIPE).collect();
        assert_eq!(lines, ["topic        qos  size", "汽车/开空调  1", "é                 43B"]);
    }

    #[test]
    fn widths_are_those_of_the_escaped_text() {
        let mut columns = Columns::default();
        columns.row(["\x1b", "|"]);
        columns.row(["abcde", "|"]);
        let lines: Vec<String> = columns.lines(Stream { terminal: true, color: false, unicode: true }).collect();
        assert_eq!(lines, [r"\x1b   |", "abcde  |"]);
    }
}
