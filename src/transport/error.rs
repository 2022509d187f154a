use std::fmt;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use super::race::Attempt;
use super::{Address, DialStep, DialTimings, Spoken, TlsCause, WebSocketCause};

/// Why no stream could be opened: which step failed, where, and what that means in plain words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DialError {
    /// The step that failed.
    pub step: DialStep,
    /// Where to, as it was asked for.
    pub address: Address,
    /// The proxy on the way, as it was asked for.
    pub proxy: Option<Address>,
    /// Why; of several addresses, the most telling one.
    pub cause: DialCause,
    /// Every address that was tried and failed, in the order in which they did.
    pub attempts: Vec<(SocketAddr, DialCause)>,
    /// How long the steps before took.
    pub timings: DialTimings,
}

/// Why a step of a dial failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DialCause {
    /// The name stands for nothing.
    NoSuchHost,
    /// The name server gave no answer.
    ResolverSilent,
    /// `--ipv4`, and the host has none.
    NoIpv4Address,
    /// `--ipv6`, and the host has none.
    NoIpv6Address,
    /// The local address to bind to is of a family that the host lacks.
    NoAddressFor(IpAddr),
    /// Nothing listens there.
    Refused,
    /// No way to the network or the host.
    Unreachable,
    /// No answer within the time, which is that of the whole dial.
    TimedOut(Duration),
    /// The system gave up waiting for an answer.
    NoAnswer,
    /// There is no file of that name.
    NoSuchSocket,
    /// The system forbids it.
    PermissionDenied,
    /// The local address to bind to is not one of this machine, or all of its ports to this peer are taken.
    NoLocalAddress,
    /// No file descriptor is left.
    OutOfDescriptors,
    /// The proxy gave no way to the broker.
    Proxy(ProxyCause),
    /// The TLS handshake failed.
    Tls(TlsCause),
    /// The WebSocket handshake failed.
    WebSocket(WebSocketCause),
    /// Something else, in the system's words.
    Other(String),
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

    /// Whether another attempt could end otherwise, with nothing changed here: a network recovers and a broker comes
    /// back, but neither a certificate nor a password becomes right by waiting.
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

    /// Of several failed attempts the one that says most: a host that refuses is at least there.
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
            Self::NoSuchHost => f.write_str("no such host"),
            Self::ResolverSilent => f.write_str("the name server gives no answer"),
            Self::NoIpv4Address => f.write_str("the host has no IPv4 address"),
            Self::NoIpv6Address => f.write_str("the host has no IPv6 address"),
            Self::NoAddressFor(local) => write!(f, "the host has no address that {local} could connect to"),
            Self::Refused => f.write_str("connection refused"),
            Self::Unreachable => f.write_str("host or network unreachable"),
            Self::TimedOut(time) => write!(f, "timed out after {} s", time.as_secs_f64()),
            Self::NoAnswer => f.write_str("no answer"),
            Self::NoSuchSocket => f.write_str("no such socket file"),
            Self::PermissionDenied => f.write_str("permission denied"),
            Self::NoLocalAddress => f.write_str("no such local address, or no local port is left"),
            Self::OutOfDescriptors => f.write_str("no file descriptor is left for a socket"),
            Self::Proxy(cause) => cause.fmt(f),
            Self::Tls(cause) => cause.fmt(f),
            Self::WebSocket(cause) => cause.fmt(f),
            Self::Other(text) => f.write_str(text),
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
            Self::Socks(reply) => write!(f, "it answered `{}` (reply {reply})", words_of(*reply)),
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

/// What a reply of SOCKS 5 says (RFC 1928, section 6).
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
