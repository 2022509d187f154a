//! What a subscriber does: what it receives, how long it takes for it, and what it answers.

use std::time::Duration;

use bytes::Bytes;

use super::{Rate, StampPlace, Text};
use crate::mqtt::{QoS, RetainHandling};

/// What a subscriber does.
#[derive(Debug, Clone)]
pub(crate) struct Subscribe {
    /// What to receive, each a filter when filled.
    pub filters: Vec<FilterPattern>,
    /// MQTT 5.0 only.
    pub subscription_identifier: Option<u32>,
    /// MQTT 5.0 only.
    pub user_properties: Vec<(Text, Text)>,
    /// Where stamps are, besides where the run's own publishers put them.
    pub stamp: Option<StampPlace>,
    /// It subscribes and unsubscribes again and again.
    pub churn: Option<Churn>,
    /// How long each message takes it, one after another; it is acknowledged when that is over.
    pub processing: Duration,
    /// It answers each message.
    pub reply: Option<Reply>,
}

/// How requests are answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reply {
    /// Where to, if a request does not say; wildcards are what those of the filter stood for.
    pub topic: Option<String>,
    /// What; `None`: the request's own payload.
    pub payload: Option<Bytes>,
    /// Assurance; `None`: as the request came.
    pub qos: Option<QoS>,
}

/// How clients, or subscriptions, come and go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Churn {
    /// Connects, or subscriptions, of all of them together.
    pub rate: Rate,
    /// How long each stays, from CONNACK or SUBACK.
    pub stay: Duration,
}

/// One filter with its options.
#[derive(Debug, Clone)]
pub(crate) struct FilterPattern {
    /// The filter.
    pub filter: Text,
    /// The highest QoS.
    pub qos: QoS,
    /// Not one's own.
    pub no_local: bool,
    /// Keep the retain flag.
    pub retain_as_published: bool,
    /// Whether retained messages come.
    pub retain_handling: RetainHandling,
}

impl FilterPattern {
    /// A filter with a QoS, and the defaults of 3.1.1.
    pub(crate) fn new(filter: Text, qos: QoS) -> Self {
        let retain_handling = RetainHandling::SendAtSubscribe;
        Self { filter, qos, no_local: false, retain_as_published: false, retain_handling }
    }
}
