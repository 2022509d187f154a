use super::Stream;

/// Rows of text in columns that align by display width, so that wide characters do not shift them.
#[derive(Debug, Default)]
pub struct Columns {
    rows: Vec<Vec<String>>,
}

impl Columns {
    /// Adds a row.
    pub fn row(&mut self, cells: impl IntoIterator<Item = impl Into<String>>) {
        self.rows.push(cells.into_iter().map(Into::into).collect());
    }

    /// Appends the rows, two spaces between columns and none at the end of a line, safe for `stream`.
    pub fn write(&self, _stream: Stream, _out: &mut Vec<u8>) {
        unimplemented!()
    }
}
