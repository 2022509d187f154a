use std::io;
use std::num::NonZeroUsize;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use bytes::{Buf, BytesMut};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Sleep;

use super::faulty::Faulty;
use super::hub::Hub;
use super::stream::Stream;
use super::websocket::{Broken, Framing, encode};
use crate::broker::core::{LinkId, Peer, Transmit};
use crate::transport::Tap;

/// Reads in one turn, before other links get theirs.
const READS_IN_A_TURN: usize = 4;
/// How long a client has to read the last bytes and close, once we are done with it: closing at once could destroy
/// data in transit.
const LINGER: Duration = Duration::from_secs(2);

/// A stream and its link of the core, until either ends.
pub(super) struct Link {
    hub: Rc<Hub>,
    id: LinkId,
    stream: Stream,
    framing: Option<Box<Framing>>,
    tap: Option<Box<dyn Tap>>,
    faulty: Option<Box<Faulty>>,
    /// When a fault is due.
    due: Option<Pin<Box<Sleep>>>,
    /// The core has nothing more to send.
    is_last: bool,
    /// The beginning of a packet.
    input: BytesMut,
    /// What the stream has not accepted yet.
    output: BytesMut,
    closing: Option<Pin<Box<Sleep>>>,
    has_shut_down: bool,
}

/// The result of sending.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sent {
    /// Everything was sent.
    All,
    /// The client does not accept more for now.
    Blocked,
    /// Everything was sent, and nothing will follow.
    Last,
}

impl Link {
    /// A link over an open stream; over WebSocket with what has been read after the handshake.
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
        let faulty = hub.is_faulty().then(|| Box::new(Faulty::new(&hub, Instant::now())));
        let mut link = Self {
            hub,
            id,
            stream,
            framing,
            tap,
            faulty,
            due: None,
            is_last: false,
            input,
            output,
            closing: None,
            has_shut_down: false,
        };
        if !early.is_empty() {
            link.take(&early);
        }
        link
    }

    fn turn(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.hub.register(self.id, cx.waker());
        if let Some(faulty) = &mut self.faulty {
            faulty.deliver(&self.hub, self.id, Instant::now());
        }
        for _ in 0..READS_IN_A_TURN {
            if self.closing.is_none() && self.send(cx)? == Sent::Last {
                self.begin_closing(Some(Broken::NORMAL));
            }
            if self.closing.is_some() {
                return self.close(cx);
            }
            let is_full = self.faulty.as_ref().is_some_and(|faulty| faulty.is_full());
            if is_full || !self.hub.wants_input(self.id) {
                return Poll::Pending;
            }
            if !ready!(self.receive(cx))? {
                return Poll::Ready(Ok(()));
            }
        }
        // The answers to the last read are not delayed by a turn.
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
        while !self.is_last {
            let mut buffer = self.hub.output.take();
            let transmit = self.hub.transmit(self.id, &mut buffer);
            let had_some = !buffer.is_empty();
            let is_blocked = self.pass_on(&mut buffer, cx);
            Hub::put(&self.hub.output, buffer);
            let is_blocked = is_blocked?;
            self.is_last = transmit == Transmit::Close;
            if is_blocked {
                return Ok(if self.is_last { Sent::Last } else { Sent::Blocked });
            }
            if transmit != Transmit::More || !had_some {
                break;
            }
        }
        let now = Instant::now();
        let is_held_back = self.faulty.as_ref().is_some_and(|faulty| faulty.timeout(&self.hub, now).is_some());
        if self.is_last && is_held_back {
            let mut nothing = BytesMut::new();
            self.pass_on(&mut nothing, cx)?;
            return Ok(Sent::All);
        }
        if self.is_last {
            return Ok(Sent::Last);
        }
        // TLS has its own buffer.
        match Pin::new(&mut self.stream).poll_flush(cx) {
            Poll::Ready(flushed) => flushed?,
            Poll::Pending => return Ok(Sent::Blocked),
        }
        if !is_held_back && self.faulty.as_ref().is_some_and(|faulty| faulty.is_closed()) {
            return Err(io::ErrorKind::ConnectionAborted.into());
        }
        Ok(Sent::All)
    }

    /// Sends packets of the core, subject to the faults; returns whether the stream does not accept all of it.
    fn pass_on(&mut self, packets: &mut BytesMut, cx: &mut Context<'_>) -> io::Result<bool> {
        let Some(faulty) = &mut self.faulty else { return self.send_packets(packets, cx) };
        let mut out = BytesMut::new();
        faulty.handle_output(&self.hub, std::mem::take(packets), &mut out, Instant::now());
        self.send_packets(&out, cx)
    }

    /// Sends packets, and keeps what the stream does not accept; returns whether there is any.
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

    /// How many of the bytes the stream accepts at once.
    fn write(&mut self, bytes: &[u8], cx: &mut Context<'_>) -> io::Result<usize> {
        let most = self.faulty.as_ref().and_then(|faulty| faulty.fragment(&self.hub));
        let mut written = 0;
        while written < bytes.len() {
            let rest = &bytes[written..];
            let rest = &rest[..rest.len().min(most.map_or(usize::MAX, NonZeroUsize::get))];
            match Pin::new(&mut self.stream).poll_write(cx, rest) {
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
            match &mut self.faulty {
                None => self.hub.handle_input(self.id, &mut self.input),
                Some(faulty) => faulty.handle_input(&self.hub, self.id, &mut self.input, Instant::now()),
            }
        }
        if self.input.is_empty() {
            // Nothing is kept for an idle link.
            self.input = BytesMut::new();
        }
    }

    /// Wakes the task when a fault is due.
    fn wait_for_faults(&mut self, cx: &mut Context<'_>) {
        let Some(faulty) = &self.faulty else { return };
        let due = faulty.timeout(&self.hub, Instant::now());
        self.due = due.map(|due| Box::pin(tokio::time::sleep_until(due.into())));
        if let Some(due) = &mut self.due
            && due.as_mut().poll(cx).is_ready()
        {
            cx.waker().wake_by_ref();
        }
    }

    /// `reason`: for a Close frame.
    fn begin_closing(&mut self, reason: Option<Broken>) {
        if let (Some(reason), Some(_)) = (reason, &self.framing) {
            reason.encode(&mut self.output);
        }
        self.closing = Some(Box::pin(tokio::time::sleep(LINGER)));
    }

    /// Sends the rest to the client, and waits until it has closed.
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
        match self.turn(cx) {
            // How a stream failed does not matter: the core only learns that it has ended.
            Poll::Ready(_) => Poll::Ready(()),
            Poll::Pending => {
                self.wait_for_faults(cx);
                Poll::Pending
            }
        }
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        let why = self.faulty.as_ref().and_then(|faulty| faulty.why_closed());
        self.hub.close(self.id, why);
    }
}
