//! What has to be drawn above the line that is being typed.
//!
//! One queue for all of it, in order. While a line is edited, the editor draws it when it draws the prompt; when the line
//! is done, what is left goes before whatever is printed next. rustyline's own printer would keep what it was given until
//! the next line is edited, behind what the command between them prints.

use std::sync::mpsc;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::output::AboveLine;

/// Lines that wait to be drawn.
#[derive(Debug, Clone, Default)]
pub(super) struct Waiting(Arc<Mutex<Queue>>);

#[derive(Debug, Default)]
struct Queue {
    lines: String,
    /// A line is being typed, as far as anybody on this side knows.
    is_editing: bool,
    /// The editor has drawn it: it has the terminal, in the mode that it needs.
    is_drawn: bool,
    /// Nothing is drawn at present.
    is_held: bool,
}

impl Waiting {
    /// A line is asked for, or is done.
    pub(super) fn set_editing(&self, is_editing: bool) {
        let mut held = self.held();
        (held.is_editing, held.is_drawn) = (is_editing, false);
    }

    /// The prompt is on the screen.
    pub(super) fn set_drawn(&self) {
        let mut held = self.held();
        held.is_drawn = held.is_editing;
    }

    /// Whether the editor has the terminal.
    pub(super) fn is_drawn(&self) -> bool {
        self.held().is_drawn
    }

    /// Takes the lines, to draw or to print them.
    pub(super) fn take(&self) -> String {
        std::mem::take(&mut self.held().lines)
    }

    fn held(&self) -> MutexGuard<'_, Queue> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Prints above the line.
pub(super) struct Above {
    pub(super) waiting: Waiting,
    /// Asks the editor to draw; `None`: it cannot, the terminal being one that only writes lines.
    pub(super) draw: Option<mpsc::Sender<()>>,
}

impl AboveLine for Above {
    fn hold(&mut self, is_held: bool) {
        self.waiting.held().is_held = is_held;
    }

    fn print(&mut self, lines: String) -> Option<String> {
        let mut held = self.waiting.held();
        if held.is_held {
            held.lines.push_str(&lines);
            return None;
        }
        let Some(draw) = &self.draw else {
            // Behind the prompt, which cannot be drawn again.
            let newline = if std::mem::take(&mut held.is_drawn) { "\n" } else { "" };
            return Some(format!("{newline}{lines}"));
        };
        if !held.is_editing {
            return Some(std::mem::take(&mut held.lines) + &lines);
        }
        let is_first = held.lines.is_empty();
        held.lines.push_str(&lines);
        if is_first {
            // The thread ends with the program only.
            _ = draw.send(());
        }
        None
    }
}
