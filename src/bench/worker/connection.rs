use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use bytes::{Buf, BytesMut};
use tokio::io::{AsyncReadExt, AsyncWrite};

use super::publisher::Publisher;
use super::ready::{ConnectionWaker, ReadyList};
use super::subscriber::Subscriber;
use super::{BUFFER, Tools};
use crate::bench::plan::ClientNumber;
use crate::bench::{Measure, Role};
use crate::mqtt::ReasonCode;
use crate::session::{DisconnectProperties, Disconnected, Event, Session, Transmit};
use crate::transport::{Dialed, Stream};

/// How many reads a connection may do before the others have their turn.
const READS_A_TURN: usize = 4;

/// One client: a session, its stream, and what it is there for. An idle one holds no buffers.
#[derive(Debug)]
pub(super) struct Connection {
    pub(super) client: ClientNumber,
    pub(super) stage: Stage,
    /// When the stage began.
    since: u64,
    /// How many attempts to reconnect have failed in a row.
    pub(super) attempts: u32,
    session: Option<Box<Session>>,
    stream: Option<Stream>,
    listing: Arc<ConnectionWaker>,
    waker: Waker,
    /// The beginning of a packet that is not whole yet.
    input: BytesMut,
    /// What the socket did not take.
    output: BytesMut,
    job: Job,
}

#[derive(Debug)]
enum Job {
    Idle,
    Publish(Box<Publisher>),
    Subscribe(Box<Subscriber>),
}

/// How far a client is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    /// Not begun, or waiting to connect again.
    Waiting,
    /// A stream is being opened.
    Dialing,
    /// CONNECT is sent.
    Connecting,
    /// SUBSCRIBE is sent.
    Subscribing,
    /// It stands.
    Standing,
    /// DISCONNECT is sent.
    Closing,
    /// It will not connect (again).
    Gone,
}

impl Stage {
    pub(super) const COUNT: usize = 7;
}

/// What a turn of a connection left behind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Served {
    /// It waits for the network or its plan.
    Waits,
    /// It has more to do at once.
    HasMore,
    /// Its connection has ended.
    Ended,
}

impl Connection {
    pub(super) fn new(client: ClientNumber, index: u32, list: &Arc<ReadyList>, tools: &mut Tools) -> Self {
        let listing = ConnectionWaker::new(index, list.clone());
        let job = match &tools.plan.group(client).role {
            Role::Idle => Job::Idle,
            Role::Publish(_) => Job::Publish(Box::new(Publisher::new(client, tools))),
            Role::Subscribe(_) => Job::Subscribe(Box::default()),
        };
        tools.stages[Stage::Waiting as usize] += 1;
        Self {
            client,
            stage: Stage::Waiting,
            since: 0,
            attempts: 0,
            session: None,
            stream: None,
            waker: listing.clone().into(),
            listing,
            input: BytesMut::new(),
            output: BytesMut::new(),
            job,
        }
    }

    pub(super) fn enter(&mut self, stage: Stage, tools: &mut Tools) {
        tools.stages[self.stage as usize] -= 1;
        tools.stages[stage as usize] += 1;
        self.stage = stage;
        self.since = tools.now;
    }

    /// The stream stands: CONNECT goes out.
    pub(super) fn open(&mut self, dialed: Dialed, tools: &mut Tools) -> Served {
        let timings = dialed.timings;
        for (measure, taken) in
            [(Measure::Connect, timings.connect), (Measure::Tls, timings.tls), (Measure::WebSocket, timings.websocket)]
        {
            if let Some(taken) = taken {
                tools.recorder.step(measure, crate::bench::clock::nanos(taken));
            }
        }
        let session = match self.session.take() {
            Some(session) => Ok(session),
            None => Session::new(tools.plan.connect_options(self.client)).map(Box::new),
        };
        match session {
            Ok(mut session) => {
                session.connect(tools.instant());
                self.session = Some(session);
                self.stream = Some(dialed.stream);
                self.enter(Stage::Connecting, tools);
                self.serve(tools)
            }
            Err(invalid) => {
                tools.recorder.counts.connects_failed += 1;
                tools.recorder.reasons.note(format!("connect: {invalid}"));
                Served::Ended
            }
        }
    }

    /// Reads, lets the session work, publishes what it may, writes.
    pub(super) fn serve(&mut self, tools: &mut Tools) -> Served {
        self.listing.unlist();
        let Some(mut session) = self.session.take() else { return Served::Waits };
        let served = self.serve_session(&mut session, tools);
        self.session = Some(session);
        served
    }

    fn serve_session(&mut self, session: &mut Session, tools: &mut Tools) -> Served {
        let waker = self.waker.clone();
        let cx = &mut Context::from_waker(&waker);
        let mut more = false;
        for turn in 0..=READS_A_TURN {
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
            && session.state() == crate::session::State::Connected
        {
            // At QoS 0 nothing comes back that would wake it.
            more |= publisher.qos(tools) == crate::mqtt::QoS::AtMostOnce && publisher.is_eager() && tools.running;
        }
        if more { Served::HasMore } else { Served::Waits }
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
                publisher.written(session, tools.now, tools);
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
            let mut done = 0;
            while done < tools.output.len() {
                match Pin::new(&mut *stream).poll_write(cx, &tools.output[done..]) {
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

    fn events(&mut self, session: &mut Session, tools: &mut Tools) {
        while let Some(event) = session.poll_event() {
            match event {
                Event::Message(received) => {
                    if let Job::Subscribe(subscriber) = &mut self.job {
                        subscriber.receive(&received, tools);
                    }
                }
                Event::Published { id, outcome } => {
                    if let Job::Publish(publisher) = &mut self.job {
                        publisher.outcome(id, outcome, tools);
                    }
                }
                Event::Connected(_) => {
                    tools.recorder.step(Measure::Connack, tools.now - self.since);
                    tools.recorder.counts.connected += 1;
                    self.attempts = 0;
                    tools.window = tools.window.min(session.granted().receive_maximum.into());
                    self.subscribe(session, tools);
                }
                Event::Subscribed { ack, .. } => {
                    tools.recorder.step(Measure::Suback, tools.now - self.since);
                    for reason in &ack.reasons {
                        if reason.is_failure() {
                            tools.recorder.counts.subscribes_refused += 1;
                            tools.recorder.reasons.note(format!("subscribe: {reason}"));
                        } else {
                            tools.recorder.counts.subscribed += 1;
                        }
                    }
                    self.stand(tools);
                }
                Event::RequestRejected { error, .. } => {
                    tools.recorder.counts.subscribes_refused += 1;
                    tools.recorder.reasons.note(format!("subscribe: {error}"));
                    self.stand(tools);
                }
                Event::Refused(ack) => {
                    tools.recorder.counts.connects_refused += 1;
                    tools.recorder.reasons.note(format!("connect: {}", ack.reason));
                }
                Event::Disconnected(cause) => self.disconnected(&cause, tools),
                Event::Unsubscribed { .. } | Event::Auth(_) => {}
            }
        }
    }

    fn subscribe(&mut self, session: &mut Session, tools: &mut Tools) {
        if !matches!(self.job, Job::Subscribe(_)) {
            return self.stand(tools);
        }
        let plan = tools.plan.clone();
        let request = plan.subscribe_request(self.client, &mut tools.random).unwrap_or_default();
        tools.recorder.counts.subscribes_attempted += request.filters.len() as u64;
        match session.subscribe(request) {
            Ok(_) => self.enter(Stage::Subscribing, tools),
            Err(error) => {
                tools.recorder.counts.subscribes_refused += 1;
                tools.recorder.reasons.note(format!("subscribe: {error}"));
                self.stand(tools);
            }
        }
    }

    fn stand(&mut self, tools: &mut Tools) {
        self.enter(Stage::Standing, tools);
    }

    fn disconnected(&mut self, cause: &Disconnected, tools: &mut Tools) {
        let reason = match cause {
            Disconnected::ByClient => return,
            Disconnected::ByServer(disconnect) => disconnect.reason.to_string(),
            Disconnected::Violation(violation) => format!("the broker broke the protocol: {violation}"),
            Disconnected::KeepAliveTimeout => "the broker does not answer PINGREQ".to_owned(),
            Disconnected::Lost => "closed without DISCONNECT".to_owned(),
        };
        match self.stage {
            Stage::Closing => {}
            Stage::Connecting => {
                tools.recorder.counts.connects_failed += 1;
                tools.recorder.reasons.note(format!("connect: {reason}"));
            }
            _ => {
                tools.recorder.counts.connections_lost += 1;
                tools.recorder.reasons.note(format!("connection lost: {reason}"));
            }
        }
    }

    /// The stream has ended.
    fn close(&mut self, session: &mut Session, tools: &mut Tools) -> Served {
        session.handle_closed(tools.instant());
        self.events(session, tools);
        self.stream = None;
        self.input = BytesMut::new();
        self.output = BytesMut::new();
        Served::Ended
    }

    /// The connection is over for good.
    pub(super) fn give_up(&mut self, tools: &mut Tools) {
        if let Job::Publish(publisher) = &mut self.job {
            publisher.give_up(tools);
        }
        self.stream = None;
        self.enter(Stage::Gone, tools);
    }

    /// A message is due.
    pub(super) fn schedule(&mut self, planned: u64, tools: &mut Tools) {
        if let Job::Publish(publisher) = &mut self.job {
            publisher.schedule(planned, tools);
            if self.stage == Stage::Gone {
                publisher.give_up(tools);
            }
        }
    }

    /// Its keep alive, or the wait for an answer to CONNECT or SUBSCRIBE. Called a few times a second.
    pub(super) fn look_at_the_time(&mut self, tools: &mut Tools) -> Served {
        let waits_for_answer = matches!(self.stage, Stage::Connecting | Stage::Subscribing);
        if waits_for_answer && tools.now.saturating_sub(self.since) > tools.answer_timeout {
            let what = if self.stage == Stage::Connecting { "connect: no CONNACK" } else { "subscribe: no SUBACK" };
            tools.recorder.reasons.note(format!("{what} in time"));
            if self.stage == Stage::Connecting {
                tools.recorder.counts.connects_failed += 1;
            } else {
                tools.recorder.counts.connections_lost += 1;
            }
            // Not counted a second time by the event.
            self.enter(Stage::Closing, tools);
            let Some(mut session) = self.session.take() else { return Served::Ended };
            let served = self.close(&mut session, tools);
            self.session = Some(session);
            return served;
        }
        let Some(session) = &mut self.session else { return Served::Waits };
        if self.stream.is_none() || session.poll_timeout().is_none_or(|deadline| deadline > tools.instant()) {
            return Served::Waits;
        }
        session.handle_timeout(tools.instant());
        let Some(mut session) = self.session.take() else { return Served::Waits };
        self.events(&mut session, tools);
        let served = self.serve_session(&mut session, tools);
        let over = session.state() == crate::session::State::Closing;
        let served = if over && served != Served::Ended { self.close(&mut session, tools) } else { served };
        self.session = Some(session);
        served
    }

    /// Ends in order.
    pub(super) fn disconnect(&mut self, tools: &mut Tools) -> Served {
        let has_stream = self.stream.is_some();
        let Some(session) = &mut self.session else { return Served::Ended };
        if !has_stream || !matches!(self.stage, Stage::Subscribing | Stage::Standing) {
            return Served::Ended;
        }
        session.disconnect(ReasonCode::Success, DisconnectProperties::default());
        self.enter(Stage::Closing, tools);
        self.serve(tools)
    }

    /// Nothing new is begun.
    pub(super) fn stop(&mut self) {
        if let Job::Publish(publisher) = &mut self.job {
            publisher.stop();
        }
    }

    /// Messages scheduled, and not done with.
    pub(super) fn outstanding(&self, tools: &Tools) -> u64 {
        match &self.job {
            Job::Publish(publisher) if self.stage != Stage::Gone => publisher.outstanding(publisher.qos(tools)),
            _ => 0,
        }
    }

    /// Whether it publishes without being told when.
    pub(super) fn is_eager(&self) -> bool {
        matches!(&self.job, Job::Publish(publisher) if publisher.is_eager())
    }

    /// Counts what is left over at the end.
    pub(super) fn settle(&self, tools: &mut Tools) {
        match &self.job {
            Job::Publish(publisher) => publisher.settle(tools),
            Job::Subscribe(subscriber) if !tools.expects => tools.recorder.counts.expected += subscriber.span(),
            _ => {}
        }
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
