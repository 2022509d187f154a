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

impl Stream {
    /// Writes what is followed by the end of the stream, which the caller sends at once: over plain TCP on Linux both then
    /// go out in one packet.
    pub(crate) fn poll_write_last(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        #[cfg(target_os = "linux")]
        if let Self::Tcp(stream) = &*self {
            return poll_send_more(stream, cx, bytes);
        }
        self.poll_write(cx, bytes)
    }
}

/// Sends bytes that wait for those behind them.
#[cfg(target_os = "linux")]
fn poll_send_more(stream: &TcpStream, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
    use std::os::fd::AsRawFd;
    use std::task::ready;

    use nix::sys::socket::{MsgFlags, send};

    // MSG_MORE, which `nix` does not name: the same number on every processor.
    let flags = MsgFlags::from_bits_retain(0x8000) | MsgFlags::MSG_NOSIGNAL;
    loop {
        ready!(stream.poll_write_ready(cx))?;
        let sent = stream
            .try_io(tokio::io::Interest::WRITABLE, || send(stream.as_raw_fd(), bytes, flags).map_err(io::Error::from));
        match sent {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            sent => return Poll::Ready(sent),
        }
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
        match self {
            #[cfg(any(target_os = "linux", target_os = "android"))]
            Self::Tcp(stream) => {
                // Only for speed.
                _ = stream.set_quickack(true);
            }
            Self::Tls(stream) => stream.acknowledge_at_once(),
            _ => {}
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

    #[tokio::test]
    async fn what_is_written_last_arrives_before_the_end() {
        use tokio::io::{AsyncReadExt, AsyncWriteExt};
        use tokio::net::TcpListener;

        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut stream = Stream::Tcp(TcpStream::connect(listener.local_addr().unwrap()).await.unwrap());
        let (mut theirs, _) = listener.accept().await.unwrap();
        stream.write_all(b"first, ").await.unwrap();
        let written = std::future::poll_fn(|cx| Pin::new(&mut stream).poll_write_last(cx, b"last")).await.unwrap();
        assert_eq!(written, 4);
        stream.shutdown().await.unwrap();
        let mut received = String::new();
        theirs.read_to_string(&mut received).await.unwrap();
        assert_eq!(received, "first, last");
    }

    #[test]
    fn layers_do_not_swell_a_plain_stream() {
        assert_eq!(size_of::<Stream>(), size_of::<TcpStream>() + size_of::<usize>());
    }
}
