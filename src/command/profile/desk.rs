//! What the jobs have in common.

use std::io::Write;

use crate::config::profile::Store;
use crate::error::{Error, ErrorKind, ExitStatus};
use crate::output::{Stdout, Talk, Terminal, WriteError};

/// Connects to the broker of a profile and reports what it announces.
pub(super) type Check<'a> = dyn Fn(&str) -> Result<ExitStatus, Error> + 'a;

/// What the jobs have in common.
pub(super) struct Desk<'a, W: Write> {
    pub(super) store: Store,
    pub(super) stdout: Stdout<W>,
    pub(super) talk: Talk,
    pub(super) terminal: Terminal,
    pub(super) variable: &'a dyn Fn(&str) -> Option<String>,
}

impl<W: Write> Desk<'_, W> {
    /// Writes to stdout; a closed pipe is not a failure.
    pub(super) fn written(
        &mut self,
        write: impl FnOnce(&mut Stdout<W>) -> Result<(), WriteError>,
    ) -> Result<(), Error> {
        match write(&mut self.stdout) {
            Ok(()) | Err(WriteError::Closed) => Ok(()),
            Err(WriteError::Failed(error)) => Err(error),
        }
    }

    /// Several lines of stdout.
    pub(super) fn lines(&mut self, text: &str) -> Result<(), Error> {
        text.lines().try_for_each(|line| self.written(|stdout| stdout.line(line)))
    }

    /// Refuses a name that is taken, unless it may be replaced.
    pub(super) fn refuse_taken(&self, name: &str, force: bool) -> Result<(), Error> {
        if force || !self.store.path(name)?.exists() {
            return Ok(());
        }
        let hint = format!("--force replaces it; `mqttx-rs profile edit {name}` changes it");
        Err(Error::new(ErrorKind::Usage, format!("profile `{name}` already exists")).with_hint(hint))
    }
}
