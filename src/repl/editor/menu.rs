//! Ctrl-C and Ctrl-D at `--More--` of the completion menu, where rustyline itself ignores them.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rustyline::{Cmd, ConditionalEventHandler, Event, EventContext, Movement, RepeatCount};

/// Whether a menu is on the screen: from its first candidate until the line is drawn again.
#[derive(Debug, Clone, Default)]
pub(super) struct Menu(Arc<AtomicBool>);

impl Menu {
    pub(super) fn set_open(&self, is_open: bool) {
        self.0.store(is_open, Ordering::Relaxed);
    }
}

impl ConditionalEventHandler for Menu {
    /// What ends the menu is Backspace: rustyline takes `q` from a binding for a repetition of what was inserted last.
    /// Without a menu the key does what it always does.
    fn handle(&self, _: &Event, _: RepeatCount, _: bool, _: &EventContext<'_>) -> Option<Cmd> {
        self.0.load(Ordering::Relaxed).then_some(Cmd::Kill(Movement::BackwardChar(1)))
    }
}
