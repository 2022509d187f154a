use std::cell::RefCell;
use std::rc::Rc;

use crate::client::Client;
use crate::error::Error;
use crate::mqtt::{SubscriptionOptions, TopicFilter};
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
    /// In the order in which they were asked for.
    pub(super) subscriptions: Vec<Active>,
    /// Why it is offline, if nobody asked for that.
    pub(super) lost: Option<Error>,
}

/// Where a connection stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    /// The first attempt is under way.
    Connecting,
    /// CONNACK has come.
    Connected,
    /// It was lost and is tried again.
    Reconnecting {
        /// Which attempt comes next.
        attempt: u32,
        /// After how many it is given up.
        maximum: u32,
    },
    /// There is no client.
    Offline,
}

/// A filter that is subscribed to, or asked for.
#[derive(Debug, Clone)]
pub(super) struct Active {
    pub(super) options: SubscriptionOptions,
    pub(super) subscription_identifier: Option<u32>,
    /// SUBACK has come.
    pub(super) is_granted: bool,
    /// Its place among all filters, for its colour.
    pub(super) number: usize,
    pub(super) filter_out: Vec<TopicFilter>,
    pub(super) retained: Retained,
    /// How its messages are printed, if not as all are.
    pub(super) printer: Option<Rc<RefCell<MessagePrinter<Console>>>>,
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

    /// Whether a message of the topic is to be shown: some filter takes it and does not leave it out.
    pub(super) fn shows<'a>(&'a self, topic: &'a str, retained: bool) -> bool {
        let mut matching = self.matching(topic).peekable();
        matching.peek().is_none() || matching.any(|active| active.shows(topic, retained))
    }
}

impl Active {
    fn shows(&self, topic: &str, retained: bool) -> bool {
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
