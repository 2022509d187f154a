use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use crate::mqtt::{Message, ReasonCode};
use crate::session::{
    AckToken, Auth, AuthenticateError, Authenticator, ConnectOptions, DeliveryId, DisconnectProperties, Granted,
    InvalidOptions, PublishError, RequestError, RequestId, Session, SubscribeRequest, UnsubscribeRequest,
};
use crate::transport::{Dialer, Endpoint};

use super::driver::{self, Route};
use super::state::{Closing, Shared};
use super::{Declined, Events, Reconnect, Tap};

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
    let Extensions { tap, authenticator } = extensions;
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
    let shared = Arc::new(Shared::new(session, ends_session.then_some(0)));
    let route = Route { version, endpoint, dialer, reconnect, is_client_id_chosen, reauthenticate_every, tap };
    tokio::spawn(driver::run(shared.clone(), Box::new(route)));
    let handle = Arc::new(Handle { shared });
    Ok((Client { handle: handle.clone() }, Events::new(handle)))
}

/// What becomes of work under way at [`Client::disconnect`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pending {
    /// It is finished first, over reconnects if need be: publishes get their acknowledgements, requests their
    /// answers. A caller that cannot wait any longer asks again with `Abandon`.
    Finish,
    /// As `Finish`, and the broker is known to have what it needs to forget the messages that were acknowledged: at
    /// QoS 2 it has released them, at QoS 1 it has answered a PINGREQ behind the acknowledgements. Where a connection is
    /// lost before that, the next one sees to it; messages that come again then are to be acknowledged again.
    Settle,
    /// It is given up: publishes without an outcome are lost. What was acknowledged before is still sent.
    Abandon,
}

/// A handle to a client; clones are handles to the same one.
#[derive(Debug, Clone)]
pub struct Client {
    handle: Arc<Handle>,
}

/// Ends the client when the last of `Client` and `Events` is dropped.
#[derive(Debug)]
pub(super) struct Handle {
    pub(super) shared: Arc<Shared>,
}

impl Client {
    /// Publishes a message. Waits while too much is unfinished, returns once it is accepted; its outcome is an event.
    ///
    /// While it waits, somebody has to take [`Events`], or the acknowledgements that make room are not read.
    pub async fn publish(&self, message: Message) -> Result<DeliveryId, Declined<PublishError>> {
        let shared = &self.handle.shared;
        {
            let mut state = shared.lock();
            if state.has_room() {
                return state.publish(message);
            }
        }
        loop {
            let mut room = pin!(shared.room.notified());
            // In line before looking again, so that a notification in between is not missed.
            room.as_mut().enable();
            {
                let mut state = shared.lock();
                if state.has_room() {
                    return state.publish(message);
                }
                state.want_room();
            }
            room.await;
        }
    }

    /// Subscribes; the answer is [`Event::Subscribed`](super::Event::Subscribed). Subscriptions that were granted are
    /// made anew when a reconnect finds that the broker has lost the session.
    pub fn subscribe(&self, request: SubscribeRequest) -> Result<RequestId, Declined<RequestError>> {
        self.handle.shared.lock().subscribe(request)
    }

    /// Unsubscribes; the answer is [`Event::Unsubscribed`](super::Event::Unsubscribed).
    pub fn unsubscribe(&self, request: UnsubscribeRequest) -> Result<RequestId, Declined<RequestError>> {
        self.handle.shared.lock().unsubscribe(request)
    }

    /// Acknowledges a message received with [`Acknowledge::Manual`](crate::session::Acknowledge::Manual). `false`: it
    /// is too late, the broker will send the message again.
    pub fn acknowledge(&self, token: AckToken) -> bool {
        self.handle.shared.lock().acknowledge(token)
    }

    /// Sends AUTH: an answer to [`Event::Auth`](super::Event::Auth), or the begin of a re-authentication.
    pub fn authenticate(&self, auth: Auth) -> Result<(), Declined<AuthenticateError>> {
        self.handle.shared.lock().authenticate(auth)
    }

    /// Ends the client in order: DISCONNECT, so that no will is published, and a half-close, so that nothing sent
    /// before is lost. It does not wait: [`Event::Closed`](super::Event::Closed) says when it is done. Nothing is
    /// accepted from here on, except another call that turns `Finish` into `Abandon`.
    pub fn disconnect(&self, pending: Pending) {
        self.disconnect_with(pending, ReasonCode::Success, DisconnectProperties::default());
    }

    /// The same with a reason, such as `DisconnectWithWillMessage`, and properties.
    pub fn disconnect_with(&self, pending: Pending, reason: ReasonCode, properties: DisconnectProperties) {
        self.handle.shared.lock().begin_closing(Closing { pending, reason, properties });
    }

    /// What the broker granted in its last CONNACK.
    pub fn granted(&self) -> Granted {
        *self.handle.shared.lock().session.granted()
    }

    /// The client identifier in use: the one asked for, or the one that the broker assigned.
    pub fn client_id(&self) -> String {
        self.handle.shared.lock().session.options().client_id.to_string()
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.shared.lock().begin_closing(Closing {
            pending: Pending::Abandon,
            reason: ReasonCode::Success,
            properties: DisconnectProperties::default(),
        });
    }
}
