//! The terminal of the progress line.

use std::io;

use console::Term;
use indicatif::{ProgressDrawTarget, TermLike};

/// Stderr without the spaces that indicatif fills a line with: the cursor stays after the text, so that the `^C` that
/// a terminal echoes does not fall on the next line, which would then be cleared in place of this one.
#[derive(Debug)]
struct Unfilled(Term);

/// Columns and rows of the terminal.
pub(super) fn size() -> (usize, usize) {
    let (rows, columns) = Term::stderr().size();
    (columns.into(), rows.into())
}

/// Where the progress line is drawn, at most ten times a second.
pub(super) fn target() -> ProgressDrawTarget {
    ProgressDrawTarget::term_like_with_hz(Box::new(Unfilled(Term::stderr())), 10)
}

impl TermLike for Unfilled {
    fn width(&self) -> u16 {
        TermLike::width(&self.0)
    }

    fn height(&self) -> u16 {
        TermLike::height(&self.0)
    }

    fn move_cursor_up(&self, lines: usize) -> io::Result<()> {
        self.0.move_cursor_up(lines)
    }

    fn move_cursor_down(&self, lines: usize) -> io::Result<()> {
        self.0.move_cursor_down(lines)
    }

    fn move_cursor_right(&self, columns: usize) -> io::Result<()> {
        self.0.move_cursor_right(columns)
    }

    fn move_cursor_left(&self, columns: usize) -> io::Result<()> {
        self.0.move_cursor_left(columns)
    }

    fn write_line(&self, text: &str) -> io::Result<()> {
        self.0.write_line(text)
    }

    fn write_str(&self, text: &str) -> io::Result<()> {
        if text.bytes().all(|byte| byte == b' ') { Ok(()) } else { self.0.write_str(text) }
    }

    fn clear_line(&self) -> io::Result<()> {
        self.0.clear_line()
    }

    fn flush(&self) -> io::Result<()> {
        self.0.flush()
    }
}
