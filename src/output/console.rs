use std::io::{self, Write};
use std::sync::{Mutex, PoisonError};

/// Takes lines while somebody types another: draws them above it.
pub trait AboveLine: Send {
    /// Draws whole lines, each with its end.
    fn print(&mut self, lines: String) -> io::Result<()>;
}

/// Where `repl` prints: stdout and stderr, or both above the line that is being typed.
#[derive(Clone, Copy, Default)]
pub struct Console(Option<&'static Mutex<Box<dyn AboveLine>>>);

impl Console {
    /// Prints above a line that is being typed. It lasts as long as the process, as what is talked about does.
    pub fn above(line: Box<dyn AboveLine>) -> Self {
        Self(Some(Box::leak(Box::new(Mutex::new(line)))))
    }

    /// Draws lines above the one that is being typed, if one is: `None` otherwise.
    fn draw(self, lines: &[u8]) -> Option<io::Result<()>> {
        let line = self.0?;
        let text = String::from_utf8_lossy(lines).into_owned();
        Some(line.lock().unwrap_or_else(PoisonError::into_inner).print(text))
    }

    /// What goes to stderr where nothing is typed.
    pub(super) fn say(self, lines: &[u8]) {
        // One write, so that lines of several processes on one terminal do not mix. That stderr cannot be written is
        // never an error.
        _ = self.draw(lines).unwrap_or_else(|| io::stderr().lock().write_all(lines));
    }
}

impl Write for Console {
    /// Callers write whole lines.
    fn write(&mut self, lines: &[u8]) -> io::Result<usize> {
        match self.draw(lines) {
            Some(drawn) => drawn.map(|()| lines.len()),
            None => io::stdout().write(lines),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.0.is_some() { Ok(()) } else { io::stdout().flush() }
    }
}

impl std::fmt::Debug for Console {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Console").field(&self.0.is_some()).finish()
    }
}
