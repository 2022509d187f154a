//! What every command says of its connection.

use crate::client::{Connected, Event, Reconnecting, Redirected};
use crate::config::ConnectSettings;
use crate::mqtt::{ConnAckProperties, ReasonCode};
use crate::output::Talk;
use crate::session::{Auth, ConnectOptions};

/// There will be a first attempt.
pub(crate) fn connecting(talk: Talk, settings: &ConnectSettings) {
    let options = &settings.client;
    let ConnectOptions { version, client_id, clean_start, keep_alive, .. } = &options.connect;
    let endpoint = &options.endpoint;
    let session = if *clean_start { "a new session" } else { "its session" };
    talk.debug(format_args!(
        "connecting to {endpoint} by MQTT {version} as `{client_id}` with {session}, keep alive {keep_alive} s"
    ));
}

/// What happened to the connection, if the event is about that.
pub(crate) fn tell(talk: Talk, settings: &ConnectSettings, event: &Event) {
    match event {
        Event::Connected(connected) => self::connected(talk, settings, connected),
        Event::Redirected(redirected) => self::redirected(talk, redirected),
        Event::Auth(auth) => authenticated(talk, auth),
        Event::Reconnecting(reconnecting) => self::reconnecting(talk, reconnecting),
        _ => {}
    }
}

/// A connection stands.
pub(crate) fn connected(talk: Talk, settings: &ConnectSettings, connected: &Connected) {
    let ack = &connected.ack;
    let peer = connected.peer.map(|peer| format!(" to {peer}")).unwrap_or_default();
    talk.debug(format_args!("connected{peer}: {:?}, CONNACK after {:?}", connected.timings, connected.handshake));
    let announced = ConnAckProperties { authentication_data: None, ..ack.properties.clone() };
    talk.debug(format_args!("announced: {announced:?}"));
    talk.success(if ack.session_present { "Connected, session resumed" } else { "Connected" });
    // Unless asked for, it is an oddity that changes nothing.
    if settings.client.connect.client_id.is_empty()
        && let Some(assigned) = &ack.properties.assigned_client_identifier
    {
        talk.success(format_args!("Client identifier: {assigned}, assigned by the broker"));
    }
    if let Some(reference) = &ack.properties.server_reference {
        talk.progress(format_args!("The broker points to {reference}"));
    }
}

/// AUTH that no authenticator has taken: a re-authentication has succeeded.
pub(super) fn authenticated(talk: Talk, auth: &Auth) {
    if auth.reason == ReasonCode::Success {
        talk.success("Authenticated again");
    }
}

/// The broker points to another one, which is tried now.
pub(crate) fn redirected(talk: Talk, redirected: &Redirected) {
    talk.failure(&redirected.cause);
    talk.progress(format_args!("Connecting to {}", redirected.endpoint));
}

/// There is none, and there will be another attempt.
pub(crate) fn reconnecting(talk: Talk, reconnecting: &Reconnecting) {
    talk.failure(&reconnecting.cause);
    talk.reconnecting(reconnecting.attempt, Some(reconnecting.maximum_attempts), reconnecting.delay);
}
