use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::mqtt::{Message, QoS};
use crate::session::window::Outgoing;

/// A message that the server has accepted, shared by all who receive it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Publication {
    /// As it was published: without a topic alias, and without subscription identifiers.
    pub(crate) message: Message,
    /// When it arrived, from which its expiry is counted.
    pub(crate) arrived: Instant,
}

/// A message on its way to one subscriber.
#[derive(Debug, Clone)]
pub(crate) struct Delivery {
    pub(crate) publication: Arc<Publication>,
    /// The lower of the publisher's and the subscription's.
    pub(crate) qos: QoS,
    /// The flag that the subscriber sees.
    pub(crate) retain: bool,
    /// Identifier of the one subscription that matched; 0 is none.
    pub(crate) identifier: u32,
    /// Identifiers of the subscriptions, if several with identifiers matched, which is rare.
    #[expect(clippy::box_collection, reason = "keeps the delivery of all others small")]
    pub(crate) identifiers: Option<Box<Vec<u32>>>,
    /// The broker's number of the shared subscription that it came through; if this member leaves, another one may get
    /// it; 0 is none.
    pub(crate) group: u64,
}

/// How many bytes a delivery counts, in addition to topic and payload, towards the queue limit of a session.
const OVERHEAD: usize = 64;

impl Publication {
    /// Whether its Message Expiry Interval is over [MQTT-3.3.2-5].
    pub(crate) fn is_expired(&self, now: Instant) -> bool {
        self.expiry().is_some_and(|interval| now.saturating_duration_since(self.arrived) >= interval)
    }

    /// When its Message Expiry Interval is over.
    pub(crate) fn expires_at(&self) -> Option<Instant> {
        self.expiry().map(|interval| self.arrived + interval)
    }

    /// The Message Expiry Interval minus the whole seconds that the message waited here [MQTT-3.3.2-6].
    pub(crate) fn remaining_expiry(&self, now: Instant) -> Option<u32> {
        let interval = self.message.properties.as_ref()?.message_expiry_interval?;
        let waited = now.saturating_duration_since(self.arrived).as_secs();
        Some(interval.saturating_sub(u32::try_from(waited).unwrap_or(u32::MAX)))
    }

    fn expiry(&self) -> Option<Duration> {
        let seconds = self.message.properties.as_ref()?.message_expiry_interval?;
        Some(Duration::from_secs(seconds.into()))
    }
}

impl Delivery {
    /// Bytes that it counts in a queue.
    pub(super) fn weight(&self) -> usize {
        let message = &self.publication.message;
        OVERHEAD + message.topic.as_str().len() + message.payload.len()
    }

    /// Identifiers of the subscriptions that matched.
    pub(super) fn identifiers(&self) -> &[u32] {
        match &self.identifiers {
            Some(identifiers) => identifiers,
            None if self.identifier == 0 => &[],
            None => std::slice::from_ref(&self.identifier),
        }
    }
}

impl Outgoing for Delivery {
    fn qos(&self) -> QoS {
        self.qos
    }

    fn size(&self) -> usize {
        self.publication.message.payload.len()
    }
}
