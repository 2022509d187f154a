//! Which broker: host, port, protocol, URL, Unix socket and `--embedded` put together.

use std::cmp::Ordering;
use std::path::Path;

use super::Secret;
use super::{host, protocol};
use crate::cli::group::{ConnectArgs, ConnectionArgs};
use crate::config::origin::{Origin, Origins};
use crate::error::Error;
use crate::transport::{Address, BrokerUrl, Endpoint, Protocol};

/// The target, and the other parts of a URL.
#[derive(Debug)]
pub(super) struct Target {
    pub(super) endpoint: Endpoint,
    /// The option that sets the protocol; `None`: none does.
    pub(super) stated_by: Option<&'static str>,
    /// Where the URL comes from, if there is one.
    pub(super) url_origin: Origin,
    pub(super) username: Option<String>,
    pub(super) password: Option<String>,
    /// The path of `mqtt://` and `mqtts://`.
    pub(super) topic: Option<String>,
    /// The path of `ws://` and `wss://`.
    pub(super) websocket_path: Option<String>,
}

impl Target {
    /// Puts the options together. A part of the URL holds unless its own option comes from the same or a stronger
    /// layer.
    pub(super) fn resolve(arguments: &ConnectArgs, origins: &Origins) -> Result<Self, Error> {
        let options = &arguments.connection;
        if options.embedded {
            return embedded(options, origins);
        }
        if let Some(path) = socket(options, origins)? {
            return Ok(Self::plain(Endpoint::unix(path), Some("unix")));
        }
        let (by_name, stated_by) = named_protocol(arguments, origins);
        let Some(text) = options.url.as_ref().map(Secret::expose) else {
            let port = options.port.unwrap_or(by_name.default_port());
            let host = host::parse(&options.hostname, &origins.name("hostname"))?;
            return Ok(Self::plain(Endpoint::new(by_name, host, port), stated_by));
        };
        let url_origin = origins.of("url");
        if url_origin == origins.of("protocol") {
            return Err(Error::exclude_one_another(&origins.name("url"), &origins.name("protocol")));
        }
        let url = BrokerUrl::parse(text).map_err(|error| {
            let refused = Error::usage(format!("{}: {error}", origins.name("url")));
            match error.hint() {
                Some(hint) => refused.with_hint(hint),
                None => refused,
            }
        })?;
        let Endpoint { mut protocol, address } = url.endpoint;
        let mut stated_by = "url";
        let address = match address {
            Address::Unix(path) => Address::Unix(path),
            Address::Host { mut host, mut port } => {
                let outweighs_url = |option| origins.of(option).compare(url_origin) != Ordering::Less;
                if outweighs_url("protocol") {
                    let follows = port == protocol.default_port();
                    protocol = by_name;
                    stated_by = "protocol";
                    port = if follows { protocol.default_port() } else { port };
                }
                if outweighs_url("hostname") {
                    host = host::parse(&options.hostname, &origins.name("hostname"))?;
                } else {
                    host::refuse_without_zone(&host, &origins.name("url"))?;
                }
                Address::Host { host, port: options.port.filter(|_| outweighs_url("port")).unwrap_or(port) }
            }
        };
        let BrokerUrl { username, password, topic, path: websocket_path, .. } = url;
        let endpoint = Endpoint { protocol, address };
        Ok(Self { endpoint, stated_by: Some(stated_by), url_origin, username, password, topic, websocket_path })
    }

    fn plain(endpoint: Endpoint, stated_by: Option<&'static str>) -> Self {
        let url_origin = Origin::Default;
        Self { endpoint, stated_by, url_origin, username: None, password: None, topic: None, websocket_path: None }
    }

    /// The value of the option, unless the URL has one and comes from a stronger layer.
    pub(super) fn unless_in_url<T>(&self, option: Option<T>, origin: Origin, in_url: Option<T>) -> Option<T> {
        if self.url_origin.compare(origin) == Ordering::Greater { in_url.or(option) } else { option.or(in_url) }
    }
}

/// The embedded broker listens on loopback; only its port can be chosen.
fn embedded(options: &ConnectionArgs, origins: &Origins) -> Result<Target, Error> {
    if let Some(other) = ["hostname", "url", "unix", "protocol"].into_iter().find(|o| origins.of(o) == Origin::Flag) {
        let hint = "--embedded starts a broker in this program and connects to it";
        return Err(Error::exclude_one_another("--embedded", &origins.name(other)).with_hint(hint));
    }
    let endpoint = Endpoint::tcp("127.0.0.1", options.port.unwrap_or(Protocol::Mqtt.default_port()));
    Ok(Target::plain(endpoint, Some("embedded")))
}

/// The protocol by its option, and whether it was given. Someone who names an authority or a key does not mean to send a
/// password in clear text, so TLS options alone imply TLS.
fn named_protocol(arguments: &ConnectArgs, origins: &Origins) -> (Protocol, Option<&'static str>) {
    let named = arguments.connection.protocol;
    let is_stated = match origins.of("protocol") {
        Origin::Default => false,
        // MQTTX writes its default into every file; with a certificate it speaks TLS anyway.
        Origin::OptionsFile(_) => named != Protocol::Mqtt,
        _ => true,
    };
    match is_stated {
        true => (named, Some("protocol")),
        false if protocol::tls_options(&arguments.tls, origins).is_empty() => (named, None),
        false => (Protocol::Mqtts, None),
    }
}

/// The Unix socket, if it comes from a stronger layer than what names a host.
fn socket<'a>(options: &'a ConnectionArgs, origins: &Origins) -> Result<Option<&'a Path>, Error> {
    let Some(path) = options.unix.as_deref() else { return Ok(None) };
    for other in ["hostname", "port", "protocol", "url"] {
        match origins.of("unix").compare(origins.of(other)) {
            Ordering::Greater => {}
            Ordering::Less => return Ok(None),
            Ordering::Equal => return Err(Error::exclude_one_another(&origins.name("unix"), &origins.name(other))),
        }
    }
    Ok(Some(path))
}
