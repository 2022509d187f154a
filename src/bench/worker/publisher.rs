use std::collections::VecDeque;

use bytes::Bytes;

use super::contents::{Contents, Next};
use super::lag::Cause;
use super::tools::Tools;
use crate::bench::plan::{ClientNumber, Expected};
use crate::bench::{Load, Measure, Payload, Publish, Role, Slice, Stampable};
use crate::mqtt::{Message, QoS, TopicName};
use crate::payload::placeholder::Drawer;
use crate::session::{DeliveryId, PublishOutcome, Session, State};

/// How many bytes of messages are handed to the session at a time: what one write takes.
const BATCH: usize = 64 * 1024;
/// How many messages may wait for a client's window before they are dropped: 16 MB of plan.
const MAXIMUM_BACKLOG: usize = 1 << 20;
/// What counts as late.
const LATE: u64 = 10_000_000;

/// What one client publishes.
#[derive(Debug)]
pub(super) struct Publisher {
    client: ClientNumber,
    /// The topic, when it is the same for all messages, and how many deliveries each leads to.
    topic: Option<(TopicName, Expected)>,
    /// What is random in its messages, and what it keeps from one to the next.
    drawer: Drawer,
    contents: Contents,
    /// Number of the next message.
    sequence: u64,
    /// Messages that are due.
    backlog: VecDeque<Due>,
    /// What those wait for.
    blocked_by: Cause,
    /// Since when they wait for the window.
    full_since: Option<u64>,
    /// How many an unpaced client has still to send; `u64::MAX` for no end.
    pub(super) left: u64,
    /// Handed to the session and not done with: for `QoS` 0 until sent, else until answered.
    flights: VecDeque<Flight>,
    /// How many of `flights`, the first ones, have left the session.
    departed: usize,
    /// Handed to the session.
    handed: u64,
    /// Taken from the session, to be written.
    taken: u64,
    /// Written to the socket.
    sent: u64,
    /// Answered, of those at `QoS` 1 and 2.
    answered: u64,
    /// Given up by the session, as the broker had lost it: never answered.
    lost: u64,
    /// Whether what is left over has been counted.
    settled: bool,
}

/// A message that is to be sent.
#[derive(Debug, Clone, Copy)]
struct Due {
    planned: u64,
    /// How much later it was noticed, microseconds, and why.
    lag: u32,
    cause: Cause,
}

#[derive(Debug)]
struct Flight {
    id: DeliveryId,
    planned: u64,
    /// When it left the session, for the socket.
    sent: u64,
    fan_out: Expected,
    answered: bool,
    /// What it waited for longest, until it was handed to the session.
    cause: Cause,
}

impl Publisher {
    pub(super) fn new(client: ClientNumber, drawer: Drawer) -> Self {
        Self {
            client,
            topic: None,
            drawer,
            contents: Contents::new(client),
            sequence: 0,
            backlog: VecDeque::new(),
            blocked_by: Cause::default(),
            full_since: None,
            left: 0,
            flights: VecDeque::new(),
            departed: 0,
            handed: 0,
            taken: 0,
            sent: 0,
            answered: 0,
            lost: 0,
            settled: false,
        }
    }

    /// A phase begins, in which its group acts or does not.
    pub(super) fn begin(&mut self, acts: bool, tools: &mut Tools) {
        let plan = tools.plan.clone();
        let Role::Publish(publish) = &plan.group(self.client).role else { return };
        self.contents.begin(&plan);
        if !publish.topic.differs_by_message() {
            let topic = plan.topic(self.client, 0, &mut self.drawer).ok();
            self.topic = topic.map(|topic| {
                let fan_out = plan.fan_out(tools.phase, &topic);
                (topic, fan_out)
            });
        }
        self.left = match (publish.load, publish.limit) {
            (Load::Unpaced { .. }, Some(limit)) if acts => {
                Slice::quota(plan.slice(self.client.group).total, self.client.number, limit)
            }
            (Load::Unpaced { .. }, None) if acts => u64::MAX,
            _ => 0,
        };
    }

    fn settings<'a>(&self, tools: &'a Tools) -> Option<&'a Publish> {
        match &tools.plan.scenario.groups[self.client.group].role {
            Role::Publish(publish) => Some(publish),
            _ => None,
        }
    }

    /// A message is due.
    pub(super) fn schedule(&mut self, planned: u64, tools: &mut Tools) {
        tools.recorder.scheduled(planned);
        if self.backlog.len() < MAXIMUM_BACKLOG {
            let lag = u32::try_from(tools.now.saturating_sub(planned) / 1000).unwrap_or(u32::MAX);
            let cause = tools.lag.of(planned, tools.now, &tools.clock);
            self.backlog.push_back(Due { planned, lag, cause });
        } else {
            tools.recorder.counts.dropped += 1;
            blame(self.blocked_by, 1, tools);
        }
    }

    /// Hands the session what the window and the socket will take. `blocked`: the socket takes nothing now.
    pub(super) fn fill(&mut self, session: &mut Session, blocked: bool, tools: &mut Tools) {
        if session.state() != State::Connected {
            self.blocked_by = Cause::Connection;
            return;
        }
        if !self.has_more(tools.running) {
            return;
        }
        let plan = tools.plan.clone();
        let Role::Publish(publish) = &plan.group(self.client).role else { return };
        let mut space = if publish.qos == QoS::AtMostOnce {
            let bytes = match &publish.payload {
                Payload::Stamped(payloads) => payloads.first().map_or(0, Stampable::len),
                Payload::Fixed(payloads) => payloads.first().map_or(0, Bytes::len),
                Payload::Template(patterns) => patterns.first().map_or(0, |pattern| pattern.as_str().len()),
            };
            if blocked { 0 } else { (BATCH / (bytes + 32)).max(1).saturating_sub(session.queued()) }
        } else {
            session.window_space(publish.qos)
        };
        while space > 0 {
            space -= 1;
            let due = if let Some(due) = self.backlog.pop_front() {
                due
            } else if self.left > 0 && tools.running {
                self.left -= 1;
                tools.recorder.scheduled(tools.now);
                Due { planned: tools.now, lag: 0, cause: Cause::Work }
            } else {
                break;
            };
            if !self.publish(publish, due, session, tools) {
                // It takes no place in the window. Without a plan the rest would be refused as fast as it is offered.
                space += 1;
                self.refuse_rest(tools);
            }
        }
        let waits = self.has_more(tools.running);
        self.blocked_by = match publish.qos {
            _ if !waits => Cause::Work,
            QoS::AtMostOnce if blocked => Cause::Socket,
            // What could not be written until just now is written piece by piece: until nothing waits any more.
            QoS::AtMostOnce if self.blocked_by == Cause::Socket => Cause::Socket,
            QoS::AtMostOnce => Cause::Work,
            _ => Cause::Window,
        };
        if publish.qos > QoS::AtMostOnce {
            self.note_window(waits, session.window(publish.qos), tools);
        }
    }

    /// For how long the window was full while messages waited for it.
    fn note_window(&mut self, waits: bool, window: usize, tools: &mut Tools) {
        match (waits, self.full_since) {
            (true, None) => self.full_since = Some(tools.now),
            (waits, Some(since)) => {
                tools.recorder.slots.held += u128::from(tools.now.saturating_sub(since)) * window as u128;
                self.full_since = waits.then_some(tools.now);
            }
            (false, None) => {}
        }
    }

    /// The session refuses what an unpaced client has: it will refuse the rest.
    #[cold]
    fn refuse_rest(&mut self, tools: &mut Tools) {
        if self.left != u64::MAX {
            tools.recorder.counts.scheduled += self.left;
            tools.recorder.counts.refused += self.left;
        }
        self.left = 0;
    }

    /// Hands a message to the session; `false`: it was refused.
    fn publish(&mut self, publish: &Publish, due: Due, session: &mut Session, tools: &mut Tools) -> bool {
        let planned = due.planned;
        let (topic, fan_out) = if let Some((topic, fan_out)) = &self.topic {
            (topic.clone(), *fan_out)
        } else {
            let plan = tools.plan.clone();
            match plan.topic(self.client, self.sequence, &mut self.drawer) {
                Ok(topic) => {
                    let fan_out = plan.fan_out(tools.phase, &topic);
                    (topic, fan_out)
                }
                Err(error) => return refuse(&error, tools),
            }
        };
        let next = Next { publish, topic: &topic, sequence: self.sequence, planned };
        let (payload, properties) = match self.contents.next(next, &mut self.drawer, tools) {
            Ok(contents) => contents,
            Err(error) => return refuse(&error, tools),
        };
        if publish.retain {
            note_retained(&topic, &publish.payload, tools);
        }
        let message = Message {
            topic,
            payload,
            qos: publish.qos,
            retain: publish.retain,
            marked_duplicate: publish.marked_duplicate,
            properties,
        };
        self.sequence += 1;
        match session.publish(message) {
            Ok(id) => {
                self.handed += 1;
                let unpaced = matches!(publish.load, Load::Unpaced { latency: false });
                let nobody_asks = unpaced && (publish.qos == QoS::AtMostOnce || !tools.measure_acks);
                if !nobody_asks || fan_out != Expected::default() {
                    let cause = due.longest(self.blocked_by, tools.now);
                    self.flights.push_back(Flight { id, planned, sent: tools.now, fan_out, answered: false, cause });
                }
                true
            }
            Err(error) => refuse(&error, tools),
        }
    }

    /// What the session has handed out goes to the socket at `tools.now`.
    pub(super) fn depart(&mut self, session: &Session, tools: &mut Tools) {
        self.taken = self.handed.saturating_sub(session.queued() as u64);
        let (Some(publish), Some(last)) = (self.settings(tools), session.transmitted()) else { return };
        let paced = !matches!(publish.load, Load::Unpaced { .. });
        while let Some(flight) = self.flights.get_mut(self.departed)
            && flight.id <= last
        {
            self.departed += 1;
            let handed = std::mem::replace(&mut flight.sent, tools.now);
            if paced {
                let delay = tools.now.saturating_sub(flight.planned);
                tools.recorder.measure(Measure::SendDelay, flight.planned, delay);
                if delay > LATE {
                    tools.recorder.counts.late += 1;
                    let in_session = tools.now.saturating_sub(handed);
                    blame(if in_session * 2 > delay { Cause::Socket } else { flight.cause }, 1, tools);
                }
            }
        }
    }

    /// The socket has taken all that departed.
    pub(super) fn written(&mut self, tools: &mut Tools) {
        let fresh = self.taken.saturating_sub(self.sent);
        if fresh == 0 || self.settled {
            return;
        }
        self.sent = self.taken;
        tools.recorder.sent(fresh, tools.now);
        if self.qos(tools) == QoS::AtMostOnce {
            for flight in self.flights.drain(..self.departed) {
                tools.expect(flight.fan_out);
            }
            self.departed = 0;
        }
    }

    /// The connection has ended. What the socket did not take is sent again at `QoS` 1 and 2, and gone at 0.
    pub(super) fn disconnected(&mut self, tools: &mut Tools) {
        if self.qos(tools) == QoS::AtMostOnce && !self.settled {
            tools.recorder.counts.dropped += self.taken.saturating_sub(self.sent);
            self.sent = self.taken;
            self.flights.drain(..self.departed);
            self.departed = 0;
        }
    }

    /// The session reports the outcome of a message.
    pub(super) fn outcome(&mut self, id: DeliveryId, outcome: PublishOutcome, tools: &mut Tools) {
        if self.settled {
            return;
        }
        let found = self.flights.binary_search_by_key(&id, |flight| flight.id).ok();
        let flight = found.map(|at| {
            self.flights[at].answered = true;
            let flight = &self.flights[at];
            (flight.planned, flight.sent, flight.fan_out)
        });
        while self.flights.front().is_some_and(|flight| flight.answered) {
            self.flights.pop_front();
            self.departed = self.departed.saturating_sub(1);
        }
        tools.completed += 1;
        tools.recorder.last_activity = tools.now;
        let paced = self.settings(tools).is_some_and(|publish| !matches!(publish.load, Load::Unpaced { .. }));
        match outcome {
            PublishOutcome::Acknowledged(_) => {
                self.answered += 1;
                tools.recorder.counts.acknowledged += 1;
                tools.recorder.slots.turned += u64::from(self.full_since.is_some());
                let Some((planned, sent, fan_out)) = flight else { return };
                tools.expect(fan_out);
                if tools.measure_acks {
                    if paced {
                        tools.recorder.measure(Measure::Ack, planned, tools.now.saturating_sub(planned));
                    }
                    tools.recorder.measure(Measure::AckUncorrected, planned, tools.now.saturating_sub(sent));
                }
            }
            PublishOutcome::Refused(acknowledgement) => {
                self.answered += 1;
                tools.recorder.counts.refused += 1;
                tools.recorder.reasons.note(format!("publish: {}", acknowledgement.reason));
            }
            PublishOutcome::Rejected(error) => {
                self.answered += 1;
                tools.recorder.counts.refused += 1;
                tools.recorder.reasons.note(format!("publish: {error}"));
            }
            PublishOutcome::HungUp(_) => {
                self.answered += 1;
                tools.recorder.counts.refused += 1;
                tools.recorder.reasons.note("publish: the broker closes the connection on it".to_owned());
            }
            // Stays unacknowledged in the count, and nothing waits for it.
            PublishOutcome::Uncertain | PublishOutcome::Lost | PublishOutcome::Unsent => {
                self.lost += 1;
                tools.abandoned += 1;
            }
        }
    }

    /// Messages scheduled, and not done with.
    pub(super) fn outstanding(&self, qos: QoS) -> u64 {
        let done = self.answered + self.lost;
        let unanswered = if qos == QoS::AtMostOnce { 0 } else { self.sent.saturating_sub(done) };
        let unlimited = self.left == u64::MAX;
        let left = if unlimited { 0 } else { self.left };
        self.backlog.len() as u64 + left + self.handed.saturating_sub(self.sent) + unanswered
    }

    /// Messages scheduled that the socket has not taken.
    pub(super) fn waits_to_be_sent(&self) -> u64 {
        self.backlog.len() as u64 + self.handed.saturating_sub(self.sent)
    }

    /// The connection is gone for good: what waits will not be sent.
    pub(super) fn give_up(&mut self, tools: &mut Tools) {
        if self.qos(tools) > QoS::AtMostOnce {
            let waits = self.sent.saturating_sub(self.answered + self.lost);
            self.lost += waits;
            tools.abandoned += waits;
        }
        if self.left != u64::MAX {
            tools.recorder.counts.scheduled += self.left;
            tools.recorder.counts.dropped += self.left;
        }
        self.left = 0;
        tools.recorder.counts.dropped += self.backlog.len() as u64;
        blame(Cause::Connection, self.backlog.len() as u64, tools);
        self.backlog.clear();
    }

    /// Nothing new is begun.
    pub(super) fn stop(&mut self) {
        self.left = 0;
    }

    /// Counts what is left over at the end; nothing is counted after it.
    pub(super) fn settle(&mut self, tools: &mut Tools) {
        if self.settled {
            return;
        }
        let unanswered = if self.qos(tools) == QoS::AtMostOnce { 0 } else { self.sent.saturating_sub(self.answered) };
        tools.recorder.counts.unsent += self.backlog.len() as u64 + self.handed.saturating_sub(self.sent);
        tools.recorder.counts.unacknowledged += unanswered;
        blame(self.blocked_by, self.backlog.len() as u64, tools);
        self.backlog.clear();
        self.left = 0;
        self.settled = true;
    }

    /// Whether it has something to send whenever it may; `running`: whether anything new is begun.
    pub(super) fn has_more(&self, running: bool) -> bool {
        !self.backlog.is_empty() || (self.left > 0 && running)
    }

    pub(super) fn qos(&self, tools: &Tools) -> QoS {
        self.settings(tools).map(|publish| publish.qos).unwrap_or_default()
    }
}

impl Due {
    /// What it waited for longest until now: its worker, or what `blocked_by` says.
    fn longest(&self, blocked_by: Cause, now: u64) -> Cause {
        let waited = now.saturating_sub(self.planned) / 1000;
        if waited > 2 * u64::from(self.lag) { blocked_by } else { self.cause }
    }
}

/// A message that is not handed to the session.
#[cold]
fn refuse(error: &dyn std::fmt::Display, tools: &mut Tools) -> bool {
    tools.recorder.counts.refused += 1;
    tools.recorder.reasons.note(format!("publish: {error}"));
    false
}

/// Counts messages that were late, or not sent, by what they waited for.
fn blame(cause: Cause, count: u64, tools: &mut Tools) {
    let counts = &mut tools.recorder.counts;
    let late = match cause {
        Cause::Core => &mut counts.late_due_to_core,
        Cause::Work => &mut counts.late_due_to_work,
        Cause::Window => &mut counts.late_due_to_window,
        Cause::Socket => &mut counts.late_due_to_socket,
        Cause::Connection => &mut counts.late_due_to_connection,
    };
    *late += count;
}

/// What the broker keeps from now on, for those who subscribe later; an empty payload takes it away.
#[cold]
fn note_retained(topic: &TopicName, payload: &Payload, tools: &mut Tools) {
    let Some(retained) = &mut tools.retained else { return };
    match payload {
        Payload::Fixed(payloads) if payloads.iter().all(Bytes::is_empty) => {
            retained.remove(topic);
        }
        _ => {
            retained.insert(topic.clone());
        }
    }
}
