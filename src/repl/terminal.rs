//! A person at a terminal: a line at a time, and whatever comes meanwhile above it.

use std::sync::{Arc, Mutex};
use std::time::Instant;

use super::chosen::Preferences;
use super::editor::{Editor, Facts, Prompt, Typed};
use super::history;
use super::line::commands;
use super::script::shown;
use super::shell::{Shell, Stop, at};
#[cfg(unix)]
use super::window::make_raw;
use super::window::{Continued, Cooked, NeverStopped, is_gone, window};
use crate::config::profile::Store;
use crate::error::{Error, ExitStatus};
use crate::output::{Console, Talk, Terminal};
use crate::settings::{NewConnection, ReplSettings};

/// SIGINT's number; the other signal that is listened for asks to leave.
const SIGINT: u8 = 2;

/// Takes lines until the person leaves, and closes all connections.
pub(super) async fn attend(
    settings: &ReplSettings,
    terminal: Terminal,
    talk: Talk,
    variable: &dyn Fn(&str) -> Option<String>,
) -> Result<ExitStatus, Error> {
    let facts = Arc::new(Mutex::new(Facts::default()));
    if let Ok(mut facts) = facts.lock() {
        facts.profiles = Store::locate(variable).names().unwrap_or_default();
    }
    let never_stopped = NeverStopped::begin();
    let cooked = Cooked::remember();
    let name = history::file_name(settings.profile_name.as_deref());
    let history = settings.history.as_ref().map(|folder| folder.join(name));
    let mut editor = Editor::start(facts.clone(), history, terminal.stdout)?;
    let console = Console::above(editor.above());
    let talk = talk.with_console(console);
    let mut shell = Shell::new(console, terminal.stdout, talk, settings.profile.clone(), variable)?;
    shell.attend(facts, editor.sign(), editor.draws());
    begin(settings, &mut shell);
    let begun = if settings.start_up { shell.start_up().await } else { Ok(()) };
    let ended = match begun {
        Ok(()) | Err(Stop::Interrupted(SIGINT)) => session(&mut shell, &mut editor, &cooked).await,
        Err(stop) => Err(stop),
    };
    // A signal may have arrived while the terminal was the editor's.
    drop(cooked);
    drop(never_stopped);
    let closed = shell.close_all().await;
    match (ended, closed) {
        // What cannot be read or written there is not a failure: to close the window is one way to leave.
        _ if is_gone() => Ok(ExitStatus::Done),
        (Err(Stop::Failed(error)), _) | (Ok(()), Err(Stop::Failed(error))) => Err(error),
        (Err(Stop::Exit(code)), _) => Ok(if code == 0 { ExitStatus::Done } else { ExitStatus::Command(code) }),
        _ => Ok(ExitStatus::Done),
    }
}

fn begin(settings: &ReplSettings, shell: &mut Shell<'_>) {
    let Some(connect) = settings.connect.clone() else {
        shell.talk.progress("Not connected: `connect -h HOST` connects, `help` lists all commands");
        return;
    };
    let profile = settings.profile.clone();
    let new = NewConnection { name: None, connect, says_nothing: false, profile, warnings: Vec::new() };
    if let Err(Stop::Failed(error)) = shell.open(new) {
        shell.talk.error(&error);
    }
}

/// From line to line.
async fn session(shell: &mut Shell<'_>, editor: &mut Editor, cooked: &Cooked) -> Result<(), Stop> {
    let mut continued = Continued::listen();
    loop {
        shell.flush()?;
        let (columns, rows) = window();
        let sign = shell.look_around(columns, rows);
        let Preferences { prompt, has_vi_keys, .. } = &shell.preferences;
        let prompt = Prompt::new(prompt.as_deref(), shell.current().ok(), columns, shell.printer.stream(), sign);
        editor.ask(prompt, *has_vi_keys);
        let typed = loop {
            tokio::select! {
                biased;
                typed = editor.typed() => break typed,
                () = continued.received() => {
                    if editor.has_terminal() {
                        resume(editor);
                    }
                }
                () = at(shell.jobs.due()) => match shell.run_jobs().await {
                    Err(Stop::Interrupted(SIGINT)) | Ok(()) => shell.flush()?,
                    Err(stop) => return Err(stop),
                },
                occurrence = shell.next() => match occurrence {
                    Ok(occurrence) => shell.background(occurrence),
                    // It came to another process of the group as well; the line is the editor's to clear.
                    Err(Stop::Interrupted(SIGINT)) if editor.draws() => {}
                    // The terminal has dropped the line.
                    Err(Stop::Interrupted(SIGINT)) => shell.printer.line("")?,
                    Err(stop) => return Err(stop),
                },
            }
        };
        // The program may have been let go on in the moment in which the editor gave the terminal back.
        cooked.restore();
        Console::settle(&editor.left());
        let text = match typed {
            Typed::Line(text) => text,
            Typed::Cleared => continue,
            Typed::End => return Ok(()),
            Typed::Failed(error) => return Err(Error::local(format!("the terminal cannot be read: {error}")).into()),
        };
        // Several lines may have been pasted.
        for (_, command) in commands(&text) {
            if !run(shell, command).await? {
                break;
            }
        }
    }
}

/// Runs a line, and says whether the next one may run.
async fn run(shell: &mut Shell<'_>, text: String) -> Result<bool, Stop> {
    shell.console.note(&format!("> {}\n", shown(&text)));
    let ended = shell.run(&text).await;
    if let Some(screen) = &mut shell.screen {
        screen.flood.rest(Instant::now());
    }
    if text.trim() != "edit" {
        shell.previous = text;
    }
    match ended {
        Ok(()) | Err(Stop::Told(_)) => {}
        Err(Stop::Failed(error)) => {
            shell.flush()?;
            shell.talk.error(&error);
        }
        Err(Stop::Interrupted(SIGINT)) => {
            shell.talk.failure("Interrupted");
            return Ok(false);
        }
        Err(stop) => return Err(stop),
    }
    Ok(true)
}

/// A shell that stopped the program and lets it go on has set the terminal to its own liking.
fn resume(editor: &Editor) {
    #[cfg(unix)]
    make_raw();
    Console::settle(BRACKETED_PASTE);
    editor.redraw();
}

/// Pasted lines come as a whole.
const BRACKETED_PASTE: &str = "\x1b[?2004h";
