//! A person at a terminal: a line at a time, and whatever comes meanwhile above it.

use std::sync::{Arc, Mutex};

use super::editor::{Editor, Facts, Prompt, Sign, Typed};
use super::history;
use super::shell::{Shell, Stop};
use crate::config::profile::Store;
use crate::error::{Error, ExitStatus};
use crate::output::{Console, Talk, Terminal};
use crate::settings::{NewConnection, ReplSettings};

/// SIGINT's number; the other signal that is listened for asks to leave.
const SIGINT: u8 = 2;

/// Takes lines until the person leaves, and closes all connections.
pub(super) async fn run(
    settings: &ReplSettings,
    terminal: Terminal,
    talk: Talk,
    variable: &dyn Fn(&str) -> Option<String>,
) -> Result<ExitStatus, Error> {
    let facts = Arc::new(Mutex::new(Facts::default()));
    if let Ok(mut facts) = facts.lock() {
        facts.profiles = Store::locate(variable).names();
    }
    let cooked = Cooked::remember();
    let name = history::file_name(settings.profile_name.as_deref());
    let history = settings.history.as_ref().map(|folder| folder.join(name));
    let mut editor = Editor::start(facts.clone(), history, terminal.stdout)?;
    let console = Console::above(editor.above());
    let talk = talk.with_console(console);
    let mut shell = Shell::new(console, terminal.stdout, talk, settings.profile.clone(), variable)?;
    shell.attend(facts, Sign::default());
    begin(settings, &mut shell);
    let ended = session(&mut shell, &mut editor).await;
    // A signal may have come while the terminal was the editor's.
    drop(cooked);
    let closed = shell.close_all().await;
    match (ended, closed) {
        (Err(Stop::Failed(error)), _) | (Ok(()), Err(Stop::Failed(error))) => Err(error),
        _ => Ok(ExitStatus::Done),
    }
}

fn begin(settings: &ReplSettings, shell: &mut Shell<'_>) {
    let Some(connect) = settings.connect.clone() else {
        shell.talk.progress("Not connected: `connect -h HOST` connects, `help` lists the commands");
        return;
    };
    let profile = settings.profile.clone();
    let new = NewConnection { name: None, connect, says_nothing: false, profile, warnings: Vec::new() };
    if let Err(Stop::Failed(error)) = shell.open(new) {
        shell.talk.error(&error);
    }
}

/// From line to line.
async fn session(shell: &mut Shell<'_>, editor: &mut Editor) -> Result<(), Stop> {
    loop {
        shell.flush()?;
        let (columns, rows) = window();
        let sign = shell.look_around(columns, rows);
        editor.ask(Prompt::new(shell.current().ok(), columns, shell.printer.stream(), sign));
        let typed = loop {
            tokio::select! {
                biased;
                typed = editor.typed() => break typed,
                occurrence = shell.next() => match occurrence {
                    Ok(occurrence) => shell.background(occurrence),
                    // It came to another process of the group as well; the line is the editor's to clear.
                    Err(Stop::Interrupted(SIGINT)) => {}
                    Err(stop) => return Err(stop),
                },
            }
        };
        let text = match typed {
            Typed::Line(text) => text,
            Typed::Cleared => continue,
            Typed::End => return Ok(()),
            Typed::Failed(error) => return Err(Error::local(format!("the terminal cannot be read: {error}")).into()),
        };
        let ended = shell.run(&text).await;
        if text.trim() != "edit" {
            shell.previous = text;
        }
        match ended {
            Ok(()) | Err(Stop::Told(_)) => {}
            Err(Stop::Failed(error)) => {
                shell.flush()?;
                shell.talk.error(&error);
            }
            Err(Stop::Interrupted(SIGINT)) => shell.talk.failure("Interrupted"),
            Err(Stop::Exit) => return Ok(()),
            Err(stop) => return Err(stop),
        }
    }
}

/// Columns and rows of the window.
fn window() -> (usize, usize) {
    #[cfg(unix)]
    if let Ok(size) = rustix::termios::tcgetwinsize(std::io::stdin())
        && size.ws_col > 0
    {
        return (size.ws_col.into(), size.ws_row.into());
    }
    (80, 24)
}

/// The terminal's mode before it was edited on, put back when this is dropped.
struct Cooked {
    #[cfg(unix)]
    mode: Option<rustix::termios::Termios>,
}

impl Cooked {
    fn remember() -> Self {
        Self {
            #[cfg(unix)]
            mode: rustix::termios::tcgetattr(std::io::stdin()).ok(),
        }
    }
}

impl Drop for Cooked {
    fn drop(&mut self) {
        #[cfg(unix)]
        if let Some(mode) = &self.mode {
            // Nothing is left to be done about it.
            _ = rustix::termios::tcsetattr(std::io::stdin(), rustix::termios::OptionalActions::Now, mode);
        }
    }
}
