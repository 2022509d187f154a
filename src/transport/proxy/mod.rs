//! Proxies: asking a host in between for a way to the broker.

mod bypass;
mod http;
mod socks;

use std::fmt;
use std::io;
use std::net::IpAddr;

pub use bypass::NoProxy;

use self::socks::Target;
use super::resolve::resolve;
use super::url::{Parts, UrlError, decode_zone};
use super::{Address, AddressFamily, DialCause, Resolved, Spoken, Stream};

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
    /// A user name or password that SOCKS 5 cannot carry.
    CredentialsTooLong,
    /// A host that SOCKS 5 cannot carry.
    NameTooLong,
    /// A host that HTTP cannot carry.
    BadName,
    /// It answered a request of SOCKS 5 with this error.
    Socks(u8),
    /// It answered CONNECT with something else than success.
    Http {
        /// The status code.
        status: u16,
        /// Its words for it.
        reason: String,
        /// The start of the body, as text.
        body: String,
    },
    /// It carries no datagrams, which QUIC is made of.
    NoUdp,
    /// It agreed to a tunnel and then spoke itself.
    NotATunnel,
    /// It does not speak the proxy's protocol.
    NotAProxy(Spoken),
    /// The head of its answer is HTTP that cannot be read; why not.
    BadHead(&'static str),
    /// It closed the connection.
    Closed,
    /// The broker's host, which was looked up here.
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
        Ok(Self { kind, host: decode_zone(parts.host)?, port, credentials, bypass: NoProxy::default() })
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

impl From<io::Error> for ProxyCause {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe => Self::Closed,
            _ => Self::Other(error.to_string()),
        }
    }
}

impl fmt::Display for ProxyCause {
    /// As the end of a sentence that has named the proxy.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CredentialsRequired => f.write_str("it requires a user name and password"),
            Self::CredentialsRefused => f.write_str("it refuses the user name and password"),
            Self::NoCommonAuthentication => f.write_str("it accepts neither a user name and password nor none"),
            Self::CredentialsTooLong => f.write_str("a user name or password of SOCKS 5 has at most 255 bytes"),
            Self::NameTooLong => f.write_str("a host of SOCKS 5 has at most 255 bytes"),
            Self::BadName => f.write_str("the host has a space or a control character"),
            Self::Socks(reply) => write!(f, "it answered `{}` (reply {reply})", socks::words_of(*reply)),
            Self::Http { status, reason, body } => {
                write!(f, "it answered HTTP {status} {reason}")?;
                if body.is_empty() { Ok(()) } else { write!(f, ": {body}") }
            }
            Self::NoUdp => f.write_str("a proxy does not carry QUIC"),
            Self::NotATunnel => f.write_str("it speaks where the broker should"),
            Self::NotAProxy(spoken) => write!(f, "it is no such proxy but speaks {spoken}"),
            Self::BadHead(fault) => write!(f, "the head of its HTTP answer cannot be read: {fault}"),
            Self::Closed => f.write_str("it closed the connection"),
            Self::LookUp(cause) => write!(f, "the broker's name was looked up here: {cause}"),
            Self::Other(text) => f.write_str(text),
        }
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
