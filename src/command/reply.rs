//! `reply`: answers requests, one after another.
//!
//! A request is acknowledged when its answer is handed to the client, so that one that arrived at QoS 1 or 2 and was not
//! answered is delivered again in a persistent session. One whose answer has a delay is acknowledged when it comes: the
//! requests behind it are not to wait, and acknowledgements keep the order [MQTT-4.6.0-2].

use std::collections::BTreeMap;

use tokio::time::Instant;

use super::deadline::at;
use super::granted::{granted, granted_again};
use super::interrupt::Interrupt;
use super::refusal::{hung_up, not_subscribed, refused, unpublishable};
use super::respond::Responder;
use super::status;
use crate::client::{Client, Declined, Event, Events, Pending};
use crate::error::{Error, ErrorKind, ExitStatus};
use crate::mqtt::{Message, TopicName};
use crate::output::Talk;
use crate::session::{Acknowledge, PublishOutcome, SubscribeRequest};
use crate::settings::ReplySettings;

/// Answers until Ctrl-C, or until there are enough answers.
pub(crate) async fn run(settings: &ReplySettings, talk: Talk) -> Result<ExitStatus, Error> {
    for warning in &settings.warnings {
        talk.warning(warning);
    }
    let mut interrupt = Interrupt::listen()?;
    let (client, mut events) = super::connect(&settings.connect, Acknowledge::Manual, talk)?;
    let request = SubscribeRequest { filters: settings.filters.clone(), ..SubscribeRequest::default() };
    client.subscribe(request).map_err(|error| Error::usage(error.to_string()))?;
    let responder = Responder::new(settings.rules.clone(), settings.connect.client.connect.version.is_v5(), talk);
    let mut replier = Replier { settings, client, talk, count: 0, responder, delayed: Delayed::default() };
    let result = loop {
        let event = tokio::select! {
            biased;
            signal = interrupt.received() => break Ok(replier.interrupted(signal)),
            () = at(replier.delayed.due()) => None,
            event = events.next(), if replier.delayed.has_room() => Some(event),
        };
        let work = async {
            match event {
                None => replier.answer_what_is_due().await,
                Some(Some(event)) => replier.take(event).await,
                Some(None) => Ok(Some(ExitStatus::Done)),
            }
        };
        let taken = tokio::select! {
            biased;
            signal = interrupt.received() => Err(signal),
            taken = work => Ok(taken),
        };
        let taken = match taken {
            Ok(taken) => taken,
            Err(signal) => break Ok(replier.interrupted(signal)),
        };
        match taken {
            Ok(None) => {}
            Ok(Some(status)) => break Ok(status),
            Err(error) => break Err(error),
        }
    };
    let pending = if matches!(result, Ok(ExitStatus::Done)) { Pending::Finish } else { Pending::Abandon };
    close(&replier.client, &mut events, pending).await.and(result)
}

struct Replier<'a> {
    settings: &'a ReplySettings,
    client: Client,
    talk: Talk,
    count: u64,
    responder: Responder,
    delayed: Delayed,
}

/// Answers that wait for their time above which no more requests are taken: their number, and bytes of their payloads.
const MOST_DELAYED: (usize, usize) = (10_000, 16 * 1024 * 1024);

/// Answers that have a delay.
#[derive(Debug, Default)]
struct Delayed {
    /// By when they are due and their number.
    answers: BTreeMap<(Instant, u64), Waiting>,
    /// The number of the last.
    last: u64,
    /// Bytes of their payloads.
    bytes: usize,
}

impl Delayed {
    /// Whether there may be more.
    fn has_room(&self) -> bool {
        self.answers.len() < MOST_DELAYED.0 && self.bytes < MOST_DELAYED.1
    }

    /// When the first is due.
    fn due(&self) -> Option<Instant> {
        self.answers.keys().next().map(|(due, _)| *due)
    }

    fn push(&mut self, due: Instant, waiting: Waiting) {
        self.last += 1;
        self.bytes += waiting.answer.payload.len();
        self.answers.insert((due, self.last), waiting);
    }

    /// The first.
    fn pop(&mut self) -> Option<Waiting> {
        let (_, waiting) = self.answers.pop_first()?;
        self.bytes -= waiting.answer.payload.len();
        Some(waiting)
    }
}

/// An answer that is not due yet.
#[derive(Debug)]
struct Waiting {
    /// The topic of the request.
    request: TopicName,
    answer: Message,
}

impl Replier<'_> {
    async fn take(&mut self, event: Event) -> Result<Option<ExitStatus>, Error> {
        let version = self.settings.connect.client.connect.version;
        match event {
            Event::Message(received) => {
                let status = self.request(&received.message).await?;
                if let Some(token) = received.token {
                    self.client.acknowledge(token);
                }
                return Ok(status);
            }
            Event::Subscribed { ack, .. } => granted(self.talk, version, &self.settings.filters, &ack)?,
            Event::Resubscribed(again) => granted_again(self.talk, version, &again)?,
            Event::Published { outcome, .. } => published(&outcome)?,
            Event::RequestRejected { error, .. } => return Err(not_subscribed(&error)),
            Event::Closed(Err(error)) => return Err(Error::from(*error)),
            event => status::tell(self.talk, &self.settings.connect, &event),
        }
        Ok(None)
    }

    /// Answers a request, or notes its answer for later.
    async fn request(&mut self, request: &Message) -> Result<Option<ExitStatus>, Error> {
        let Some((delay, answer)) = self.responder.answer_to(request).await else { return Ok(None) };
        if delay.is_zero() {
            return self.publish(&request.topic, answer).await;
        }
        self.delayed.push(Instant::now() + delay, Waiting { request: request.topic.clone(), answer });
        Ok(None)
    }

    /// Publishes the first answer that waits.
    async fn answer_what_is_due(&mut self) -> Result<Option<ExitStatus>, Error> {
        match self.delayed.pop() {
            Some(Waiting { request, answer }) => self.publish(&request, answer).await,
            None => Ok(None),
        }
    }

    /// Publishes an answer; it may be the last.
    async fn publish(&mut self, request: &TopicName, answer: Message) -> Result<Option<ExitStatus>, Error> {
        let topic = answer.topic.clone();
        match self.client.publish(answer).await {
            Ok(_) => {
                self.talk.success(format_args!("Answered the request on {request} on {topic}"));
                self.count += 1;
                Ok((Some(self.count) == self.settings.count).then_some(ExitStatus::Done))
            }
            // Its last event has the reason.
            Err(Declined::Closed(_)) => Ok(None),
            Err(Declined::Rejected(error)) => Err(unpublishable(Some(&topic), &error)),
        }
    }

    fn interrupted(&self, signal: u8) -> ExitStatus {
        if self.settings.count.is_none() { ExitStatus::Done } else { ExitStatus::Interrupted(signal) }
    }
}

fn published(outcome: &PublishOutcome) -> Result<(), Error> {
    match outcome {
        PublishOutcome::Refused(ack) => {
            Err(refused(ErrorKind::PublishRefused, "an answer", ack.reason, ack.details.as_deref()))
        }
        PublishOutcome::Rejected(error) => Err(unpublishable(None, error)),
        PublishOutcome::HungUp(message) => Err(hung_up(message)),
        _ => Ok(()),
    }
}

/// DISCONNECT, after the pending answers if they are to be waited for.
async fn close(client: &Client, events: &mut Events, pending: Pending) -> Result<(), Error> {
    client.disconnect(pending);
    let mut refusal = Ok(());
    while let Some(event) = events.next().await {
        match event {
            Event::Published { outcome, .. } => refusal = refusal.and(published(&outcome)),
            Event::Closed(_) => break,
            _ => {}
        }
    }
    refusal
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn waiting(payload: &str) -> Waiting {
        let topic: TopicName = "a".parse().unwrap();
        Waiting { request: topic.clone(), answer: Message::new(topic, payload.to_owned()) }
    }

    #[test]
    fn answers_that_wait_come_when_they_are_due_and_are_bounded() {
        let (mut delayed, now) = (Delayed::default(), Instant::now());
        for (second, payload) in [(2, "b"), (1, "a"), (2, "c")] {
            delayed.push(now + Duration::from_secs(second), waiting(payload));
        }
        assert_eq!(delayed.due(), Some(now + Duration::from_secs(1)));
        let payloads: Vec<_> = std::iter::from_fn(|| delayed.pop()).map(|waiting| waiting.answer.payload).collect();
        assert_eq!(payloads, ["a", "b", "c"]);
        assert_eq!((delayed.due(), delayed.bytes), (None, 0));
        for _ in 0..MOST_DELAYED.0 {
            assert!(delayed.has_room());
            delayed.push(now, waiting(""));
        }
        assert!(!delayed.has_room());
        delayed.pop();
        assert!(delayed.has_room());
        delayed.push(now, waiting(&"x".repeat(MOST_DELAYED.1)));
        delayed.pop();
        assert!(!delayed.has_room(), "one large answer is enough");
    }
}
