//! What every command reports about its connection.

use std::fmt;

use crate::client::{Clue, Connected, Event, Reconnecting, Redirected, SessionLoss};
use crate::error::clue_hint;
use crate::mqtt::{ConnAckProperties, ReasonCode};
use crate::output::Talk;
use crate::session::{Auth, ConnectOptions, Violation};
use crate::settings::ConnectSettings;

/// There will be a first attempt.
pub(crate) fn connecting(talk: Talk, settings: &ConnectSettings) {
    let options = &settings.client;
    let ConnectOptions { version, client_id, clean_start, keep_alive, .. } = &options.connect;
    let endpoint = &options.endpoint;
    let session = if *clean_start { "a new session" } else { "the stored session" };
    talk.debug(format_args!(
        "connecting to {endpoint} with MQTT {version} as `{client_id}` with {session}, keep alive {keep_alive} s"
    ));
}

/// Reports what happened to the connection, if the event is about that.
pub(crate) fn tell(talk: Talk, settings: &ConnectSettings, event: &Event) {
    match event {
        Event::Connected(connected) => self::connected(talk, settings, connected),
        Event::Redirected(redirected) => self::redirected(talk, redirected),
        Event::Auth(auth) => authenticated(talk, auth),
        Event::Reconnecting(reconnecting) => self::reconnecting(talk, settings, reconnecting),
        Event::Tolerated(violation) => tolerated(talk, violation),
        Event::Narrowed(window) => narrowed(talk, *window),
        _ => {}
    }
}

/// A connection is open.
pub(crate) fn connected(talk: Talk, settings: &ConnectSettings, connected: &Connected) {
    let ack = &connected.ack;
    if talk.is_debugging() {
        talk.debug(format_args!("CONNACK after {:.1} ms", connected.handshake.as_secs_f64() * 1e3));
        talk.debug(announced(&ack.properties));
    }
    talk.success(if ack.session_present { "Connected, session resumed" } else { "Connected" });
    // Unless requested, it is unusual but has no effect.
    if settings.client.connect.client_id.is_empty()
        && let Some(assigned) = &ack.properties.assigned_client_identifier
    {
        talk.success(format_args!("Client identifier: {assigned}, assigned by the broker"));
    }
    if let Some(reference) = &ack.properties.server_reference {
        talk.progress(format_args!("The broker refers to {reference}"));
    }
}

/// AUTH not handled by an authenticator: a re-authentication has succeeded.
pub(super) fn authenticated(talk: Talk, auth: &Auth) {
    if auth.reason == ReasonCode::Success {
        talk.success("Authenticated again");
    }
}

/// The broker refers to another one, which is tried now.
pub(crate) fn redirected(talk: Talk, redirected: &Redirected) {
    talk.failure(&redirected.cause);
    talk.progress(format_args!("Connecting to {}", redirected.endpoint));
}

/// The connection is lost, and there will be another attempt.
pub(crate) fn reconnecting(talk: Talk, settings: &ConnectSettings, reconnecting: &Reconnecting) {
    reconnecting_as(talk, settings, reconnecting, format_args!("{}", reconnecting.cause));
}

/// Like [`reconnecting`], with the caller's own text for the loss. Missing messages are reported even with `--quiet`.
pub(crate) fn reconnecting_as(talk: Talk, settings: &ConnectSettings, next: &Reconnecting, words: fmt::Arguments<'_>) {
    if talk.is_quiet() && !next.is_session_kept {
        talk.warning(words);
    } else {
        talk.failure(words);
    }
    match next.clue {
        Some(Clue::SharedClientId) => {
            let id = &settings.client.connect.client_id;
            talk.warning(format_args!("{} (`{id}`)", clue_hint(Clue::SharedClientId)));
        }
        Some(clue) => talk.warning(clue_hint(clue)),
        None => {}
    }
    tried_again(talk, None, next);
}

/// When the connection is tried again; `name` names it, if there are several.
pub(crate) fn tried_again(talk: Talk, name: Option<&str>, next: &Reconnecting) {
    talk.reconnecting(name, next.attempt, Some(next.maximum_attempts).filter(|most| *most < u32::MAX), next.delay);
}

/// The broker broke the protocol, but every message is still accounted for.
pub(crate) fn tolerated(talk: Talk, violation: &Violation) {
    talk.warning(format_args!("the broker broke the protocol: {violation}"));
}

/// The broker does not accept as many publishes at a time.
pub(crate) fn narrowed(talk: Talk, window: u16) {
    talk.warning(format_args!(
        "the broker closed the connection with {} or more messages in flight: continuing with at most {window} \
         (--inflight {window} starts with that)",
        u32::from(window) * 2
    ));
}

/// The session that would have stored messages during the outage is gone.
pub(crate) fn messages_missing(talk: Talk, settings: &ConnectSettings, loss: SessionLoss) {
    match loss {
        SessionLoss::Forgotten => talk.warning("messages may be missing: the broker no longer has the session"),
        SessionLoss::Ended if settings.client.connect.version.is_v5() => {
            talk.warning("messages may be missing: the session ended with the connection");
        }
        SessionLoss::Ended => talk.warning(
            "messages may be missing: the session ended with the connection (-i ID --no-clean or MQTT 5.0 keeps it)",
        ),
    }
}

/// The announcements of CONNACK, without secrets.
fn announced(properties: &ConnAckProperties) -> String {
    let number = |number: u64| Some(number.to_string());
    let switch = |is_on: bool| Some(if is_on { "yes" } else { "no" }.to_owned());
    let text = |text: &String| Some(format!("`{text}`"));
    let told = [
        ("keep alive", properties.server_keep_alive.and_then(|seconds| number(seconds.into()))),
        ("session expiry", properties.session_expiry_interval.and_then(|seconds| number(seconds.into()))),
        ("receive maximum", properties.receive_maximum.and_then(|maximum| number(maximum.into()))),
        ("maximum QoS", properties.maximum_qos.and_then(|qos| number(qos.number().into()))),
        ("maximum packet size", properties.maximum_packet_size.and_then(|bytes| number(bytes.into()))),
        ("topic alias maximum", properties.topic_alias_maximum.and_then(|maximum| number(maximum.into()))),
        ("retained messages", properties.retain_available.and_then(switch)),
        ("wildcards", properties.wildcard_subscription_available.and_then(switch)),
        ("subscription ids", properties.subscription_identifiers_available.and_then(switch)),
        ("shared subscriptions", properties.shared_subscription_available.and_then(switch)),
        ("client id", properties.assigned_client_identifier.as_ref().and_then(text)),
        ("response information", properties.response_information.as_ref().and_then(text)),
        ("reason string", properties.reason_string.as_ref().and_then(text)),
        ("server reference", properties.server_reference.as_ref().and_then(text)),
        ("authentication method", properties.authentication_method.as_ref().and_then(text)),
    ];
    let mut told: Vec<_> = told.into_iter().filter_map(|(name, value)| Some(format!("{name} {}", value?))).collect();
    told.extend(properties.user_properties.iter().map(|(name, value)| format!("user property `{name}: {value}`")));
    if told.is_empty() {
        "the broker announced no limits".to_owned()
    } else {
        format!("the broker announced: {}", told.join(", "))
    }
}
