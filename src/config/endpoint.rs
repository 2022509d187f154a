//! Which broker: host, port, protocol, URL, Unix socket and `--embedded` put together.

use std::cmp::Ordering;
use std::path::Path;

use super::Secret;
use super::origin::{Origin, Origins};
use super::support::exclude_one_another;
use crate::cli::group::{ConnectionArgs, Protocol as ProtocolName};
use crate::error::Error;
use crate::transport::{Address, BrokerUrl, Endpoint, Protocol};

/// Where to, and what else a URL said.
#[derive(Debug)]
pub(super) struct Target {
    pub(super) endpoint: Endpoint,
    /// Where a URL stands, if one does.
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
    pub(super) fn resolve(options: &ConnectionArgs, origins: &Origins) -> Result<Self, Error> {
        if options.embedded {
            return embedded(options, origins);
        }
        if let Some(path) = socket(options, origins)? {
            return Ok(Self::plain(Endpoint::unix(path)));
        }
        let by_name = Protocol::from(options.protocol);
        let Some(text) = options.url.as_ref().map(Secret::expose) else {
            let port = options.port.unwrap_or(by_name.default_port());
            return Ok(Self::plain(Endpoint::new(by_name, options.hostname.as_str(), port)));
        };
        let url_origin = origins.of("url");
        if url_origin == origins.of("protocol") {
            return Err(exclude_one_another(&origins.name("url"), &origins.name("protocol")));
        }
        let url = BrokerUrl::parse(text).map_err(|error| {
            let refused = Error::usage(format!("{}: {error}", origins.name("url")));
            match error.hint() {
                Some(hint) => refused.with_hint(hint),
                None => refused,
            }
        })?;
        let Endpoint { mut protocol, address } = url.endpoint;
        let address = match address {
            Address::Unix(path) => Address::Unix(path),
            Address::Host { mut host, mut port } => {
                let outweighs_url = |option| origins.of(option).compare(url_origin) != Ordering::Less;
                if outweighs_url("protocol") {
                    let follows = port == protocol.default_port();
                    protocol = by_name;
                    port = if follows { protocol.default_port() } else { port };
                }
                if outweighs_url("hostname") {
                    host.clone_from(&options.hostname);
                }
                Address::Host { host, port: options.port.filter(|_| outweighs_url("port")).unwrap_or(port) }
            }
        };
        let BrokerUrl { username, password, topic, path: websocket_path, .. } = url;
        let endpoint = Endpoint { protocol, address };
        Ok(Self { endpoint, url_origin, username, password, topic, websocket_path })
    }

    fn plain(endpoint: Endpoint) -> Self {
        let url_origin = Origin::Default;
        Self { endpoint, url_origin, username: None, password: None, topic: None, websocket_path: None }
    }

    /// The option's value, unless the URL has one and stands in a stronger layer.
    pub(super) fn unless_in_url<T>(&self, option: Option<T>, origin: Origin, in_url: Option<T>) -> Option<T> {
        if self.url_origin.compare(origin) == Ordering::Greater { in_url.or(option) } else { option.or(in_url) }
    }
}

/// The embedded broker listens on loopback; only its port can be chosen.
fn embedded(options: &ConnectionArgs, origins: &Origins) -> Result<Target, Error> {
    if let Some(other) = ["hostname", "url", "unix", "protocol"].into_iter().find(|o| origins.of(o) == Origin::Flag) {
        let hint = "--embedded starts a broker in this program and connects to it";
        return Err(exclude_one_another("--embedded", &origins.name(other)).with_hint(hint));
    }
    Ok(Target::plain(Endpoint::tcp("127.0.0.1", options.port.unwrap_or(Protocol::Mqtt.default_port()))))
}

/// The Unix socket, if it comes from a stronger layer than what names a host.
fn socket<'a>(options: &'a ConnectionArgs, origins: &Origins) -> Result<Option<&'a Path>, Error> {
    let Some(path) = options.unix.as_deref() else { return Ok(None) };
    for other in ["hostname", "port", "protocol", "url"] {
        match origins.of("unix").compare(origins.of(other)) {
            Ordering::Greater => {}
            Ordering::Less => return Ok(None),
            Ordering::Equal => return Err(exclude_one_another(&origins.name("unix"), &origins.name(other))),
        }
    }
    Ok(Some(path))
}

impl From<ProtocolName> for Protocol {
    fn from(name: ProtocolName) -> Self {
        match name {
            ProtocolName::Mqtt => Self::Mqtt,
            ProtocolName::Mqtts => Self::Mqtts,
            ProtocolName::Ws => Self::Ws,
            ProtocolName::Wss => Self::Wss,
            ProtocolName::Quic => Self::Quic,
        }
    }
}
