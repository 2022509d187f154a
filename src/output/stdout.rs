use std::io::{self, Write};

use super::Stream;
use crate::error::Error;

/// Data on its way to stdout (or anything else that is written to): a large buffer, written when it is full and when
/// the caller says that no more input is ready; after each message on a terminal.
#[derive(Debug)]
pub struct Stdout<W: Write = io::Stdout> {
    inner: W,
    stream: Stream,
    buffer: Vec<u8>,
}

/// Why data could not be written.
#[derive(Debug)]
pub enum WriteError {
    /// The reader has gone (`| head`): not an error; stop, quietly, with the exit code of success.
    Closed,
    /// The disk is full, or so.
    Failed(Error),
}

impl Stdout {
    /// The process's stdout.
    pub fn new(stream: Stream) -> Self {
        Self::with_writer(io::stdout(), stream)
    }
}

impl<W: Write> Stdout<W> {
    /// The same for any writer.
    pub fn with_writer(inner: W, stream: Stream) -> Self {
        Self { inner, stream, buffer: Vec::new() }
    }

    /// What it writes to.
    pub fn stream(&self) -> Stream {
        self.stream
    }

    /// Where to append; text that comes from elsewhere must be made safe before. Then call [`Self::end_message`].
    pub fn buffer(&mut self) -> &mut Vec<u8> {
        &mut self.buffer
    }

    /// A message is complete: writes on a terminal, or when there is a lot.
    pub fn end_message(&mut self) -> Result<(), WriteError> {
        unimplemented!()
    }

    /// Writes what is there: no more input is ready.
    pub fn flush(&mut self) -> Result<(), WriteError> {
        unimplemented!()
    }

    /// A line of text that is ours; what a terminal would obey is escaped on one.
    pub fn line(&mut self, _text: &str) -> Result<(), WriteError> {
        unimplemented!()
    }
}
