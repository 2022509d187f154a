use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_rustls::client;

use super::cause::TlsCause;
use super::verify::Identity;
use crate::transport::prompt::Prompt;

/// A stream inside TLS. Its errors carry a [`TlsCause`], and a peer that closes without a TLS close message has
/// simply closed: truncated data is detected by the lengths in MQTT.
#[derive(Debug)]
pub struct TlsStream<S> {
    pub(super) inner: client::TlsStream<S>,
    pub(super) identity: Arc<Identity>,
    /// Something after the handshake has been read.
    pub(super) has_heard: bool,
}

impl<S> TlsStream<S> {
    fn explain(&self, error: io::Error) -> io::Error {
        match error.get_ref() {
            Some(inner) if inner.is::<tokio_rustls::rustls::Error>() => {
                io::Error::new(error.kind(), TlsCause::from_io(&error, self.identity.standing()))
            }
            _ => error,
        }
    }
}

impl<S: Prompt> Prompt for TlsStream<S> {
    fn acknowledge_at_once(&self) {
        self.inner.get_ref().0.acknowledge_at_once();
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin + Prompt> AsyncRead for TlsStream<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if !self.has_heard {
            // Each time, as the system returns to delayed acknowledgements whenever we have sent something.
            self.acknowledge_at_once();
        }
        let read = ready!(Pin::new(&mut self.inner).poll_read(cx, buffer));
        self.has_heard = true;
        match read {
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Poll::Ready(Ok(())),
            read => Poll::Ready(read.map_err(|error| self.explain(error))),
        }
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for TlsStream<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write(cx, bytes).map_err(|error| self.explain(error))
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write_vectored(cx, slices).map_err(|error| self.explain(error))
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx).map_err(|error| self.explain(error))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx).map_err(|error| self.explain(error))
    }
}
