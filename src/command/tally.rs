//! Counts and reports the outcome of the messages of `pub`.

use super::refusal::{hung_up, refused, unpublishable};
use crate::client::{Event, SessionLoss};
use crate::error::{Error, ErrorKind, ExitStatus};
use crate::mqtt::{ReasonCode, TopicName};
use crate::output::Talk;
use crate::payload::plural;
use crate::session::{Acknowledgement, PublishError, PublishOutcome};

/// How many refusals are shown one by one; the others are only counted.
const SHOWN: u64 = 10;

/// Counts of messages. Each message that was accepted ends in exactly one of the counts after `accepted`.
#[derive(Debug)]
pub(crate) struct Tally {
    talk: Talk,
    /// The topic, if all messages have the same.
    topic: Option<TopicName>,
    /// Handed to the client.
    accepted: u64,
    /// Written to the socket, at QoS 0.
    written: u64,
    /// PUBACK or PUBCOMP.
    acknowledged: u64,
    /// Of those, with the reason 0x10.
    unmatched: u64,
    /// Refused by the broker.
    refused: u64,
    /// At QoS 2, with the session gone: it will never be known whether they arrived.
    uncertain: u64,
    /// Why the session is gone.
    session_loss: Option<SessionLoss>,
    /// Sent, and without an outcome when the client ended.
    lost: u64,
    /// Accepted, and not sent when the client ended.
    left: u64,
    /// Never accepted: bad lines, and messages over the broker's announced limits.
    unsent: u64,
    /// The kind of the first failure.
    failure: Option<ErrorKind>,
}

impl Tally {
    /// For messages to these topics, or with their own topics if there are none.
    pub(crate) fn new(topics: &[TopicName], talk: Talk) -> Self {
        let topic = match topics {
            [topic] => Some(topic.clone()),
            _ => None,
        };
        Self {
            talk,
            topic,
            accepted: 0,
            written: 0,
            acknowledged: 0,
            unmatched: 0,
            refused: 0,
            uncertain: 0,
            session_loss: None,
            lost: 0,
            left: 0,
            unsent: 0,
            failure: None,
        }
    }

    /// The client has accepted a message.
    pub(crate) fn accepted(&mut self) {
        self.accepted += 1;
    }

    /// A line was not a message.
    pub(crate) fn bad(&mut self, error: &Error) {
        self.unsent += 1;
        self.fail(self.unsent, error);
    }

    /// The client has not accepted a message.
    pub(crate) fn declined(&mut self, topic: &TopicName, error: &PublishError) {
        self.unsent += 1;
        self.fail(self.unsent, &unpublishable(Some(topic), error));
    }

    /// Counts and reports what happened.
    pub(crate) fn take(&mut self, event: Event) {
        match event {
            Event::Flushed { count, .. } => self.written += count as u64,
            Event::Published { outcome, .. } => self.ended(outcome),
            Event::Connected(connected) => self.session_loss = connected.session_loss.or(self.session_loss),
            // Events of the connection are reported elsewhere.
            _ => {}
        }
    }

    fn ended(&mut self, outcome: PublishOutcome) {
        match outcome {
            PublishOutcome::Acknowledged(Acknowledgement { reason, .. }) => {
                self.acknowledged += 1;
                self.unmatched += u64::from(reason == ReasonCode::NoMatchingSubscribers);
            }
            PublishOutcome::Refused(Acknowledgement { reason, details }) => {
                self.refused += 1;
                let what = match &self.topic {
                    Some(topic) => format!("the message to `{topic}`"),
                    None => "a message".to_owned(),
                };
                self.fail(self.refused, &refused(ErrorKind::PublishRefused, &what, reason, details.as_deref()));
            }
            PublishOutcome::Rejected(error) => {
                self.refused += 1;
                self.fail(self.refused, &unpublishable(self.topic.as_ref(), &error));
            }
            PublishOutcome::HungUp(message) => {
                self.refused += 1;
                self.fail(self.refused, &hung_up(&message));
            }
            PublishOutcome::Uncertain => self.uncertain += 1,
            PublishOutcome::Lost => self.lost += 1,
            PublishOutcome::Unsent => self.left += 1,
        }
    }

    fn fail(&mut self, number: u64, error: &Error) {
        self.failure.get_or_insert(error.kind());
        if number <= SHOWN {
            self.talk.error(error);
        }
    }

    /// The kind of the first failure.
    pub(crate) fn failure(&self) -> Option<ErrorKind> {
        self.failure
    }

    /// A refusal during the run determines the exit code, unless the end of the run has a smaller one.
    pub(crate) fn refused_before(&self, error: Error) -> Result<ExitStatus, Error> {
        match self.failure.filter(|failure| failure.code() < error.kind().code()) {
            Some(failure) => {
                self.talk.warning(&error);
                Ok(ExitStatus::Partly(failure))
            }
            None => Err(error),
        }
    }

    /// Whether the counts add information to the error.
    pub(crate) fn is_about_several(&self) -> bool {
        self.accepted + self.unsent > 1
    }

    /// Whether nothing was accepted.
    pub(crate) fn is_empty(&self) -> bool {
        self.accepted == 0
    }

    /// Whether every accepted message has an outcome, and none is lost.
    pub(crate) fn is_complete(&self) -> bool {
        self.written + self.acknowledged + self.refused == self.accepted
    }

    /// The progress, for example `3 of 5 messages acknowledged`.
    pub(crate) fn progress(&self) -> String {
        let done = self.written + self.acknowledged;
        let verb = if self.written == 0 { "acknowledged" } else { "done" };
        let mut parts = vec![format!("{done} of {} {verb}", plural(self.accepted + self.unsent, "message"))];
        if self.refused > 0 {
            parts.push(format!("{} refused", self.refused));
        }
        if self.uncertain > 0 {
            parts.push(format!("{} uncertain", self.uncertain));
        }
        if self.lost > 0 {
            parts.push(format!("{} possibly lost", self.lost));
        }
        if self.left > 0 {
            parts.push(format!("{} not sent", self.left));
        }
        parts.join(", ")
    }

    /// Reports how it ended, and returns the status.
    pub(crate) fn report(&self) -> ExitStatus {
        let is_lost = self.uncertain + self.lost + self.left > 0;
        let Some(failure) = self.failure.or(is_lost.then_some(ErrorKind::ConnectionLost)) else {
            self.talk.success(self.success());
            return ExitStatus::Done;
        };
        if self.uncertain > 0 {
            self.talk.error(&self.uncertainty());
        } else if self.lost + self.left > 0 {
            let message = "the connection was lost before the broker acknowledged everything";
            self.talk.error(&Error::new(ErrorKind::ConnectionLost, message));
        }
        if self.is_about_several() {
            self.talk.failure(self.progress());
        }
        ExitStatus::Partly(failure)
    }

    fn uncertainty(&self) -> Error {
        let (what, verb) = if self.uncertain == 1 {
            ("the message at QoS 2".to_owned(), "is")
        } else {
            (format!("{} at QoS 2", plural(self.uncertain, "message")), "are")
        };
        let why = match self.session_loss {
            Some(SessionLoss::Forgotten) => "the broker no longer has the session",
            Some(SessionLoss::Ended) | None => "the session ended with the lost connection",
        };
        let message = format!("{what} {verb} uncertain (delivered once or not at all): {why}");
        Error::new(ErrorKind::ConnectionLost, message).with_hint(match self.session_loss {
            Some(SessionLoss::Forgotten) => {
                "--resend-uncertain sends such messages again: none is lost, some may arrive twice"
            }
            _ => {
                "-i ID --no-clean keeps the session, as MQTT 5.0 does unless --session-expiry-interval ends it; \
                 --resend-uncertain sends such messages again"
            }
        })
    }

    fn success(&self) -> String {
        let text = match (self.accepted, self.written, self.acknowledged) {
            (1, ..) => "Message published".to_owned(),
            (accepted, _, 0) => format!("{} published", plural(accepted, "message")),
            (accepted, 0, acknowledged) => {
                format!("{} published, {acknowledged} acknowledged", plural(accepted, "message"))
            }
            (accepted, written, acknowledged) => {
                format!("{} published: {written} at QoS 0, {acknowledged} acknowledged", plural(accepted, "message"))
            }
        };
        match self.unmatched {
            0 => text,
            _ if self.accepted == 1 => text + " (no matching subscribers)",
            unmatched => format!("{text} ({unmatched} with no matching subscribers)"),
        }
    }
}
