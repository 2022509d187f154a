use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use super::queued::Queued;
use crate::client::Client;
use crate::error::Error;
use crate::mqtt::{Message, PublishProperties, SubscriptionOptions, TopicFilter};
use crate::output::{Console, MessagePrinter};
use crate::settings::{ConnectSettings, ProfileChoice, Retained};
use crate::transport::{Address, Endpoint};

/// A connection and what was asked of it; it stays in the list when it is lost, and can be opened again.
#[derive(Debug)]
pub(super) struct Connection {
    /// Names the client whose events it takes; each new one has another.
    pub(super) id: u64,
    /// What it is called.
    pub(super) name: String,
    pub(super) settings: ConnectSettings,
    /// What its lines are read with.
    pub(super) profile: ProfileChoice,
    /// `None` while it is offline.
    pub(super) client: Option<Client>,
    pub(super) state: State,
    /// CONNACK has arrived at some time.
    pub(super) was_connected: bool,
    /// The id of the connection that was the current one before it.
    pub(super) before: Option<u64>,
    /// In the order in which they were asked for.
    pub(super) subscriptions: Vec<Active>,
    /// The last Subscription Identifier that it chose itself.
    pub(super) last_identifier: u32,
    /// Why it is offline, if that was not requested.
    pub(super) lost: Option<Error>,
    /// Why it is tried again, as it was reported last.
    pub(super) cause: Option<String>,
    /// What was published while it was not open.
    pub(super) queued: Queued,
}

/// Subscription Identifiers above this one are the session's own: a person chooses small ones. The largest is 268,435,455.
const OWN_IDENTIFIERS: u32 = 200_000_000;

/// Takes the identifiers off a message that nobody asked for.
pub(super) fn without_own_identifiers(message: &mut Message) {
    let is_own = |identifier: &u32| *identifier > OWN_IDENTIFIERS;
    let Some(properties) = message.properties.as_mut() else { return };
    if properties.subscription_identifiers.iter().any(is_own) {
        Arc::make_mut(properties).subscription_identifiers.retain(|identifier| !is_own(identifier));
        // The journal has room for more without them.
        message.properties.take_if(|properties| **properties == PublishProperties::default());
    }
}

/// The state of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    /// The first attempt is in progress.
    Connecting,
    /// CONNACK has arrived.
    Connected,
    /// It was lost and is tried again.
    Reconnecting {
        /// Which attempt comes next.
        attempt: u32,
        /// After how many it is given up.
        maximum: u32,
    },
    /// No client is running.
    Offline,
}

/// A separate shape for messages, which several filters may share.
pub(super) type Printer = Rc<RefCell<MessagePrinter<Console>>>;

/// A filter that is subscribed to, or asked for.
#[derive(Debug, Clone)]
pub(super) struct Active {
    pub(super) options: SubscriptionOptions,
    pub(super) subscription_identifier: Option<u32>,
    /// SUBACK has arrived.
    pub(super) is_granted: bool,
    /// Its place among all filters, for its colour.
    pub(super) number: usize,
    pub(super) filter_out: Vec<TopicFilter>,
    pub(super) retained: Retained,
    /// How its messages are printed, if not as all are.
    pub(super) printer: Option<Printer>,
    /// Where its payloads go too.
    pub(super) file: Option<Printer>,
}

impl Connection {
    /// The identifier in use, or the one asked for.
    pub(super) fn client_id(&self) -> String {
        match &self.client {
            Some(client) => client.client_id(),
            None => self.settings.client.connect.client_id.to_string(),
        }
    }

    /// The filters that a topic came by.
    pub(super) fn matching<'a>(&'a self, topic: &'a str) -> impl Iterator<Item = &'a Active> {
        self.subscriptions.iter().filter(move |active| active.options.filter.matches(topic))
    }

    /// A Subscription Identifier for a line that names none, where the broker has them: some brokers deliver a message once
    /// for each filter that matches, and only this says which copy is whose [MQTT-3.3.4-3].
    pub(super) fn own_identifier(&mut self) -> Option<u32> {
        let granted = self.client.as_ref().filter(|_| self.state == State::Connected)?.granted();
        if !self.settings.client.connect.version.is_v5() || !granted.subscription_identifiers_available {
            return None;
        }
        self.last_identifier += 1;
        Some(OWN_IDENTIFIERS + self.last_identifier)
    }

    /// The filters that a message came by: those whose Subscription Identifier it has, if the broker says, else all that
    /// match. Empty if it came by none that is known.
    pub(super) fn asked_for<'a>(&'a self, message: &'a Message) -> Vec<&'a Active> {
        let identifiers = message.properties.as_deref().map_or(&[][..], |all| &all.subscription_identifiers);
        let is_named = |active: &&Active| active.subscription_identifier.is_some_and(|id| identifiers.contains(&id));
        let matching: Vec<_> = self.matching(message.topic.as_str()).collect();
        if matching.iter().any(is_named) { matching.into_iter().filter(is_named).collect() } else { matching }
    }
}

impl Active {
    /// A filter that is asked for, whose messages are shown as all are.
    pub(super) fn new(options: SubscriptionOptions, number: usize) -> Self {
        Self {
            options,
            subscription_identifier: None,
            is_granted: false,
            number,
            filter_out: Vec::new(),
            retained: Retained::Both,
            printer: None,
            file: None,
        }
    }

    /// Whether a message on a topic that matches is wanted.
    pub(super) fn shows(&self, topic: &str, retained: bool) -> bool {
        let wanted = match self.retained {
            Retained::Skip => !retained,
            Retained::Only => retained,
            Retained::Both | Retained::Remove { .. } => true,
        };
        wanted && !self.filter_out.iter().any(|filter| filter.matches(topic))
    }
}

/// What a connection to an endpoint is called: `host:port`, or the socket's path.
pub(super) fn place(endpoint: &Endpoint) -> String {
    match &endpoint.address {
        Address::Host { host, port } if host.contains(':') => format!("[{host}]:{port}"),
        Address::Host { host, port } => format!("{host}:{port}"),
        Address::Unix(path) => path.display().to_string(),
    }
}
