use std::io::{self, ErrorKind, Write};

use super::{Stream, safe};
use crate::error::Error;

/// So much is written at once.
const FULL: usize = 64 * 1024;

/// Data on its way to stdout (or anything else that is written to): a large buffer, written when it is full and when
/// the caller says that no more input is ready; after each message on a terminal.
#[derive(Debug)]
pub struct Stdout<W: Write = io::Stdout> {
    inner: W,
    stream: Stream,
    buffer: Vec<u8>,
}

/// Why data could not be written.
#[derive(Debug, PartialEq, Eq)]
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
    pub(super) fn buffer(&mut self) -> &mut Vec<u8> {
        &mut self.buffer
    }

    /// A message is complete: writes on a terminal, or when there is a lot.
    pub(super) fn end_message(&mut self) -> Result<(), WriteError> {
        if self.stream.terminal || self.buffer.len() >= FULL { self.flush() } else { Ok(()) }
    }

    /// Writes what is there: no more input is ready.
    pub fn flush(&mut self) -> Result<(), WriteError> {
        if self.buffer.is_empty() {
            return Ok(());
        }
        let written = self.inner.write_all(&self.buffer).and_then(|()| self.inner.flush());
        self.buffer.clear();
        // One huge message must not hold its memory for ever.
        self.buffer.shrink_to(4 * FULL);
        written.map_err(|error| WriteError::new("standard output", &error))
    }

    /// Text of the program's own, style included, at once.
    pub fn text(&mut self, text: &str) -> Result<(), WriteError> {
        self.buffer.extend_from_slice(text.as_bytes());
        self.flush()
    }

    /// A line of text; what a terminal would obey is escaped on one.
    pub fn line(&mut self, text: &str) -> Result<(), WriteError> {
        safe::push_word(text.as_bytes(), self.stream, &mut self.buffer);
        self.buffer.push(b'\n');
        self.end_message()
    }
}

impl WriteError {
    pub(super) fn new(what: &str, error: &io::Error) -> Self {
        match error.kind() {
            ErrorKind::BrokenPipe => Self::Closed,
            _ => Self::Failed(Error::local(format!("{what} cannot be written: {error}"))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Counts the writes and fails in a way of its choice.
    #[derive(Default)]
    struct Script {
        writes: Vec<usize>,
        fails: Option<ErrorKind>,
    }

    impl Write for Script {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            if let Some(kind) = self.fails {
                return Err(kind.into());
            }
            self.writes.push(bytes.len());
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    const TERMINAL: Stream = Stream { terminal: true, color: false, unicode: true };

    #[test]
    fn a_pipe_gets_messages_together_when_no_more_are_ready() {
        let mut out = Stdout::with_writer(Script::default(), Stream::PIPE);
        for _ in 0..3 {
            out.line("four").unwrap();
        }
        assert_eq!(out.inner.writes, [0; 0]);
        out.flush().unwrap();
        out.flush().unwrap();
        assert_eq!(out.inner.writes, [15]);
    }

    #[test]
    fn a_pipe_gets_a_full_buffer_at_once() {
        let mut out = Stdout::with_writer(Script::default(), Stream::PIPE);
        out.line(&"x".repeat(FULL)).unwrap();
        assert_eq!(out.inner.writes, [FULL + 1]);
    }

    #[test]
    fn a_terminal_gets_each_message_and_none_of_its_controls() {
        let mut out = Stdout::with_writer(Vec::new(), TERMINAL);
        out.line("a\x1b[2J").unwrap();
        assert_eq!(out.inner, b"a\\x1b[2J\n");
    }

    #[test]
    fn a_reader_that_has_gone_is_told_from_a_disk_that_is_full() {
        let failing = |kind| {
            let mut out = Stdout::with_writer(Script { fails: Some(kind), ..Script::default() }, TERMINAL);
            out.line("x").unwrap_err()
        };
        assert_eq!(failing(ErrorKind::BrokenPipe), WriteError::Closed);
        let full = Error::local("standard output cannot be written: no storage space");
        assert_eq!(failing(ErrorKind::StorageFull), WriteError::Failed(full));
    }
}
