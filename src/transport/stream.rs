use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
#[cfg(unix)]
use tokio::net::UnixStream;

use super::prompt::Prompt;
#[cfg(feature = "quic")]
use super::quic::QuicStream;
use super::tap::{Tap, TappedStream};
use super::tls::TlsStream;
use super::websocket::WebSocketStream;

/// Bytes to and from a broker.
///
/// An enum rather than a boxed trait: a plain TCP connection costs no allocation and no indirect call. A layer on
/// top of another is one more variant, boxed when it is large, so that it does not enlarge the plain ones.
#[derive(Debug)]
pub enum Stream {
    /// Plain TCP.
    Tcp(TcpStream),
    /// A Unix socket.
    #[cfg(unix)]
    Unix(UnixStream),
    /// TLS over another stream.
    Tls(Box<TlsStream<Self>>),
    /// WebSocket over another stream.
    WebSocket(Box<WebSocketStream<Self>>),
    /// QUIC.
    #[cfg(feature = "quic")]
    Quic(Box<QuicStream>),
    /// Another stream, whose bytes are also passed to a tap.
    Tapped(Box<TappedStream<Self>>),
}

impl Stream {
    /// The same stream, whose bytes are also passed to a tap from now on.
    #[must_use]
    pub fn tapped(self, tap: Box<dyn Tap>) -> Self {
        Self::Tapped(Box::new(TappedStream::new(self, tap)))
    }
}

/// Calls one method on whichever stream it is.
macro_rules! forward {
    ($stream:expr, $inner:ident => $call:expr) => {
        match $stream.get_mut() {
            Stream::Tcp($inner) => $call,
            #[cfg(unix)]
            Stream::Unix($inner) => $call,
            Stream::Tls($inner) => $call,
            Stream::WebSocket($inner) => $call,
            #[cfg(feature = "quic")]
            Stream::Quic($inner) => $call,
            Stream::Tapped($inner) => $call,
        }
    };
}

impl Prompt for Stream {
    fn acknowledge_at_once(&self) {
        #[cfg(any(target_os = "linux", target_os = "android"))]
        if let Self::Tcp(stream) = self {
            // Only for speed.
            _ = stream.set_quickack(true);
        }
    }
}

impl AsyncRead for Stream {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        forward!(self, inner => Pin::new(inner).poll_read(cx, buffer))
    }
}

impl AsyncWrite for Stream {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        forward!(self, inner => Pin::new(inner).poll_write(cx, bytes))
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        forward!(self, inner => Pin::new(inner).poll_write_vectored(cx, slices))
    }

    fn is_write_vectored(&self) -> bool {
        match self {
            Self::Tcp(inner) => inner.is_write_vectored(),
            #[cfg(unix)]
            Self::Unix(inner) => inner.is_write_vectored(),
            Self::Tls(inner) => inner.is_write_vectored(),
            Self::WebSocket(inner) => inner.is_write_vectored(),
            #[cfg(feature = "quic")]
            Self::Quic(inner) => inner.is_write_vectored(),
            Self::Tapped(inner) => inner.is_write_vectored(),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        forward!(self, inner => Pin::new(inner).poll_flush(cx))
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        forward!(self, inner => Pin::new(inner).poll_shutdown(cx))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn layers_do_not_swell_a_plain_stream() {
        assert_eq!(size_of::<Stream>(), size_of::<TcpStream>() + size_of::<usize>());
    }
}
