//! The path of a message from its publisher to its subscribers.

use std::sync::Arc;
use std::time::{Duration, Instant, UNIX_EPOCH};

use bytestring::ByteString;

use super::notice::Notice;
use super::state::Core;
use super::stored::{Kept, Waiting};
use super::types::{CONTROL_TOPIC, LinkId};
use crate::broker::id::SessionId;
use crate::broker::routing::{GroupId, Identifiers, Publisher, Recipient};
use crate::broker::store::Full;
use crate::mqtt::{Message, QoS, ReasonCode, TopicName};
use crate::session::Violation;
use crate::session::server::{Arrival, Delivery, Publication, QueueLimits};

/// The outcome of a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Delivered {
    Taken,
    /// It is not for this subscriber, which is absent and the message at QoS 0, or which is not allowed to read it.
    Away,
    /// Its queue is full, and the message is at QoS 0.
    Unpromised,
    Full,
}

impl Core {
    /// PUBLISH of a client; `Err`: a fault that ends its connection.
    pub(super) fn handle_publish(
        &mut self,
        id: SessionId,
        arrival: Arrival,
        now: Instant,
    ) -> Result<(u16, QoS, ReasonCode, &'static str), Violation> {
        let Arrival { mut message, packet_id } = arrival;
        let (qos, limits) = (message.qos, &self.settings.limits);
        // [MQTT-3.2.2-11].
        if qos > limits.maximum_qos {
            let fault = format!("PUBLISH at QoS {qos}, above the Maximum QoS {}", limits.maximum_qos);
            return Err(Violation { reason: ReasonCode::QoSNotSupported, fault: fault.into() });
        }
        // [MQTT-3.2.2-14].
        if message.retain && !limits.retain_available {
            let fault = "PUBLISH with retain, though Retain Available is 0";
            return Err(Violation { reason: ReasonCode::RetainNotSupported, fault: fault.into() });
        }
        let is_control = self.settings.control && message.topic.as_str() == CONTROL_TOPIC;
        // It would be obeyed once, but sent to others forever.
        message.retain &= !is_control;
        let client = self.clients.get(id.0);
        let may_publish = client.is_some_and(|client| client.rights.may_publish(&message.topic));
        let client_id = client.map(|client| client.id.clone()).unwrap_or_default();
        // `$SYS` is reserved for the broker itself.
        let topic = message.topic.clone();
        let reason = if !may_publish || is_of_the_system(topic.as_str()) {
            ReasonCode::NotAuthorized
        } else {
            match self.accept(Some(id), &client_id, message, now) {
                // The broker itself receives it.
                ReasonCode::NoMatchingSubscribers if is_control => ReasonCode::Success,
                reason => reason,
            }
        };
        let why = match reason {
            ReasonCode::NotAuthorized if !may_publish => "the ACL file does not allow publishing it",
            ReasonCode::NotAuthorized => "$SYS is reserved for the broker",
            ReasonCode::TopicNameInvalid => "a delayed message needs a topic $delayed/SECONDS/TOPIC",
            // A limit, which is logged elsewhere.
            ReasonCode::QuotaExceeded => return Ok((packet_id, qos, reason, "a limit of the broker has been reached")),
            _ => return Ok((packet_id, qos, reason, "")),
        };
        if let Some(client) = self.clients.get_mut(id.0)
            && let Some(is_last) = count_denied(&mut client.denied.publishes)
        {
            let (what, topic) = ("message on", topic.to_string());
            self.notices.push_back(Notice::Denied { client_id, what, topic, reason, why, is_last });
        }
        Ok((packet_id, qos, reason, why))
    }

    /// Whether the client of a link may set faults.
    pub(in crate::broker) fn may_control(&self, link: LinkId) -> bool {
        let id = self.links.get(link.0).and_then(super::link::Link::session);
        let client = id.and_then(|id| self.clients.get(id.0));
        let topic = TopicName::received(ByteString::from_static(CONTROL_TOPIC));
        client.zip(topic.ok()).is_some_and(|(client, topic)| client.rights.may_publish(&topic))
    }

    /// Accepts a message: stores it for later, or forwards it.
    pub(super) fn accept(
        &mut self,
        publisher: Option<SessionId>,
        client_id: &ByteString,
        message: Message,
        now: Instant,
    ) -> ReasonCode {
        if !message.topic.as_str().starts_with("$delayed/") {
            return self.route(publisher, client_id, Publication { message, arrived: now }, now);
        }
        let Some(delayed) = message.topic.delayed() else { return ReasonCode::TopicNameInvalid };
        let Ok(topic) = TopicName::received(ByteString::from(delayed.topic)) else {
            return ReasonCode::TopicNameInvalid;
        };
        if is_of_the_system(topic.as_str()) {
            return ReasonCode::NotAuthorized;
        }
        let Some(due) = self.delayed.due(delayed.delay, now, self.since_1970(now)) else {
            return ReasonCode::TopicNameInvalid;
        };
        let bytes = size_of(&message);
        let client_id = client_id.clone();
        let waiting =
            Waiting { message: Message { topic, ..message }, arrived: now, publisher, client_id: client_id.clone() };
        match self.delayed.push(due, waiting, bytes) {
            Ok(()) => ReasonCode::Success,
            Err(full) => {
                let why = match full {
                    Full::Messages(most) => format!("the limit of {most} delayed messages is reached (--max-delayed)"),
                    full => full.to_string(),
                };
                self.notices.push_back(Notice::NotKept { client_id, store: "$delayed", why });
                ReasonCode::QuotaExceeded
            }
        }
    }

    /// Forwards delayed messages that are due.
    pub(super) fn publish_delayed(&mut self, now: Instant) {
        while let Some(Waiting { message, arrived, publisher, client_id }) = self.delayed.pop_due(now) {
            let publication = Publication { message, arrived };
            if publication.is_expired(now) {
                continue;
            }
            // The number may belong to another session by now.
            let publisher = publisher.filter(|id| self.by_client.get(&client_id) == Some(id));
            self.route(publisher, &client_id, publication, now);
        }
    }

    /// Forwards a message to all its recipients.
    pub(super) fn route(
        &mut self,
        publisher: Option<SessionId>,
        client_id: &ByteString,
        publication: Publication,
        now: Instant,
    ) -> ReasonCode {
        let retain = publication.message.retain;
        let publication = Arc::new(publication);
        let topic = &publication.message.topic;
        let mut reason = ReasonCode::Success;
        if retain && !self.retain(client_id, &publication, now) {
            reason = ReasonCode::QuotaExceeded;
        }
        let mut recipients = std::mem::take(&mut self.recipients);
        let from = Publisher { session: publisher, client_id };
        self.subscriptions.recipients(topic.as_str(), from, &mut recipients);
        let (matched, mut full, mut taken) = (recipients.len(), false, false);
        for recipient in recipients.drain(..) {
            match self.deliver(&publication, recipient, now) {
                Delivered::Taken => taken = true,
                Delivered::Full => full = true,
                // Messages at QoS 0 are not guaranteed.
                Delivered::Away | Delivered::Unpromised => {}
            }
        }
        self.recipients = recipients;
        match reason {
            ReasonCode::Success if matched == 0 && !retain => ReasonCode::NoMatchingSubscribers,
            // No one has received it, so its publisher may try again.
            ReasonCode::Success if full && !taken => ReasonCode::QuotaExceeded,
            reason => reason,
        }
    }

    /// Keeps a message for later subscribers [MQTT-3.3.1-5], or forgets the one of its topic [MQTT-3.3.1-6];
    /// `false`: there is no room.
    fn retain(&mut self, client_id: &ByteString, publication: &Arc<Publication>, now: Instant) -> bool {
        let message = &publication.message;
        if message.payload.is_empty() {
            self.retained.clear(message.topic.as_str());
            return true;
        }
        let (topic, expires) = (message.topic.clone(), publication.expires_at());
        let kept = Kept { publication: publication.clone(), publisher: client_id.clone() };
        match self.retained.set(topic, kept, size_of(message), expires, now) {
            Ok(()) => true,
            Err(full) => {
                let client_id = client_id.clone();
                self.notices.push_back(Notice::NotKept { client_id, store: "retained", why: full.to_string() });
                false
            }
        }
    }

    /// Puts a delivery into the queue of its subscriber.
    pub(super) fn deliver(&mut self, publication: &Arc<Publication>, recipient: Recipient, now: Instant) -> Delivered {
        let Recipient { session, qos, retain_as_published, group, identifiers } = recipient;
        let message = &publication.message;
        let (identifier, identifiers) = match identifiers {
            Identifiers::None => (0, None),
            Identifiers::One(identifier) => (identifier, None),
            Identifiers::Many(identifiers) => (0, Some(Box::new(identifiers))),
        };
        let delivery = Delivery {
            publication: publication.clone(),
            qos: qos.min(message.qos),
            retain: message.retain && retain_as_published,
            identifier,
            identifiers,
            group: group.map_or(0, number_of),
        };
        self.enqueue(session, delivery, now)
    }

    pub(super) fn enqueue(&mut self, session: SessionId, delivery: Delivery, now: Instant) -> Delivered {
        let Some(client) = self.clients.get_mut(session.0) else { return Delivered::Away };
        if client.link.is_none() && delivery.qos == QoS::AtMostOnce {
            return Delivered::Away;
        }
        if !client.rights.may_receive(delivery.publication.message.topic.as_str()) {
            return Delivered::Away;
        }
        let at_most_once = delivery.qos == QoS::AtMostOnce;
        let limits = &self.settings.limits;
        let limits = QueueLimits { messages: limits.max_queued, bytes: limits.max_queued_bytes };
        if client.session.enqueue(delivery, limits, now) {
            client.is_dropping = false;
            if let Some(link) = client.link {
                self.touch(link);
            }
            return Delivered::Taken;
        }
        self.statistics.counters.publish_dropped += 1;
        // Logged once until there is room again, as there may be millions.
        if !std::mem::replace(&mut client.is_dropping, true) {
            let client_id = client.id.clone();
            let queued = client.session.queued();
            let bytes = client.session.queued_bytes();
            let is_many = queued >= self.settings.limits.max_queued;
            let flag = if is_many { "--max-queued" } else { "--max-queued-bytes" };
            self.notices.push_back(Notice::Dropped { client_id, queued, bytes, flag });
        }
        if at_most_once { Delivered::Unpromised } else { Delivered::Full }
    }

    /// The time of day, from the monotonic clock.
    fn since_1970(&self, now: Instant) -> Duration {
        let started = self.started.1.duration_since(UNIX_EPOCH).unwrap_or_default();
        started + now.saturating_duration_since(self.started.0)
    }

    /// The link has something to send, or is to be closed.
    pub(super) fn touch(&mut self, link: LinkId) {
        if let Some(open) = self.links.get_mut(link.0)
            && !std::mem::replace(&mut open.is_ready, true)
        {
            self.ready.push_back(link);
        }
    }
}

/// Counts one more that is refused; `None`: not to be logged any more, else whether this is the last one logged.
pub(super) fn count_denied(count: &mut u8) -> Option<bool> {
    const MOST: u8 = 10;
    if *count == MOST {
        return None;
    }
    *count += 1;
    Some(*count == MOST)
}

fn is_of_the_system(topic: &str) -> bool {
    topic == "$SYS" || topic.starts_with("$SYS/")
}

fn size_of(message: &Message) -> usize {
    message.topic.as_str().len() + message.payload.len()
}

/// The number of a shared subscription in a delivery; 0: not shared.
fn number_of(group: GroupId) -> u64 {
    group.0 + 1
}

/// The shared subscription that [`number_of`] named.
pub(super) fn group_of(number: u64) -> Option<GroupId> {
    number.checked_sub(1).map(GroupId)
}
