//! Proxies: asking a host in between for a way to the broker.

mod bypass;

use std::fmt;

pub use bypass::NoProxy;

use super::url::{Parts, UrlError};
use super::{Address, AddressFamily, DialCause, Stream};

/// A proxy, and for which hosts it is left aside.
#[derive(Clone, PartialEq, Eq)]
pub struct Proxy {
    /// How it is spoken to.
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

/// How a proxy is spoken to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ProxyKind {
    /// SOCKS 5 (RFC 1928): `socks5://` with the name looked up here, `socks5h://` with the name looked up there, as
    /// in curl.
    Socks5 {
        /// The proxy looks the broker's name up.
        remote_dns: bool,
    },
    /// HTTP CONNECT (RFC 9110, 9.3.6): `http://`. The proxy looks the name up.
    Http,
}

/// Why a proxy gave no way to the broker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProxyCause {
    /// It wants a user name and password, and there are none.
    CredentialsRequired,
    /// It does not accept the user name and password.
    CredentialsRefused,
    /// It accepts no way of authentication that we have.
    NoCommonAuthentication,
    /// A user name or password that SOCKS 5 cannot carry: more than 255 bytes.
    CredentialsTooLong,
    /// SOCKS 5 cannot carry the name: more than 255 bytes.
    NameTooLong,
    /// It answered a SOCKS 5 request with an error.
    Socks(u8),
    /// It answered a CONNECT with something else than success.
    Http {
        /// The status code.
        status: u16,
        /// Its words for it.
        reason: String,
    },
    /// It does not speak the protocol; what it speaks, as far as one can tell.
    NotAProxy(&'static str),
    /// It closed the connection.
    Closed,
    /// The broker's host could not be looked up (`socks5://`).
    LookUp(Box<DialCause>),
    /// An error of the connection to it, in the system's words.
    Other(String),
}

const SCHEMES: &str = "socks5, socks5h or http";

impl Proxy {
    /// From a URL such as `socks5h://user:password@host:1080`; `host:port` is an HTTP proxy, and the port is 1080
    /// unless it says otherwise, both as in curl.
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
        Ok(Self { kind, host: parts.host.to_owned(), port, credentials, bypass: NoProxy::default() })
    }

    /// With hosts that are connected to without it.
    #[must_use]
    pub fn with_bypass(self, bypass: NoProxy) -> Self {
        Self { bypass, ..self }
    }

    /// Where it is.
    pub fn address(&self) -> Address {
        Address::Host { host: self.host.clone(), port: self.port }
    }

    /// Asks for a way to a host; what comes back carries bytes to and from it.
    #[expect(clippy::unused_async, reason = "its body lands next")]
    pub(super) async fn connect(
        &self,
        _stream: Stream,
        _host: &str,
        _port: u16,
        _family: AddressFamily,
    ) -> Result<Stream, ProxyCause> {
        Err(ProxyCause::Other("proxies are on their way".into()))
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

impl fmt::Display for ProxyCause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:?}")
    }
}
