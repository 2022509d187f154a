use std::future::Future;
use std::pin::{Pin, pin};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::task::yield_now;
use tokio::time::{Instant, Sleep, sleep_until};

use crate::session::{self, DeliveryId, Transmit};
use crate::transport::Prompt;

use super::gathering::Gathering;
use super::link::Link;
use super::state::{LinkEnd, Shared, State};
use super::{Foreign, LinkLoss, Tap};

/// How long the broker may take to accept our DISCONNECT and close, without progress.
const LINGER: Duration = Duration::from_secs(1);

/// How a connection ended.
pub(super) struct Ended {
    /// As seen by the session.
    pub(super) end: LinkEnd,
    /// How long it had been open; `None` if it never was.
    pub(super) lasted: Option<Duration>,
    /// As seen by the socket.
    pub(super) loss: LinkLoss,
    /// No CONNACK arrived in time.
    pub(super) has_timed_out: bool,
    /// What the other side's first bytes look like.
    pub(super) foreign: Option<Foreign>,
    /// Everything was written, and the broker closed after it.
    pub(super) is_orderly: bool,
}

/// Moves bytes between a stream and the session, for which a connection has begun, until it is over.
pub(super) async fn drive<S>(
    shared: &Shared,
    stream: S,
    connack_deadline: Option<Instant>,
    reauthenticate_every: Option<Duration>,
    gathers: bool,
    tap: &mut Option<Box<dyn Tap>>,
) -> Ended
where
    S: AsyncRead + AsyncWrite + Prompt + Unpin,
{
    if let Some(tap) = tap {
        tap.begin();
    }
    let mut connection = Connection {
        shared,
        link: Link::new(stream),
        phase: Phase::Open,
        handed_out: None,
        has_input: false,
        is_reading: true,
        write_error: None,
        connack_deadline,
        linger_deadline: None,
        session_deadline: None,
        settle_deadline: None,
        reauthenticate_every,
        reauthentication_due: None,
        has_heard: false,
        foreign: None,
        gathering: gathers.then(|| Box::new(Gathering::new(Instant::now()))),
        held_up: None,
        end: None,
        tap,
    };
    let mut timer = pin!(sleep_until(connack_deadline.unwrap_or_else(Instant::now)));
    let how = std::future::poll_fn(|cx| connection.poll(cx, timer.as_mut())).await;
    connection.finish(how)
}

struct Connection<'a, S> {
    shared: &'a Shared,
    link: Link<S>,
    phase: Phase,
    /// Once `link.output` is written, publishes at QoS 0 up to this one are done.
    handed_out: Option<DeliveryId>,
    /// `link.input` holds bytes that the session has not seen.
    has_input: bool,
    /// `false` while the consumer is slow.
    is_reading: bool,
    /// The sending half is broken. What the broker sent before, such as the reason, may still be there to read, followed
    /// by the end; this waits for it as long as for the end of an orderly close.
    write_error: Option<LinkLoss>,
    connack_deadline: Option<Instant>,
    linger_deadline: Option<Instant>,
    session_deadline: Option<Instant>,
    /// See [`State::settled_at`].
    settle_deadline: Option<Instant>,
    reauthenticate_every: Option<Duration>,
    /// Set once CONNACK has arrived.
    reauthentication_due: Option<Instant>,
    has_heard: bool,
    foreign: Option<Foreign>,
    /// Boxed, as most connections are one of many and have none.
    gathering: Option<Box<Gathering>>,
    /// The window in which the next publish waits for room.
    held_up: Option<usize>,
    /// What was read has to be handled before this end is.
    end: Option<LinkLoss>,
    tap: &'a mut Option<Box<dyn Tap>>,
}

/// How far the closing of a connection is; reading goes on until its end.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// The session has, or may have, something to send.
    Open,
    /// It has not; the last of it is being written.
    Flushing,
    /// Everything is written and the sending half closed. Closing the rest while the broker still sends would
    /// make the system reset the connection, and the broker might lose what it has not read yet.
    Draining,
}

/// What ended the moving of bytes.
enum How {
    Lost(LinkLoss),
    /// Closed by us: properly, or with nothing more to wait for.
    Closed {
        is_orderly: bool,
    },
    NoConnAck,
}

impl<S: AsyncRead + AsyncWrite + Prompt + Unpin> Connection<'_, S> {
    fn poll(&mut self, cx: &mut Context<'_>, mut timer: Pin<&mut Sleep>) -> Poll<How> {
        loop {
            let now = Instant::now();
            if self.gathering.as_ref().is_some_and(|gathering| gathering.is_asking()) {
                let read = self.read(cx);
                if let Some(gathering) = &mut self.gathering {
                    gathering.asked();
                }
                self.end = read.err();
            }
            if self.phase == Phase::Open {
                let is_recorded = self.exchange(cx, now);
                if !is_recorded {
                    return Poll::Ready(How::Lost(LinkLoss::EndOfStream));
                }
            }
            if self.connack_deadline.is_some_and(|deadline| deadline <= now) {
                return Poll::Ready(How::NoConnAck);
            }
            if self.linger_deadline.is_some_and(|deadline| deadline <= now) {
                return Poll::Ready(self.write_error.take().map_or(How::Closed { is_orderly: false }, How::Lost));
            }
            // Each of the two goes as far as it can, whatever becomes of the other.
            let has_written = self.write(cx, now);
            let has_read = match self.read(cx) {
                Ok(has_read) => has_read,
                Err(loss) => {
                    return Poll::Ready(match self.phase {
                        Phase::Open => How::Lost(loss),
                        Phase::Flushing => How::Closed { is_orderly: false },
                        Phase::Draining => How::Closed { is_orderly: loss == LinkLoss::EndOfStream },
                    });
                }
            };
            if has_read && self.phase == Phase::Open && self.is_to_ask() {
                self.link.acknowledge_at_once();
                // Behind a look at the network.
                _ = pin!(yield_now()).poll(cx);
                return Poll::Pending;
            }
            if has_written || has_read {
                continue;
            }
            let deadlines = [
                self.connack_deadline,
                self.linger_deadline,
                self.session_deadline,
                self.reauthentication_due,
                self.settle_deadline,
            ];
            if let Some(deadline) = deadlines.into_iter().flatten().min() {
                // A timer that is set too early costs one iteration; setting it again each time costs more.
                if timer.deadline() > deadline || timer.is_elapsed() {
                    timer.as_mut().reset(deadline);
                }
                if timer.as_mut().poll(cx).is_ready() {
                    continue;
                }
            }
            if let Some(gathering) = &mut self.gathering
                && let Some(nap) = gathering.nap(self.held_up, now)
            {
                // The thread, not the task: while a task sleeps, each packet still wakes the runtime.
                std::thread::sleep(nap);
            }
            self.link.release_buffers();
            return Poll::Pending;
        }
    }

    fn is_to_ask(&mut self) -> bool {
        let held_up = self.held_up;
        self.gathering.as_mut().is_some_and(|gathering| gathering.asks(held_up))
    }

    /// Passes input to the session, and takes from it what is to be written and reported.
    /// Returns whether the journal of the session is written, so that the bytes may leave.
    fn exchange(&mut self, cx: &Context<'_>, now: Instant) -> bool {
        let mut state = self.shared.lock();
        state.wake_at_call(cx);
        let time = now.into_std();
        if std::mem::take(&mut self.has_input) {
            state.session.handle_input(&mut self.link.input, time);
        }
        if state.session.poll_timeout().is_some_and(|deadline| deadline <= time) {
            state.session.handle_timeout(time);
        }
        state.take_session_events(time);
        if self.reauthentication_due.is_some_and(|due| due <= now) {
            state.reauthenticate();
            self.reauthentication_due = self.next_reauthentication(now);
        }
        state.disconnect_if_due(time);
        if self.link.output.is_empty() && self.write_error.is_none() {
            self.transmit(&mut state, time);
            state.take_session_events(time);
            // Everything queued may have been declined because of limits in CONNACK: then nothing else would end the client.
            if self.link.output.is_empty() && state.disconnect_if_due(time) {
                self.transmit(&mut state, time);
            }
        }
        state.take_session_events(time);
        if let Some(gathering) = &mut self.gathering {
            gathering.received(state.take_deliveries());
            self.held_up = state.session.held_up();
        }
        let is_recorded = state.commit_journal();
        let may_read = !state.events.is_full();
        if may_read != self.is_reading {
            self.is_reading = may_read;
            state.session.set_reading(may_read, time);
        }
        match state.session.state() {
            session::State::Connecting => {}
            session::State::Connected => {
                self.connack_deadline = None;
                if self.reauthentication_due.is_none() {
                    self.reauthentication_due = self.next_reauthentication(now);
                }
            }
            session::State::Closing => {
                self.connack_deadline = None;
                self.reauthentication_due = None;
                self.linger_deadline.get_or_insert(now + LINGER);
            }
            session::State::Disconnected => self.connack_deadline = None,
        }
        self.session_deadline = state.session.poll_timeout().map(Instant::from_std);
        self.settle_deadline = state.settled_at().map(Instant::from_std).filter(|settled_at| *settled_at > now);
        if state.is_room_news() {
            self.shared.room.notify_waiters();
        }
        is_recorded
    }

    fn next_reauthentication(&self, now: Instant) -> Option<Instant> {
        // None also if it is longer than the clock can count.
        self.reauthenticate_every.and_then(|time| now.checked_add(time))
    }

    /// Takes what is to be written from the session.
    fn transmit(&mut self, state: &mut State, time: std::time::Instant) {
        match state.session.poll_transmit(&mut self.link.output, time) {
            Transmit::Bytes => {
                self.handed_out = state.session.transmitted();
                if let Some(tap) = self.tap {
                    tap.sent(&self.link.output);
                }
            }
            Transmit::Nothing => {}
            Transmit::Close => self.phase = Phase::Flushing,
        }
    }

    /// Whether there may be more to do at once.
    fn write(&mut self, cx: &mut Context<'_>, now: Instant) -> bool {
        if self.write_error.is_some() || self.phase == Phase::Draining {
            return false;
        }
        let before = self.link.output.len();
        let written = self.link.poll_write(cx);
        if let Some(deadline) = &mut self.linger_deadline
            && self.link.output.len() < before
        {
            *deadline = now + LINGER;
        }
        let closed = match written {
            Poll::Pending => {
                if self.link.output.len() < before {
                    self.shared.lock().session.handle_progress(now.into_std());
                }
                return false;
            }
            Poll::Ready(Ok(())) => {
                if let Some(through) = self.handed_out.take() {
                    self.shared.lock().flushed(through);
                }
                if before > 0
                    && let Some(gathering) = &mut self.gathering
                {
                    gathering.written();
                }
                if self.phase == Phase::Open {
                    return before > 0;
                }
                self.link.poll_half_close(cx)
            }
            Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
        };
        match closed {
            Poll::Pending => false,
            Poll::Ready(Ok(())) => {
                self.phase = Phase::Draining;
                false
            }
            Poll::Ready(Err(error)) => {
                self.write_error = Some(LinkLoss::from(&error));
                self.linger_deadline.get_or_insert(now + LINGER);
                true
            }
        }
    }

    /// Whether there may be more to do at once; the error is the end of the stream.
    fn read(&mut self, cx: &mut Context<'_>) -> Result<bool, LinkLoss> {
        if let Some(end) = self.end.take() {
            return Err(end);
        }
        if !self.is_reading && self.phase == Phase::Open {
            return Ok(false);
        }
        match self.link.poll_read(cx) {
            Poll::Ready(Ok(0)) => Err(self.write_error.take().unwrap_or(LinkLoss::EndOfStream)),
            Poll::Ready(Ok(length)) => {
                if let Some(gathering) = &mut self.gathering {
                    gathering.read(length);
                }
                if let Some(tap) = self.tap {
                    tap.received(&self.link.input[self.link.input.len() - length..]);
                }
                if !std::mem::replace(&mut self.has_heard, true) {
                    self.foreign = Foreign::recognise(&self.link.input);
                }
                if self.phase == Phase::Open {
                    self.has_input = true;
                } else {
                    self.link.input.clear();
                }
                Ok(true)
            }
            Poll::Ready(Err(error)) => Err(LinkLoss::from(&error)),
            Poll::Pending => Ok(false),
        }
    }

    fn finish(mut self, how: How) -> Ended {
        let mut state = self.shared.lock();
        if let Some(through) = self.handed_out.take() {
            state.lose_unflushed(through);
        }
        let now = Instant::now().into_std();
        let lasted = state.connected_since().map(|since| now.saturating_duration_since(since));
        state.session.handle_closed(now);
        state.take_session_events(now);
        state.commit_journal();
        let has_timed_out = matches!(how, How::NoConnAck);
        let is_orderly = matches!(how, How::Closed { is_orderly: true });
        let loss = match how {
            How::Lost(loss) => loss,
            How::Closed { .. } | How::NoConnAck => LinkLoss::EndOfStream,
        };
        Ended { end: state.end_link(), lasted, loss, has_timed_out, foreign: self.foreign, is_orderly }
    }
}

#[cfg(test)]
mod tests;
