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

mod background;
mod chosen;
mod connection;
mod editor;
mod execute;
mod jobs;
mod look;
mod messages;
mod opening;
mod outside;
mod preferences;
mod publish;
mod recall;
mod received;
mod script;
mod selection;
mod shell;
mod subscribe;
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
use crate::output::{Console, Talk, Terminal};
use crate::settings::{CommandSource, ReplSettings};
use shell::Shell;

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
        CommandSource::Stdin | CommandSource::File(_) => {
            let shell = Shell::new(Console::default(), terminal.stdout, talk, settings.profile.clone(), variable)?;
            script::run(&settings, shell).await
        }
    }
}
