use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::{Stream, safe};

/// Spaces between columns.
const GAP: usize = 2;

/// The last column is not folded into fewer columns.
const NARROWEST: usize = 24;

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
        let (rows, widths) = self.measured(stream);
        rows.into_iter().map(move |row| aligned(&row, &widths))
    }

    /// The same for a window of so many columns. Where the rows are wider, the last column goes on below itself; where that
    /// would be too narrow, cells that do not fit are below the others.
    pub(crate) fn lines_within(&self, columns: usize, stream: Stream) -> Vec<String> {
        let (rows, widths) = self.measured(stream);
        let all = widths.iter().map(|width| width + GAP).sum::<usize>().saturating_sub(GAP);
        if all <= columns {
            return rows.iter().map(|row| aligned(row, &widths)).collect();
        }
        let before = all - widths.last().copied().unwrap_or_default();
        let room = columns.saturating_sub(before);
        if room >= NARROWEST {
            return rows.iter().flat_map(|row| hanging(row, &widths, before, room)).collect();
        }
        rows.iter().flat_map(|row| stacked(row, &widths, columns)).collect()
    }

    fn measured(&self, stream: Stream) -> (Vec<Vec<String>>, Vec<usize>) {
        let rows: Vec<Vec<String>> = self
            .rows
            .iter()
            .map(|row| row.iter().map(|cell| safe::word(cell, stream).into_owned()).collect())
            .collect();
        let columns = rows.iter().map(Vec::len).max().unwrap_or_default();
        let widths = (0..columns)
            .map(|column| {
                rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.width()).max().unwrap_or_default()
            })
            .collect();
        (rows, widths)
    }
}

fn aligned(row: &[String], widths: &[usize]) -> String {
    let mut line = String::new();
    for (cell, width) in row.iter().zip(widths) {
        line.push_str(cell);
        line.extend(std::iter::repeat_n(' ', width - cell.width() + GAP));
    }
    line.truncate(line.trim_end_matches(' ').len());
    line
}

/// The last column goes on below itself.
fn hanging(row: &[String], widths: &[usize], before: usize, room: usize) -> Vec<String> {
    let mut row = row.to_vec();
    let mut further = Vec::new();
    if row.len() == widths.len()
        && let Some(last) = row.last_mut()
    {
        let mut parts = folded(last, room);
        *last = parts.remove(0);
        further.extend(parts.iter().map(|part| format!("{:before$}{part}", "")));
    }
    let mut lines = vec![aligned(&row, widths)];
    lines.append(&mut further);
    lines
}

/// The columns that fit side by side, and below them the cells that do not.
fn stacked(row: &[String], widths: &[usize], columns: usize) -> Vec<String> {
    let mut used = 0;
    let beside = widths.iter().take_while(|width| {
        used += **width + GAP;
        used - GAP <= columns
    });
    let beside = beside.count().min(row.len());
    let (first, rest) = row.split_at(beside);
    let indent = GAP.min(columns / 2);
    let mut lines = vec![aligned(first, widths)];
    // Where the next cell begins in the first line.
    let mut end = if beside == 0 { 0 } else { widths[..beside].iter().map(|width| width + GAP).sum() };
    for part in rest.iter().filter(|cell| !cell.is_empty()).flat_map(|cell| folded(cell, (columns - indent).max(1))) {
        match lines.last_mut() {
            Some(line) if end + part.width() <= columns => {
                line.extend(std::iter::repeat_n(' ', end - line.width()));
                line.push_str(&part);
                end = line.width() + GAP;
            }
            _ => {
                end = indent + part.width() + GAP;
                lines.push(format!("{:indent$}{part}", ""));
            }
        }
    }
    lines.retain(|line| !line.is_empty());
    lines
}

/// A line that begins with so many columns of other text and goes on with this one, within a window.
pub(super) fn continued(begin: &str, width: usize, text: &str, columns: usize) -> String {
    let room = columns.saturating_sub(width);
    if text.width() <= room {
        return format!("{begin}{text}\n");
    }
    let (mut lines, indent, room) = if room >= NARROWEST {
        (String::new(), width, room)
    } else {
        (format!("{}\n", begin.trim_end()), GAP, columns.saturating_sub(GAP).max(1))
    };
    for (index, part) in folded(text, room).iter().enumerate() {
        if index == 0 && lines.is_empty() {
            lines.push_str(begin);
        } else {
            lines.push_str(&" ".repeat(indent));
        }
        lines.push_str(part);
        lines.push('\n');
    }
    lines
}

/// A text in parts of at most so many columns, between words where there are some.
fn folded(text: &str, columns: usize) -> Vec<String> {
    let mut parts = Vec::new();
    let mut rest = text;
    loop {
        let mut width = 0;
        let past = rest.char_indices().find(|(_, character)| {
            width += character.width().unwrap_or_default();
            width > columns
        });
        let Some((past, character)) = past else {
            parts.push(rest.to_owned());
            return parts;
        };
        // A part has at least one character.
        let past = if past == 0 { character.len_utf8() } else { past };
        let is_between_words = rest[past..].starts_with(' ');
        let end = rest[..past].rfind(' ').filter(|end| *end > 0 && !is_between_words).unwrap_or(past);
        parts.push(rest[..end].to_owned());
        rest = rest[end..].trim_start_matches(' ');
        if rest.is_empty() {
            return parts;
        }
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

    fn table(rows: &[&[&str]]) -> Columns {
        let mut columns = Columns::default();
        for row in rows {
            columns.row(row.iter().copied());
        }
        columns
    }

    #[test]
    fn in_a_narrow_window_the_last_column_goes_on_below_itself() {
        let rows = table(&[&["1", "reply", "answers the requests of all lamps"], &["2", "record", "short"]]);
        let lines = rows.lines_within(37, Stream::PIPE);
        assert_eq!(lines, ["1  reply   answers the requests of", "           all lamps", "2  record  short"]);
        assert_eq!(rows.lines_within(80, Stream::PIPE), rows.lines(Stream::PIPE).collect::<Vec<_>>());
    }

    #[test]
    fn in_a_narrower_one_cells_that_do_not_fit_are_below_the_others() {
        let rows = table(&[
            &["*", "localhost:1883", "connected", "mqtt://localhost:1883", "1 filter"],
            &[" ", "b", "", "x", "2 filters"],
        ]);
        let lines = rows.lines_within(28, Stream::PIPE);
        assert_eq!(
            lines,
            ["*  localhost:1883  connected", "  mqtt://localhost:1883", "  1 filter", "   b", "  x  2 filters",]
        );
        for columns in 1..60 {
            let lines = rows.lines_within(columns, Stream::PIPE);
            assert!(lines.iter().all(|line| line.width() <= columns.max(2)), "{columns}: {lines:?}");
        }
        let counts = table(&[&["messages", "per s", "topic"], &["2", "0.3", "car/1/speed"]]);
        assert_eq!(counts.lines_within(22, Stream::PIPE), ["messages  per s  topic", "2         0.3", "  car/1/speed"]);
    }

    #[test]
    fn a_text_goes_on_below_where_it_began_or_in_lines_of_its_own() {
        assert_eq!(continued("qos1  yes  ", 11, "at once", 40), "qos1  yes  at once\n");
        let text = "100 messages shared by two members";
        assert_eq!(
            continued("qos1  yes  ", 11, text, 40),
            "qos1  yes  100 messages shared by two\n           members\n"
        );
        assert_eq!(continued("qos1  yes  ", 11, text, 30), "qos1  yes\n  100 messages shared by two\n  members\n");
    }

    #[test]
    fn a_word_that_is_too_long_is_cut_by_its_width() {
        assert_eq!(folded("汽车/开空调", 5), ["汽车/", "开空", "调"]);
        assert_eq!((folded("", 3), folded("ab cd ", 5)), (vec![String::new()], vec!["ab cd".to_owned()]));
    }
}
