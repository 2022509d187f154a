//! Text in lines of limited width: headings, paragraphs, rows of two columns, commands to copy.

use clap::builder::StyledStr;
use clap::builder::styling::{AnsiColor, Style};

const HEADING: Style = Style::new().bold();
const LITERAL: Style = AnsiColor::Cyan.on_default();

/// The widest left column of rows whose right column begins on the same line.
const LEFT: usize = 38;

/// Where the right column begins if it has no row beside a left one.
const DEEPER: usize = 10;

/// The narrowest right column.
const LEAST_RIGHT: usize = 24;

/// A page that is being written.
#[derive(Debug)]
pub(super) struct Layout {
    text: String,
    columns: usize,
}

impl Layout {
    pub(super) fn new(columns: usize) -> Self {
        Self { text: String::new(), columns: columns.clamp(40, 100) }
    }

    pub(super) fn finish(self) -> StyledStr {
        StyledStr::from(self.text)
    }

    /// An empty line, unless the page is empty or ends with one.
    pub(super) fn gap(&mut self) {
        if !self.text.is_empty() && !self.text.ends_with("\n\n") {
            self.text.push('\n');
        }
    }

    pub(super) fn heading(&mut self, text: &str) {
        self.gap();
        self.styled(HEADING, &format!("{text}:"));
        self.text.push('\n');
    }

    /// `Usage: mqttx-rs pub ...`
    pub(super) fn labelled(&mut self, label: &str, text: &str) {
        self.gap();
        self.styled(HEADING, &format!("{label}: "));
        self.hanging(text, label.len() + 2, label.len() + 2);
    }

    /// A paragraph, wrapped.
    pub(super) fn paragraph(&mut self, text: &str) {
        self.hanging(text, 0, 0);
    }

    /// Rows of an option, or the like, and its meaning.
    pub(super) fn rows(&mut self, rows: &[(String, String)]) {
        let widths = rows.iter().map(|(left, _)| left.chars().count());
        // In a narrow window the right column needs the room more.
        let most = LEFT.min(self.columns.saturating_sub(LEAST_RIGHT + 4));
        let left_width = widths.filter(|width| *width <= most).max().unwrap_or_default();
        for (left, right) in rows {
            self.text.push_str("  ");
            self.option(left);
            let indent = if left_width == 0 { DEEPER } else { left_width + 4 };
            let width = left.chars().count();
            if width > left_width {
                self.text.push('\n');
                self.spaces(indent);
            } else {
                self.spaces(indent - 2 - width);
            }
            self.hanging(right, indent, indent);
        }
    }

    /// Text as it is written in this program: paragraphs, headings that end with a colon, rows and tables that are
    /// indented, and commands below `Examples:`.
    pub(super) fn prose(&mut self, text: &str) {
        let mut paragraph = String::new();
        let mut in_examples = false;
        for line in text.lines() {
            let is_verbatim = line.starts_with("  ") || line.trim_end().contains("  ");
            let is_heading = line.ends_with(':') && line.len() < 40 && paragraph.is_empty() && !is_verbatim;
            if (is_verbatim || is_heading || line.is_empty()) && !paragraph.is_empty() {
                self.paragraph(&std::mem::take(&mut paragraph));
            }
            if is_heading {
                in_examples = line == "Examples:";
                self.heading(line.trim_end_matches(':'));
            } else if line.is_empty() {
                self.gap();
            } else if is_verbatim && in_examples {
                self.command(line);
            } else if is_verbatim {
                self.row(line);
            } else {
                if !paragraph.is_empty() {
                    paragraph.push(' ');
                }
                paragraph.push_str(line);
            }
        }
        if !paragraph.is_empty() {
            self.paragraph(&paragraph);
        }
    }

    /// A line of a table in a text; if it has two columns, the right one is wrapped.
    fn row(&mut self, line: &str) {
        let indent = line.len() - line.trim_start().len();
        let split = line[indent..].find("  ").map(|at| indent + at);
        let Some(at) = split else {
            self.text.push_str(line);
            self.text.push('\n');
            return;
        };
        let (left, right) = line.split_at(at);
        let begin = left.len() + right.len() - right.trim_start().len();
        let right = right.trim_start();
        self.text.push_str(left);
        self.spaces(begin - left.len());
        if right.contains("  ") {
            self.text.push_str(right);
            self.text.push('\n');
        } else {
            self.hanging(right, begin, begin);
        }
    }

    /// A command to copy, continued as a shell continues it.
    fn command(&mut self, line: &str) {
        let text = line.trim_start();
        let mut column = line.len() - text.len();
        self.spaces(column);
        let words = units_of_shell(text);
        let rests = |from: usize| words[from..].iter().map(|word| word.chars().count() + 1).sum::<usize>() - 1;
        for (index, word) in words.iter().enumerate() {
            let width = word.chars().count();
            let is_last = index + 1 == words.len();
            if index > 0 {
                let fits = column + 1 + width + if is_last { 0 } else { 2 } <= self.columns;
                if fits || column + 1 + rests(index) <= self.columns {
                    self.text.push(' ');
                    column += 1;
                } else {
                    self.text.push_str(" \\\n      ");
                    column = 6;
                }
            }
            self.text.push_str(word);
            column += width;
        }
        self.text.push('\n');
    }

    /// An option in colour, its value without.
    fn option(&mut self, text: &str) {
        let value = text.find([' ', '[', '=']).filter(|_| text.starts_with('-'));
        let value = value.map(|_| text.find(['<', '[']).unwrap_or(text.len()));
        let (name, value) = text.split_at(value.unwrap_or(text.len()));
        self.styled(LITERAL, name);
        self.text.push_str(value);
    }

    /// Words in lines; the first begins in this column, the others in another.
    fn hanging(&mut self, text: &str, begin: usize, indent: usize) {
        let mut column = begin;
        let mut is_first = true;
        for word in text.split(' ').filter(|word| !word.is_empty()) {
            let width = word.chars().count();
            if !is_first && column + 1 + width > self.columns {
                self.text.push('\n');
                self.spaces(indent);
                column = indent;
            } else if !is_first {
                self.text.push(' ');
                column += 1;
            }
            self.text.push_str(word);
            column += width;
            is_first = false;
        }
        self.text.push('\n');
    }

    fn styled(&mut self, style: Style, text: &str) {
        use std::fmt::Write;
        // Writing to a string does not fail.
        let _ = write!(self.text, "{style}{text}{style:#}");
    }

    fn spaces(&mut self, count: usize) {
        self.text.extend(std::iter::repeat_n(' ', count));
    }
}

/// The parts of a command that stay on a line: options with their values.
fn units_of_shell(text: &str) -> Vec<String> {
    let mut units: Vec<String> = Vec::new();
    for word in words_of_shell(text) {
        match units.last_mut() {
            Some(unit) if !word.starts_with(['-', '|', '>']) => {
                unit.push(' ');
                unit.push_str(word);
            }
            _ => units.push(word.to_owned()),
        }
    }
    units
}

/// The parts of a command between spaces that are not quoted.
fn words_of_shell(text: &str) -> Vec<&str> {
    let (mut words, mut begin, mut quote) = (Vec::new(), 0, None);
    for (at, character) in text.char_indices() {
        match (character, quote) {
            ('\'' | '"', None) => quote = Some(character),
            (character, Some(open)) if character == open => quote = None,
            (' ', None) => {
                words.push(&text[begin..at]);
                begin = at + 1;
            }
            _ => {}
        }
    }
    words.push(&text[begin..]);
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(text: &str) -> String {
        let mut layout = Layout::new(40);
        layout.prose(text);
        layout.finish().to_string()
    }

    #[test]
    fn paragraphs_are_wrapped_and_rows_hang() {
        let text = "One paragraph in two\nlines of the source, wrapped anew.\n\n  a  the meaning of a, in more than one line\n";
        assert_eq!(
            page(text),
            "One paragraph in two lines of the\nsource, wrapped anew.\n\n  a  the meaning of a, in more than one\n     line\n"
        );
    }

    #[test]
    fn in_a_narrow_window_long_names_have_lines_of_their_own() {
        let rows =
            [("-q <QOS>".to_owned(), "Quality".to_owned()), ("--match <REGEX>".to_owned(), "Only some".to_owned())];
        let mut layout = Layout::new(40);
        layout.rows(&rows);
        layout.rows(&rows[1..]);
        let text = layout.finish().to_string();
        assert_eq!(
            text,
            "  -q <QOS>  Quality\n  --match <REGEX>\n            Only some\n  --match <REGEX>\n          Only some\n"
        );
    }

    #[test]
    fn a_long_command_is_continued_between_words_of_the_shell() {
        let text = "Examples:\n  mqttx-rs pub -t a -m 'two words here' --repeat 60 -q 1";
        assert_eq!(
            page(text),
            "Examples:\n  mqttx-rs pub -t a \\\n      -m 'two words here' --repeat 60 \\\n      -q 1\n"
        );
    }

    #[test]
    fn only_options_and_headings_are_coloured() {
        let mut layout = Layout::new(80);
        layout.heading("Message");
        layout.rows(&[("-t, --topic <TOPIC>".to_owned(), "Topic".to_owned())]);
        let text = layout.finish().ansi().to_string();
        assert!(text.contains("\u{1b}[36m-t, --topic \u{1b}[0m<TOPIC>  Topic\n"), "{text:?}");
    }
}
