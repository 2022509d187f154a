use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, mpsc};

use colored::Color;
use unicode_width::UnicodeWidthStr;

use super::above::Waiting;
use crate::output::Stream;
use crate::repl::connection::{Connection, State};
use crate::repl::line::printable;

/// The state of the current connection, shared with the prompt that is on the screen, which shows what holds now.
#[derive(Debug, Clone, Default)]
pub(in crate::repl) struct Sign {
    state: Arc<AtomicU8>,
    /// Asks the editor to draw.
    draw: Option<mpsc::Sender<()>>,
    waiting: Waiting,
}

/// `● host:1883> `, with the sign of the state. The state has no words: the editor measures a prompt once, so that words
/// which come and go would leave a hole.
#[derive(Debug)]
pub(in crate::repl) struct Prompt {
    /// For each state.
    plain: [String; 3],
    colored: [String; 3],
    sign: Sign,
}

const CONNECTED: u8 = 0;
const UNDER_WAY: u8 = 1;
const OFFLINE: u8 = 2;

impl Sign {
    pub(super) fn new(draw: Option<mpsc::Sender<()>>, waiting: Waiting) -> Self {
        Self { state: Arc::default(), draw, waiting }
    }

    /// Notes a state; a prompt on the screen shows it at once.
    pub(in crate::repl) fn set(&self, state: State) {
        let number = match state {
            State::Connected => CONNECTED,
            State::Connecting | State::Reconnecting { .. } => UNDER_WAY,
            State::Offline => OFFLINE,
        };
        if self.state.swap(number, Ordering::Relaxed) != number
            && let Some(draw) = &self.draw
        {
            // The thread ends with the program only.
            _ = draw.send(());
        }
    }
}

impl Prompt {
    /// The prompt for the current connection in a window with this many columns. In one that the user has set, `{name}`
    /// and `{client_id}` are those of the connection.
    pub(in crate::repl) fn new(
        own: Option<&str>,
        connection: Option<&Connection>,
        columns: usize,
        stream: Stream,
        sign: Sign,
    ) -> Self {
        sign.set(connection.map_or(State::Offline, |connection| connection.state));
        let name = connection.map_or_else(|| "offline".to_owned(), |connection| printable(&connection.name));
        // Half of the window is left to the line.
        let text = match own {
            Some(own) => {
                let client_id = connection.map(|connection| printable(&connection.client_id()));
                printable(&own.replace("{name}", &name).replace("{client_id}", &client_id.unwrap_or_default()))
            }
            None => format!("{name}> "),
        };
        let name = if text.width() + 2 <= columns / 2 { format!(" {text}") } else { " > ".to_owned() };
        let signs = if stream.unicode { ["●", "◌", "○"] } else { ["*", "~", "-"] };
        let colors = [Color::Green, Color::Yellow, Color::Red];
        let plain = [0, 1, 2].map(|state| format!("{}{name}", signs[state]));
        let colored = [0, 1, 2].map(|state| format!("{}{name}", stream.paint(signs[state], colors[state])));
        Self { plain, colored, sign }
    }

    fn state(&self) -> usize {
        usize::from(self.sign.state.load(Ordering::Relaxed).min(OFFLINE))
    }
}

impl rustyline::Prompt for Prompt {
    fn raw(&self) -> &str {
        // It is asked for when the editor has the terminal, to measure it, or to print it where that is all it can do.
        self.sign.waiting.set_drawn();
        &self.plain[self.state()]
    }

    fn styled(&self) -> &str {
        &self.colored[self.state()]
    }
}
