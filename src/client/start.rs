//! Starting a client: its options, and the task that they make.

use std::sync::Arc;
use std::time::Duration;

use crate::session::{Authenticator, ConnectOptions, InvalidOptions, Journal, Restored, Session};
use crate::transport::{Dialer, Endpoint};

use super::driver::{self, Route};
use super::handle::Handle;
use super::state::Shared;
use super::{Client, Events, Reconnect, Tap};

/// Everything that a client needs to know.
#[derive(Debug, Clone)]
pub struct ClientOptions {
    /// What CONNECT says.
    pub connect: ConnectOptions,
    /// Where the broker is.
    pub endpoint: Endpoint,
    /// How it is reached. Its timeout is for the dial and the CONNACK together.
    pub dialer: Dialer,
    /// When a lost connection is tried again.
    pub reconnect: Reconnect,
    /// In MQTT 5.0 the session outlives a lost connection, as long as it is tried again, and ends with the client: so
    /// what is unacknowledged is resumed, and the broker keeps nothing behind. It holds for a clean start without a
    /// Session Expiry Interval of its own; nothing else needs it.
    pub keeps_session: bool,
    /// Somebody chose the client identifier, so that another may have it too.
    pub is_client_id_chosen: bool,
    /// How often to authenticate again on a connection that stands, where an [`Authenticator`] is there to do so.
    pub reauthenticate_every: Option<Duration>,
}

impl ClientOptions {
    /// Defaults but for what CONNECT says and where the broker is.
    pub fn new(connect: ConnectOptions, endpoint: Endpoint) -> Self {
        Self {
            connect,
            endpoint,
            dialer: Dialer::default(),
            reconnect: Reconnect::default(),
            keeps_session: false,
            is_client_id_chosen: false,
            reauthenticate_every: None,
        }
    }
}

/// What can be added to a client.
#[derive(Debug, Default)]
pub struct Extensions {
    /// Sees every byte of MQTT.
    pub tap: Option<Box<dyn Tap>>,
    /// Sees to enhanced authentication on each connection; without it that is the application's work.
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

/// The same with more than most clients need.
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
    let route = Route { version, endpoint, dialer, reconnect, is_client_id_chosen, reauthenticate_every, tap };
    tokio::spawn(driver::run(shared.clone(), Box::new(route)));
    let handle = Arc::new(Handle { shared });
    Ok((Client::new(handle.clone()), Events::new(handle)))
}
