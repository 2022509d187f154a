//! Options of TLS and WebSocket with another protocol. None of them is ignored silently, as a password could be sent in
//! clear text, or a request without its token.

use std::cmp::Ordering;

use super::endpoint::Target;
use super::protocol::{tls_options, websocket_options};
use crate::cli::group::ConnectArgs;
use crate::config::origin::{Origin, Origins};
use crate::error::Error;
use crate::transport::{Address, Protocol};

/// Refuses the options that the protocol does not use. If a stronger layer sets that protocol, as `-l mqtt` does over
/// `MQTTX_CA`, they are ignored with a warning.
pub(super) fn refuse_or_warn(
    arguments: &ConnectArgs,
    target: &Target,
    origins: &Origins,
) -> Result<Vec<String>, Error> {
    let protocol = target.endpoint.protocol;
    let mut warnings = Vec::new();
    if !protocol.is_secure() {
        let given = tls_options(&arguments.tls, origins);
        let stated = target.stated_by.unwrap_or("protocol");
        // `--embedded` is always a flag.
        let is_refused = |option: &&&str| origins.of(option).compare(origins.of(stated)) != Ordering::Less;
        if let Some(option) = given.iter().find(is_refused) {
            let message = format!("{} needs TLS, but {}", origins.name(option), stated_protocol(target, origins));
            return Err(Error::usage(message).with_hint(secure_form(target, stated)));
        }
        warnings.extend(left_out(&given, "TLS", target, origins));
    }
    if !protocol.is_websocket() {
        let given = websocket_options(&arguments.websocket, origins);
        if let Some(option) = given.iter().find(|option| origins.of(option) == Origin::Flag) {
            let scheme = if protocol.is_secure() { "wss" } else { "ws" };
            let hint = match target.stated_by {
                Some("url") => format!("write {scheme}:// in the URL"),
                Some("embedded" | "unix") => "leave it out".to_owned(),
                _ => format!("use -l {scheme}"),
            };
            let message = format!("{} needs WebSocket, but {}", origins.name(option), stated_protocol(target, origins));
            return Err(Error::usage(message).with_hint(hint));
        }
        warnings.extend(left_out(&given, "WebSocket", target, origins));
    }
    Ok(warnings)
}

/// A file or a variable is about another broker than the embedded one, which is not worth a warning.
fn left_out(given: &[&str], what: &str, target: &Target, origins: &Origins) -> Option<String> {
    if given.is_empty() || target.stated_by == Some("embedded") {
        return None;
    }
    let names: Vec<_> = given.iter().map(|option| origins.name(option)).collect();
    let verb = if names.len() == 1 { "needs" } else { "need" };
    Some(format!("{} {verb} {what}, but {}: left out", names.join(" and "), stated_protocol(target, origins)))
}

/// What determines the protocol, in words.
fn stated_protocol(target: &Target, origins: &Origins) -> String {
    let protocol = target.endpoint.protocol;
    match target.stated_by {
        None => format!("the protocol is {protocol}"),
        Some("embedded") => "--embedded speaks plain MQTT".to_owned(),
        Some("url") if matches!(target.endpoint.address, Address::Unix(_)) => {
            format!("{} is a Unix socket", origins.name("url"))
        }
        Some("url") => format!("{} begins with {protocol}://", origins.name("url")),
        Some("unix") => format!("{} is a Unix socket", origins.name("unix")),
        Some(option) => format!("{} is {protocol}", origins.name(option)),
    }
}

/// How to write it with TLS.
fn secure_form(target: &Target, stated: &str) -> &'static str {
    let is_unix = matches!(target.endpoint.address, Address::Unix(_));
    match (stated, target.endpoint.protocol) {
        ("embedded", _) => "leave it out: the embedded broker runs in this program",
        _ if is_unix => "leave it out: data in a Unix socket does not leave this machine",
        ("url", Protocol::Ws) => "write wss:// in the URL",
        ("url", _) => "write mqtts:// in the URL",
        (_, Protocol::Ws) => "use -l wss",
        _ => "use -l mqtts",
    }
}
