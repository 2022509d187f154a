//! Clients of one kind: who they are, how they connect, and what they do.

use std::ops::Range;
use std::sync::Arc;

use super::publish::{Load, Publish};
use super::subscribe::{Churn, Subscribe};
use super::{Measure, Text};
use crate::mqtt::{QoS, Version};
use crate::payload::Rows;
use crate::session::{Authenticator, ConnectOptions};

/// Clients of one kind.
#[derive(Debug, Clone)]
pub(crate) struct Group {
    /// As the report names it.
    pub name: String,
    /// How many, over all shards.
    pub clients: u64,
    /// Their identifiers.
    pub client_id: Text,
    /// What else each says of itself.
    pub login: Login,
    /// Which of the scenario's brokers they connect to, in turn.
    pub endpoints: Range<usize>,
    /// Which way of the scenario's they take.
    pub way: usize,
    /// What CONNECT says in the place of [`Scenario::session`](super::Scenario::session), where the group says so.
    pub session: Option<Box<ConnectOptions>>,
    /// The protocol's version.
    pub version: Version,
    /// What they do.
    pub role: Role,
    /// How long the broker keeps their sessions when they are away; `None`: each connection begins anew.
    pub kept_session: Option<KeptSession>,
    /// The group whose clients publish this, by its place: one flow of several over the same connections. It has no
    /// connections of its own, and as many clients as that group. `None`: a group of clients.
    pub flow_of: Option<usize>,
}

/// The identity of the clients of a group, by number or row.
#[derive(Clone, Default)]
pub(crate) struct Login {
    /// User Name.
    pub user_name: Option<Text>,
    /// Password.
    pub password: Option<Text>,
    /// PEM files of the certificate and its key, where each client has its own, and what encrypted keys are opened with.
    pub certificate: Option<(Text, Text, Option<String>)>,
    /// Texts of the will; the rest of it is in [`Scenario::session`](super::Scenario::session).
    pub will: Option<WillTexts>,
    /// User properties of CONNECT.
    pub user_properties: Vec<(Text, Text)>,
    /// Headers of a WebSocket's request, where each client has its own: all of them.
    pub headers: Vec<(String, Text)>,
    /// A row for each client.
    pub rows: Option<Arc<Rows>>,
    /// Enhanced authentication, in which the password is not sent.
    pub authentication: Option<Authentication>,
}

/// Makes what authenticates a client, of its user name and its password.
pub(crate) type Authentication = Arc<dyn Fn(&str, &str) -> Box<dyn Authenticator> + Send + Sync>;

/// Texts of a will.
#[derive(Debug, Clone)]
pub(crate) struct WillTexts {
    /// Where to.
    pub topic: Text,
    /// The payload; `None`: bytes that are not text.
    pub payload: Option<Text>,
    /// User properties.
    pub user_properties: Vec<(Text, Text)>,
}

impl std::fmt::Debug for Login {
    /// Without the password.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { user_name, will, user_properties, rows, .. } = self;
        let mut shown = f.debug_struct("Login");
        shown.field("user_name", user_name).field("will", will).field("user_properties", user_properties);
        shown.field("rows", rows).finish_non_exhaustive()
    }
}

/// A session that outlives its connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct KeptSession {
    /// Session Expiry Interval, seconds; 3.1.1 knows none.
    pub expiry: u32,
}

/// What a client does.
#[derive(Debug, Clone)]
pub(crate) enum Role {
    /// Stays connected.
    Idle,
    /// Connects, stays for a while, leaves, and does so again.
    Churn(Churn),
    /// Publishes.
    Publish(Box<Publish>),
    /// Receives.
    Subscribe(Box<Subscribe>),
}

impl Role {
    /// Whether it does something by a plan in the phases.
    pub(crate) fn acts(&self) -> bool {
        match self {
            Self::Publish(_) | Self::Churn(_) => true,
            Self::Subscribe(subscribe) => subscribe.churn.is_some(),
            Self::Idle => false,
        }
    }
}

impl Group {
    /// The latency that is of most interest of it.
    pub(crate) fn measure(&self) -> Measure {
        match &self.role {
            Role::Subscribe(subscribe) if subscribe.churn.is_some() => Measure::Suback,
            Role::Subscribe(_) => Measure::E2e,
            Role::Publish(publish) if publish.request.is_some() => Measure::Response,
            Role::Publish(publish) => match (publish.qos, publish.load) {
                (QoS::AtMostOnce, _) => Measure::SendDelay,
                (_, Load::Unpaced { .. }) => Measure::AckUncorrected,
                _ => Measure::Ack,
            },
            Role::Churn(_) => Measure::Online,
            Role::Idle => Measure::Connack,
        }
    }
}
