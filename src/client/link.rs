use std::future::Future;
use std::io;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, ready};

use bytes::{Buf, BytesMut};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite};

use crate::transport::Prompt;

/// How much the first read of a burst may take: enough for a CONNACK or a single message.
const MINIMUM_READ: usize = 4 * 1024;
/// How much a read may take once the previous ones were full: thousands of small messages in one system call.
const MAXIMUM_READ: usize = 256 * 1024;

/// A stream with its two buffers, which exist only while they hold bytes: an idle connection has none.
pub(super) struct Link<S> {
    stream: S,
    /// Received and not yet taken by the session.
    pub(super) input: BytesMut,
    /// Given by the session and not yet written.
    pub(super) output: BytesMut,
    read_size: usize,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Link<S> {
    pub(super) fn new(stream: S) -> Self {
        Self { stream, input: BytesMut::new(), output: BytesMut::new(), read_size: MINIMUM_READ }
    }

    /// Reads once, appending to `input`; 0 is the end of the stream.
    pub(super) fn poll_read(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        // The rest of a chunk is used up before the next is allocated, so that many small messages share one.
        if self.input.capacity() - self.input.len() < self.read_size / 4 {
            self.input.reserve(self.read_size);
        }
        let room = self.input.capacity() - self.input.len();
        // `read_buf` keeps nothing between polls: dropping it after one loses nothing.
        let length = ready!(pin!(self.stream.read_buf(&mut self.input)).poll(cx))?;
        if length == room {
            self.read_size = (self.read_size * 4).min(MAXIMUM_READ);
        }
        Poll::Ready(Ok(length))
    }

    /// Writes until `output` is empty, and until nothing is held back by a layer below, such as TLS.
    pub(super) fn poll_write(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.output.is_empty() {
            let length = ready!(Pin::new(&mut self.stream).poll_write(cx, &self.output))?;
            if length == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.output.advance(length);
        }
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    /// Has what the peer holds back until an acknowledgement of TCP sent now.
    pub(super) fn acknowledge_at_once(&self)
    where
        S: Prompt,
    {
        self.stream.acknowledge_at_once();
    }

    /// Signals the peer that nothing more will be sent; what it sends can still be read.
    pub(super) fn poll_half_close(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }

    /// Gives back the memory of buffers that hold nothing.
    pub(super) fn release_buffers(&mut self) {
        if self.input.is_empty() {
            self.input = BytesMut::new();
            self.read_size = MINIMUM_READ;
        }
        if self.output.is_empty() {
            self.output = BytesMut::new();
        }
    }
}
