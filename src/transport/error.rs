use std::fmt;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use super::race::Attempt;
use super::{Address, DialStep, DialTimings, Spoken, TlsCause, WebSocketCause};

/// Why no stream could be opened: which step failed, where, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DialError {
    /// The step that failed.
    pub step: DialStep,
    /// The address as given.
    pub address: Address,
    /// The proxy as given.
    pub proxy: Option<Address>,
    /// Why; of several addresses, the most telling one.
    pub cause: DialCause,
    /// Every address that was tried and failed, in the order of the failures.
    pub attempts: Vec<(SocketAddr, DialCause)>,
    /// How long the earlier steps took.
    pub timings: DialTimings,
}

/// Why a step of a dial failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DialCause {
    /// The name does not exist.
    NoSuchHost,
    /// The name server gave no answer.
    ResolverSilent,
    /// `--ipv4`, and the host has none.
    NoIpv4Address,
    /// `--ipv6`, and the host has none.
    NoIpv6Address,
    /// The local address to bind to is of a family that the host lacks.
    NoAddressFor(IpAddr),
    /// Nothing is listening there.
    Refused,
    /// The network or the host is unreachable.
    Unreachable,
    /// No answer within the time, which is that of the whole dial.
    TimedOut(Duration),
    /// The system gave up waiting for an answer.
    NoAnswer,
    /// There is no file of that name.
    NoSuchSocket,
    /// The system does not permit it.
    PermissionDenied,
    /// The local address to bind to is not one of this machine, or all of its ports to this peer are taken.
    NoLocalAddress,
    /// No free file descriptor.
    OutOfDescriptors,
    /// The proxy did not connect to the broker.
    Proxy(ProxyCause),
    /// The TLS handshake failed.
    Tls(TlsCause),
    /// The WebSocket handshake failed.
    WebSocket(WebSocketCause),
    /// Something else, as the system describes it.
    Other(String),
}

/// Why a proxy did not connect to the broker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProxyCause {
    /// It requires a user name and password, and none were given.
    CredentialsRequired,
    /// It does not accept the user name and password.
    CredentialsRefused,
    /// It accepts no authentication method that we support.
    NoCommonAuthentication,
    /// A user name or password that SOCKS 5 cannot carry.
    CredentialsTooLong,
    /// A host that SOCKS 5 cannot carry.
    NameTooLong,
    /// A host that HTTP cannot carry.
    BadName,
    /// It answered a request of SOCKS 5 with this error.
    Socks(u8),
    /// It did not answer CONNECT with success.
    Http {
        /// The status code.
        status: u16,
        /// The reason phrase.
        reason: String,
        /// The start of the body, as text.
        body: String,
    },
    /// It does not carry datagrams, which QUIC needs.
    NoUdp,
    /// It agreed to a tunnel and then sent data itself.
    NotATunnel,
    /// It does not speak the protocol of the proxy.
    NotAProxy(Spoken),
    /// The head of its HTTP response cannot be read; the reason.
    BadHead(&'static str),
    /// It closed the connection.
    Closed,
    /// The host of the broker could not be resolved locally.
    LookUp(Box<DialCause>),
    /// An error of the connection to it, as the system describes it.
    Other(String),
}

impl DialCause {
    /// The resolver's errors have no kinds: their text, which is never localised, is all there is.
    pub(super) fn from_resolver(error: &io::Error) -> Self {
        let text = error.to_string();
        let text = text.strip_prefix("failed to lookup address information: ").unwrap_or(&text);
        let is_unknown = [
            "Name or service not known",
            "No address associated with hostname",
            "nodename nor servname provided, or not known",
            "Name does not resolve",
            "No such host is known. (os error 11001)",
        ];
        let is_silent = ["Temporary failure in name resolution", "Try again"];
        if is_unknown.contains(&text) {
            Self::NoSuchHost
        } else if is_silent.contains(&text) {
            Self::ResolverSilent
        } else {
            Self::Other(text.into())
        }
    }

    pub(super) fn from_connect(error: &io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::ConnectionRefused => Self::Refused,
            io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable | io::ErrorKind::NetworkDown => {
                Self::Unreachable
            }
            io::ErrorKind::TimedOut => Self::NoAnswer,
            io::ErrorKind::PermissionDenied => Self::PermissionDenied,
            io::ErrorKind::AddrNotAvailable => Self::NoLocalAddress,
            _ if is_out_of_descriptors(error) => Self::OutOfDescriptors,
            _ => Self::Other(error.to_string()),
        }
    }

    pub(super) fn from_unix_connect(error: &io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::NotFound => Self::NoSuchSocket,
            _ => Self::from_connect(error),
        }
    }

    /// Whether another attempt could end differently without any change here: a network may recover and a broker return,
    /// but waiting does not correct a certificate or a password.
    pub fn may_pass(&self) -> bool {
        match self {
            Self::Proxy(cause) => match cause {
                ProxyCause::Socks(_) | ProxyCause::Closed | ProxyCause::Other(_) => true,
                ProxyCause::Http { status, .. } => *status >= 500,
                ProxyCause::LookUp(cause) => cause.may_pass(),
                _ => false,
            },
            Self::Tls(cause) => matches!(cause, TlsCause::Closed | TlsCause::Alert(_) | TlsCause::Other(_)),
            Self::WebSocket(cause) => match cause {
                WebSocketCause::Refused { status, .. } => *status >= 500 || matches!(status, 408 | 429),
                WebSocketCause::Closed | WebSocketCause::Other(_) => true,
                _ => false,
            },
            Self::NoIpv4Address | Self::NoIpv6Address | Self::NoAddressFor(_) | Self::PermissionDenied => false,
            _ => true,
        }
    }

    /// The most informative of several failed attempts: a host that refuses does at least exist.
    pub(super) fn most_telling(attempts: &[Attempt]) -> Self {
        let causes = attempts.iter().map(|(_, error)| Self::from_connect(error));
        let rank = |cause: &Self| match cause {
            Self::Unreachable => 0,
            Self::NoAnswer => 1,
            Self::Refused => 2,
            _ => 3,
        };
        causes.max_by_key(rank).unwrap_or(Self::Unreachable)
    }
}

/// `EMFILE` and `ENFILE`, for which the standard library has no kind.
fn is_out_of_descriptors(error: &io::Error) -> bool {
    cfg!(unix) && matches!(error.raw_os_error(), Some(23 | 24))
}

impl From<io::Error> for ProxyCause {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe => Self::Closed,
            _ => Self::Other(error.to_string()),
        }
    }
}

impl fmt::Display for DialCause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoSuchHost => f.write_str("host not found"),
            Self::ResolverSilent => f.write_str("no answer from the name server"),
            Self::NoIpv4Address => f.write_str("the host has no IPv4 address"),
            Self::NoIpv6Address => f.write_str("the host has no IPv6 address"),
            Self::NoAddressFor(local) => write!(f, "the host has no address that can be reached from {local}"),
            Self::Refused => f.write_str("connection refused"),
            Self::Unreachable => f.write_str("host or network unreachable"),
            Self::TimedOut(time) => write!(f, "timed out after {} s", time.as_secs_f64()),
            Self::NoAnswer => f.write_str("no answer"),
            Self::NoSuchSocket => f.write_str("socket file not found"),
            Self::PermissionDenied => f.write_str("permission denied"),
            Self::NoLocalAddress => f.write_str("local address not available, or no free local port"),
            Self::OutOfDescriptors => f.write_str("no free file descriptor for a socket"),
            Self::Proxy(cause) => cause.fmt(f),
            Self::Tls(cause) => cause.fmt(f),
            Self::WebSocket(cause) => cause.fmt(f),
            Self::Other(text) => f.write_str(text),
        }
    }
}

impl fmt::Display for ProxyCause {
    /// The second half of a sentence that has named the proxy.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CredentialsRequired => f.write_str("it requires a user name and password"),
            Self::CredentialsRefused => f.write_str("it refuses the user name and password"),
            Self::NoCommonAuthentication => f.write_str("it supports no authentication method of this program"),
            Self::CredentialsTooLong => f.write_str("a SOCKS 5 user name or password can have at most 255 bytes"),
            Self::NameTooLong => f.write_str("a SOCKS 5 host name can have at most 255 bytes"),
            Self::BadName => f.write_str("the host contains a space or a control character"),
            Self::Socks(reply) => write!(f, "it answered `{}` (reply {reply})", words_of(*reply)),
            Self::Http { status, reason, body } => {
                write!(f, "it answered HTTP {status} {reason}")?;
                if body.is_empty() { Ok(()) } else { write!(f, ": {body}") }
            }
            Self::NoUdp => f.write_str("a proxy cannot carry QUIC"),
            Self::NotATunnel => f.write_str("it sent data before the broker did"),
            Self::NotAProxy(spoken) => write!(f, "it is not such a proxy: it speaks {spoken}"),
            Self::BadHead(fault) => write!(f, "its HTTP response cannot be read: {fault}"),
            Self::Closed => f.write_str("it closed the connection"),
            Self::LookUp(cause) => write!(f, "the broker's name was resolved locally: {cause}"),
            Self::Other(text) => f.write_str(text),
        }
    }
}

/// The meaning of a SOCKS 5 reply (RFC 1928, section 6).
fn words_of(reply: u8) -> &'static str {
    match reply {
        1 => "general failure",
        2 => "not allowed by its rules",
        3 => "network unreachable",
        4 => "host unreachable",
        5 => "connection refused",
        6 => "TTL expired",
        7 => "command not supported",
        8 => "address type not supported",
        _ => "unknown reply",
    }
}

impl fmt::Display for DialError {
    /// One sentence: `cannot connect to localhost:1883: connection refused`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { address, cause, .. } = self;
        match (self.step, &self.proxy) {
            (DialStep::Resolve, None) => write!(f, "cannot find `{}`: {cause}", address.host()),
            (DialStep::Resolve, Some(proxy)) => write!(f, "cannot find the proxy `{}`: {cause}", proxy.host()),
            (DialStep::Connect, Some(proxy)) => write!(f, "cannot connect to the proxy {proxy}: {cause}"),
            (DialStep::Proxy, Some(proxy)) => {
                write!(f, "cannot connect to {address} through the proxy {proxy}: {cause}")
            }
            (DialStep::Tls, _) => write!(f, "no TLS with {address}: {cause}"),
            (DialStep::Quic, _) => write!(f, "no QUIC with {address}: {cause}"),
            (DialStep::WebSocket, _) => write!(f, "no WebSocket with {address}: {cause}"),
            (DialStep::Connect | DialStep::Proxy, _) => write!(f, "cannot connect to {address}: {cause}"),
        }
    }
}

impl std::error::Error for DialError {}
