use std::io::{self, ErrorKind, Write};

use super::{PatientStdout, Stream, safe};
use crate::error::Error;

/// How much is written at once.
const FULL: usize = 64 * 1024;

/// Data on its way to stdout (or another writer): a large buffer, written when it is full, when the caller has no more
/// input ready, and after each message on a terminal.
#[derive(Debug)]
pub struct Stdout<W: Write = io::Stdout> {
    inner: W,
    stream: Stream,
    buffer: Vec<u8>,
    /// How much of the buffer is written.
    written: usize,
    /// The rest is waiting for room.
    is_blocked: bool,
}

/// Why data could not be written.
#[derive(Debug, PartialEq, Eq)]
pub enum WriteError {
    /// The reader has gone (`| head`): not an error; stop, quietly, with the exit code of success.
    Closed,
    /// For example, the disk is full.
    Failed(Error),
}

impl Stdout {
    /// The process's stdout.
    pub fn new(stream: Stream) -> Self {
        Self::with_writer(io::stdout(), stream)
    }
}

impl Stdout<PatientStdout> {
    /// The process's stdout, which is waited for when it is full: call [`Self::advance`] until everything is written,
    /// and [`Self::writable`] in between.
    pub fn patient(stream: Stream) -> Self {
        Self::with_writer(PatientStdout::open(), stream)
    }

    /// Waits until there may be room.
    pub(super) async fn writable(&self) -> Result<(), WriteError> {
        self.inner.writable().await.map_err(|error| WriteError::new("standard output", &error))
    }
}

impl<W: Write> Stdout<W> {
    /// The same for any writer.
    pub fn with_writer(inner: W, stream: Stream) -> Self {
        Self { inner, stream, buffer: Vec::new(), written: 0, is_blocked: false }
    }

    /// The writer, without what is still in the buffer.
    pub(super) fn into_writer(self) -> W {
        self.inner
    }

    /// What it writes to.
    pub fn stream(&self) -> Stream {
        self.stream
    }

    /// Where to append; untrusted text must be made safe first. Then call [`Self::end_message`].
    pub(super) fn buffer(&mut self) -> &mut Vec<u8> {
        &mut self.buffer
    }

    /// A message is complete: writes on a terminal, or when there is a lot.
    pub(super) fn end_message(&mut self) -> Result<(), WriteError> {
        if self.stream.terminal || self.buffer.len() >= FULL { self.advance().map(drop) } else { Ok(()) }
    }

    /// Writes the buffer, as no more input is ready.
    pub fn flush(&mut self) -> Result<(), WriteError> {
        if self.advance()? {
            return Ok(());
        }
        self.clear();
        Err(WriteError::new("standard output", &ErrorKind::WouldBlock.into()))
    }

    /// Writes as much as there is room for; returns whether that was all.
    pub(super) fn advance(&mut self) -> Result<bool, WriteError> {
        if self.buffer.is_empty() {
            return Ok(true);
        }
        let outcome = loop {
            if self.written == self.buffer.len() {
                break self.inner.flush();
            }
            match self.inner.write(&self.buffer[self.written..]) {
                Ok(0) => break Err(ErrorKind::WriteZero.into()),
                Ok(length) => self.written += length,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    self.is_blocked = true;
                    return Ok(false);
                }
                Err(error) => break Err(error),
            }
        };
        self.clear();
        outcome.map(|()| true).map_err(|error| WriteError::new("standard output", &error))
    }

    /// Whether the last [`Self::advance`] left something that waits for room.
    pub(super) fn is_blocked(&self) -> bool {
        self.is_blocked
    }

    fn clear(&mut self) {
        self.buffer.clear();
        self.written = 0;
        self.is_blocked = false;
        // The memory of one huge message must not be kept forever.
        self.buffer.shrink_to(4 * FULL);
    }

    /// Trusted text, including its style, written at once.
    pub fn text(&mut self, text: &str) -> Result<(), WriteError> {
        self.buffer.extend_from_slice(text.as_bytes());
        self.flush()
    }

    /// A line of text; what could act on a terminal is escaped there.
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

    /// Counts the writes, and fails in a chosen way.
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

    /// Accepts a few bytes, and then nothing until it is emptied.
    #[derive(Default)]
    struct Pipe {
        taken: Vec<u8>,
        room: usize,
    }

    impl Write for Pipe {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let length = bytes.len().min(self.room);
            if length == 0 {
                return Err(ErrorKind::WouldBlock.into());
            }
            self.room -= length;
            self.taken.extend_from_slice(&bytes[..length]);
            Ok(length)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn what_finds_no_room_stays_and_goes_on_where_it_stopped() {
        let mut out = Stdout::with_writer(Pipe { room: 3, ..Pipe::default() }, Stream::PIPE);
        out.line("first").unwrap();
        assert_eq!(out.advance(), Ok(false));
        assert!(out.is_blocked());
        out.line("second").unwrap();
        out.inner.room = 100;
        assert_eq!(out.advance(), Ok(true));
        assert!(!out.is_blocked());
        assert_eq!(out.inner.taken, b"first\nsecond\n");
    }

    #[test]
    fn who_cannot_wait_is_told_that_there_is_no_room() {
        let mut out = Stdout::with_writer(Pipe::default(), Stream::PIPE);
        assert!(matches!(out.text("x"), Err(WriteError::Failed(_))));
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
