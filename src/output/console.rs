use std::io::{self, Write};
use std::sync::{Mutex, PoisonError};

/// Takes lines while somebody types another: draws them above it.
pub trait AboveLine: Send {
    /// Draws whole lines, each with its end; gives them back if nobody is typing.
    fn print(&mut self, lines: String) -> Option<String>;
}

/// Where `repl` prints: stdout and stderr, or both above the line that is being typed.
#[derive(Clone, Copy, Default)]
pub struct Console(Option<&'static Mutex<Box<dyn AboveLine>>>);

impl Console {
    /// Prints above a line that is being typed. It lasts as long as the process, as what is talked about does.
    pub fn above(line: Box<dyn AboveLine>) -> Self {
        Self(Some(Box::leak(Box::new(Mutex::new(line)))))
    }

    /// Draws lines above the one that is being typed, if one is.
    fn draw(self, lines: &[u8]) -> bool {
        let Some(line) = self.0 else { return false };
        let text = String::from_utf8_lossy(lines).into_owned();
        line.lock().unwrap_or_else(PoisonError::into_inner).print(text).is_none()
    }

    /// What goes to stderr where nothing is typed.
    pub(super) fn say(self, lines: &[u8]) {
        // One write, so that lines of several processes on one terminal do not mix. That stderr cannot be written is
        // never an error.
        if !self.draw(lines) {
            _ = io::stderr().lock().write_all(lines);
        }
    }
}

impl Write for Console {
    /// Callers write whole lines.
    fn write(&mut self, lines: &[u8]) -> io::Result<usize> {
        if self.draw(lines) { Ok(lines.len()) } else { io::stdout().write(lines) }
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stdout().flush()
    }
}

impl std::fmt::Debug for Console {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Console").field(&self.0.is_some()).finish()
    }
}
