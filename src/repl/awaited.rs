//! The reply that `request` waits for, and the subscription to it that nobody typed.

use bytes::Bytes;

use crate::mqtt::{Message, TopicFilter};

/// A reply that `request` waits for.
#[derive(Debug, Clone)]
pub(super) struct Awaited {
    /// The id of the connection.
    pub(super) connection: u64,
    /// The Response Topic.
    pub(super) filter: TopicFilter,
    /// The Correlation Data of the request.
    pub(super) data: Bytes,
    /// `request` subscribed to the topic, and ends the subscription when it is done.
    pub(super) has_own_subscription: bool,
}

impl Awaited {
    /// Whether a message is on the Response Topic.
    pub(super) fn is_about(&self, connection: u64, message: &Message) -> bool {
        self.connection == connection && self.filter.matches(message.topic.as_str())
    }

    /// Whether a message on that topic is the reply: not one that was retained before the request, nor one to a request of
    /// another client.
    pub(super) fn is_answered_by(&self, message: &Message) -> bool {
        let theirs = message.properties.as_ref().and_then(|properties| properties.correlation_data.as_ref());
        !message.retain && theirs.is_none_or(|theirs| *theirs == self.data)
    }

    /// Whether a subscription is the one that `request` made.
    pub(super) fn is_subscription(&self, connection: u64, filter: &TopicFilter) -> bool {
        self.has_own_subscription && self.connection == connection && self.filter == *filter
    }
}
