//! Proxies: asking another host for a connection to the broker.

mod bypass;
mod http;
mod socks;

use std::fmt;
use std::net::IpAddr;

pub use bypass::NoProxy;

use self::socks::Target;
use super::resolve::resolve;
use super::url::{Parts, UrlError, decode_zone};
use super::{Address, AddressFamily, DialCause, ProxyCause, Resolved, Stream};

/// A proxy, and the hosts for which it is not used.
#[derive(Clone, PartialEq, Eq)]
pub struct Proxy {
    /// Its protocol.
    pub kind: ProxyKind,
    /// Its host.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// User name and password for it; `Debug` shows neither.
    pub credentials: Option<(String, String)>,
    /// Hosts that are connected to without it.
    pub bypass: NoProxy,
}

/// The protocol of a proxy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ProxyKind {
    /// SOCKS 5 (RFC 1928): `socks5://` with the name resolved here, `socks5h://` with the name resolved by the proxy, as
    /// in curl.
    Socks5 {
        /// The proxy resolves the name of the broker.
        remote_dns: bool,
    },
    /// HTTP CONNECT (RFC 9110, 9.3.6): `http://`. The proxy resolves the name.
    Http,
}

const SCHEMES: &str = "socks5, socks5h or http";

impl Proxy {
    /// From a URL such as `socks5h://user:password@host:1080`; `host:port` is an HTTP proxy, and the default
    /// port is 1080, both as in curl.
    pub fn parse(text: &str) -> Result<Self, UrlError> {
        let with_scheme;
        let text = if text.contains("://") {
            text
        } else {
            with_scheme = format!("http://{text}");
            &with_scheme
        };
        let parts = Parts::split(text)?;
        let kind = match parts.scheme.as_str() {
            "socks5" => ProxyKind::Socks5 { remote_dns: false },
            "socks5h" => ProxyKind::Socks5 { remote_dns: true },
            "http" => ProxyKind::Http,
            _ => return Err(UrlError::UnknownScheme { found: parts.scheme, known: SCHEMES }),
        };
        if parts.host.is_empty() {
            return Err(UrlError::NoHost);
        }
        if !matches!(parts.rest, "" | "/") {
            return Err(UrlError::PathOfProxy);
        }
        let credentials = match (parts.user, parts.password) {
            (None, None) => None,
            (user, password) => Some((user.unwrap_or_default(), password.unwrap_or_default())),
        };
        let port = parts.port.unwrap_or(1080);
        Ok(Self { kind, host: decode_zone(parts.host)?, port, credentials, bypass: NoProxy::default() })
    }

    /// With hosts that are connected to without it.
    #[must_use]
    pub fn with_bypass(self, bypass: NoProxy) -> Self {
        Self { bypass, ..self }
    }

    /// Its address.
    pub fn address(&self) -> Address {
        Address::Host { host: self.host.clone(), port: self.port }
    }

    /// Asks for a connection to a host; the result carries bytes to and from it.
    pub(super) async fn connect(
        &self,
        mut stream: Stream,
        target: &Address,
        family: AddressFamily,
    ) -> Result<Stream, ProxyCause> {
        let credentials = self.credentials.as_ref();
        let Address::Host { host, port } = target else { return Ok(stream) };
        match self.kind {
            ProxyKind::Http => http::connect(&mut stream, credentials, target).await?,
            ProxyKind::Socks5 { remote_dns } => {
                let target = match host.parse::<IpAddr>() {
                    Ok(address) => Target::Address(address),
                    Err(_) if remote_dns => Target::Name(host),
                    Err(_) => Target::Address(look_up(target, family).await?),
                };
                socks::connect(&mut stream, credentials, target, *port).await?;
            }
        }
        Ok(stream)
    }
}

async fn look_up(target: &Address, family: AddressFamily) -> Result<IpAddr, ProxyCause> {
    match resolve(target, family, None).await {
        Ok(Resolved::Tcp(addresses)) if !addresses.is_empty() => Ok(addresses[0].ip()),
        Ok(_) => Err(ProxyCause::LookUp(Box::new(DialCause::NoSuchHost))),
        Err(cause) => Err(ProxyCause::LookUp(Box::new(cause))),
    }
}

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Proxy")
            .field("kind", &self.kind)
            .field("host", &self.host)
            .field("port", &self.port)
            .field("credentials", &self.credentials.as_ref().map(|_| "***"))
            .field("bypass", &self.bypass)
            .finish()
    }
}
