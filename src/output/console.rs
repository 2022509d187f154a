use std::borrow::Cow;
use std::io::{self, Write};
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use super::tee::Tee;

/// Takes lines while another is being typed, and draws them above it.
pub trait AboveLine: Send {
    /// Keeps lines while something else has the whole screen.
    fn hold(&mut self, is_held: bool);

    /// Draws whole lines, each with its end; if no line is being typed, returns what is to be printed instead.
    fn print(&mut self, lines: String) -> Option<String>;
}

/// Where `repl` prints: stdout and stderr, or both above the line that is being typed.
#[derive(Clone, Copy, Default)]
pub struct Console {
    line: Option<&'static Mutex<Box<dyn AboveLine>>>,
    is_nowhere: bool,
    tee: Option<&'static Tee>,
}

impl Console {
    /// Prints above a line that is being typed. It lives as long as the process.
    pub fn above(line: Box<dyn AboveLine>) -> Self {
        Self { line: Some(Box::leak(Box::new(Mutex::new(line)))), ..Self::default() }
    }

    /// One whose lines can go to a file too. It lasts as long as the process.
    #[must_use]
    pub(crate) fn with_tee(self) -> Self {
        Self { tee: Some(Box::leak(Box::default())), ..self }
    }

    /// Appends to a file what is printed from now on, or no longer does.
    pub(crate) fn tee(self, path: Option<&Path>) -> io::Result<()> {
        self.tee.map_or(Ok(()), |tee| tee.set(path))
    }

    /// Appends lines to that file, and prints nothing.
    pub(crate) fn note(self, lines: &str) {
        if let Some(tee) = self.tee {
            tee.append(lines.as_bytes());
        }
    }

    /// Draws lines above the one that is being typed, if any; returns what is left to print.
    fn draw(self, lines: &[u8]) -> Option<Cow<'_, [u8]>> {
        if self.is_nowhere {
            return None;
        }
        if let Some(tee) = self.tee {
            tee.append(lines);
        }
        let Some(line) = self.line else { return Some(Cow::Borrowed(lines)) };
        let text = String::from_utf8_lossy(lines).into_owned();
        let left = line.lock().unwrap_or_else(PoisonError::into_inner).print(text)?;
        Some(Cow::Owned(left.into_bytes()))
    }

    /// Writes directly to the terminal, whatever is being typed.
    pub(crate) fn settle(text: &str) {
        if !text.is_empty() {
            let mut out = io::stdout().lock();
            // The terminal may be gone.
            _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
        }
    }

    /// Keeps what is printed until later, if there is a line editor to show it then.
    pub(crate) fn hold(self, is_held: bool) {
        if let Some(line) = self.line {
            line.lock().unwrap_or_else(PoisonError::into_inner).hold(is_held);
        }
    }

    /// Accepts everything and prints nothing, for output that only goes to a file.
    pub(crate) fn nowhere() -> Self {
        Self { is_nowhere: true, ..Self::default() }
    }

    /// Writes to stderr if no line is being typed.
    pub(super) fn say(self, lines: &[u8]) {
        // One write, so that lines of several processes on one terminal do not mix. That stderr cannot be written is
        // never an error.
        if let Some(left) = self.draw(lines) {
            _ = io::stderr().lock().write_all(&left);
        }
    }
}

impl Write for Console {
    /// Callers write whole lines.
    fn write(&mut self, lines: &[u8]) -> io::Result<usize> {
        if let Some(left) = self.draw(lines) {
            io::stdout().write_all(&left)?;
        }
        Ok(lines.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stdout().flush()
    }
}

impl std::fmt::Debug for Console {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Console").field("is_above", &self.line.is_some()).finish_non_exhaustive()
    }
}
