//! Counts what a session reports about its connection.

use std::cmp::Reverse;

use super::{Connection, Job, Stage};
use crate::bench::worker::tools::Tools;
use crate::bench::{Measure, Role, VIOLATION};
use crate::session::{Disconnected, Event, PublishOutcome, Received, Session};

impl Connection {
    pub(super) fn events(&mut self, session: &mut Session, tools: &mut Tools) {
        while let Some(event) = session.poll_event() {
            match event {
                Event::Message(received) => self.message(received, session, tools),
                Event::Published { id, outcome } => match (&mut self.job, outcome) {
                    (Job::Publish(publisher), outcome) => publisher.outcome(id, outcome, tools),
                    (Job::Subscribe(_), PublishOutcome::Refused(why)) => {
                        tools.recorder.reasons.note(format!("reply: {}", why.reason));
                    }
                    _ => {}
                },
                Event::Connected(ack) => {
                    tools.recorder.step(Measure::Connack, tools.now - self.since);
                    tools.round_trip = tools.round_trip.min(tools.now - self.since);
                    tools.recorder.counts.connected += 1;
                    tools.recorder.ever_connected += u64::from(!std::mem::replace(&mut self.has_connected, true));
                    if let Job::Publish(publisher) = &self.job {
                        tools.window = tools.window.min(publisher.window(session) as u64);
                    }
                    self.subscribe(ack.session_present, session, tools);
                }
                Event::Subscribed { ack, .. } => {
                    let passing = match &mut self.job {
                        Job::Subscribe(subscriber) => subscriber.passing.as_mut(),
                        _ => None,
                    };
                    let is_passing = passing.is_some();
                    if let Some(passing) = passing {
                        passing.subscribed(&ack, self.listing.connection, tools);
                    } else {
                        tools.recorder.step(Measure::Suback, tools.now - self.since);
                    }
                    let is_first = match &mut self.job {
                        Job::Subscribe(subscriber) => subscriber.answer(),
                        _ => false,
                    };
                    for (place, reason) in ack.reasons.iter().enumerate() {
                        if reason.is_failure() {
                            if is_first && !is_passing {
                                tools.plan.has_not_subscribed(self.client, place);
                            }
                            tools.recorder.counts.subscriptions_refused += 1;
                            tools.recorder.reasons.note(format!("subscribe: {reason}"));
                        } else {
                            tools.recorder.counts.subscribed += 1;
                        }
                    }
                    if self.stage == Stage::Subscribing {
                        self.become_ready(tools);
                    }
                }
                Event::Unsubscribed { ack, .. } => {
                    if let (Job::Subscribe(subscriber), Role::Subscribe(subscribe)) =
                        (&mut self.job, &tools.plan.clone().group(self.client).role)
                        && let Some(passing) = &mut subscriber.passing
                    {
                        passing.unsubscribed(&ack, subscribe.filters.len() as u64, tools);
                    }
                }
                Event::RequestRejected { error, .. } => {
                    match &mut self.job {
                        Job::Subscribe(subscriber) if subscriber.passing.is_some() => {
                            subscriber.passing.iter_mut().for_each(|passing| passing.refused(&error, tools));
                        }
                        _ => {
                            tools.recorder.counts.subscriptions_refused += 1;
                            tools.recorder.reasons.note(format!("subscribe: {error}"));
                        }
                    }
                    if self.stage == Stage::Subscribing {
                        self.become_ready(tools);
                    }
                }
                Event::Refused(ack) => {
                    tools.recorder.counts.connections_refused += 1;
                    tools.recorder.reasons.note(format!("connect: {}", ack.reason));
                    self.unwanted = !ack.reason.is_passing();
                }
                Event::Disconnected(cause) => self.disconnected(&cause, tools),
                Event::Tolerated(violation) => tools.recorder.reasons.note(format!("publish: {violation}")),
                Event::Narrowed(window) => {
                    tools.recorder.reasons.note(format!("publish: a smaller window, {window}"));
                }
                Event::Auth(_) => {}
            }
        }
    }

    fn subscribe(&mut self, session_present: bool, session: &mut Session, tools: &mut Tools) {
        let plan = tools.plan.clone();
        let request = match &mut self.job {
            // Theirs begin by a plan of their own.
            Job::Subscribe(subscriber) if subscriber.passing.is_some() => None,
            Job::Subscribe(subscriber) => subscriber.subscribes(session_present).then(|| {
                let request = plan.subscribe_request(self.client).unwrap_or_default();
                if let Some(work) = &mut subscriber.work {
                    work.listen(request.filters.iter().map(|options| options.filter.clone()));
                }
                request
            }),
            Job::Publish(publisher) => publisher.listens(tools),
            _ => None,
        };
        let Some(request) = request else { return self.become_ready(tools) };
        tools.recorder.counts.subscriptions_attempted += request.filters.len() as u64;
        match session.subscribe(request) {
            Ok(_) => self.enter(Stage::Subscribing, tools),
            Err(error) => {
                tools.recorder.counts.subscriptions_refused += 1;
                tools.recorder.reasons.note(format!("subscribe: {error}"));
                self.become_ready(tools);
            }
        }
    }

    fn message(&mut self, received: Received, session: &mut Session, tools: &mut Tools) {
        match &mut self.job {
            Job::Publish(publisher) => publisher.receive(&received.message, tools),
            Job::Subscribe(subscriber) => {
                subscriber.receive(&received, tools);
                let plan = tools.plan.clone();
                if let (Some(work), Role::Subscribe(subscribe)) = (&mut subscriber.work, &plan.group(self.client).role)
                {
                    work.take(received, subscribe.reply.as_ref(), session, tools);
                }
            }
            Job::Idle | Job::Churn(_) => {}
        }
    }

    fn become_ready(&mut self, tools: &mut Tools) {
        self.enter(Stage::Ready, tools);
        self.has_been_ready = true;
        if let Some(planned) = self.planned.take() {
            tools.recorder.step(Measure::Online, tools.now.saturating_sub(planned));
        }
        if let Job::Churn(churner) = &self.job {
            tools.departures.push(Reverse((tools.now + churner.stay, self.listing.connection)));
        }
    }

    fn disconnected(&mut self, cause: &Disconnected, tools: &mut Tools) {
        let reason = match cause {
            Disconnected::ByClient => return,
            Disconnected::ByServer(disconnect) => {
                self.unwanted = !disconnect.reason.is_passing();
                disconnect.reason.to_string()
            }
            Disconnected::NotReauthenticated(refusal) => refusal.reason.to_string(),
            Disconnected::Violation(violation) => format!("{VIOLATION}: {violation}"),
            Disconnected::KeepAliveTimeout => "the broker does not answer PINGREQ".to_owned(),
            Disconnected::Lost => "closed without DISCONNECT".to_owned(),
        };
        match self.stage {
            Stage::Closing => {}
            Stage::Connecting => {
                tools.recorder.counts.connections_failed += 1;
                tools.recorder.reasons.note(format!("connect: {reason}"));
            }
            _ => {
                tools.recorder.counts.connections_lost += 1;
                tools.recorder.reasons.note(format!("connection lost: {reason}"));
            }
        }
    }
}
