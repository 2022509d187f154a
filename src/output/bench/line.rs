//! The terminal of the progress line.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};

use console::Term;
use indicatif::{ProgressDrawTarget, TermLike};

/// Stderr without the spaces that indicatif fills each line with: the cursor stays after the text of the last one, so that
/// the `^C` that a terminal echoes does not fall on the next line, which would then be cleared in place of this one.
#[derive(Debug)]
struct Unfilled {
    term: Term,
    /// A line was to be filled: the next text begins a new one.
    is_line_over: AtomicBool,
}

/// Columns and rows of the terminal.
pub(super) fn size() -> (usize, usize) {
    let (rows, columns) = Term::stderr().size();
    (columns.into(), rows.into())
}

/// Where the progress line is drawn, at most ten times a second.
pub(super) fn target() -> ProgressDrawTarget {
    let unfilled = Unfilled { term: Term::stderr(), is_line_over: AtomicBool::new(false) };
    ProgressDrawTarget::term_like_with_hz(Box::new(unfilled), 10)
}

impl TermLike for Unfilled {
    fn width(&self) -> u16 {
        TermLike::width(&self.term)
    }

    fn height(&self) -> u16 {
        TermLike::height(&self.term)
    }

    fn move_cursor_up(&self, lines: usize) -> io::Result<()> {
        self.term.move_cursor_up(lines)
    }

    fn move_cursor_down(&self, lines: usize) -> io::Result<()> {
        self.term.move_cursor_down(lines)
    }

    fn move_cursor_right(&self, columns: usize) -> io::Result<()> {
        self.term.move_cursor_right(columns)
    }

    fn move_cursor_left(&self, columns: usize) -> io::Result<()> {
        self.term.move_cursor_left(columns)
    }

    fn write_line(&self, text: &str) -> io::Result<()> {
        self.term.write_line(text)
    }

    fn write_str(&self, text: &str) -> io::Result<()> {
        if text.bytes().all(|byte| byte == b' ') {
            self.is_line_over.store(true, Ordering::Relaxed);
            return Ok(());
        }
        if self.is_line_over.swap(false, Ordering::Relaxed) {
            self.term.write_line("")?;
        }
        self.term.write_str(text)
    }

    fn clear_line(&self) -> io::Result<()> {
        self.term.clear_line()
    }

    fn flush(&self) -> io::Result<()> {
        self.is_line_over.store(false, Ordering::Relaxed);
        self.term.flush()
    }
}
