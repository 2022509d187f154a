//! `completion` and `man`: made from the definition of the command line, so that a program that was installed alone
//! brings its own.

mod completion;
mod pages;

use std::fs;
use std::path::Path;

use clap::Command;
use clap_complete::Shell;

use crate::error::{Error, ExitStatus};
use crate::output::{Stdout, Talk, Terminal, WriteError};
use pages::Shorts;

/// Prints the completion script of a shell.
pub(crate) fn completion(shell: Shell, definition: Command, terminal: Terminal) -> Result<ExitStatus, Error> {
    let script = completion::script(shell, definition).map_err(|missing| {
        Error::local(format!("cannot make the completion script of {shell}: no `{missing}` to add the profiles to"))
    })?;
    print(&script, terminal)
}

/// Writes the man pages of all commands to a folder, or prints that of the program.
pub(crate) fn man(
    folder: Option<&Path>,
    definition: Command,
    shorts: Shorts,
    terminal: Terminal,
    talk: Talk,
) -> Result<ExitStatus, Error> {
    let unusable = |error: std::io::Error| Error::local(format!("cannot make a man page: {error}"));
    let Some(folder) = folder else {
        let page = pages::main(definition, shorts).map_err(unusable)?;
        return print(&page, terminal);
    };
    let pages = pages::all(definition, shorts).map_err(unusable)?;
    let failed = |path: &Path, error: std::io::Error| Error::local(format!("cannot write {}: {error}", path.display()));
    fs::create_dir_all(folder).map_err(|error| failed(folder, error))?;
    for (name, page) in &pages {
        let path = folder.join(name);
        fs::write(&path, page).map_err(|error| failed(&path, error))?;
    }
    talk.success(format_args!("{} man pages written to {}", pages.len(), folder.display()));
    Ok(ExitStatus::Done)
}

fn print(text: &str, terminal: Terminal) -> Result<ExitStatus, Error> {
    match Stdout::new(terminal.stdout).text(text) {
        Ok(()) | Err(WriteError::Closed) => Ok(ExitStatus::Done),
        Err(WriteError::Failed(error)) => Err(error),
    }
}
