//! `mqttx-rs repl`: one terminal in which a person explores a broker, and the script mode of the same words.
//!
//! The rooms [`mod@line`] and those beside it that are pure know no I/O, no runtime and no clock. What runs is one task
//! with one owner, [`shell::Shell`]:
//!
//! ```text
//!   lines of a script, or of the editor's thread
//!      │
//!      ▼            ┌── events of each connection, by one channel
//!    Shell ◄────────┤
//!      │            └── Ctrl-C, time
//!      ▼
//!   output::LivePrinter, output::Talk
//! ```
//!
//! A command that waits goes on taking events ([`shell::Shell::next`]), so that messages are shown and counted
//! whatever runs.

mod awaited;
mod background;
mod block;
mod chosen;
mod collected;
mod connection;
mod editor;
mod execute;
mod jobs;
mod keeping;
mod keys;
mod look;
mod messages;
mod noted;
mod notes;
mod opening;
mod outside;
mod pager;
mod preferences;
mod probe;
mod property;
mod publish;
mod queued;
mod recall;
mod received;
mod request;
mod retained;
mod script;
mod selection;
mod service;
mod services;
mod shell;
mod subscribe;
mod suite;
mod terminal;
mod wait;
mod watch;
mod window;

pub(crate) mod complete;
pub(crate) mod diff;
pub(crate) mod flood;
pub(crate) mod history;
pub(crate) mod journal;
pub(crate) mod line;

use crate::error::{Error, ExitStatus};
use crate::output::{Talk, Terminal};
use crate::settings::{CommandSource, ReplSettings};
pub(crate) use watch::run as watch;

/// Runs commands until they end.
///
/// # Errors
///
/// In a script, that of the first line that fails.
pub(crate) async fn run(
    settings: ReplSettings,
    terminal: Terminal,
    talk: Talk,
    variable: &dyn Fn(&str) -> Option<String>,
) -> Result<ExitStatus, Error> {
    for warning in &settings.warnings {
        talk.warning(warning);
    }
    match &settings.commands {
        CommandSource::Terminal => terminal::attend(&settings, terminal, talk, variable).await,
        CommandSource::Stdin | CommandSource::File(_) | CommandSource::Files(_) => {
            suite::run(&settings, terminal, talk, variable).await
        }
    }
}
