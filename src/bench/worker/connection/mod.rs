//! One client: its session, its stream, and its job.

mod events;
mod traffic;

use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use bytes::BytesMut;

use super::churner::Churner;
use super::publisher::Publisher;
use super::ready::{ConnectionWaker, ReadyList};
use super::stage::Stage;
use super::subscriber::Subscriber;
use super::tools::{CLOSING, Tools};
use crate::bench::clock::nanos;
use crate::bench::plan::ClientNumber;
use crate::bench::{Measure, Role, UNANSWERED, VIOLATION};
use crate::mqtt::ReasonCode;
use crate::payload::plural;
use crate::session::{DisconnectProperties, Session, State};
use crate::transport::{DialError, Dialed, Opening, Stream};

/// One client: a session, its stream, and its job. An idle one holds no buffers.
#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each says something else, and there are thousands of these")]
pub(super) struct Connection {
    pub(super) client: ClientNumber,
    pub(super) stage: Stage,
    /// When the stage began.
    since: u64,
    /// How many attempts to reconnect in a row did not last.
    attempts: u32,
    /// The broker said that it need not come again.
    unwanted: bool,
    has_been_ready: bool,
    /// It was connected at least once.
    pub(super) has_connected: bool,
    session: Option<Box<Session>>,
    stream: Option<Stream>,
    /// The stream to come, where it needs no task of its own.
    opening: Option<Box<Opening>>,
    listing: Arc<ConnectionWaker>,
    waker: Waker,
    /// The beginning of a packet that is not whole yet.
    input: BytesMut,
    /// What the socket did not take.
    output: BytesMut,
    job: Job,
    /// From when on it should be connected, if planned.
    planned: Option<u64>,
    /// It is away by plan, or will be when its connection is over.
    away: bool,
}

#[derive(Debug)]
enum Job {
    Idle,
    Churn(Box<Churner>),
    Publish(Box<Publisher>),
    Subscribe(Box<Subscriber>),
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
            Role::Churn(churn) => Job::Churn(Box::new(Churner::new(nanos(churn.stay)))),
            Role::Subscribe(subscribe) => Job::Subscribe(Box::new(Subscriber::new(subscribe))),
            // One that is idle itself may have flows.
            Role::Idle | Role::Publish(_) => {
                Publisher::new(client, tools).map_or(Job::Idle, |publisher| Job::Publish(Box::new(publisher)))
            }
        };
        tools.stages[Stage::Offline as usize] += 1;
        Self {
            client,
            stage: Stage::Offline,
            since: 0,
            attempts: 0,
            unwanted: false,
            has_been_ready: false,
            has_connected: false,
            session: None,
            stream: None,
            opening: None,
            waker: listing.clone().into(),
            listing,
            input: BytesMut::new(),
            output: BytesMut::new(),
            job,
            planned: None,
            away: true,
        }
    }

    pub(super) fn enter(&mut self, stage: Stage, tools: &mut Tools) {
        tools.stages[self.stage as usize] -= 1;
        tools.stages[stage as usize] += 1;
        self.stage = stage;
        self.since = tools.now;
    }

    /// Its stream is to be opened, which [`Self::poll_open`] does.
    pub(super) fn opens(&mut self, opening: Opening) {
        self.opening = Some(Box::new(opening));
    }

    /// The stream that is being opened, or why it cannot be; `None`: nothing yet, or it is opened by a task.
    pub(super) fn poll_open(&mut self, tools: &Tools) -> Option<Result<Dialed, DialError>> {
        self.listing.unlist();
        let opening = self.opening.as_mut()?;
        let (dialer, endpoint) = tools.plan.way(self.client);
        let scenario = &tools.plan.scenario;
        let cx = &mut Context::from_waker(&self.waker);
        match scenario.dialers[dialer].poll_open(&scenario.endpoints[endpoint], opening, cx) {
            Poll::Ready(dialed) => {
                self.opening = None;
                Some(dialed)
            }
            Poll::Pending => None,
        }
    }

    /// The stream is open: CONNECT is sent.
    pub(super) fn open(&mut self, dialed: Dialed, tools: &mut Tools) -> Served {
        tools.recorder.at_group(self.client.group);
        if self.away && !matches!(self.job, Job::Churn(_)) {
            // It was to leave while it was being dialled.
            return Served::Ended;
        }
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
            None => tools.plan.session(self.client).map(Box::new),
        };
        match session {
            Ok(mut session) => {
                session.connect(tools.instant());
                if let Job::Subscribe(subscriber) = &mut self.job {
                    subscriber.connects(tools);
                }
                self.session = Some(session);
                self.stream = Some(tools.plan.watched(self.client, dialed.stream));
                self.enter(Stage::Connecting, tools);
                self.serve(tools)
            }
            Err(invalid) => {
                tools.recorder.counts.connections_failed += 1;
                tools.recorder.reasons.note(format!("connect: {invalid}"));
                Served::Ended
            }
        }
    }

    /// Reads, lets the session work, publishes what it may, writes.
    pub(super) fn serve(&mut self, tools: &mut Tools) -> Served {
        tools.recorder.at_group(self.client.group);
        self.listing.unlist();
        let Some(mut session) = self.session.take() else { return Served::Waits };
        let was_ready = self.stage == Stage::Ready;
        let served = self.serve_session(&mut session, tools);
        if (!was_ready && self.stage == Stage::Ready) || self.stage == Stage::Closing {
            // What connecting and DISCONNECT take, which thousands of them hold at the same time.
            session.release_buffers();
        }
        self.session = Some(session);
        served
    }

    /// The connection is over for good.
    pub(super) fn give_up(&mut self, tools: &mut Tools) {
        tools.recorder.at_group(self.client.group);
        if let (Job::Subscribe(subscriber), Role::Subscribe(subscribe)) =
            (&mut self.job, &tools.plan.group(self.client).role)
            && subscriber.answer()
        {
            (0..subscribe.filters.len()).for_each(|place| tools.plan.has_not_subscribed(self.client, place));
        }
        match &mut self.job {
            Job::Publish(publisher) => publisher.give_up(tools),
            Job::Subscribe(subscriber) => {
                let passing = subscriber.passing.as_mut();
                tools.recorder.counts.subscriptions_missed += passing.map_or(0, |passing| passing.give_up());
            }
            Job::Idle | Job::Churn(_) => {}
        }
        (self.stream, self.session) = (None, None);
        self.enter(Stage::Gone, tools);
    }

    /// A message or a connect is due. When it is to be dialled for that, if it is.
    pub(super) fn schedule(&mut self, group: usize, planned: u64, tools: &mut Tools) -> Option<u64> {
        tools.recorder.at_group(self.client.group);
        match &mut self.job {
            Job::Publish(publisher) => {
                publisher.schedule(group, planned, tools);
                if self.stage == Stage::Gone {
                    publisher.give_up(tools);
                }
                None
            }
            Job::Churn(churner) => {
                tools.recorder.counts.connections_planned += 1;
                if self.stage != Stage::Offline {
                    churner.keep(planned);
                    return None;
                }
                self.planned = Some(planned);
                self.enter(Stage::Waiting, tools);
                Some(planned)
            }
            Job::Subscribe(subscriber) => {
                if let Some(passing) = &mut subscriber.passing {
                    passing.schedule(planned);
                }
                None
            }
            Job::Idle => None,
        }
    }

    /// Its keep alive, or the wait for an answer to CONNECT or SUBSCRIBE. Called a few times a second.
    pub(super) fn look_at_the_time(&mut self, tools: &mut Tools) -> Served {
        tools.recorder.at_group(self.client.group);
        if let Job::Publish(publisher) = &mut self.job {
            publisher.look_at_the_time(tools);
        }
        if self.stage == Stage::Closing && tools.now.saturating_sub(self.since) > CLOSING {
            // The broker does not close behind our DISCONNECT.
            return self.hang_up(tools);
        }
        // One that is slow may have SUBACK to read behind retained messages.
        let waits_for_answer = matches!(self.stage, Stage::Connecting | Stage::Subscribing) && !self.is_busy();
        if waits_for_answer && tools.now.saturating_sub(self.since) > tools.answer_timeout {
            let is_connecting = self.stage == Stage::Connecting;
            let (of, what) =
                if is_connecting { ("connect", UNANSWERED[0]) } else { ("connection lost", UNANSWERED[1]) };
            tools.recorder.reasons.note(format!("{of}: {what} in time"));
            self.note_stray_answers(of, tools);
            if is_connecting {
                tools.recorder.counts.connections_failed += 1;
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
        let over = session.state() == State::Closing;
        let served = if over && served != Served::Ended { self.close(&mut session, tools) } else { served };
        self.session = Some(session);
        served
    }

    /// Ends properly, for good: the broker need not keep the session.
    pub(super) fn disconnect(&mut self, tools: &mut Tools) -> Served {
        tools.recorder.at_group(self.client.group);
        let has_session = tools.plan.group(self.client).kept_session.is_some();
        let ends_session = has_session && tools.plan.group(self.client).version.is_v5();
        let session_expiry_interval = ends_session.then_some(0);
        self.say_good_bye(DisconnectProperties { session_expiry_interval, ..DisconnectProperties::default() }, tools)
    }

    /// Ends properly, by plan; the session may be resumed.
    pub(super) fn leave(&mut self, tools: &mut Tools) -> Served {
        tools.recorder.at_group(self.client.group);
        self.away = true;
        match self.stage {
            // What is being dialled is let go when it opens.
            Stage::Offline | Stage::Dialing | Stage::Closing | Stage::Gone => Served::Waits,
            Stage::Waiting => Served::Ended,
            Stage::Connecting => self.hang_up(tools),
            Stage::Subscribing | Stage::Ready => self.say_good_bye(DisconnectProperties::default(), tools),
        }
    }

    /// Closes the stream without DISCONNECT; not counted as lost.
    fn hang_up(&mut self, tools: &mut Tools) -> Served {
        self.enter(Stage::Closing, tools);
        if let Some(mut session) = self.session.take() {
            let _ = self.close(&mut session, tools);
            self.session = Some(session);
        }
        Served::Ended
    }

    fn say_good_bye(&mut self, properties: DisconnectProperties, tools: &mut Tools) -> Served {
        let has_stream = self.stream.is_some();
        self.opening = None;
        let Some(session) = &mut self.session else { return Served::Ended };
        if !has_stream || !matches!(self.stage, Stage::Subscribing | Stage::Ready) {
            return Served::Ended;
        }
        session.disconnect(ReasonCode::Success, properties);
        self.enter(Stage::Closing, tools);
        self.serve(tools)
    }

    /// It is to be connected from now on; `false`: it already is, or it is gone.
    pub(super) fn return_by_plan(&mut self, tools: &mut Tools) -> bool {
        self.away = false;
        let returns = self.stage == Stage::Offline;
        if returns {
            self.enter(Stage::Waiting, tools);
        }
        returns
    }

    /// Its connection ends without a word, and is to be made again at once; `false`: it has none.
    pub(super) fn cut(&mut self, tools: &mut Tools) -> bool {
        tools.recorder.at_group(self.client.group);
        if self.stage != Stage::Ready {
            return false;
        }
        let _ = self.hang_up(tools);
        self.attempts = 0;
        self.planned = Some(tools.now);
        tools.recorder.counts.connections_planned += 1;
        self.enter(Stage::Waiting, tools);
        true
    }

    /// Its connection has ended against our will: how long to wait before the next attempt, if there is one.
    pub(super) fn retry_after(&mut self, tools: &mut Tools) -> Option<Duration> {
        let reconnect =
            tools.plan.scenario.reconnect.filter(|reconnect| reconnect.also_first || self.has_been_ready)?;
        let is_stable = self.stage == Stage::Ready && tools.now - self.since >= nanos(reconnect.stable_after);
        self.attempts = if is_stable { 1 } else { self.attempts + 1 };
        let chance = tools.random.f64();
        reconnect.backoff.delay_before(self.attempts, chance).filter(|_| !self.unwanted)
    }

    /// Whether it is connected, and was meant to be until this time.
    pub(super) fn has_stayed(&self, until: u64) -> bool {
        matches!(&self.job, Job::Churn(churner) if self.stage == Stage::Ready && self.since + churner.stay <= until)
    }

    /// Whether it is not to be dialled again by itself.
    pub(super) fn is_away(&self) -> bool {
        self.away
    }

    /// Its connection is over by plan. When it is to be dialled again, if that is due already.
    pub(super) fn away(&mut self, tools: &mut Tools) -> Option<u64> {
        self.stream = None;
        self.planned = match &mut self.job {
            Job::Churn(churner) => churner.next_due(),
            _ => None,
        };
        self.enter(if self.planned.is_some() { Stage::Waiting } else { Stage::Offline }, tools);
        self.planned
    }

    /// A phase begins, in which its group, or one whose flow it publishes, acts or does not.
    pub(super) fn begin(&mut self, group: usize, acts: bool, tools: &mut Tools) {
        tools.recorder.at_group(self.client.group);
        if let Job::Publish(publisher) = &mut self.job {
            publisher.begin(group, acts, tools);
            if self.stage == Stage::Gone {
                publisher.give_up(tools);
            }
        }
    }

    /// Nothing new is begun.
    pub(super) fn stop(&mut self, tools: &mut Tools) {
        tools.recorder.at_group(self.client.group);
        match &mut self.job {
            Job::Publish(publisher) => publisher.stop(),
            Job::Churn(churner) => tools.recorder.counts.connections_missed += churner.give_up(),
            Job::Subscribe(subscriber) => {
                let passing = subscriber.passing.as_mut();
                tools.recorder.counts.subscriptions_missed += passing.map_or(0, |passing| passing.give_up());
            }
            Job::Idle => {}
        }
    }

    /// Messages scheduled, and not done with.
    pub(super) fn outstanding(&self) -> u64 {
        match &self.job {
            Job::Publish(publisher) if self.stage != Stage::Gone => publisher.outstanding(),
            Job::Churn(churner) => {
                let under_way = matches!(self.stage, Stage::Waiting | Stage::Dialing | Stage::Connecting);
                churner.waiting() + u64::from(under_way)
            }
            Job::Subscribe(subscriber) if self.stage != Stage::Gone => {
                subscriber.passing.as_ref().map_or(0, |passing| passing.outstanding())
            }
            _ => 0,
        }
    }

    /// Whether it publishes without planned times.
    pub(super) fn is_eager(&self) -> bool {
        matches!(&self.job, Job::Publish(publisher) if publisher.has_more(true))
    }

    /// Messages scheduled that the socket has not taken.
    pub(super) fn waits_to_be_sent(&self) -> u64 {
        match &self.job {
            Job::Publish(publisher) if self.stage != Stage::Gone => publisher.waits_to_be_sent(),
            _ => 0,
        }
    }

    /// Something was not answered: that the broker answered something else instead is its fault. Where all is answered, such
    /// answers do no harm: a broker may repeat some in a session that it resumes.
    fn note_stray_answers(&self, of: &str, tools: &mut Tools) {
        let count = self.session.as_ref().map_or(0, |session| session.unsolicited());
        if count > 0 {
            let answers = plural(count, "acknowledgement");
            tools.recorder.reasons.note(format!("{of}: {VIOLATION}: {answers} for a packet id that is not in use"));
        }
    }

    /// Counts what is left over at the end.
    pub(super) fn settle(&mut self, tools: &mut Tools) {
        tools.recorder.at_group(self.client.group);
        if let Job::Publish(publisher) = &self.job
            && publisher.waits_for_answers()
        {
            self.note_stray_answers("publish", tools);
        }
        match &mut self.job {
            Job::Publish(publisher) => publisher.settle(tools),
            Job::Churn(_) if matches!(self.stage, Stage::Dialing | Stage::Connecting) => {
                tools.recorder.counts.connections_failed += 1;
                tools.recorder.reasons.note(format!("connect: {} before the end", UNANSWERED[0]));
            }
            Job::Subscribe(subscriber) if !tools.expects && subscriber.passing.is_none() => {
                tools.recorder.counts.expected += subscriber.span();
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_connection_is_small() {
        let size = size_of::<Connection>();
        assert!(size <= 216, "{size} bytes");
    }
}
