use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::{Buf, BytesMut};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Sleep;

use super::hub::Hub;
use super::stream::Stream;
use super::websocket::{Broken, Framing, encode};
use crate::broker::core::{LinkId, Peer, Transmit};
use crate::transport::Tap;

/// Reads in one turn, after which other links have theirs.
const READS_IN_A_TURN: usize = 4;
/// How long a client has to take the last bytes and to close, once we are done with it: closing at once could destroy
/// what is on its way to it.
const LINGER: Duration = Duration::from_secs(2);

/// A stream and its link of the core, until either ends.
pub(super) struct Link {
    hub: Rc<Hub>,
    id: LinkId,
    stream: Stream,
    framing: Option<Box<Framing>>,
    tap: Option<Box<dyn Tap>>,
    /// The beginning of a packet.
    input: BytesMut,
    /// What the stream has not taken yet.
    output: BytesMut,
    closing: Option<Pin<Box<Sleep>>>,
    has_shut_down: bool,
}

/// What became of sending.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sent {
    /// All there is.
    All,
    /// The client does not take more at present.
    Blocked,
    /// All there will ever be.
    Last,
}

impl Link {
    /// A link over an open stream; over WebSocket with what has been read behind the handshake.
    pub(super) fn new(hub: Rc<Hub>, stream: Stream, framing: Option<(Framing, Vec<u8>)>, peer: Peer) -> Self {
        let (id, mut tap) = hub.open(peer);
        if let Some(tap) = &mut tap {
            tap.begin();
        }
        let (framing, early) = match framing {
            Some((framing, early)) => (Some(Box::new(framing)), early),
            None => (None, Vec::new()),
        };
        let (input, output) = (BytesMut::new(), BytesMut::new());
        let mut link = Self { hub, id, stream, framing, tap, input, output, closing: None, has_shut_down: false };
        if !early.is_empty() {
            link.take(&early);
        }
        link
    }

    fn turn(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.hub.register(self.id, cx.waker());
        for _ in 0..READS_IN_A_TURN {
            if self.closing.is_none() && self.send(cx)? == Sent::Last {
                self.begin_closing(Some(Broken::NORMAL));
            }
            if self.closing.is_some() {
                return self.close(cx);
            }
            if !self.hub.wants_input(self.id) {
                return Poll::Pending;
            }
            if !ready!(self.receive(cx))? {
                return Poll::Ready(Ok(()));
            }
        }
        // What the last read asked for is not kept back for a turn.
        if self.closing.is_none() && self.send(cx)? == Sent::Last {
            self.begin_closing(Some(Broken::NORMAL));
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    fn send(&mut self, cx: &mut Context<'_>) -> io::Result<Sent> {
        if !self.output.is_empty() {
            let mut output = std::mem::take(&mut self.output);
            let written = self.write(&output, cx)?;
            output.advance(written);
            if !output.is_empty() {
                self.output = output;
                return Ok(Sent::Blocked);
            }
        }
        loop {
            let mut buffer = self.hub.output.take();
            let transmit = self.hub.transmit(self.id, &mut buffer);
            let is_blocked = self.send_packets(&buffer, cx);
            let was_empty = buffer.is_empty();
            Hub::put(&self.hub.output, buffer);
            match transmit {
                Transmit::Close => return Ok(Sent::Last),
                _ if is_blocked? => return Ok(Sent::Blocked),
                Transmit::More if !was_empty => {}
                Transmit::More | Transmit::Idle => break,
            }
        }
        // TLS has a buffer of its own.
        match Pin::new(&mut self.stream).poll_flush(cx) {
            Poll::Ready(flushed) => flushed.map(|()| Sent::All),
            Poll::Pending => Ok(Sent::Blocked),
        }
    }

    /// Sends packets, and keeps what the stream does not take; returns whether there is such.
    fn send_packets(&mut self, packets: &[u8], cx: &mut Context<'_>) -> io::Result<bool> {
        if packets.is_empty() {
            return Ok(false);
        }
        if let Some(tap) = &mut self.tap {
            tap.sent(packets);
        }
        if self.framing.is_none() {
            let written = self.write(packets, cx)?;
            self.output.extend_from_slice(&packets[written..]);
        } else {
            let mut frames = self.hub.frames.take();
            encode(packets, &mut frames);
            let written = self.write(&frames, cx);
            if let Ok(written) = written {
                self.output.extend_from_slice(&frames[written..]);
            }
            Hub::put(&self.hub.frames, frames);
            written?;
        }
        Ok(!self.output.is_empty())
    }

    /// How much of the bytes the stream takes at once.
    fn write(&mut self, bytes: &[u8], cx: &mut Context<'_>) -> io::Result<usize> {
        let mut written = 0;
        while written < bytes.len() {
            match Pin::new(&mut self.stream).poll_write(cx, &bytes[written..]) {
                Poll::Ready(Ok(0)) => return Err(io::ErrorKind::WriteZero.into()),
                Poll::Ready(Ok(count)) => written += count,
                Poll::Ready(Err(error)) => return Err(error),
                Poll::Pending => break,
            }
        }
        Ok(written)
    }

    /// Reads once; returns whether the client may send more.
    fn receive(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<bool>> {
        let mut buffer = self.hub.input.take();
        let mut unread = ReadBuf::new(&mut buffer);
        let read = Pin::new(&mut self.stream).poll_read(cx, &mut unread);
        let length = unread.filled().len();
        let read = match read {
            Poll::Ready(Ok(())) => {
                self.take(&buffer[..length]);
                Poll::Ready(Ok(length > 0))
            }
            Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
            Poll::Pending => Poll::Pending,
        };
        self.hub.input.set(buffer);
        read
    }

    /// Hands bytes of the stream to the core.
    fn take(&mut self, bytes: &[u8]) {
        let known = self.input.len();
        match &mut self.framing {
            None => self.input.extend_from_slice(bytes),
            Some(framing) => match framing.decode(bytes, &mut self.input, &mut self.output) {
                Ok(()) if !framing.has_ended() => {}
                // Its Close has been answered.
                Ok(()) => self.begin_closing(None),
                Err(broken) => self.begin_closing(Some(broken)),
            },
        }
        if let Some(tap) = &mut self.tap {
            tap.received(&self.input[known..]);
        }
        if self.input.len() > known {
            self.hub.handle_input(self.id, &mut self.input);
        }
        if self.input.is_empty() {
            // Nothing is kept for an idle link.
            self.input = BytesMut::new();
        }
    }

    /// `reason`: what a Close frame is to say.
    fn begin_closing(&mut self, reason: Option<Broken>) {
        if let (Some(reason), Some(_)) = (reason, &self.framing) {
            reason.encode(&mut self.output);
        }
        self.closing = Some(Box::pin(tokio::time::sleep(LINGER)));
    }

    /// Has the client take what is left, and waits until it has closed.
    fn close(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if let Some(linger) = &mut self.closing
            && linger.as_mut().poll(cx).is_ready()
        {
            return Poll::Ready(Ok(()));
        }
        if !self.output.is_empty() {
            let mut output = std::mem::take(&mut self.output);
            let written = self.write(&output, cx)?;
            output.advance(written);
            self.output = output;
        }
        if self.output.is_empty() && !self.has_shut_down {
            ready!(Pin::new(&mut self.stream).poll_flush(cx))?;
            ready!(Pin::new(&mut self.stream).poll_shutdown(cx))?;
            self.has_shut_down = true;
        }
        if self.has_shut_down && self.hub.is_stopping() {
            return Poll::Ready(Ok(()));
        }
        let mut buffer = self.hub.input.take();
        let read = loop {
            let mut unread = ReadBuf::new(&mut buffer);
            match Pin::new(&mut self.stream).poll_read(cx, &mut unread) {
                Poll::Ready(Ok(())) if !unread.filled().is_empty() => {}
                read => break read,
            }
        };
        self.hub.input.set(buffer);
        read
    }
}

impl Future for Link {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        // How a stream failed does not matter: the core hears that it has ended.
        self.turn(cx).map(|_| ())
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        self.hub.close(self.id);
    }
}
