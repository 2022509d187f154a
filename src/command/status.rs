//! What every command says of its connection.

use crate::client::{Connected, Reconnecting};
use crate::config::ConnectSettings;
use crate::output::Talk;

/// A connection stands.
pub(super) fn connected(talk: Talk, settings: &ConnectSettings, connected: &Connected) {
    let ack = &connected.ack;
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

/// There is none, and there will be another attempt.
pub(super) fn reconnecting(talk: Talk, reconnecting: &Reconnecting) {
    talk.failure(&reconnecting.cause);
    talk.reconnecting(reconnecting.attempt, Some(reconnecting.maximum_attempts), reconnecting.delay);
}
