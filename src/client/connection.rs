use std::future::Future;
use std::pin::{Pin, pin};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::time::{Instant, Sleep, sleep_until};

use crate::session::{self, DeliveryId, Transmit};
use crate::transport::Dialed;

use super::link::Link;
use super::state::{LinkEnd, Shared};
use super::{Foreign, LinkLoss};

/// How long the broker has to take our DISCONNECT and to close, without progress.
const LINGER: Duration = Duration::from_secs(1);

/// How a connection ended.
pub(super) struct Ended {
    /// As the session knows it.
    pub(super) end: LinkEnd,
    /// How long it had stood; `None` if it never did.
    pub(super) lasted: Option<Duration>,
    /// As the socket knows it.
    pub(super) loss: LinkLoss,
    /// No CONNACK came in time.
    pub(super) has_timed_out: bool,
    /// What the other side's first bytes look like.
    pub(super) foreign: Option<Foreign>,
}

/// Moves bytes between a stream and the session until the connection is over.
pub(super) async fn drive(shared: &Shared, dialed: Dialed, connack_deadline: Instant) -> Ended {
    let now = Instant::now().into_std();
    shared.lock().begin_link(dialed.peer, dialed.timings, now);
    let mut connection = Connection {
        shared,
        link: Link::new(dialed.stream),
        phase: Phase::Open,
        handed_out: None,
        has_input: false,
        is_reading: true,
        write_error: None,
        connack_deadline: Some(connack_deadline),
        linger_deadline: None,
        session_deadline: None,
        has_heard: false,
        foreign: None,
    };
    let mut timer = pin!(sleep_until(connack_deadline));
    let how = std::future::poll_fn(|cx| connection.poll(cx, timer.as_mut())).await;
    connection.finish(how)
}

struct Connection<'a> {
    shared: &'a Shared,
    link: Link,
    phase: Phase,
    /// Once `link.output` is written, publishes at QoS 0 up to this one are done.
    handed_out: Option<DeliveryId>,
    /// `link.input` holds bytes that the session has not seen.
    has_input: bool,
    /// Not while the consumer is slow.
    is_reading: bool,
    /// The sending half is broken. What the broker said before may still be there to read, such as why.
    write_error: Option<LinkLoss>,
    connack_deadline: Option<Instant>,
    linger_deadline: Option<Instant>,
    session_deadline: Option<Instant>,
    has_heard: bool,
    foreign: Option<Foreign>,
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
    /// Closed in order, or nothing more to wait for.
    Closed,
    NoConnAck,
}

impl Connection<'_> {
    fn poll(&mut self, cx: &mut Context<'_>, mut timer: Pin<&mut Sleep>) -> Poll<How> {
        loop {
            let now = Instant::now();
            if self.phase == Phase::Open {
                self.exchange(cx, now);
            }
            if [self.connack_deadline, self.linger_deadline].into_iter().flatten().any(|deadline| deadline <= now) {
                return Poll::Ready(if self.connack_deadline.is_some() { How::NoConnAck } else { How::Closed });
            }
            // Each of the two goes as far as it can, whatever becomes of the other.
            let has_written = self.write(cx, now);
            let has_read = match self.read(cx) {
                Ok(has_read) => has_read,
                Err(loss) => return Poll::Ready(if self.phase == Phase::Open { How::Lost(loss) } else { How::Closed }),
            };
            if has_written || has_read {
                continue;
            }
            let deadlines = [self.connack_deadline, self.linger_deadline, self.session_deadline];
            if let Some(deadline) = deadlines.into_iter().flatten().min() {
                // A timer that is set too early costs one turn; setting it anew each time costs more.
                if timer.deadline() > deadline || timer.is_elapsed() {
                    timer.as_mut().reset(deadline);
                }
                if timer.as_mut().poll(cx).is_ready() {
                    continue;
                }
            }
            self.link.release_buffers();
            return Poll::Pending;
        }
    }

    /// Gives the session what was read, and takes from it what is to be written and told.
    fn exchange(&mut self, cx: &Context<'_>, now: Instant) {
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
        state.disconnect_if_due();
        if self.link.output.is_empty() && self.write_error.is_none() {
            match state.session.poll_transmit(&mut self.link.output, time) {
                Transmit::Bytes => self.handed_out = state.session.transmitted(),
                Transmit::Nothing => {}
                Transmit::Close => self.phase = Phase::Flushing,
            }
        }
        state.take_session_events(time);
        let may_read = !state.events.is_full();
        if may_read != self.is_reading {
            self.is_reading = may_read;
            state.session.set_reading(may_read, time);
        }
        match state.session.state() {
            session::State::Connecting => {}
            session::State::Closing => {
                self.connack_deadline = None;
                self.linger_deadline.get_or_insert(now + LINGER);
            }
            session::State::Connected | session::State::Disconnected => self.connack_deadline = None,
        }
        self.session_deadline = state.session.poll_timeout().map(Instant::from_std);
        if state.is_room_news() {
            self.shared.room.notify_waiters();
        }
    }

    /// Whether there may be more to do at once.
    fn write(&mut self, cx: &mut Context<'_>, now: Instant) -> bool {
        if self.write_error.is_some() || self.phase == Phase::Draining {
            return false;
        }
        let before = self.link.output.len();
        let is_written = match self.link.poll_write(cx) {
            Poll::Ready(Ok(())) => before > 0,
            Poll::Ready(Err(error)) => {
                self.write_error = Some(LinkLoss::from(&error));
                return true;
            }
            Poll::Pending => false,
        };
        if let Some(deadline) = &mut self.linger_deadline
            && self.link.output.len() < before
        {
            *deadline = now + LINGER;
        }
        if is_written && let Some(through) = self.handed_out.take() {
            self.shared.lock().flushed(through);
        }
        if self.phase == Phase::Flushing && self.link.output.is_empty() {
            match self.link.poll_half_close(cx) {
                Poll::Ready(Ok(())) => self.phase = Phase::Draining,
                Poll::Ready(Err(error)) => self.write_error = Some(LinkLoss::from(&error)),
                Poll::Pending => {}
            }
        }
        is_written
    }

    /// Whether there may be more to do at once; the error is the end of the stream.
    fn read(&mut self, cx: &mut Context<'_>) -> Result<bool, LinkLoss> {
        if !self.is_reading && self.phase == Phase::Open {
            return Ok(false);
        }
        match self.link.poll_read(cx) {
            Poll::Ready(Ok(0)) => Err(self.write_error.take().unwrap_or(LinkLoss::EndOfStream)),
            Poll::Ready(Ok(_)) => {
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
            // Everything that was there has been read, unless tokio only wants others to have their turn.
            Poll::Pending => match self.write_error.take_if(|_| tokio::task::coop::has_budget_remaining()) {
                Some(loss) => Err(loss),
                None => Ok(false),
            },
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
        let has_timed_out = matches!(how, How::NoConnAck);
        let loss = match how {
            How::Lost(loss) => loss,
            How::Closed | How::NoConnAck => LinkLoss::EndOfStream,
        };
        Ended { end: state.end_link(), lasted, loss, has_timed_out, foreign: self.foreign }
    }
}
