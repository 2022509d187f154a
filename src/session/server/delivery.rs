use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::mqtt::{Message, QoS};
use crate::session::window::Outgoing;

/// A message that the server has accepted, shared by all who receive it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Publication {
    /// As it was published: without a topic alias, and without subscription identifiers.
    pub(crate) message: Message,
    /// When it came, from which its expiry is counted.
    pub(crate) arrived: Instant,
}

/// One subscriber's share in a publication.
#[derive(Debug, Clone)]
pub(crate) struct Delivery {
    pub(crate) publication: Arc<Publication>,
    /// The lower of the publisher's and the subscription's.
    pub(crate) qos: QoS,
    /// The flag that the subscriber sees.
    pub(crate) retain: bool,
    /// Identifier of the one subscription that matched; 0 is none.
    pub(crate) identifier: u32,
    /// Identifiers of the subscriptions, where several matched that have any, which is rare.
    #[expect(clippy::box_collection, reason = "keeps the delivery of all others small")]
    pub(crate) identifiers: Option<Box<Vec<u32>>>,
    /// The broker's number of the shared subscription that it came by, another member of which may have it if this one
    /// goes; 0 is none.
    pub(crate) group: u64,
}

/// A delivery counts so many bytes beside its topic and payload in what a session may queue.
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

    /// What is left of the Message Expiry Interval, less the whole seconds that it waited here [MQTT-3.3.2-6].
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
