//! The line editor, on its own thread: it blocks in reads of the terminal, and must not hold up the connections.
//!
//! The thread edits one line each time it is asked to ([`Editor::ask`]), so that a command that runs has the terminal
//! to itself. What is printed meanwhile waits in a queue ([`above`]) that the editor draws above the line; a second
//! thread asks it to, since asking blocks while the editor is busy.

mod above;
mod facts;
mod helper;
mod menu;
mod paint;
mod prompt;
mod recall;

use std::path::PathBuf;
use std::sync::mpsc;
use std::sync::{Arc, Mutex};
use std::thread;

use rustyline::config::Configurer;
use rustyline::error::ReadlineError;
use rustyline::{CompletionType, Config, EditMode, EventHandler, ExternalPrinter, KeyEvent};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use super::history;
use super::line::commands;
use super::window::be_stopped;
use crate::error::Error;
use crate::output::{AboveLine, Stream};
pub(super) use above::Aside;
use above::{Above, Waiting};
pub(super) use facts::Facts;
use helper::LineHelper;
use menu::Menu;
pub(super) use prompt::{Prompt, Sign};
use recall::{Begun, Recall};

/// Draws nothing, and makes the editor redraw its prompt: it wants lines, so this is the row above and back.
const NOTHING: &str = "\x1b[A\n";

/// What a person did.
#[derive(Debug)]
pub(super) enum Typed {
    /// A command, or several that were pasted.
    Line(String),
    /// Ctrl-C: the line is dropped.
    Cleared,
    /// Ctrl-D on an empty line, or the terminal is gone.
    End,
    /// The terminal cannot be read.
    Failed(String),
}

/// A handle to the thread.
#[derive(Debug)]
pub(super) struct Editor {
    asks: mpsc::Sender<(Prompt, EditMode)>,
    typed: UnboundedReceiver<Typed>,
    waiting: Waiting,
    /// `None` on a terminal that only writes lines (`TERM=dumb`).
    draw: Option<mpsc::Sender<()>>,
}

impl Editor {
    /// Starts it. `history` is the file that lines are kept in.
    ///
    /// # Errors
    ///
    /// The terminal cannot be edited on.
    pub(super) fn start(facts: Arc<Mutex<Facts>>, history: Option<PathBuf>, stream: Stream) -> Result<Self, Error> {
        let (asks, asked) = mpsc::channel();
        let (tell, typed) = unbounded_channel();
        let (started, printer) = mpsc::channel();
        let waiting = Waiting::default();
        let begun = Begun::default();
        let menu = Menu::default();
        let helper = LineHelper::new(facts, stream, waiting.clone(), begun.clone(), menu.clone());
        thread::spawn(move || {
            be_stopped();
            edit((helper, begun, menu), history.as_ref(), &started, &asked, &tell);
        });
        let printer = printer.recv().unwrap_or_else(|_| Err("its thread has ended".to_owned()));
        let printer = printer.map_err(|error| Error::local(format!("the terminal cannot be edited on: {error}")))?;
        let draw = printer.map(|mut printer| {
            let (draw, to_draw) = mpsc::channel::<()>();
            thread::spawn(move || {
                while to_draw.recv().is_ok() {
                    while to_draw.try_recv().is_ok() {}
                    // Without a terminal there is no one to report to.
                    _ = printer.print(NOTHING.to_owned());
                }
            });
            draw
        });
        Ok(Self { asks, typed, waiting, draw })
    }

    /// Asks for the next line.
    pub(super) fn ask(&self, prompt: Prompt, has_vi_keys: bool) {
        self.waiting.set_editing(true);
        // The thread ends with the program only.
        _ = self.asks.send((prompt, if has_vi_keys { EditMode::Vi } else { EditMode::Emacs }));
    }

    /// What was typed. Dropping the future loses nothing.
    pub(super) async fn typed(&mut self) -> Typed {
        let typed = self.typed.recv().await.unwrap_or(Typed::End);
        self.waiting.set_editing(false);
        typed
    }

    /// Where to print while a line is being typed.
    pub(super) fn above(&self) -> Box<dyn AboveLine> {
        Box::new(Above { waiting: self.waiting.clone(), draw: self.draw.clone() })
    }

    /// What came while the line was typed and is not drawn yet: it goes before what its command prints.
    pub(super) fn left(&self) -> String {
        self.waiting.take()
    }

    /// The state that the prompt shows.
    pub(super) fn sign(&self) -> Sign {
        Sign::new(self.draw.clone(), self.waiting.clone())
    }

    /// Redraws the line, for example after another program had the terminal, whose window may have been resized.
    pub(super) fn redraw(&self) {
        #[cfg(unix)]
        {
            // It is ignored if no one is listening.
            _ = rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::WINCH);
        }
        _ = self.draw.as_ref().map(|draw| draw.send(()));
    }

    /// Whether it has the terminal at present: a line is on the screen.
    pub(super) fn has_terminal(&self) -> bool {
        self.waiting.is_drawn()
    }

    /// Whether it draws: if not, the terminal only writes lines.
    pub(super) fn draws(&self) -> bool {
        self.draw.is_some()
    }
}

type BoxedPrinter = Box<dyn ExternalPrinter + Send>;

/// The thread.
fn edit(
    (helper, begun, menu): (LineHelper, Begun, Menu),
    history: Option<&PathBuf>,
    started: &mpsc::Sender<Result<Option<BoxedPrinter>, String>>,
    asked: &mpsc::Receiver<(Prompt, EditMode)>,
    tell: &UnboundedSender<Typed>,
) {
    let config = Config::builder()
        .completion_type(CompletionType::List)
        // A long list is shown page by page: there is nothing to ask before it.
        .completion_prompt_limit(usize::MAX)
        // The helper paints or does not; without colour rustyline would not ask it.
        .color_mode(rustyline::ColorMode::Forced)
        .auto_add_history(false)
        .max_history_size(history::MAXIMUM_LINES);
    let editor = config
        .and_then(|config| {
            let config = config.build();
            let lines = Recall::new(&config, begun);
            rustyline::Editor::<LineHelper, Recall>::with_history(config, lines)
        })
        .and_then(|mut editor| {
            let printer = if only_writes_lines() { None } else { Some(editor.create_external_printer()?) };
            Ok((printer, editor))
        });
    let (printer, mut editor) = match editor {
        Ok((printer, editor)) => (printer, editor),
        Err(error) => {
            _ = started.send(Err(error.to_string()));
            return;
        }
    };
    editor.set_helper(Some(helper));
    for key in ['c', 'd'] {
        editor.bind_sequence(KeyEvent::ctrl(key), EventHandler::Conditional(Box::new(menu.clone())));
    }
    if let Some(path) = history {
        // It does not exist before the first time.
        _ = editor.load_history(path);
    }
    if started.send(Ok(printer.map(|printer| -> BoxedPrinter { Box::new(printer) }))).is_err() {
        return;
    }
    while let Ok((prompt, mode)) = asked.recv() {
        editor.set_edit_mode(mode);
        let typed = match editor.readline(&prompt) {
            Ok(text) => {
                for (_, line) in commands(&text) {
                    keep(&mut editor, &line, history);
                }
                Typed::Line(text)
            }
            Err(ReadlineError::Interrupted) => Typed::Cleared,
            Err(ReadlineError::Eof) => Typed::End,
            Err(ReadlineError::Io(error)) if is_hangup(&error) => Typed::End,
            Err(error) => Typed::Failed(error.to_string()),
        };
        if tell.send(typed).is_err() {
            return;
        }
    }
}

/// Terminals on which rustyline edits nothing.
fn only_writes_lines() -> bool {
    let name = std::env::var("TERM").unwrap_or_default();
    ["dumb", "cons25", "emacs"].iter().any(|known| name.eq_ignore_ascii_case(known))
}

/// The window was closed.
fn is_hangup(error: &std::io::Error) -> bool {
    #[cfg(unix)]
    return error.raw_os_error() == Some(rustix::io::Errno::IO.raw_os_error());
    #[cfg(not(unix))]
    return error.kind() == std::io::ErrorKind::BrokenPipe;
}

/// Keeps a line in the history, unless it is one that is not to be kept.
fn keep(editor: &mut rustyline::Editor<LineHelper, Recall>, line: &str, file: Option<&PathBuf>) {
    if !history::keeps(line, editor.history().newest().as_deref()) {
        return;
    }
    let is_added = editor.add_history_entry(line).unwrap_or(false);
    if let Some(file) = file.filter(|_| is_added) {
        if let Some(folder) = file.parent() {
            _ = std::fs::create_dir_all(folder);
        }
        // A history that cannot be kept is not a reason to stop.
        _ = editor.append_history(file);
    }
}
