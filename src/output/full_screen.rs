use std::io::{self, Stdout, stdout};

use ratatui::backend::CrosstermBackend;
use ratatui::crossterm::cursor::Show;
use ratatui::crossterm::execute;
use ratatui::crossterm::terminal::{EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode};
use ratatui::{Frame, Terminal};

use crate::error::Error;

/// The whole terminal, on its alternate screen, so that the previous content is restored when this is dropped.
pub(crate) struct FullScreen {
    terminal: Terminal<CrosstermBackend<Stdout>>,
}

impl FullScreen {
    /// Takes over the screen and the keyboard.
    pub(crate) fn enter() -> Result<Self, Error> {
        enable_raw_mode().map_err(|error| failed(&error))?;
        let entered = execute!(stdout(), EnterAlternateScreen)
            .and_then(|()| Terminal::new(CrosstermBackend::new(stdout())))
            .map(|terminal| Self { terminal });
        entered.map_err(|error| {
            leave();
            failed(&error)
        })
    }

    /// Draws what has changed.
    pub(crate) fn draw(&mut self, draw: impl FnOnce(&mut Frame<'_>)) -> Result<(), Error> {
        self.terminal.draw(draw).map(drop).map_err(|error| failed(&error))
    }
}

impl Drop for FullScreen {
    fn drop(&mut self) {
        leave();
    }
}

/// The keyboard, each key as it is pressed, until this is dropped.
#[derive(Debug)]
pub(crate) struct RawKeyboard(());

impl RawKeyboard {
    /// Takes it.
    pub(crate) fn take() -> Result<Self, Error> {
        enable_raw_mode().map(|()| Self(())).map_err(|error| failed(&error))
    }
}

impl Drop for RawKeyboard {
    fn drop(&mut self) {
        // The terminal may be gone.
        _ = disable_raw_mode();
    }
}

fn leave() {
    // The terminal may be gone.
    _ = execute!(stdout(), LeaveAlternateScreen, Show);
    _ = disable_raw_mode();
}

fn failed(error: &io::Error) -> Error {
    Error::local(format!("the terminal cannot be drawn on: {error}"))
}
