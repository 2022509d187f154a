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
    if talk.is_debugging() {
        talk.debug(format_args!("CONNACK after {:.1} ms", connected.handshake.as_secs_f64() * 1e3));
        talk.debug(announced(&ack.properties));
    }
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

/// What CONNACK says beyond success, without what is a secret.
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
