use std::fmt::Display;
use std::time::Duration;

use super::{ErrorFormat, Stream};
use crate::error::Error;

/// Status lines, warnings and errors on stderr. Every text is made safe for a terminal here.
///
/// With [`ErrorFormat::Json`] stderr carries JSON objects and nothing else: status lines are left out, warnings are
/// objects too. That stderr cannot be written is never an error.
#[derive(Debug, Clone, Copy)]
pub struct Talk {
    stream: Stream,
    quiet: bool,
    format: ErrorFormat,
}

impl Talk {
    /// `quiet` leaves status lines out; warnings and errors are always written.
    pub fn new(stream: Stream, quiet: bool, format: ErrorFormat) -> Self {
        Self { stream, quiet, format }
    }

    /// Something is done: `✔ Connected`.
    pub fn success(&self, _text: impl Display) {
        unimplemented!()
    }

    /// Something goes on: `… Connecting to localhost:1883`.
    pub fn progress(&self, _text: impl Display) {
        unimplemented!()
    }

    /// The connection is tried again: `… reconnecting [2/10] in 1.4 s`; `maximum` is `None` without a limit.
    pub fn reconnecting(&self, _attempt: u32, _maximum: Option<u32>, _delay: Duration) {
        unimplemented!()
    }

    /// Something failed that does not end the command: `✖ Connection closed`. Left out by `quiet`.
    pub fn failure(&self, _text: impl Display) {
        unimplemented!()
    }

    /// Something that the user should know, also with `quiet`: `warning: ...`.
    pub fn warning(&self, _text: impl Display) {
        unimplemented!()
    }

    /// What the command ends with, or a refusal on its way there (then an [`crate::error::ExitStatus::Partly`]
    /// follows).
    pub fn error(&self, _error: &Error) {
        let _ = (self.stream, self.quiet, self.format);
        unimplemented!()
    }
}
