//! Messages that were published while the connection was not open, until each has an outcome.

use std::collections::BTreeMap;

use crate::client::Event;
use crate::command::refusal::{hung_up, refused, unpublishable};
use crate::error::{Error, ErrorKind};
use crate::mqtt::{QoS, TopicName};
use crate::payload::plural;
use crate::session::{DeliveryId, PublishOutcome};

/// So many failures are shown one by one; the sum has the others.
const SHOWN: u64 = 10;

/// Those of one connection.
#[derive(Debug, Default)]
pub(super) struct Queued {
    waiting: BTreeMap<DeliveryId, (TopicName, QoS)>,
    /// Since there was none.
    count: u64,
    delivered: u64,
    failed: u64,
    /// At least one was at QoS 0: it was sent, and nobody knows whether it arrived.
    has_unacknowledged: bool,
}

impl Queued {
    pub(super) fn add(&mut self, id: DeliveryId, topic: TopicName, qos: QoS) {
        self.count += 1;
        self.waiting.insert(id, (topic, qos));
    }

    /// How many have no outcome yet.
    pub(super) fn len(&self) -> usize {
        self.waiting.len()
    }

    /// Takes an outcome. The first value is whether it was that of a message in here, and of no other; the second
    /// is what is wrong with it.
    pub(super) fn take(&mut self, event: &Event) -> (bool, Option<Error>) {
        match event {
            Event::Flushed { through, .. } => {
                let before = self.waiting.len();
                self.waiting.retain(|id, (_, qos)| *qos != QoS::AtMostOnce || id > through);
                let sent = before - self.waiting.len();
                self.delivered += sent as u64;
                self.has_unacknowledged |= sent > 0;
                (false, None)
            }
            Event::Published { id, outcome } => {
                let Some((topic, _)) = self.waiting.remove(id) else { return (false, None) };
                let failure = failure(&topic, outcome);
                self.delivered += u64::from(failure.is_none());
                self.failed += u64::from(failure.is_some());
                (true, failure.filter(|_| self.failed <= SHOWN))
            }
            _ => (false, None),
        }
    }

    /// What became of them, once each has an outcome: for example `3 queued messages were delivered`.
    pub(super) fn poll_sum(&mut self) -> Option<String> {
        if self.count == 0 || !self.waiting.is_empty() {
            return None;
        }
        let Self { count, delivered, has_unacknowledged, .. } = std::mem::take(self);
        let verb = if has_unacknowledged { "sent" } else { "delivered" };
        let messages = plural(count, "queued message");
        match (delivered, count) {
            // The failure has been shown.
            (0, 1) => None,
            (1, 1) => Some(format!("{messages} was {verb}")),
            (1, _) => Some(format!("1 of {messages} was {verb}")),
            (delivered, count) if delivered == count => Some(format!("{messages} were {verb}")),
            (delivered, _) => Some(format!("{delivered} of {messages} were {verb}")),
        }
    }
}

/// Why a message did not arrive.
fn failure(topic: &TopicName, outcome: &PublishOutcome) -> Option<Error> {
    let what = format!("the queued message to `{topic}`");
    let lost = |text: &str| Some(Error::new(ErrorKind::ConnectionLost, format!("{what} {text}")));
    match outcome {
        PublishOutcome::Acknowledged(_) => None,
        PublishOutcome::Refused(ack) => {
            Some(refused(ErrorKind::PublishRefused, &what, ack.reason, ack.details.as_deref()))
        }
        PublishOutcome::Rejected(error) => Some(unpublishable(Some(topic), error)),
        PublishOutcome::HungUp(message) => Some(hung_up(message)),
        PublishOutcome::Uncertain => lost("was delivered once or not at all: the broker no longer has the session"),
        PublishOutcome::Unsent => lost("was not sent: the connection ended first"),
        PublishOutcome::Lost => lost("may be lost: the connection ended before it was acknowledged"),
    }
}
