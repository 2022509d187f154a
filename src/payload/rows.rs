//! Rows of a CSV file, or lines, for clients or messages in turn: a million of them, held once.

use std::fmt;

/// The rows, and which client has which.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Rows {
    columns: Vec<String>,
    /// The whole text, quotes taken away in place.
    text: Vec<u8>,
    /// Where each field begins and ends, row by row.
    fields: Vec<(u32, u32)>,
    /// Which row the client of a number has; empty: the row of the same number.
    shuffled: Vec<u32>,
}

/// What is wrong with a file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {what}")]
pub(crate) struct InvalidRows {
    line: usize,
    what: String,
}

impl Rows {
    /// Reads a text whose first line has the names of the columns, each of which can be a placeholder.
    pub(crate) fn parse(text: Vec<u8>) -> Result<Self, InvalidRows> {
        let rows = Self::parse_any(text)?;
        for (place, name) in rows.columns.iter().enumerate() {
            let is_name = name.len() > 1
                && name.starts_with(|first: char| first.is_ascii_lowercase())
                && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
            if !is_name {
                let what = "is not a column name: use two or more of a-z, 0-9 and _, for example client_id";
                return Err(invalid(1, &format!("`{name}` {what}")));
            }
            if rows.columns[..place].contains(name) {
                return Err(invalid(1, &format!("two columns are named `{name}`")));
            }
        }
        Ok(rows)
    }

    /// Reads a text whose first line has the names of the columns, as RFC 4180 has it.
    pub(crate) fn parse_any(mut text: Vec<u8>) -> Result<Self, InvalidRows> {
        check(&text)?;
        let begin = if text.starts_with(b"\xEF\xBB\xBF") { 3 } else { 0 };
        let (mut fields, mut columns) = (Vec::new(), Vec::new());
        let (mut at, mut line) = (begin, 1);
        while at < text.len() {
            let first = fields.len();
            let row_line = line;
            loop {
                let (field, next) =
                    field(&mut text, at, &mut line).map_err(|what| InvalidRows { line: row_line, what })?;
                fields.push(field);
                let ends_row = text.get(next) != Some(&b',');
                at = next + 1;
                if ends_row {
                    break;
                }
            }
            line += 1;
            let count = fields.len() - first;
            if columns.is_empty() {
                columns = fields.drain(..).map(|field| slice(&text, field).trim().to_owned()).collect();
            } else if count == 1 && fields[first].0 == fields[first].1 {
                // An empty line, for example the last.
                fields.truncate(first);
            } else if count != columns.len() {
                let what = format!("{count} fields, but the first line names {}", columns.len());
                return Err(InvalidRows { line: row_line, what });
            }
        }
        if columns.is_empty() {
            return Err(invalid(1, "the first line must name the columns"));
        }
        if fields.is_empty() {
            return Err(invalid(1, "there are no rows after the column names"));
        }
        Ok(Self { columns, text, fields, shuffled: Vec::new() })
    }

    /// The lines of a text, as rows of one column.
    pub(crate) fn lines(text: Vec<u8>) -> Result<Self, InvalidRows> {
        check(&text)?;
        let mut fields = Vec::new();
        let mut begin = if text.starts_with(b"\xEF\xBB\xBF") { 3 } else { 0 };
        for line in text[begin..].split_inclusive(|byte| *byte == b'\n') {
            let length = line.strip_suffix(b"\n").map_or(line, |line| line.strip_suffix(b"\r").unwrap_or(line)).len();
            fields.push(place(begin, begin + length));
            begin += line.len();
        }
        if fields.is_empty() {
            return Err(invalid(1, "the file is empty"));
        }
        Ok(Self { columns: vec!["line".to_owned()], text, fields, shuffled: Vec::new() })
    }

    /// The same rows in a random order.
    #[must_use]
    pub(crate) fn shuffled(mut self, random: &mut fastrand::Rng) -> Self {
        self.shuffled = (0..u32::try_from(self.len()).unwrap_or(u32::MAX)).collect();
        random.shuffle(&mut self.shuffled);
        self
    }

    /// How many rows there are.
    pub(crate) fn len(&self) -> usize {
        self.fields.len() / self.columns.len().max(1)
    }

    /// The names of the columns.
    pub(crate) fn columns(&self) -> &[String] {
        &self.columns
    }

    /// The place of a column.
    pub(crate) fn column(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|column| column == name)
    }

    /// The row of a client, by its number; from the first again when there are more clients.
    pub(crate) fn of_client(&self, number: u64) -> usize {
        let row = usize::try_from(number % self.len().max(1) as u64).unwrap_or_default();
        self.shuffled.get(row).map_or(row, |row| *row as usize)
    }

    /// A field.
    pub(crate) fn get(&self, row: usize, column: usize) -> &str {
        let field = self.fields.get(row * self.columns.len() + column);
        field.map_or("", |field| slice(&self.text, *field))
    }
}

fn invalid(line: usize, what: &str) -> InvalidRows {
    InvalidRows { line, what: what.to_owned() }
}

fn check(text: &[u8]) -> Result<(), InvalidRows> {
    if u32::try_from(text.len()).is_err() {
        return Err(invalid(1, "the file is larger than 4 GB"));
    }
    std::str::from_utf8(text).map(drop).map_err(|_| invalid(1, "the file is not UTF-8"))
}

#[expect(clippy::cast_possible_truncation, reason = "a text is no longer than that")]
const fn place(begin: usize, end: usize) -> (u32, u32) {
    (begin as u32, end as u32)
}

/// Reads the field that begins at a place: where it is, and where what ends it is.
fn field(text: &mut [u8], begin: usize, line: &mut usize) -> Result<((u32, u32), usize), String> {
    if text.get(begin) != Some(&b'"') {
        let length = text[begin..].iter().position(|byte| matches!(byte, b',' | b'\n'));
        let next = length.map_or(text.len(), |length| begin + length);
        let end =
            if next > begin && text.get(next) != Some(&b',') && text[next - 1] == b'\r' { next - 1 } else { next };
        return Ok((place(begin, end), next));
    }
    // A doubled quote is one: what follows moves to the left.
    let (mut from, mut to) = (begin + 1, begin + 1);
    loop {
        match text.get(from) {
            None => return Err("a quote is not closed".to_owned()),
            Some(b'"') if text.get(from + 1) == Some(&b'"') => from += 1,
            Some(b'"') => break,
            Some(b'\n') => *line += 1,
            Some(_) => {}
        }
        text[to] = text[from];
        (from, to) = (from + 1, to + 1);
    }
    let mut next = from + 1;
    if text.get(next) == Some(&b'\r') {
        next += 1;
    }
    match text.get(next) {
        None | Some(b',' | b'\n') => Ok((place(begin + 1, to), next)),
        Some(_) => Err("unexpected text after a closing quote".to_owned()),
    }
}

fn slice(text: &[u8], (begin, end): (u32, u32)) -> &str {
    // The whole is UTF-8, and fields end at characters of one byte.
    text.get(begin as usize..end as usize).and_then(|field| std::str::from_utf8(field).ok()).unwrap_or_default()
}

impl fmt::Debug for Rows {
    /// Without what may be passwords.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rows").field("columns", &self.columns).field("rows", &self.len()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(text: &str) -> Result<Vec<Vec<String>>, String> {
        let rows = Rows::parse(text.as_bytes().to_vec()).map_err(|error| error.to_string())?;
        let row = |row: usize| (0..rows.columns().len()).map(|column| rows.get(row, column).to_owned()).collect();
        Ok((0..rows.len()).map(row).collect())
    }

    #[test]
    fn fields_are_read_with_and_without_quotes() {
        for (text, expected) in [
            ("aa,bb\n1,2\n3,4", vec![["1", "2"], ["3", "4"]]),
            ("aa,bb\r\n1,2\r\n", vec![["1", "2"]]),
            ("\u{feff}aa,bb\n\"1,\"\"x\"\"\n2\",\"\"\n,y\n", vec![["1,\"x\"\n2", ""], ["", "y"]]),
            ("aa,bb\n1,2\n\n", vec![["1", "2"]]),
        ] {
            assert_eq!(rows(text).unwrap(), expected, "{text}");
        }
    }

    #[test]
    fn lines_are_rows_of_one_column() {
        for (text, expected) in
            [("a\nb\n", vec!["a", "b"]), ("\u{feff}a,\"x\r\n\r\nb", vec!["a,\"x", "", "b"]), ("\n", vec![""])]
        {
            let rows = Rows::lines(text.as_bytes().to_vec()).unwrap();
            assert_eq!((0..rows.len()).map(|row| rows.get(row, 0)).collect::<Vec<_>>(), expected, "{text}");
        }
        assert_eq!(Rows::lines(Vec::new()).unwrap_err().to_string(), "line 1: the file is empty");
    }

    #[test]
    fn what_is_wrong_is_told_with_its_line() {
        for (text, fault) in [
            ("", "line 1: the first line must name the columns"),
            ("aa\n", "line 1: there are no rows"),
            ("aa,bb\n1,2\n3\n", "line 3: 1 fields, but the first line names 2"),
            ("aa,bb\n1,\"2\n", "line 2: a quote is not closed"),
            ("aa\n\"1\"x\n", "line 2: unexpected text after a closing quote"),
            ("aa,aa\n1,2", "line 1: two columns are named `aa`"),
            ("Site\n1", "line 1: `Site` is not a column name"),
        ] {
            let error = rows(text).unwrap_err();
            assert!(error.starts_with(fault), "{text}: {error}");
        }
    }

    #[test]
    fn each_row_is_given_once_before_any_again() {
        let rows = Rows::parse(b"id_\n0\n1\n2\n".to_vec()).unwrap();
        assert_eq!((0..4).map(|number| rows.of_client(number)).collect::<Vec<_>>(), [0, 1, 2, 0]);
        let shuffled = rows.shuffled(&mut fastrand::Rng::with_seed(1));
        let mut order: Vec<_> = (0..3).map(|number| shuffled.of_client(number)).collect();
        order.sort_unstable();
        assert_eq!(order, [0, 1, 2]);
        assert!(!format!("{shuffled:?}").contains("text"));
    }
}
