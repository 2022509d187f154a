use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use colored::Color;
use unicode_width::UnicodeWidthStr;

use crate::output::Stream;
use crate::repl::connection::{Connection, State};

/// Where the current connection stands, shared with the prompt that is on the screen: when it is drawn anew, as below
/// a message, it shows what holds then.
#[derive(Debug, Clone, Default)]
pub(in crate::repl) struct Sign(Arc<AtomicU8>);

/// `● client@host:1883> `, with the sign of the state, and its words where it was not connected when it was asked for.
#[derive(Debug)]
pub(in crate::repl) struct Prompt {
    /// For each state, of one width.
    plain: [String; 3],
    colored: [String; 3],
    sign: Sign,
}

const CONNECTED: u8 = 0;
const UNDER_WAY: u8 = 1;
const OFFLINE: u8 = 2;

impl Sign {
    /// Notes a state.
    pub(in crate::repl) fn set(&self, state: State) {
        let number = match state {
            State::Connected => CONNECTED,
            State::Connecting | State::Reconnecting { .. } => UNDER_WAY,
            State::Offline => OFFLINE,
        };
        self.0.store(number, Ordering::Relaxed);
    }
}

impl Prompt {
    /// The prompt for the current connection in a window of so many columns.
    pub(in crate::repl) fn new(connection: Option<&Connection>, columns: usize, stream: Stream, sign: Sign) -> Self {
        sign.set(connection.map_or(State::Offline, |connection| connection.state));
        let (name, words) = text(connection, columns);
        // All of one width, since the line stands behind them.
        let width = words.iter().map(|word| word.width()).max().unwrap_or_default();
        let signs = if stream.unicode { ["●", "◌", "○"] } else { ["*", "~", "-"] };
        let colors = [Color::Green, Color::Yellow, Color::Red];
        let after = |state: usize| format!(" {name}{:width$}> ", words[state]);
        let plain = [0, 1, 2].map(|state| format!("{}{}", signs[state], after(state)));
        let colored = [0, 1, 2].map(|state| format!("{}{}", stream.paint(signs[state], colors[state]), after(state)));
        Self { plain, colored, sign }
    }

    fn state(&self) -> usize {
        usize::from(self.sign.0.load(Ordering::Relaxed)).min(2)
    }
}

impl rustyline::Prompt for Prompt {
    fn raw(&self) -> &str {
        &self.plain[self.state()]
    }

    fn styled(&self) -> &str {
        &self.colored[self.state()]
    }
}

/// The name, as much of it as leaves half of the window to the line, and the words for each state. Where all is well
/// there are none, not even later.
fn text(connection: Option<&Connection>, columns: usize) -> (String, [String; 3]) {
    let Some(connection) = connection else { return (String::new(), ["", "", "offline"].map(Into::into)) };
    let words = match connection.state {
        // At the beginning it is a matter of milliseconds, and the sign says it.
        State::Connected | State::Connecting => ["", "", ""].map(Into::into),
        State::Offline => ["", "", " (offline)"].map(Into::into),
        State::Reconnecting { attempt, maximum } => {
            [String::new(), format!(" (reconnecting {attempt}/{maximum})"), " (offline)".to_owned()]
        }
    };
    let printable = |text: &str| text.chars().map(|c| if c.is_control() { '?' } else { c }).collect::<String>();
    let (name, client) = (printable(&connection.name), printable(&connection.client_id()));
    let whole = format!("{client}@{name}");
    let width = words.iter().map(|word| word.width()).max().unwrap_or_default();
    let fits = |text: &&String| text.width() + width + 4 <= columns / 2;
    match [&whole, &name].into_iter().find(fits) {
        Some(text) => (text.clone(), words),
        None if name.width() + 4 <= columns / 2 => (name.clone(), ["", "", ""].map(Into::into)),
        None => (String::new(), ["", "", ""].map(Into::into)),
    }
}
