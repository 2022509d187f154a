use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Buf, Bytes};
use futures_core::Stream as _;
use futures_sink::Sink;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_tungstenite::tungstenite::error::ProtocolError;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::{Error, Message};

/// How much goes into one frame: the copy that is masked, and moved up as it is written, stays small. Frames need not
/// match packets [MQTT-6.0.0-2].
pub(super) const LARGEST_WRITE: usize = 128 * 1024;

/// A stream inside a WebSocket: what is written goes in binary frames, and what they bring is read.
///
/// Shutting down sends a Close frame, upon which the peer closes the connection.
#[derive(Debug)]
pub struct WebSocketStream<S> {
    inner: tokio_tungstenite::WebSocketStream<S>,
    /// The unread rest of the last message.
    received: Bytes,
    has_ended: bool,
}

impl<S> WebSocketStream<S> {
    pub(super) fn new(inner: tokio_tungstenite::WebSocketStream<S>) -> Self {
        Self { inner, received: Bytes::new(), has_ended: false }
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncRead for WebSocketStream<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        while self.received.is_empty() && !self.has_ended {
            match ready!(Pin::new(&mut self.inner).poll_next(cx)) {
                Some(Ok(Message::Binary(payload))) => self.received = payload,
                // Pongs are queued by the library; the next iteration flushes them.
                Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => {}
                // [MQTT-6.0.0-1]
                Some(Ok(Message::Text(_))) => {
                    return Poll::Ready(Err(io::Error::other("the broker sent a text frame of WebSocket")));
                }
                Some(Ok(Message::Close(frame))) => {
                    self.has_ended = true;
                    // Our Close in return, if it can be sent at once: the peer may already be gone.
                    _ = Pin::new(&mut self.inner).poll_flush(cx);
                    if let Some(error) = frame.and_then(|frame| close_error(&frame)) {
                        return Poll::Ready(Err(error));
                    }
                }
                Some(Err(error)) => {
                    self.has_ended = true;
                    if let Some(error) = io_error(error) {
                        return Poll::Ready(Err(error));
                    }
                }
                None => self.has_ended = true,
            }
        }
        let length = self.received.len().min(buffer.remaining());
        buffer.put_slice(&self.received[..length]);
        self.received.advance(length);
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for WebSocketStream<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        ready!(Pin::new(&mut self.inner).poll_ready(cx)).map_err(write_error)?;
        let bytes = &bytes[..bytes.len().min(LARGEST_WRITE)];
        let message = Message::Binary(Bytes::copy_from_slice(bytes));
        Pin::new(&mut self.inner).start_send(message).map_err(write_error)?;
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx).map_err(write_error)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_close(cx).map_err(write_error)
    }
}

/// The content of a Close frame, unless it is an ordinary end.
fn close_error(frame: &CloseFrame) -> Option<io::Error> {
    if matches!(frame.code, CloseCode::Normal | CloseCode::Away) {
        return None;
    }
    let code = u16::from(frame.code);
    let text = match frame.reason.as_str() {
        "" => format!("the broker closed the WebSocket with code {code}"),
        reason => format!("the broker closed the WebSocket with code {code}: {reason}"),
    };
    Some(io::Error::other(text))
}

/// `None` for an ordinary end.
fn io_error(error: Error) -> Option<io::Error> {
    match error {
        Error::Io(error) => Some(error),
        Error::ConnectionClosed
        | Error::AlreadyClosed
        | Error::Protocol(ProtocolError::ResetWithoutClosingHandshake) => None,
        error => Some(io::Error::other(format!("the broker broke the WebSocket protocol: {error}"))),
    }
}

fn write_error(error: Error) -> io::Error {
    match error {
        Error::Io(error) => error,
        error => io::Error::new(io::ErrorKind::BrokenPipe, error),
    }
}
