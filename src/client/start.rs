//! Starting a client: its options, and the task that they make.

use std::sync::Arc;
use std::time::Duration;

use crate::session::{Authenticator, ConnectOptions, InvalidOptions, Journal, Restored, Session};
use crate::transport::{Dialer, Endpoint};

use super::driver::{self, Route};
use super::handle::Handle;
use super::state::Shared;
use super::{Client, Events, Reconnect, Tap};

/// The options of a client.
#[derive(Debug, Clone)]
pub struct ClientOptions {
    /// The content of CONNECT.
    pub connect: ConnectOptions,
    /// Where the broker is.
    pub endpoint: Endpoint,
    /// How it is reached. Its timeout is for the dial and the CONNACK together.
    pub dialer: Dialer,
    /// When a lost connection is tried again.
    pub reconnect: Reconnect,
    /// In MQTT 5.0, keep the session while reconnecting after a loss, and end it with the client, so that unacknowledged
    /// messages are resumed and the broker keeps nothing afterwards. It applies to a clean start without a Session
    /// Expiry Interval of its own; nothing else needs it.
    pub keeps_session: bool,
    /// The user chose the client identifier, so another client may use it too.
    pub is_client_id_chosen: bool,
    /// How often to authenticate again on an open connection, if there is an [`Authenticator`].
    pub reauthenticate_every: Option<Duration>,
    /// Under load the thread may sleep for up to a millisecond to let packets gather. Only for a client that has the
    /// thread to itself.
    pub gathers: bool,
}

impl ClientOptions {
    /// Defaults except for CONNECT and the address of the broker.
    pub fn new(connect: ConnectOptions, endpoint: Endpoint) -> Self {
        Self {
            connect,
            endpoint,
            dialer: Dialer::default(),
            reconnect: Reconnect::default(),
            keeps_session: false,
            is_client_id_chosen: false,
            reauthenticate_every: None,
            gathers: false,
        }
    }
}

/// What can be added to a client.
#[derive(Debug, Default)]
pub struct Extensions {
    /// Receives every byte of MQTT.
    pub tap: Option<Box<dyn Tap>>,
    /// Handles enhanced authentication on each connection; without it, the application must.
    pub authenticator: Option<Box<dyn Authenticator>>,
    /// Keeps what is sent and not completed, for the next process; and what an earlier one left, to go on with.
    pub journal: Option<(Box<dyn Journal>, Vec<Restored>)>,
}

/// Starts a client: a task on the current tokio runtime, which connects at once.
///
/// The client lives until [`Client::disconnect`], until it gives up, or until all of its handles are dropped.
///
/// # Panics
///
/// Outside a tokio runtime.
pub fn connect(options: ClientOptions) -> Result<(Client, Events), InvalidOptions> {
    connect_with(options, Extensions::default())
}

/// Like [`connect`], with options that few clients need.
pub fn connect_with(options: ClientOptions, extensions: Extensions) -> Result<(Client, Events), InvalidOptions> {
    let Extensions { tap, authenticator, journal } = extensions;
    let ClientOptions {
        mut connect,
        endpoint,
        dialer,
        reconnect,
        keeps_session,
        is_client_id_chosen,
        reauthenticate_every,
        gathers,
    } = options;
    let version = connect.version;
    let ends_session = keeps_session
        && version.is_v5()
        && connect.clean_start
        && connect.properties.session_expiry_interval.is_none()
        && reconnect.delay_before(1, 0.0).is_some();
    if ends_session {
        let outage = reconnect.longest_outage(dialer.timeout, connect.keep_alive);
        connect.properties.session_expiry_interval = Some(outage);
    }
    let mut session = Session::new(connect)?;
    if let Some(authenticator) = authenticator {
        session.set_authenticator(authenticator)?;
    }
    let mut under_way = Vec::new();
    if let Some((journal, publishes)) = journal {
        let messages: Vec<_> = publishes.iter().map(|publish| publish.message.clone()).collect();
        under_way.extend(session.restore(journal, publishes).into_iter().zip(messages));
    }
    let shared = Arc::new(Shared::new(session, ends_session.then_some(0)));
    for (id, message) in under_way {
        shared.lock().restore(id, &message);
    }
    let route = Route { version, endpoint, dialer, reconnect, is_client_id_chosen, reauthenticate_every, gathers, tap };
    tokio::spawn(driver::run(shared.clone(), Box::new(route)));
    let handle = Arc::new(Handle { shared });
    Ok((Client::new(handle.clone()), Events::new(handle)))
}
