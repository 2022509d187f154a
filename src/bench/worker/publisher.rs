//! What one client publishes: one flow or several over its connection, and what became of each message.

use std::collections::VecDeque;

use super::flow::{Flow, Made, blame};
use super::lag::Cause;
use super::tools::Tools;
use crate::bench::plan::{ClientNumber, Expected};
use crate::bench::{Load, Measure, Publish, Role};
use crate::mqtt::{Message, QoS};
use crate::session::{DeliveryId, PublishOutcome, Session, State, SubscribeRequest};

/// What counts as late.
const LATE: u64 = 10_000_000;

/// What one client publishes.
#[derive(Debug)]
pub(super) struct Publisher {
    /// Its own group and number; the groups of flows may be others.
    client: ClientNumber,
    /// At least one.
    flows: Vec<Flow>,
    /// Handed to the session and not done with: for `QoS` 0 until sent, else until answered. With several flows all
    /// messages are among them, else those of which something is measured.
    flights: VecDeque<Flight>,
    /// How many of `flights`, the first ones, have left the session.
    departed: usize,
    /// How many of those the socket has taken.
    written: usize,
    /// Whether what is left over has been counted.
    settled: bool,
}

#[derive(Debug)]
struct Flight {
    id: DeliveryId,
    planned: u64,
    /// When it left the session, for the socket.
    sent: u64,
    fan_out: Expected,
    /// Which flow, by its place.
    flow: u16,
    /// Nothing more is to come of it.
    is_over: bool,
    /// What it waited for longest, until it was handed to the session.
    cause: Cause,
}

impl Publisher {
    /// `None`: the client publishes nothing.
    pub(super) fn new(client: ClientNumber, tools: &Tools) -> Option<Self> {
        let flow = |group: &usize| {
            let client = ClientNumber { group: *group, ..client };
            let Role::Publish(publish) = &tools.plan.group(client).role else { return None };
            Some(Flow::new(client, publish, tools.plan.message_drawer(client)))
        };
        let flows: Vec<_> = tools.plan.flows(client).iter().filter_map(flow).collect();
        let (flights, departed, written, settled) = (VecDeque::new(), 0, 0, false);
        (!flows.is_empty()).then_some(Self { client, flows, flights, departed, written, settled })
    }

    /// A phase begins, in which the group of one of the flows acts or does not.
    pub(super) fn begin(&mut self, group: usize, acts: bool, tools: &mut Tools) {
        for flow in self.flows.iter_mut().filter(|flow| flow.client.group == group) {
            flow.begin(acts, tools);
        }
    }

    /// A message of one of the flows is due.
    pub(super) fn schedule(&mut self, group: usize, planned: u64, tools: &mut Tools) {
        for flow in self.flows.iter_mut().filter(|flow| flow.client.group == group) {
            tools.recorder.at_group(group);
            flow.schedule(planned, tools);
        }
        tools.recorder.at_group(self.client.group);
    }

    /// Hands the session what the window and the socket will take. `blocked`: the socket takes nothing now.
    pub(super) fn fill(&mut self, session: &mut Session, blocked: bool, tools: &mut Tools) {
        if session.state() != State::Connected {
            self.flows.iter_mut().for_each(Flow::is_cut);
            return;
        }
        if !self.has_more(tools.running) {
            return;
        }
        let plan = tools.plan.clone();
        if let [flow] = self.flows.as_slice() {
            let Role::Publish(publish) = &plan.group(flow.client).role else { return };
            tools.recorder.at_group(flow.client.group);
            let mut space = Flow::space(publish, session, blocked);
            while space > 0 {
                match self.publish_next(0, publish, session, tools) {
                    Handed::Over => space -= 1,
                    // It takes no place in the window.
                    Handed::Refused => {}
                    Handed::NoMore => break,
                }
            }
        } else {
            // The one that was to be first; a flow whose window is full does not hold up the others.
            let mut full = 0_u64;
            loop {
                let waiting = self.flows.iter().enumerate().filter_map(|(place, flow)| {
                    let is_full = full & (1 << place.min(63)) != 0;
                    Some((flow.next_planned(tools.running).filter(|_| !is_full)?, place))
                });
                let Some((_, place)) = waiting.min() else { break };
                let flow = &self.flows[place];
                let Role::Publish(publish) = &plan.group(flow.client).role else { break };
                tools.recorder.at_group(flow.client.group);
                let handed = Flow::space(publish, session, blocked) > 0
                    && self.publish_next(place, publish, session, tools) != Handed::NoMore;
                full |= u64::from(!handed) << place.min(63);
            }
        }
        for flow in &mut self.flows {
            tools.recorder.at_group(flow.client.group);
            flow.note_wait(blocked, tools.running);
            if flow.qos > QoS::AtMostOnce {
                note_window(flow, session.window(flow.qos), tools);
            }
        }
        tools.recorder.at_group(self.client.group);
    }

    /// Hands the session the next message of a flow.
    fn publish_next(&mut self, place: usize, publish: &Publish, session: &mut Session, tools: &mut Tools) -> Handed {
        let is_only = self.flows.len() == 1;
        let flow = &mut self.flows[place];
        let Some(due) = flow.take(tools) else { return Handed::NoMore };
        let made = flow.make(publish, due, tools);
        let handed = match made {
            Ok(Made { message, fan_out, sequence }) => match session.publish(message) {
                Ok(id) => Some((id, fan_out, sequence)),
                Err(error) => refuse(&error, tools),
            },
            Err(error) => refuse(&error, tools),
        };
        let Some((id, fan_out, sequence)) = handed else {
            // Without a plan the rest would be refused as fast as it is offered.
            flow.refuse_rest(tools);
            return Handed::Refused;
        };
        flow.handed += 1;
        if let Some(requests) = &mut flow.requests {
            requests.begin(sequence, due.planned, flow.is_paced, tools);
        }
        let unpaced = matches!(publish.load, Load::Unpaced { latency: false });
        let nobody_asks = unpaced && (publish.qos == QoS::AtMostOnce || !tools.measure_acks);
        if !is_only || !nobody_asks || fan_out != Expected::default() {
            let cause = flow.cause_of(due, tools.now);
            let flow = u16::try_from(place).unwrap_or(u16::MAX);
            let (planned, sent) = (due.planned, tools.now);
            self.flights.push_back(Flight { id, planned, sent, fan_out, flow, is_over: false, cause });
        }
        Handed::Over
    }

    /// What the session has handed out goes to the socket at `tools.now`.
    pub(super) fn depart(&mut self, session: &Session, tools: &mut Tools) {
        let is_only = self.flows.len() == 1;
        if is_only {
            let flow = &mut self.flows[0];
            flow.taken = flow.handed.saturating_sub(session.queued() as u64);
        }
        let Some(last) = session.transmitted() else { return };
        while let Some(flight) = self.flights.get_mut(self.departed)
            && flight.id <= last
        {
            self.departed += 1;
            let flow = &mut self.flows[usize::from(flight.flow)];
            flow.taken += u64::from(!is_only);
            tools.recorder.at_group(flow.client.group);
            let handed = std::mem::replace(&mut flight.sent, tools.now);
            if flow.is_paced {
                let delay = tools.now.saturating_sub(flight.planned);
                tools.recorder.measure(Measure::SendDelay, flight.planned, delay);
                if delay > LATE {
                    tools.recorder.counts.late += 1;
                    let in_session = tools.now.saturating_sub(handed);
                    blame(if in_session * 2 > delay { Cause::Socket } else { flight.cause }, 1, tools);
                }
            }
        }
        tools.recorder.at_group(self.client.group);
    }

    /// The socket has taken all that departed.
    pub(super) fn written(&mut self, tools: &mut Tools) {
        if self.settled {
            return;
        }
        for flow in &mut self.flows {
            let fresh = flow.taken.saturating_sub(flow.sent);
            if fresh > 0 {
                tools.recorder.at_group(flow.client.group);
                flow.sent = flow.taken;
                tools.recorder.sent(fresh, tools.now);
                tools.finished += if flow.qos == QoS::AtMostOnce { fresh } else { 0 };
            }
        }
        while let Some(flight) = self.flights.get_mut(self.written).filter(|_| self.written < self.departed) {
            self.written += 1;
            let flow = &self.flows[usize::from(flight.flow)];
            if flow.qos == QoS::AtMostOnce {
                flight.is_over = true;
                tools.recorder.at_group(flow.client.group);
                tools.expect(flight.fan_out);
            }
        }
        self.forget();
        tools.recorder.at_group(self.client.group);
    }

    /// The connection has ended. What the socket did not take is sent again at `QoS` 1 and 2, and gone at 0.
    pub(super) fn disconnected(&mut self, tools: &mut Tools) {
        if self.settled {
            return;
        }
        for flow in self.flows.iter_mut().filter(|flow| flow.qos == QoS::AtMostOnce) {
            tools.recorder.at_group(flow.client.group);
            tools.recorder.counts.dropped += flow.taken.saturating_sub(flow.sent);
            flow.sent = flow.taken;
        }
        for flight in self.flights.range_mut(self.written..self.departed) {
            flight.is_over |= self.flows[usize::from(flight.flow)].qos == QoS::AtMostOnce;
        }
        self.forget();
        tools.recorder.at_group(self.client.group);
    }

    /// Drops the flights that are over.
    fn forget(&mut self) {
        while self.flights.front().is_some_and(|flight| flight.is_over) {
            self.flights.pop_front();
            self.departed = self.departed.saturating_sub(1);
            self.written = self.written.saturating_sub(1);
        }
    }

    /// The session reports the outcome of a message.
    pub(super) fn outcome(&mut self, id: DeliveryId, outcome: PublishOutcome, tools: &mut Tools) {
        if self.settled {
            return;
        }
        let found = self.flights.binary_search_by_key(&id, |flight| flight.id).ok();
        let flight = found.map(|at| {
            self.flights[at].is_over = true;
            let flight = &self.flights[at];
            (flight.planned, flight.sent, flight.fan_out, flight.flow)
        });
        self.forget();
        let flow = &mut self.flows[flight.map_or(0, |(.., flow)| usize::from(flow))];
        tools.recorder.at_group(flow.client.group);
        tools.completed += 1;
        tools.recorder.last_activity = tools.now;
        match outcome {
            PublishOutcome::Acknowledged(_) => {
                flow.answered += 1;
                tools.finished += 1;
                tools.recorder.counts.acknowledged += 1;
                tools.recorder.slots.turned += u64::from(flow.full_since.is_some());
                if let Some((planned, sent, fan_out, _)) = flight {
                    tools.expect(fan_out);
                    if tools.measure_acks {
                        if flow.is_paced {
                            tools.recorder.measure(Measure::Ack, planned, tools.now.saturating_sub(planned));
                        }
                        tools.recorder.measure(Measure::AckUncorrected, planned, tools.now.saturating_sub(sent));
                    }
                }
            }
            PublishOutcome::Refused(acknowledgement) => {
                flow.answered += 1;
                note_refusal(&acknowledgement.reason, tools);
            }
            PublishOutcome::Rejected(error) => {
                flow.answered += 1;
                note_refusal(&error, tools);
            }
            PublishOutcome::HungUp(_) => {
                flow.answered += 1;
                note_refusal(&"the broker closes the connection on it", tools);
            }
            // Stays unacknowledged in the count, and nothing waits for it.
            PublishOutcome::Uncertain | PublishOutcome::Lost | PublishOutcome::Unsent => {
                flow.lost += 1;
                tools.abandoned += 1;
            }
        }
        tools.recorder.at_group(self.client.group);
    }

    /// What its flows subscribe to: where responses come.
    pub(super) fn listens(&mut self, tools: &Tools) -> Option<SubscribeRequest> {
        let mut request = SubscribeRequest::default();
        for flow in &mut self.flows {
            if let (Some(requests), Ok(Some(options))) = (&mut flow.requests, tools.plan.listens(flow.client)) {
                requests.listen(&options.filter);
                if request.filters.iter().all(|other| other.filter != options.filter) {
                    request.filters.push(options);
                }
            }
        }
        (!request.filters.is_empty()).then_some(request)
    }

    /// A message has arrived.
    pub(super) fn receive(&mut self, message: &Message, tools: &mut Tools) {
        let mut is_expected = false;
        for flow in &mut self.flows {
            let Some(requests) = &mut flow.requests else { continue };
            tools.recorder.at_group(flow.client.group);
            is_expected = requests.receive(flow.client, message, tools);
            if is_expected {
                break;
            }
        }
        tools.recorder.counts.responses_foreign += u64::from(!is_expected);
        tools.recorder.at_group(self.client.group);
    }

    /// Gives up the requests whose time is over.
    pub(super) fn look_at_the_time(&mut self, tools: &mut Tools) {
        self.each(tools, |flow, tools| {
            if let Some(requests) = &mut flow.requests {
                requests.expire(tools);
            }
        });
    }

    /// Messages scheduled, and not done with.
    pub(super) fn outstanding(&self) -> u64 {
        self.flows.iter().map(Flow::outstanding).sum()
    }

    /// Whether messages that were sent have no answer.
    pub(super) fn waits_for_answers(&self) -> bool {
        self.flows.iter().any(|flow| flow.unanswered() > 0)
    }

    /// Messages scheduled that the socket has not taken.
    pub(super) fn waits_to_be_sent(&self) -> u64 {
        self.flows.iter().map(Flow::waits_to_be_sent).sum()
    }

    /// The connection is gone for good: what waits will not be sent.
    pub(super) fn give_up(&mut self, tools: &mut Tools) {
        self.each(tools, Flow::give_up);
    }

    /// Nothing new is begun.
    pub(super) fn stop(&mut self) {
        self.flows.iter_mut().for_each(Flow::stop);
    }

    /// Counts what is left over at the end; nothing is counted after it.
    pub(super) fn settle(&mut self, tools: &mut Tools) {
        if !std::mem::replace(&mut self.settled, true) {
            self.each(tools, Flow::settle);
        }
    }

    fn each(&mut self, tools: &mut Tools, act: impl Fn(&mut Flow, &mut Tools)) {
        for flow in &mut self.flows {
            tools.recorder.at_group(flow.client.group);
            act(flow, tools);
        }
        tools.recorder.at_group(self.client.group);
    }

    /// Whether it has something to send whenever it may; `running`: whether anything new is begun.
    pub(super) fn has_more(&self, running: bool) -> bool {
        self.flows.iter().any(|flow| flow.has_more(running))
    }

    /// Whether it has something to send for whose turn no answer wakes it.
    pub(super) fn wakes_itself(&self, running: bool) -> bool {
        self.flows.iter().any(|flow| flow.qos == QoS::AtMostOnce && flow.has_more(running))
    }

    /// The smallest window of its flows.
    pub(super) fn window(&self, session: &Session) -> usize {
        self.flows.iter().map(|flow| session.window(flow.qos)).min().unwrap_or(usize::MAX)
    }
}

/// What became of the attempt to hand over a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Handed {
    Over,
    Refused,
    /// None is due.
    NoMore,
}

/// For how long the window was full while messages waited for it.
fn note_window(flow: &mut Flow, window: usize, tools: &mut Tools) {
    let waits = flow.has_more(tools.running);
    match (waits, flow.full_since) {
        (true, None) => flow.full_since = Some(tools.now),
        (waits, Some(since)) => {
            tools.recorder.slots.held += u128::from(tools.now.saturating_sub(since)) * window as u128;
            flow.full_since = waits.then_some(tools.now);
        }
        (false, None) => {}
    }
}

/// A message that is not handed to the session.
#[cold]
fn refuse<T>(error: &dyn std::fmt::Display, tools: &mut Tools) -> Option<T> {
    note_refusal(error, tools);
    None
}

#[cold]
fn note_refusal(why: &dyn std::fmt::Display, tools: &mut Tools) {
    tools.recorder.counts.refused += 1;
    tools.recorder.reasons.note(format!("publish: {why}"));
}
