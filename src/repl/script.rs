//! Commands from a file or a pipe: no prompt, the first error ends it, with its place and its exit code.

use std::io::Read;
use std::path::Path;

use bytes::Bytes;

use super::history::holds_secret;
use super::line::Assembler;
use super::shell::{Shell, Stop};
use crate::command::lines::Lines;
use crate::error::{Error, ErrorKind, ExitStatus};
use crate::output::Talk;
use crate::settings::{CommandSource, NewConnection, ReplSettings};

/// Runs a script to its end, and closes all connections. `told` gets what failed and was told meanwhile.
pub(super) async fn run(
    settings: &ReplSettings,
    source: &CommandSource,
    mut shell: Shell<'_>,
    told: &mut Vec<String>,
) -> Result<ExitStatus, Error> {
    let mut script = Script::open(settings, source, told)?;
    let ended = match begin(settings, &mut shell).await {
        Ok(()) => script.run(&mut shell).await,
        Err(stop) => Err(stop),
    };
    // What ended it counts, not that a connection could not be closed any more.
    let closed = shell.close_all().await;
    match (ended, closed) {
        (Err(Stop::Failed(error)), _) => Err(error),
        (Err(Stop::Told(kind)), _) => Ok(ExitStatus::Partly(kind)),
        (Err(Stop::Interrupted(signal)), _) | (_, Err(Stop::Interrupted(signal))) => {
            Ok(ExitStatus::Interrupted(signal))
        }
        (Err(Stop::Exit(code)), _) if code != 0 => Ok(ExitStatus::Command(code)),
        (_, Err(Stop::Failed(error))) => Err(error),
        _ => Ok(script.failure.map_or(ExitStatus::Done, ExitStatus::Partly)),
    }
}

/// Opens the connection of the command line.
async fn begin(settings: &ReplSettings, shell: &mut Shell<'_>) -> Result<(), Stop> {
    let Some(connect) = settings.connect.clone() else { return Ok(()) };
    let profile = settings.profile.clone();
    let new = NewConnection { name: None, connect, says_nothing: false, profile, warnings: Vec::new() };
    let id = shell.open(new)?;
    shell.connected(id).await
}

struct Script<'a> {
    settings: &'a ReplSettings,
    /// For messages.
    name: String,
    lines: Lines,
    /// The kind of the first error, if it goes on after errors.
    failure: Option<ErrorKind>,
    told: &'a mut Vec<String>,
}

impl<'a> Script<'a> {
    fn open(settings: &'a ReplSettings, source: &CommandSource, told: &'a mut Vec<String>) -> Result<Self, Error> {
        let lines: Box<dyn Read + Send> = match source {
            CommandSource::File(path) => Box::new(open(path)?),
            _ => Box::new(std::io::stdin()),
        };
        Ok(Self { settings, name: source.name(), lines: Lines::new(lines), failure: None, told })
    }

    async fn run(&mut self, shell: &mut Shell<'_>) -> Result<(), Stop> {
        let mut assembler = Assembler::default();
        let (mut number, mut first) = (0, 1);
        while let Some(line) = self.next(shell).await? {
            number += 1;
            if !assembler.is_pending() {
                first = number;
            }
            let text = String::from_utf8_lossy(&line);
            // Editors of Windows begin a file so.
            let text = text.strip_prefix('\u{feff}').filter(|_| number == 1).unwrap_or(&text);
            if let Some(command) = assembler.push(text) {
                self.run_command(shell, first, &command).await?;
            }
        }
        match assembler.finish() {
            Some(command) => self.run_command(shell, first, &command).await,
            None => Ok(()),
        }
    }

    /// The next line; what arrives over the connections meanwhile is taken.
    async fn next(&mut self, shell: &mut Shell<'_>) -> Result<Option<Bytes>, Stop> {
        loop {
            tokio::select! {
                biased;
                line = self.lines.next() => {
                    let line = line.transpose();
                    return Ok(line.map_err(|error| Error::local(format!("{} cannot be read: {error}", self.name)))?);
                }
                occurrence = shell.next() => {
                    let occurrence = occurrence?;
                    shell.background(occurrence);
                }
            }
        }
    }

    async fn run_command(&mut self, shell: &mut Shell<'_>, number: usize, command: &str) -> Result<(), Stop> {
        if self.settings.echo {
            shell.flush()?;
            echo(shell.talk, command);
        }
        shell.console.note(&format!("> {}\n", shown(command)));
        shell.failed_line = 0;
        let ended = shell.run(command).await;
        let place = format!("{}:{}", self.name, number + shell.failed_line);
        let error = match ended {
            Ok(()) => return Ok(()),
            Err(Stop::Failed(error)) => error.with_context(&place),
            Err(Stop::Told(kind)) => {
                let what = format!("{place}: {}", shown(command));
                shell.talk.failure(&what);
                self.told.push(what);
                if self.settings.keep_going {
                    self.failure.get_or_insert(kind);
                    return Ok(());
                }
                return Err(Stop::Told(kind));
            }
            Err(stop) => return Err(stop),
        };
        if !self.settings.keep_going {
            return Err(Stop::Failed(error));
        }
        shell.flush()?;
        shell.talk.error(&error);
        self.told.push(error.to_string());
        self.failure.get_or_insert(error.kind());
        Ok(())
    }
}

/// Shows a command that is about to run, unless it holds a secret.
pub(super) fn echo(talk: Talk, command: &str) {
    if holds_secret(command) {
        return talk.echo(&shown(command));
    }
    command.lines().for_each(|line| talk.echo(line));
}

/// The first line of a command, or of one with a secret what it is.
pub(super) fn shown(command: &str) -> String {
    if !holds_secret(command) {
        return command.lines().next().unwrap_or_default().to_owned();
    }
    let name = command.split_whitespace().next().unwrap_or_default();
    format!("{name} ... (not shown: it holds a secret)")
}

fn open(path: &Path) -> Result<std::fs::File, Error> {
    std::fs::File::open(path).map_err(|error| Error::local(format!("--script {}: {error}", path.display())))
}
