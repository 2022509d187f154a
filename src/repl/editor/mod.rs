//! The line editor, on a thread of its own: it blocks in reads of the terminal, and must not hold up the connections.
//!
//! The thread edits one line each time it is asked to ([`Editor::ask`]), so that a command that runs has the terminal
//! to itself. What is printed meanwhile goes through rustyline's external printer, which draws it above the line; a
//! second thread feeds that, since it blocks while the editor is busy.

mod facts;
mod helper;
mod prompt;

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::sync::{Arc, Mutex};
use std::thread;

use rustyline::error::ReadlineError;
use rustyline::history::{FileHistory, History, SearchDirection};
use rustyline::{CompletionType, Config, ExternalPrinter};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use super::history;
use crate::error::Error;
use crate::output::{AboveLine, Stream};
pub(super) use facts::Facts;
use helper::LineHelper;
pub(super) use prompt::{Prompt, Sign};

/// So much is drawn at once, bytes.
const DRAWN_AT_ONCE: usize = 16 * 1024;

/// What a person did.
#[derive(Debug)]
pub(super) enum Typed {
    /// A command, which may have several lines.
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
    asks: mpsc::Sender<Prompt>,
    typed: UnboundedReceiver<Typed>,
    /// A line is being typed, as far as anybody on this side knows.
    is_editing: Arc<AtomicBool>,
    lines: mpsc::Sender<String>,
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
        thread::spawn(move || edit(facts, history.as_ref(), stream, &started, &asked, &tell));
        let printer = printer.recv().unwrap_or_else(|_| Err("its thread has ended".to_owned()));
        let mut printer =
            printer.map_err(|error| Error::local(format!("the terminal cannot be edited on: {error}")))?;
        let (lines, to_draw) = mpsc::channel::<String>();
        thread::spawn(move || {
            while let Ok(mut text) = to_draw.recv() {
                while text.len() < DRAWN_AT_ONCE
                    && let Ok(more) = to_draw.try_recv()
                {
                    text.push_str(&more);
                }
                // Without a terminal there is nobody to tell.
                _ = printer.print(text);
            }
        });
        Ok(Self { asks, typed, is_editing: Arc::default(), lines })
    }

    /// Asks for the next line.
    pub(super) fn ask(&self, prompt: Prompt) {
        self.is_editing.store(true, Ordering::Relaxed);
        // The thread ends with the program only.
        _ = self.asks.send(prompt);
    }

    /// What was typed. Dropping the future loses nothing.
    pub(super) async fn typed(&mut self) -> Typed {
        let typed = self.typed.recv().await.unwrap_or(Typed::End);
        self.is_editing.store(false, Ordering::Relaxed);
        typed
    }

    /// Where to print while a line is being typed.
    pub(super) fn above(&self) -> Box<dyn AboveLine> {
        Box::new(Above { is_editing: self.is_editing.clone(), lines: self.lines.clone() })
    }
}

struct Above {
    is_editing: Arc<AtomicBool>,
    lines: mpsc::Sender<String>,
}

impl AboveLine for Above {
    fn print(&mut self, lines: String) -> Option<String> {
        if !self.is_editing.load(Ordering::Relaxed) {
            return Some(lines);
        }
        self.lines.send(lines).err().map(|mpsc::SendError(lines)| lines)
    }
}

type BoxedPrinter = Box<dyn ExternalPrinter + Send>;

/// The thread.
fn edit(
    facts: Arc<Mutex<Facts>>,
    history: Option<&PathBuf>,
    stream: Stream,
    started: &mpsc::Sender<Result<BoxedPrinter, String>>,
    asked: &mpsc::Receiver<Prompt>,
    tell: &UnboundedSender<Typed>,
) {
    let config = Config::builder()
        .completion_type(CompletionType::List)
        .color_mode(if stream.color { rustyline::ColorMode::Forced } else { rustyline::ColorMode::Disabled })
        .auto_add_history(false)
        .max_history_size(history::MAXIMUM_LINES);
    let editor = config
        .and_then(|config| rustyline::Editor::<LineHelper, FileHistory>::with_config(config.build()))
        .and_then(|mut editor| Ok((editor.create_external_printer()?, editor)));
    let (printer, mut editor) = match editor {
        Ok((printer, editor)) => (printer, editor),
        Err(error) => {
            _ = started.send(Err(error.to_string()));
            return;
        }
    };
    editor.set_helper(Some(LineHelper::new(facts, stream)));
    if let Some(path) = history {
        // There is none before the first time.
        _ = editor.load_history(path);
    }
    if started.send(Ok(Box::new(printer))).is_err() {
        return;
    }
    while let Ok(prompt) = asked.recv() {
        let typed = match editor.readline(&prompt) {
            Ok(line) => {
                keep(&mut editor, &line, history);
                Typed::Line(line)
            }
            Err(ReadlineError::Interrupted) => Typed::Cleared,
            Err(ReadlineError::Eof) => Typed::End,
            Err(error) => Typed::Failed(error.to_string()),
        };
        if tell.send(typed).is_err() {
            return;
        }
    }
}

/// Keeps a line in the history, unless it is one that is not to be kept.
fn keep(editor: &mut rustyline::Editor<LineHelper, FileHistory>, line: &str, file: Option<&PathBuf>) {
    let lines = editor.history();
    let newest = lines.len().checked_sub(1).and_then(|last| lines.get(last, SearchDirection::Forward).ok().flatten());
    if !history::keeps(line, newest.map(|newest| newest.entry.into_owned()).as_deref()) {
        return;
    }
    let is_added = editor.add_history_entry(line).unwrap_or(false);
    if let Some(file) = file.filter(|_| is_added) {
        if let Some(folder) = file.parent() {
            _ = std::fs::create_dir_all(folder);
        }
        // A history that cannot be kept is no reason to stop.
        _ = editor.append_history(file);
    }
}
