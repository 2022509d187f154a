//! `sub --remove-retained` and `clean-retained`: an empty retained message to each topic that has one.
//!
//! A message is removed as it arrives, and printed when the broker has acknowledged that, so that whatever was printed
//! has been removed.

use std::collections::{HashMap, HashSet, VecDeque};
use std::time::Duration;

use super::refusal::{hung_up, refused, unpublishable};
use crate::client::{Client, Declined};
use crate::error::{Error, ErrorKind};
use crate::mqtt::{Message, QoS, TopicName};
use crate::output::Talk;
use crate::payload::plural;
use crate::session::{DeliveryId, PublishError, PublishOutcome, Received};

/// How long a run that a signal or `--timeout` ends waits for the acknowledgements of pending removals.
pub(super) const GRACE: Duration = Duration::from_secs(2);

/// Removals in progress.
#[derive(Debug, Default)]
pub(super) struct Removals {
    /// Only report what would be removed.
    dry_run: bool,
    /// To be removed as soon as the client has room.
    waiting: VecDeque<Received>,
    /// Sent, and not acknowledged.
    under_way: HashMap<DeliveryId, Received>,
    /// All topics accepted so far: overlapping filters and resubscribing deliver a message twice.
    accepted: HashSet<TopicName>,
    removed: u64,
    /// In a dry run: what would be removed.
    listed: Vec<TopicName>,
    /// The end has begun: nothing more is removed.
    is_closed: bool,
}

impl Removals {
    pub(super) fn new(dry_run: bool) -> Self {
        Self { dry_run, ..Self::default() }
    }

    /// Takes a retained message, up to `count` of them; returns it if it can be printed at once.
    pub(super) fn take(&mut self, received: Received, count: Option<u64>) -> Option<Received> {
        if self.dry_run {
            self.listed.push(received.message.topic.clone());
            return Some(received);
        }
        let has_room = count.is_none_or(|count| (self.accepted.len() as u64) < count);
        if !self.is_closed && has_room && self.accepted.insert(received.message.topic.clone()) {
            self.waiting.push_back(received);
        }
        None
    }

    /// Whether anything was to be removed.
    pub(super) fn have_begun(&self) -> bool {
        !self.accepted.is_empty()
    }

    /// Whether something waits to be sent.
    pub(super) fn are_waiting(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// How many acknowledgements the broker owes.
    pub(super) fn under_way(&self) -> u64 {
        self.under_way.len() as u64
    }

    /// Whether the broker owes acknowledgements.
    pub(super) fn are_under_way(&self) -> bool {
        !self.under_way.is_empty()
    }

    /// Sends the next one, at QoS 1 so that it is known to be done. Dropping the future loses nothing.
    pub(super) async fn send(&mut self, client: &Client) -> Result<(), Error> {
        let Some(next) = self.waiting.front() else { return std::future::pending().await };
        let topic = &next.message.topic;
        let message = Message { retain: true, ..Message::new(topic.clone(), "").with_qos(QoS::AtLeastOnce) };
        match client.publish(message).await {
            Ok(id) => self.under_way.extend(self.waiting.pop_front().map(|received| (id, received))),
            // Its last event has the reason.
            Err(Declined::Closed(_)) => self.waiting.clear(),
            Err(Declined::Rejected(error)) => {
                let error = not_removed(topic, &error);
                self.waiting.pop_front();
                return Err(error);
            }
        }
        Ok(())
    }

    /// The outcome of a removal: the message, if it was removed. One that was lost with its session is sent again, as
    /// removing twice does no harm.
    pub(super) fn ended(&mut self, id: DeliveryId, outcome: &PublishOutcome) -> Option<Result<Received, Error>> {
        let received = self.under_way.remove(&id)?;
        let topic = &received.message.topic;
        Some(match outcome {
            PublishOutcome::Acknowledged(_) => {
                self.removed += 1;
                Ok(received)
            }
            PublishOutcome::Refused(ack) => {
                let what = format!("the removal of the retained message on `{}`", topic.as_str());
                Err(refused(ErrorKind::PublishRefused, &what, ack.reason, ack.details.as_deref()))
            }
            PublishOutcome::Rejected(error) => Err(not_removed(topic, error)),
            PublishOutcome::HungUp(message) => Err(hung_up(message)),
            PublishOutcome::Uncertain | PublishOutcome::Lost | PublishOutcome::Unsent => {
                if !self.is_closed {
                    self.waiting.push_back(received);
                }
                return None;
            }
        })
    }

    /// The end has begun: what was not sent is not removed.
    pub(super) fn close(&mut self) {
        self.is_closed = true;
        self.waiting.clear();
    }

    /// Reports what was done, or would be.
    pub(super) fn report(&self, talk: Talk) {
        for topic in &self.listed {
            talk.success(format_args!("Would remove the retained message on {topic}"));
        }
        if !self.dry_run {
            talk.success(format_args!("{} removed", plural(self.removed, "retained message")));
        }
    }
}

/// Whether a message is a retained one: with Retain As Published our own removal comes back with the flag.
pub(super) fn is_kept(message: &Message) -> bool {
    message.retain && !message.payload.is_empty()
}

fn not_removed(topic: &TopicName, error: &PublishError) -> Error {
    unpublishable(Some(topic), error)
}
