//! What a subscriber does with each message that it has received: acknowledges it, and answers it if it is a request. One
//! that is slow takes its time for each, and reads nothing meanwhile.

use std::cmp::Reverse;
use std::collections::VecDeque;

use super::responder::Responder;
use super::tools::Tools;
use crate::bench::{Reply, Subscribe};
use crate::mqtt::TopicFilter;
use crate::session::{Received, Session};

/// What a subscriber does with its messages.
#[derive(Debug, Default)]
pub(super) struct Work {
    /// How long each takes, nanoseconds.
    time: u64,
    /// Messages that it has not done with, and when it will have.
    queue: VecDeque<(u64, Received)>,
    /// When it has done with all of them.
    ends: u64,
    /// It is woken for the first of them.
    is_alarm_set: bool,
    responder: Responder,
}

impl Work {
    /// `None`: it does nothing with them.
    pub(super) fn of(subscribe: &Subscribe, time: u64) -> Option<Self> {
        (time > 0 || subscribe.reply.is_some()).then(|| Self { time, ..Self::default() })
    }

    /// What the client subscribes to.
    pub(super) fn listen(&mut self, filters: impl Iterator<Item = TopicFilter>) {
        self.responder.listen(filters);
    }

    /// A message has arrived.
    pub(super) fn take(&mut self, received: Received, reply: Option<&Reply>, session: &mut Session, tools: &mut Tools) {
        if self.time == 0 {
            return self.finish(&received, reply, session, tools);
        }
        self.ends = self.ends.max(tools.now).saturating_add(self.time);
        self.queue.push_back((self.ends, received));
    }

    /// Finishes what is done by now; whether more is to be done. `connection`: the number of the client in its worker.
    pub(super) fn go_on(
        &mut self,
        reply: Option<&Reply>,
        connection: u32,
        session: &mut Session,
        tools: &mut Tools,
    ) -> bool {
        while self.queue.front().is_some_and(|(at, _)| *at <= tools.now)
            && let Some((_, received)) = self.queue.pop_front()
        {
            self.is_alarm_set = false;
            self.finish(&received, reply, session, tools);
        }
        if let (Some((at, _)), false) = (self.queue.front(), self.is_alarm_set) {
            tools.alarms.push(Reverse((*at, connection)));
            self.is_alarm_set = true;
        }
        !self.queue.is_empty()
    }

    fn finish(&mut self, received: &Received, reply: Option<&Reply>, session: &mut Session, tools: &mut Tools) {
        if let Some(reply) = reply {
            match self.responder.answer(&received.message, reply, session) {
                Ok(()) => tools.recorder.counts.replied += 1,
                Err(error) => tools.recorder.reasons.note(format!("reply: {error}")),
            }
        }
        if let Some(token) = received.token {
            session.acknowledge(token);
        }
    }

    /// Whether there is more to be done.
    pub(super) fn is_busy(&self) -> bool {
        !self.queue.is_empty()
    }

    /// The connection has ended: the broker sends again what was not acknowledged.
    pub(super) fn cut(&mut self) {
        self.queue.clear();
        self.is_alarm_set = false;
        self.ends = 0;
    }
}
