//! What a publisher does: where to, what, and how often.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use super::{Rate, StampPlace, Stampable, Text, Trace};
use crate::mqtt::{PublishProperties, QoS};
use crate::payload::Codec;

/// What a publisher does.
#[derive(Debug, Clone)]
pub(crate) struct Publish {
    /// Where to.
    pub topic: Text,
    /// How many topics each client has in turn, numbered by `{sequence}`; 0: it is the number of the message.
    pub topics: u64,
    /// Assurance.
    pub qos: QoS,
    /// The broker keeps the messages.
    pub retain: bool,
    /// Each is sent with DUP, which is only useful to test a broker.
    pub marked_duplicate: bool,
    /// MQTT 5.0 only; without user properties.
    pub properties: Option<Arc<PublishProperties>>,
    /// User properties, the same for all messages of a client.
    pub user_properties: Vec<(Text, Text)>,
    /// What.
    pub payload: Payload,
    /// Where each message says its number and its time; `None`: nowhere.
    pub stamp: Option<StampPlace>,
    /// What turns a filled template into a payload; `None`: it is one.
    pub codec: Option<Arc<Codec>>,
    /// When.
    pub load: Load,
    /// How many are due at a time, of all clients together; at least one.
    pub burst: u64,
    /// Rates that change; those of `load` are their average.
    pub trace: Option<Arc<Trace>>,
    /// How many messages all of the group in all shards publish, in each phase in which it acts.
    pub limit: Option<u64>,
    /// How many may be in flight, as far as the broker's Receive Maximum goes; `None`: see
    /// [`ConnectOptions::inflight`](crate::session::ConnectOptions::inflight).
    pub window: Option<u16>,
    /// Each message is a request, and its response is waited for.
    pub request: Option<Request>,
}

/// How responses to requests come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Request {
    /// Where to: a topic, or a filter where the number of the request is in it.
    pub topic: Text,
    /// How it is known which request a response answers.
    pub correlation: Correlation,
    /// How long each may take, from its sending.
    pub timeout: Duration,
}

/// How it is known which request a response answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Correlation {
    /// Correlation Data, MQTT 5.0 only.
    Data,
    /// The number of the request, which is a level of the response's topic.
    Level(usize),
    /// The order: each response answers the first request that has none.
    Order,
}

/// What is published.
#[derive(Debug, Clone)]
pub(crate) enum Payload {
    /// The same bytes each time, or several in turn.
    Fixed(Vec<Bytes>),
    /// The same but for a stamp in it, or several in turn.
    Stamped(Vec<Stampable>),
    /// A text of its own for each message, of one or several in turn; at least one.
    Template(Vec<Text>),
}

/// When messages are sent.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Load {
    /// Evenly, at this rate for all clients together.
    Even(Rate),
    /// The same on average, as from many independent senders.
    Poisson(Rate),
    /// As fast as the window and the socket allow. Without planned times, latencies cannot be corrected.
    Unpaced {
        /// Measure from sending to acknowledgement; costs throughput, as acknowledgements are read at once.
        latency: bool,
    },
}

impl Load {
    /// The same at a rate times a factor.
    #[must_use]
    pub(crate) fn scaled(self, factor: f64) -> Self {
        match self {
            Self::Even(rate) => Self::Even(rate.scaled(factor)),
            Self::Poisson(rate) => Self::Poisson(rate.scaled(factor)),
            Self::Unpaced { .. } => self,
        }
    }
}
