//! Passes the bytes of a stream to an observer.

use std::fmt;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// Receives the MQTT bytes of a client's connections, without TLS, WebSocket and proxies.
pub trait Tap: Send + fmt::Debug {
    /// A connection begins.
    fn begin(&mut self);

    /// Bytes to the broker, handed to the socket.
    fn sent(&mut self, bytes: &[u8]);

    /// Bytes from the broker, split anywhere.
    fn received(&mut self, bytes: &[u8]);
}

/// A stream with a tap. A stream without one has no cost.
#[derive(Debug)]
pub struct TappedStream<S> {
    inner: S,
    tap: Box<dyn Tap>,
}

impl<S> TappedStream<S> {
    /// The stream is new.
    pub(super) fn new(inner: S, mut tap: Box<dyn Tap>) -> Self {
        tap.begin();
        Self { inner, tap }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for TappedStream<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let polled = Pin::new(&mut self.inner).poll_read(cx, buffer);
        self.tap.received(&buffer.filled()[before..]);
        polled
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for TappedStream<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.inner).poll_write(cx, bytes);
        if let Poll::Ready(Ok(count)) = polled {
            self.tap.sent(&bytes[..count]);
        }
        polled
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}
