//! Options that only some protocols use: those of TLS and of WebSocket.

use crate::cli::group::{ConnectArgs, TlsArgs, WebSocketArgs};
use crate::config::origin::{Origin, Origins};
use crate::config::table::{Note, noted};
use crate::transport::WebSocketOptions;

/// The TLS options that are given; a switch that a file turns off is not.
pub(super) fn tls_options(options: &TlsArgs, origins: &Origins) -> Vec<&'static str> {
    let is_meant = |option: &str| origins.given(option) && (option != "insecure" || options.insecure);
    noted(Note::Tls).filter(|option| is_meant(option)).collect()
}

/// Whether the command line has an option of TLS or WebSocket.
pub(super) fn is_said_by_flag(arguments: &ConnectArgs, origins: &Origins) -> bool {
    let given = [tls_options(&arguments.tls, origins), websocket_options(&arguments.websocket, origins)].concat();
    given.iter().any(|option| origins.of(option) == Origin::Flag)
}

/// The WebSocket options with an effect: MQTTX's scripts and files name the usual path with any protocol.
pub(super) fn websocket_options(options: &WebSocketArgs, origins: &Origins) -> Vec<&'static str> {
    let mut given = Vec::new();
    if origins.given("path") && options.path != WebSocketOptions::default().path() {
        given.push("path");
    }
    if origins.given("ws_headers") && !options.ws_headers.is_empty() {
        given.push("ws_headers");
    }
    given
}
