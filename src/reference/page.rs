//! What a page is made of.

/// A page: its file, its title, what it is about, and its text.
pub(super) struct Page {
    pub(super) file: &'static str,
    pub(super) title: &'static str,
    pub(super) about: &'static str,
    pub(super) text: String,
}

/// A table of Markdown; a bar would end its cell.
pub(super) fn table(head: &[&str], rows: Vec<Vec<String>>) -> String {
    let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
    let escaped = |cell: String| cell.replace('|', r"\|").replace('\n', " ");
    let mut text = line(&head.iter().map(ToString::to_string).collect::<Vec<_>>());
    text.extend([format!("|{}\n", "---|".repeat(head.len()))]);
    for row in rows {
        text.push_str(&line(&row.into_iter().map(escaped).collect::<Vec<_>>()));
    }
    text
}

pub(super) fn code(text: impl std::fmt::Display) -> String {
    format!("`{text}`")
}
