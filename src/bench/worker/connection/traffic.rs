//! Bytes between a connection's stream and its session.

use std::future::Future;
use std::pin::{Pin, pin};
use std::task::{Context, Poll};

use bytes::{Buf, BytesMut};
use tokio::io::{AsyncReadExt, AsyncWrite};

use super::{Connection, Job, Served, Stage};
use crate::bench::Role;
use crate::bench::worker::tools::{BUFFER, Tools};
use crate::session::{Session, State, Transmit};
use crate::transport::Stream;

/// How many reads a connection may do before the others have their turn.
const READS_A_TURN: usize = 4;

impl Connection {
    pub(super) fn serve_session(&mut self, session: &mut Session, tools: &mut Tools) -> Served {
        let waker = self.waker.clone();
        let cx = &mut Context::from_waker(&waker);
        let mut more = false;
        self.work(session, tools);
        for turn in 0..=READS_A_TURN {
            if self.is_busy() {
                break;
            }
            if turn == READS_A_TURN {
                more = true;
                break;
            }
            let Some(stream) = &mut self.stream else { return Served::Waits };
            match read(stream, &mut self.input, &mut tools.input, cx) {
                Poll::Pending => break,
                Poll::Ready(Some(count)) => {
                    tools.take_time();
                    tools.recorder.counts.bytes_received += count as u64;
                    tools.reads += 1;
                    let now = tools.instant();
                    if tools.input.is_empty() {
                        session.handle_input(&mut self.input, now);
                    } else {
                        session.handle_input(&mut tools.input, now);
                    }
                    self.events(session, tools);
                    self.keep_rest(tools);
                    self.work(session, tools);
                }
                Poll::Ready(None) => {
                    tools.take_time();
                    tools.input.clear();
                    return self.close(session, tools);
                }
            }
        }
        if let Job::Publish(publisher) = &mut self.job {
            publisher.fill(session, !self.output.is_empty(), tools);
        }
        match self.write(session, tools, cx) {
            Written::All => {}
            Written::Blocked => return if more { Served::HasMore } else { Served::Waits },
            Written::Ended => return self.close(session, tools),
        }
        self.events(session, tools);
        if let Job::Publish(publisher) = &self.job
            && session.state() == State::Connected
        {
            // At QoS 0 nothing comes back that would wake it.
            more |= publisher.wakes_itself(tools.running);
        }
        if more { Served::HasMore } else { Served::Waits }
    }

    /// Does what a subscriber has to do by now.
    fn work(&mut self, session: &mut Session, tools: &mut Tools) {
        let Job::Subscribe(subscriber) = &mut self.job else { return };
        if subscriber.work.is_none() && subscriber.passing.is_none() {
            return;
        }
        let (plan, connection) = (tools.plan.clone(), self.listing.connection);
        if let (Some(work), Role::Subscribe(subscribe)) = (&mut subscriber.work, &plan.group(self.client).role) {
            work.go_on(subscribe.reply.as_ref(), connection, session, tools);
            // What answers PINGREQ may wait behind what is not read.
            session.set_reading(!work.is_busy(), tools.instant());
        }
        if let (Some(passing), Stage::Ready) = (&mut subscriber.passing, self.stage) {
            passing.advance(self.client, session, tools);
        }
    }

    /// Whether it has not done with what it has read. It is one who leaves that looks at nothing any more.
    pub(super) fn is_busy(&self) -> bool {
        let is_open = self.stage != Stage::Closing;
        matches!(&self.job, Job::Subscribe(subscriber) if subscriber.work.as_ref().is_some_and(|work| work.is_busy()) && is_open)
    }

    /// What is left of the common buffer is the beginning of a packet of this connection.
    fn keep_rest(&mut self, tools: &mut Tools) {
        if !tools.input.is_empty() {
            self.input.extend_from_slice(&tools.input);
            tools.input.clear();
        }
        if self.input.is_empty() && self.input.capacity() > 0 {
            self.input = BytesMut::new();
        }
    }

    fn write(&mut self, session: &mut Session, tools: &mut Tools, cx: &mut Context<'_>) -> Written {
        loop {
            let Some(stream) = &mut self.stream else { return Written::Blocked };
            while !self.output.is_empty() {
                match Pin::new(&mut *stream).poll_write(cx, &self.output) {
                    Poll::Ready(Ok(count)) if count > 0 => {
                        tools.recorder.counts.bytes_sent += count as u64;
                        self.output.advance(count);
                    }
                    Poll::Ready(_) => return Written::Ended,
                    Poll::Pending => return Written::Blocked,
                }
            }
            if self.output.capacity() > 0 {
                self.output = BytesMut::new();
            }
            let mut unflushed = true;
            if let Job::Publish(publisher) = &mut self.job {
                tools.take_time();
                publisher.written(tools);
            }
            let now = tools.instant();
            let closes = match session.poll_transmit(&mut tools.output, now) {
                Transmit::Bytes => false,
                Transmit::Nothing => {
                    unflushed = false;
                    false
                }
                Transmit::Close => true,
            };
            if let Job::Publish(publisher) = &mut self.job
                && unflushed
            {
                tools.take_time();
                publisher.depart(session, tools);
            }
            let mut done = 0;
            // DISCONNECT: the end follows it in the next round.
            let ends = session.state() == State::Closing;
            while done < tools.output.len() {
                let (stream, rest) = (Pin::new(&mut *stream), &tools.output[done..]);
                match if ends { stream.poll_write_last(cx, rest) } else { stream.poll_write(cx, rest) } {
                    Poll::Ready(Ok(count)) if count > 0 => {
                        tools.recorder.counts.bytes_sent += count as u64;
                        done += count;
                    }
                    Poll::Ready(_) => {
                        tools.output.clear();
                        return Written::Ended;
                    }
                    Poll::Pending => {
                        self.output = BytesMut::from(&tools.output[done..]);
                        break;
                    }
                }
            }
            tools.output.clear();
            if closes {
                // DISCONNECT is on its way, and behind it the end. Of our own accord, we wait for the broker to close
                // too, so that nothing unread turns our end into a reset.
                let _ = Pin::new(&mut *stream).poll_shutdown(cx);
                return if self.stage == Stage::Closing { Written::All } else { Written::Ended };
            }
            if !self.output.is_empty() {
                return Written::Blocked;
            }
            if !unflushed {
                let _ = Pin::new(&mut *stream).poll_flush(cx);
                return Written::All;
            }
        }
    }

    /// The stream has ended.
    pub(super) fn close(&mut self, session: &mut Session, tools: &mut Tools) -> Served {
        session.handle_closed(tools.instant());
        self.events(session, tools);
        if let Job::Publish(publisher) = &mut self.job {
            publisher.disconnected(tools);
        }
        if let Job::Subscribe(subscriber) = &mut self.job {
            subscriber.cut();
        }
        self.stream = None;
        self.input = BytesMut::new();
        self.output = BytesMut::new();
        Served::Ended
    }
}

enum Written {
    All,
    Blocked,
    Ended,
}

/// Reads into the common buffer behind what the connection has kept, or into its own when a large packet is under
/// way. `None`: the stream has ended, in whichever way.
fn read(stream: &mut Stream, kept: &mut BytesMut, common: &mut BytesMut, cx: &mut Context<'_>) -> Poll<Option<usize>> {
    common.clear();
    let has_own = kept.len() > BUFFER / 4;
    let buffer = if has_own { &mut *kept } else { &mut *common };
    buffer.reserve(BUFFER);
    if !has_own {
        // Short: the beginning of a packet that came before.
        common.extend_from_slice(kept);
    }
    let buffer = if has_own { &mut *kept } else { &mut *common };
    match pin!(stream.read_buf(buffer)).poll(cx) {
        Poll::Pending => {
            common.clear();
            Poll::Pending
        }
        Poll::Ready(Ok(count)) if count > 0 => {
            if !has_own && !kept.is_empty() {
                *kept = BytesMut::new();
            }
            Poll::Ready(Some(count))
        }
        Poll::Ready(_) => Poll::Ready(None),
    }
}
