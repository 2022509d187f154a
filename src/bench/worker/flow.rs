//! One of the flows that a client publishes: what is due in it, what it waits for, and how far it has come.

use std::collections::VecDeque;

use bytes::Bytes;

use super::contents::{Contents, Next, Unsuitable};
use super::lag::Cause;
use super::requests::Requests;
use super::tools::Tools;
use crate::bench::plan::{ClientNumber, Expected};
use crate::bench::{Load, Payload, Publish, Role, Slice, Stampable};
use crate::mqtt::{Message, QoS, TopicError, TopicName};
use crate::payload::placeholder::Drawer;
use crate::session::Session;

/// How many bytes of messages are handed to the session at a time: what one write takes.
const BATCH: usize = 64 * 1024;
/// How many messages may wait for a client's window before they are dropped: 16 MB of plan.
const MAXIMUM_BACKLOG: usize = 1 << 20;

/// One of the flows that a client publishes.
#[derive(Debug)]
pub(super) struct Flow {
    /// Its group, and the number of its client.
    pub(super) client: ClientNumber,
    pub(super) qos: QoS,
    /// Its messages have planned times.
    pub(super) is_paced: bool,
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
    pub(super) full_since: Option<u64>,
    /// How many an unpaced client has still to send; `u64::MAX` for no end.
    left: u64,
    /// Handed to the session.
    pub(super) handed: u64,
    /// Taken from the session, to be written.
    pub(super) taken: u64,
    /// Written to the socket.
    pub(super) sent: u64,
    /// Answered, of those at `QoS` 1 and 2.
    pub(super) answered: u64,
    /// Given up by the session, as the broker had lost it: never answered.
    pub(super) lost: u64,
    /// Its messages are requests.
    pub(super) requests: Option<Box<Requests>>,
}

/// A message that is to be sent.
#[derive(Debug, Clone, Copy)]
pub(super) struct Due {
    pub(super) planned: u64,
    /// How much later it was noticed, microseconds, and why.
    lag: u32,
    cause: Cause,
}

/// A message, and how many deliveries it leads to.
pub(super) struct Made {
    pub(super) message: Message,
    pub(super) fan_out: Expected,
    /// Its number.
    pub(super) sequence: u64,
}

/// Why there is no message.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unmade {
    #[error(transparent)]
    Topic(#[from] TopicError),
    #[error(transparent)]
    Contents(#[from] Unsuitable),
}

impl Flow {
    pub(super) fn new(client: ClientNumber, publish: &Publish, drawer: Drawer) -> Self {
        Self {
            client,
            qos: publish.qos,
            is_paced: !matches!(publish.load, Load::Unpaced { .. }),
            topic: None,
            drawer,
            contents: Contents::new(client),
            sequence: 0,
            backlog: VecDeque::new(),
            blocked_by: Cause::default(),
            full_since: None,
            left: 0,
            handed: 0,
            taken: 0,
            sent: 0,
            answered: 0,
            lost: 0,
            requests: publish.request.as_ref().map(|request| Box::new(Requests::new(request))),
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

    /// How many messages the session may be handed now. `blocked`: the socket takes nothing.
    pub(super) fn space(publish: &Publish, session: &Session, blocked: bool) -> usize {
        if publish.qos > QoS::AtMostOnce {
            return session.window_space(publish.qos);
        }
        let bytes = match &publish.payload {
            Payload::Stamped(payloads) => payloads.first().map_or(0, Stampable::len),
            Payload::Fixed(payloads) => payloads.first().map_or(0, Bytes::len),
            Payload::Template(patterns) => patterns.first().map_or(0, |pattern| pattern.as_str().len()),
        };
        if blocked { 0 } else { (BATCH / (bytes + 32)).max(1).saturating_sub(session.queued()) }
    }

    /// When the next message was planned, if one waits.
    pub(super) fn next_planned(&self, running: bool) -> Option<u64> {
        let unplanned = (self.left > 0 && running).then_some(u64::MAX);
        self.backlog.front().map(|due| due.planned).or(unplanned)
    }

    /// The next message that is due, or that an unpaced client has left.
    pub(super) fn take(&mut self, tools: &mut Tools) -> Option<Due> {
        if let Some(due) = self.backlog.pop_front() {
            return Some(due);
        }
        if self.left == 0 || !tools.running {
            return None;
        }
        self.left -= 1;
        tools.recorder.scheduled(tools.now);
        Some(Due { planned: tools.now, lag: 0, cause: Cause::Work })
    }

    /// The next message.
    pub(super) fn make(&mut self, publish: &Publish, due: Due, tools: &mut Tools) -> Result<Made, Unmade> {
        let (topic, fan_out) = if let Some((topic, fan_out)) = &self.topic {
            (topic.clone(), *fan_out)
        } else {
            let plan = tools.plan.clone();
            let topic = plan.topic(self.client, self.sequence, &mut self.drawer)?;
            let fan_out = plan.fan_out(tools.phase, &topic);
            (topic, fan_out)
        };
        let next = Next { publish, topic: &topic, sequence: self.sequence, planned: due.planned };
        let correlation =
            self.requests.as_ref().and_then(|requests| requests.correlation(self.client, self.sequence, tools));
        let (payload, properties) = self.contents.next(next, correlation, &mut self.drawer, tools)?;
        if publish.retain {
            note_retained(&topic, &publish.payload, tools);
        }
        let sequence = self.sequence;
        self.sequence += 1;
        let Publish { qos, retain, marked_duplicate, .. } = *publish;
        let message = Message { topic, payload, qos, retain, marked_duplicate, properties };
        Ok(Made { message, fan_out, sequence })
    }

    /// What a message waited for longest until now.
    pub(super) fn cause_of(&self, due: Due, now: u64) -> Cause {
        let waited = now.saturating_sub(due.planned) / 1000;
        if waited > 2 * u64::from(due.lag) { self.blocked_by } else { due.cause }
    }

    /// What those that are due wait for, after the session took what it could. `blocked`: the socket takes nothing.
    pub(super) fn note_wait(&mut self, blocked: bool, running: bool) {
        self.blocked_by = match self.qos {
            _ if !self.has_more(running) => Cause::Work,
            QoS::AtMostOnce if blocked => Cause::Socket,
            // What could not be written until just now is written piece by piece: until nothing waits any more.
            QoS::AtMostOnce if self.blocked_by == Cause::Socket => Cause::Socket,
            QoS::AtMostOnce => Cause::Work,
            _ => Cause::Window,
        };
    }

    /// There is no connection.
    pub(super) fn is_cut(&mut self) {
        self.blocked_by = Cause::Connection;
    }

    /// The session refuses what an unpaced client has: it will refuse the rest.
    #[cold]
    pub(super) fn refuse_rest(&mut self, tools: &mut Tools) {
        if self.left != u64::MAX {
            tools.recorder.counts.scheduled += self.left;
            tools.recorder.counts.refused += self.left;
        }
        self.left = 0;
    }

    /// Messages scheduled, and not done with.
    pub(super) fn outstanding(&self) -> u64 {
        let left = if self.left == u64::MAX { 0 } else { self.left };
        let requests = self.requests.as_ref().map_or(0, |requests| requests.open());
        self.waits_to_be_sent() + left + self.unanswered() + requests
    }

    /// Sent, and neither answered nor given up.
    pub(super) fn unanswered(&self) -> u64 {
        if self.qos == QoS::AtMostOnce { 0 } else { self.sent.saturating_sub(self.answered + self.lost) }
    }

    /// Messages scheduled that the socket has not taken.
    pub(super) fn waits_to_be_sent(&self) -> u64 {
        self.backlog.len() as u64 + self.handed.saturating_sub(self.sent)
    }

    /// The connection is gone for good: what waits will not be sent.
    pub(super) fn give_up(&mut self, tools: &mut Tools) {
        if let Some(requests) = &mut self.requests {
            requests.give_up(tools);
        }
        let waits = self.unanswered();
        self.lost += waits;
        tools.abandoned += waits;
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

    /// Counts what is left over at the end.
    pub(super) fn settle(&mut self, tools: &mut Tools) {
        if let Some(requests) = &mut self.requests {
            requests.give_up(tools);
        }
        let unanswered = if self.qos == QoS::AtMostOnce { 0 } else { self.sent.saturating_sub(self.answered) };
        tools.recorder.counts.unsent += self.waits_to_be_sent();
        tools.recorder.counts.unacknowledged += unanswered;
        blame(self.blocked_by, self.backlog.len() as u64, tools);
        self.backlog.clear();
        self.left = 0;
    }

    /// Whether it has something to send whenever it may; `running`: whether anything new is begun.
    pub(super) fn has_more(&self, running: bool) -> bool {
        !self.backlog.is_empty() || (self.left > 0 && running)
    }
}

/// Counts messages that were late, or not sent, by what they waited for.
pub(super) fn blame(cause: Cause, count: u64, tools: &mut Tools) {
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
