//! What has to be drawn above the line that is being typed.
//!
//! One queue for all of it, in order. While a line is edited, the editor draws it when it draws the prompt; when the line
//! is done, what is left goes before whatever is printed next. rustyline's own printer would keep what it was given until
//! the next line is edited, behind what the command between them prints.

use std::sync::mpsc;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::output::AboveLine;
use crate::payload::plural;

/// The most bytes that wait: several screens of text. While `watch` has the screen nothing is drawn, however long that
/// lasts and however much jobs in the background print.
const MAXIMUM: usize = 256 << 10;

/// Lines that wait to be drawn.
#[derive(Debug, Clone, Default)]
pub(super) struct Waiting(Arc<Mutex<Queue>>);

#[derive(Debug, Default)]
struct Queue {
    lines: String,
    /// Lines that made room for later ones.
    dropped: u64,
    /// A line is being typed, as far as this side knows.
    is_editing: bool,
    /// The editor has drawn it: it has the terminal, in the mode that it needs.
    is_drawn: bool,
    /// Nothing is drawn at present.
    is_held: bool,
}

impl Queue {
    /// Adds whole lines.
    fn push(&mut self, lines: &str) {
        self.lines.push_str(lines);
        if self.lines.len() <= MAXIMUM {
            return;
        }
        // Half of them at once, so that a flood does not move the rest for each line.
        let least = self.lines.len() - MAXIMUM / 2;
        let newline = self.lines.as_bytes()[least..].iter().position(|byte| *byte == b'\n');
        let end = newline.map_or(self.lines.len(), |at| least + at + 1);
        self.dropped += self.lines.drain(..end).filter(|character| *character == '\n').count() as u64;
    }

    /// Takes all lines; the first says how many are missing before them.
    fn take(&mut self) -> String {
        let lines = std::mem::take(&mut self.lines);
        match std::mem::take(&mut self.dropped) {
            0 => lines,
            dropped => format!("... {} not shown\n{lines}", plural(dropped, "earlier line")),
        }
    }
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
        self.held().take()
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

/// Keeps what is printed while something else has the screen, where no line is ever typed.
#[derive(Debug, Default)]
pub(in crate::repl) struct Aside(Waiting);

impl Aside {
    /// Where to print.
    pub(in crate::repl) fn above(&self) -> Box<dyn AboveLine> {
        Box::new(Above { waiting: self.0.clone(), draw: None })
    }

    /// What was kept.
    pub(in crate::repl) fn left(&self) -> String {
        self.0.take()
    }
}

impl AboveLine for Above {
    fn hold(&mut self, is_held: bool) {
        self.waiting.held().is_held = is_held;
    }

    fn print(&mut self, lines: String) -> Option<String> {
        let mut held = self.waiting.held();
        if held.is_held {
            held.push(&lines);
            return None;
        }
        let Some(draw) = &self.draw else {
            // Behind the prompt, which cannot be drawn again.
            let newline = if std::mem::take(&mut held.is_drawn) { "\n" } else { "" };
            return Some(format!("{newline}{lines}"));
        };
        if !held.is_editing {
            return Some(held.take() + &lines);
        }
        let is_first = held.lines.is_empty();
        held.push(&lines);
        if is_first {
            // The thread ends with the program only.
            _ = draw.send(());
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_that_are_held_make_room_for_later_ones_and_are_counted() {
        let mut above = Above { waiting: Waiting::default(), draw: None };
        above.hold(true);
        let total = 100_000;
        for number in 0..total {
            assert_eq!(above.print(format!("line ä {number}\n")), None);
            assert!(above.waiting.held().lines.len() <= MAXIMUM);
        }
        let text = above.waiting.take();
        let (first, kept) = text.split_once('\n').unwrap();
        let kept: Vec<_> = kept.lines().collect();
        assert!(kept.len() > 1000);
        assert_eq!(first, format!("... {} not shown", plural(total - kept.len() as u64, "earlier line")));
        assert_eq!(kept[0], format!("line ä {}", total - kept.len() as u64));
        assert_eq!(kept.last().copied(), Some("line ä 99999"));
        assert_eq!(above.waiting.take(), "");
    }

    #[test]
    fn a_few_lines_that_are_held_are_all_kept() {
        let mut above = Above { waiting: Waiting::default(), draw: None };
        above.hold(true);
        above.print("one\n".to_owned());
        above.print("two\n".to_owned());
        assert_eq!(above.waiting.take(), "one\ntwo\n");
    }
}
