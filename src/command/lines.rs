//! Lines of a stream, read on a separate thread and split without copying.
//!
//! A terminal and a pipe can only be read blocking; the thread reads a few chunks of whole lines ahead, and
//! the command splits them as fast as the broker accepts messages. On demand it reads a chunk when one is asked for, so that
//! no more is read before this is stored.

use std::io::{self, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::thread;

use bytes::{Bytes, BytesMut};
use tokio::sync::mpsc::{Receiver, Sender, channel};

/// The minimum size of a read: many lines for one system call.
const CHUNK: usize = 64 * 1024;

/// How many chunks may wait: the reader is ahead, and memory stays bounded.
const CHUNKS_AHEAD: usize = 4;

/// The size of a read on demand: what is lost of a pipe at most if the process is killed before it is stored.
const CHUNK_ON_DEMAND: usize = 16 * 1024;

/// The longest line, bytes: the largest MQTT packet there can be.
const LONGEST_LINE: usize = 268_435_455;

/// Lines, each without its end (`\n` or `\r\n`, as in MQTTX). The last needs none.
#[derive(Debug)]
pub(crate) struct Lines {
    chunks: Receiver<io::Result<Bytes>>,
    /// Whole lines not yet split.
    rest: Bytes,
    demand: Option<Demand>,
}

/// Asks the thread for chunks, one at a time.
#[derive(Debug)]
struct Demand {
    ask: mpsc::Sender<()>,
    /// One was asked for and has not come.
    is_asked: bool,
    stop: Arc<AtomicBool>,
}

impl Lines {
    /// Starts reading.
    pub(crate) fn new(from: impl Read + Send + 'static) -> Self {
        let (sender, chunks) = channel(CHUNKS_AHEAD);
        // Detached on purpose: it may be blocked in a read of a terminal that never returns, and holds nothing that could
        // be lost; it ends with the process, or when its chunks are no longer needed.
        thread::spawn(move || read_chunks(from, CHUNK, || true, &sender));
        Self { chunks, rest: Bytes::new(), demand: None }
    }

    /// Reads a chunk when there is no line left. Once `stop` is set, the lines that have been read are the last.
    pub(crate) fn on_demand(from: impl Read + Send + 'static, stop: Arc<AtomicBool>) -> Self {
        let (sender, chunks) = channel(1);
        let (ask, asked) = mpsc::channel();
        // Detached like the other.
        thread::spawn(move || read_chunks(from, CHUNK_ON_DEMAND, || asked.recv().is_ok(), &sender));
        Self { chunks, rest: Bytes::new(), demand: Some(Demand { ask, is_asked: false, stop }) }
    }

    /// The next line; `None` at the end of the stream.
    pub(crate) async fn next(&mut self) -> Option<io::Result<Bytes>> {
        if self.rest.is_empty() {
            match self.chunk().await? {
                Ok(chunk) => self.rest = chunk,
                Err(error) => return Some(Err(error)),
            }
        }
        Some(Ok(self.cut()))
    }

    /// Whether the next line has been read.
    pub(crate) fn is_at_hand(&self) -> bool {
        !self.rest.is_empty()
    }

    async fn chunk(&mut self) -> Option<io::Result<Bytes>> {
        let Some(demand) = &mut self.demand else { return self.chunks.recv().await };
        if demand.stop.load(Ordering::Relaxed) {
            return self.chunks.try_recv().ok();
        }
        if !demand.is_asked {
            // A thread that has ended has closed the chunks.
            demand.is_asked = demand.ask.send(()).is_ok();
        }
        let chunk = self.chunks.recv().await;
        demand.is_asked = false;
        chunk
    }

    fn cut(&mut self) -> Bytes {
        match memchr::memchr(b'\n', &self.rest) {
            Some(end) => {
                let mut line = self.rest.split_to(end + 1);
                line.truncate(if line[..end].ends_with(b"\r") { end - 1 } else { end });
                line
            }
            None => std::mem::take(&mut self.rest),
        }
    }
}

/// Sends chunks that end with a line end, except perhaps the last one, each when `may_read` allows it.
fn read_chunks(mut from: impl Read, size: usize, may_read: impl Fn() -> bool, to: &Sender<io::Result<Bytes>>) {
    let mut buffer = BytesMut::new();
    // How much of the buffer holds no line end, so that a long line is not searched again and again.
    let mut searched = 0;
    let mut is_allowed = false;
    loop {
        if !is_allowed {
            is_allowed = may_read();
            if !is_allowed {
                return;
            }
        }
        let filled = buffer.len();
        buffer.resize(filled + size, 0);
        let length = match from.read(&mut buffer[filled..]) {
            Ok(length) => length,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {
                buffer.truncate(filled);
                continue;
            }
            Err(error) => {
                // The command may have ended.
                let _ = to.blocking_send(Err(error));
                return;
            }
        };
        buffer.truncate(filled + length);
        let end_of_stream = length == 0;
        let whole = match memchr::memrchr(b'\n', &buffer[searched..]) {
            _ if end_of_stream => buffer.len(),
            Some(at) => searched + at + 1,
            None => 0,
        };
        if whole > 0 {
            if to.blocking_send(Ok(buffer.split_to(whole).freeze())).is_err() {
                return;
            }
            // Without a whole line the reading goes on.
            is_allowed = false;
        }
        searched = buffer.len();
        if end_of_stream {
            return;
        }
        if buffer.len() > LONGEST_LINE {
            let message = "a line is longer than the largest MQTT packet (268,435,455 bytes)";
            let _ = to.blocking_send(Err(io::Error::new(io::ErrorKind::InvalidData, message)));
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns its bytes a few at a time.
    struct Slowly(io::Cursor<Vec<u8>>, usize);

    impl Read for Slowly {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let most = self.1.min(buffer.len());
            self.0.read(&mut buffer[..most])
        }
    }

    async fn lines(text: &[u8], at_once: usize) -> Vec<Bytes> {
        let mut lines = Lines::new(Slowly(io::Cursor::new(text.to_vec()), at_once));
        let mut all = Vec::new();
        while let Some(line) = lines.next().await {
            all.push(line.unwrap());
        }
        all
    }

    #[tokio::test]
    async fn cuts_lines_whatever_the_reads_are_empty_ones_too() {
        for at_once in [1, 2, 3, 1000] {
            assert_eq!(lines(b"a\n\nbc\r\n\n", at_once).await, ["a", "", "bc", ""]);
            assert_eq!(lines(b"a\nlast", at_once).await, ["a", "last"]);
            assert_eq!(lines(b"\n", at_once).await, [""]);
            assert!(lines(b"", at_once).await.is_empty());
        }
    }

    #[tokio::test]
    async fn a_line_may_be_longer_than_a_chunk() {
        let long = [vec![b'x'; 3 * CHUNK + 1], vec![b'\n'], vec![b'y']].concat();
        let all = lines(&long, usize::MAX).await;
        assert_eq!((all.len(), all[0].len(), &all[1][..]), (2, 3 * CHUNK + 1, &b"y"[..]));
    }
}
