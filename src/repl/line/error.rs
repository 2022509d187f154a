use std::fmt;

use unicode_width::UnicodeWidthStr;

/// Why a line cannot be read, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LineError {
    /// The line of the text, from 1, where the text has several.
    line: Option<usize>,
    /// That line.
    text: String,
    /// Byte offset in it.
    at: usize,
    problem: Problem,
}

/// What is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Problem {
    Quote(char),
    Escape,
    Backslash,
    Heredoc(String),
    SecondHeredoc,
    NoDelimiter,
    SecondCommand,
    NoCommand,
    NoCommandBehindPipe,
    DoublePipe,
    Hash,
    Braces,
    Unset(String),
    UnsetInHeredoc(String),
    NoName(String),
    Reserved(String),
    Block,
}

impl LineError {
    pub(super) fn new(text: &str, at: usize, problem: Problem) -> Self {
        let at = at.min(text.len());
        let start = text[..at].rfind('\n').map_or(0, |newline| newline + 1);
        let line = &text[start..];
        let line = &line[..line.find('\n').unwrap_or(line.len())];
        let number = text[..at].matches('\n').count() + 1;
        let several = text.trim_end().contains('\n');
        Self { line: several.then_some(number), text: line.to_owned(), at: at - start, problem }
    }

    /// The column, in characters, from 1.
    pub(crate) fn column(&self) -> usize {
        self.text[..self.at].chars().count() + 1
    }

    /// The line and under it a caret at the place, aligned by display width.
    pub(crate) fn caret(&self) -> String {
        format!("{}\n{:before$}^", self.text, "", before = self.text[..self.at].width())
    }
}

impl fmt::Display for LineError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(line) = self.line {
            write!(f, "line {line}, ")?;
        }
        write!(f, "column {}: ", self.column())?;
        match &self.problem {
            Problem::Quote(quote) => write!(f, "the quote {quote} is not closed: end it with another {quote}"),
            Problem::Block => f.write_str(
                "not a block: write `repeat N { COMMAND }`, `if COMMAND { COMMAND } else { COMMAND }`, or a line for each \
                 command between `{` and a line `}`",
            ),
            Problem::Escape => {
                f.write_str(r"not an escape: $'..' supports \n \t \r \e \a \0 \\ \' \xHH (ASCII) and \u{HEX}")
            }
            Problem::Backslash => f.write_str("nothing follows the backslash: write \\\\ for the character itself"),
            Problem::Heredoc(delimiter) => {
                write!(f, "`<<{delimiter}` has no end: a line that is only {delimiter} ends it")
            }
            Problem::SecondHeredoc => f.write_str("a second `<<`: a command can have only one such text"),
            Problem::NoDelimiter => {
                f.write_str("`<<` needs a word to end the text, for example <<EOF; write '<<' for the characters")
            }
            Problem::SecondCommand => {
                f.write_str("a second command: write one per line, with a \\ at the end of a line that continues")
            }
            Problem::NoCommand => f.write_str("no command before `|`: write one, for example last | head"),
            Problem::NoCommandBehindPipe => {
                f.write_str("no command after `|`: write one, for example | head, or '|' for the character")
            }
            Problem::DoublePipe => f.write_str("`||` means nothing here: write '||' for the characters"),
            Problem::Hash => f.write_str(
                "`#` is a filter here, not a comment: write '#' for the filter; a comment needs its own line",
            ),
            Problem::Braces => {
                f.write_str("`${` needs a name and `}`, for example ${name}; write '${' for the characters")
            }
            Problem::Unset(name) => {
                write!(f, "no variable `{name}`: `var {name} VALUE` sets it; write '${name}' for the characters")
            }
            Problem::UnsetInHeredoc(name) => {
                write!(f, "no variable `{name}`: `var {name} VALUE` sets it; <<'EOF' takes the text literally")
            }
            Problem::NoName(name) => {
                write!(f, "`{name}` cannot name a variable: use letters, digits and _, and no digit at the start")
            }
            Problem::Reserved(name) => {
                write!(f, "`{name}` cannot name a variable: topics begin with ${name}/")
            }
        }
    }
}

impl std::error::Error for LineError {}
