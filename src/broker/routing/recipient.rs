use std::num::NonZeroU32;

use crate::broker::id::SessionId;
use crate::mqtt::QoS;

/// The options of one filter of a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Subscription {
    /// The highest QoS to send with.
    pub(crate) qos: QoS,
    /// Leave out the session's own messages.
    pub(crate) no_local: bool,
    /// Keep the retain flag as the publisher set it.
    pub(crate) retain_as_published: bool,
    /// The Subscription Identifier.
    pub(crate) identifier: Option<NonZeroU32>,
}

/// One shared subscription: the name of a group with a filter. Never reused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct GroupId(pub(crate) u64);

/// A session that gets one copy of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Recipient {
    pub(crate) session: SessionId,
    /// The highest QoS that its matching subscriptions grant [MQTT-3.3.4-2].
    pub(crate) qos: QoS,
    /// Whether any of them keeps the retain flag.
    pub(crate) retain_as_published: bool,
    /// The shared subscription that it gets this copy for; `None` for its ordinary ones.
    pub(crate) group: Option<GroupId>,
    /// Those of all its matching subscriptions [MQTT-3.3.4-4].
    pub(crate) identifiers: Identifiers,
}

/// Subscription Identifiers of one copy. Most have none or one, which takes no allocation.
#[derive(Debug, Clone, Default)]
pub(crate) enum Identifiers {
    #[default]
    None,
    One(u32),
    Many(Vec<u32>),
}

impl Subscription {
    /// The copy that a session gets for this subscription.
    pub(super) fn recipient(self, session: SessionId, group: Option<GroupId>) -> Recipient {
        Recipient {
            session,
            qos: self.qos,
            retain_as_published: self.retain_as_published,
            group,
            identifiers: self.identifier.map_or(Identifiers::None, |identifier| Identifiers::One(identifier.get())),
        }
    }
}

impl Recipient {
    /// Lets the copy serve one more subscription of the same session.
    pub(super) fn merge(&mut self, subscription: Subscription) {
        self.qos = self.qos.max(subscription.qos);
        self.retain_as_published |= subscription.retain_as_published;
        if let Some(identifier) = subscription.identifier {
            self.identifiers.push(identifier.get());
        }
    }
}

impl Identifiers {
    /// All of them; the same one twice if two subscriptions have it.
    pub(crate) fn as_slice(&self) -> &[u32] {
        match self {
            Self::None => &[],
            Self::One(identifier) => std::slice::from_ref(identifier),
            Self::Many(identifiers) => identifiers,
        }
    }

    fn push(&mut self, identifier: u32) {
        match self {
            Self::None => *self = Self::One(identifier),
            Self::One(first) => *self = Self::Many(vec![*first, identifier]),
            Self::Many(identifiers) => identifiers.push(identifier),
        }
    }
}

impl PartialEq for Identifiers {
    fn eq(&self, other: &Self) -> bool {
        self.as_slice() == other.as_slice()
    }
}

impl Eq for Identifiers {}
