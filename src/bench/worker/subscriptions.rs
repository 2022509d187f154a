//! A client that subscribes and unsubscribes again and again, by a plan.

use std::cmp::Reverse;
use std::collections::VecDeque;

use super::tools::Tools;
use crate::bench::Measure;
use crate::bench::plan::ClientNumber;
use crate::session::{RequestError, Session, SubAck, UnsubscribeRequest};

/// The subscriptions of one client that come and go.
#[derive(Debug)]
pub(super) struct Subscriptions {
    /// Planned times of those that could not begin yet.
    due: VecDeque<u64>,
    /// How long each lasts, nanoseconds.
    stay: u64,
    state: State,
}

/// Where the present one is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    None,
    /// SUBSCRIBE is sent.
    Asked {
        since: u64,
    },
    Granted {
        until: u64,
    },
    /// UNSUBSCRIBE is sent.
    Leaving {
        since: u64,
    },
}

impl Subscriptions {
    pub(super) fn new(stay: u64) -> Self {
        Self { due: VecDeque::new(), stay, state: State::None }
    }

    /// One is due.
    pub(super) fn schedule(&mut self, planned: u64) {
        self.due.push_back(planned);
    }

    /// Begins the next one, or ends the present one, if it is time.
    pub(super) fn advance(&mut self, client: ClientNumber, session: &mut Session, tools: &mut Tools) {
        match self.state {
            State::None if self.due.pop_front().is_some() => {
                let request = tools.plan.subscribe_request(client).unwrap_or_default();
                tools.recorder.counts.subscriptions_attempted += request.filters.len() as u64;
                match session.subscribe(request) {
                    Ok(_) => self.state = State::Asked { since: tools.now },
                    Err(error) => self.refused(&error, tools),
                }
            }
            State::Granted { until } if until <= tools.now => {
                let filters = tools.plan.subscribe_request(client).unwrap_or_default().filters;
                tools.recorder.counts.unsubscriptions_attempted += filters.len() as u64;
                let filters = filters.into_iter().map(|options| options.filter).collect();
                match session.unsubscribe(UnsubscribeRequest { filters, ..UnsubscribeRequest::default() }) {
                    Ok(_) => self.state = State::Leaving { since: tools.now },
                    Err(error) => self.refused(&error, tools),
                }
            }
            _ => {}
        }
    }

    /// SUBACK has arrived. `connection`: the number of the client in its worker.
    pub(super) fn subscribed(&mut self, ack: &SubAck, connection: u32, tools: &mut Tools) {
        let State::Asked { since } = self.state else { return };
        tools.recorder.measure(Measure::Suback, since, tools.now.saturating_sub(since));
        tools.recorder.last_activity = tools.now;
        let until = tools.now.saturating_add(self.stay);
        self.state = if ack.reasons.iter().all(|reason| reason.is_failure()) {
            State::None
        } else {
            tools.alarms.push(Reverse((until, connection)));
            State::Granted { until }
        };
    }

    /// UNSUBACK has arrived.
    pub(super) fn unsubscribed(&mut self, ack: &SubAck, filters: u64, tools: &mut Tools) {
        let State::Leaving { since } = self.state else { return };
        tools.recorder.measure(Measure::Unsuback, since, tools.now.saturating_sub(since));
        tools.recorder.last_activity = tools.now;
        // In 3.1.1 it has no reasons.
        let refused = ack.reasons.iter().filter(|reason| reason.is_failure()).count() as u64;
        tools.recorder.counts.unsubscriptions_refused += refused;
        tools.recorder.counts.unsubscribed += filters.saturating_sub(refused);
        for reason in ack.reasons.iter().filter(|reason| reason.is_failure()) {
            tools.recorder.reasons.note(format!("unsubscribe: {reason}"));
        }
        self.state = State::None;
    }

    /// The broker's limits forbid it.
    pub(super) fn refused(&mut self, error: &RequestError, tools: &mut Tools) {
        tools.recorder.counts.subscriptions_refused += 1;
        tools.recorder.reasons.note(format!("subscribe: {error}"));
        self.state = State::None;
    }

    /// The connection has ended, and with it what was asked for.
    pub(super) fn cut(&mut self) {
        self.state = State::None;
    }

    /// How many have not begun, or are not answered.
    pub(super) fn outstanding(&self) -> u64 {
        let waits = matches!(self.state, State::Asked { .. } | State::Leaving { .. });
        self.due.len() as u64 + u64::from(waits)
    }

    /// What waits will not begin any more; how many that were.
    pub(super) fn give_up(&mut self) -> u64 {
        std::mem::take(&mut self.due).len() as u64
    }
}
