use std::fmt;
use std::path::PathBuf;

/// The address of a broker and its protocol.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Endpoint {
    /// The layers between MQTT and the socket.
    pub protocol: Protocol,
    /// The socket.
    pub address: Address,
}

/// The layers between MQTT and the socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Protocol {
    /// Nothing: `mqtt://`.
    #[default]
    Mqtt,
    /// TLS: `mqtts://`.
    Mqtts,
    /// WebSocket: `ws://`.
    Ws,
    /// WebSocket over TLS: `wss://`.
    Wss,
    /// QUIC: `quic://`, in a build with the cargo feature `quic`.
    Quic,
}

/// The socket that a broker listens on.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Address {
    /// TCP.
    Host {
        /// A name, or an IPv4 or IPv6 address without brackets.
        host: String,
        /// The port.
        port: u16,
    },
    /// The path of a Unix socket.
    Unix(PathBuf),
}

impl Endpoint {
    /// A protocol over TCP.
    pub fn new(protocol: Protocol, host: impl Into<String>, port: u16) -> Self {
        Self { protocol, address: Address::Host { host: host.into(), port } }
    }

    /// Plain MQTT over TCP.
    pub fn tcp(host: impl Into<String>, port: u16) -> Self {
        Self::new(Protocol::Mqtt, host, port)
    }

    /// Plain MQTT over a Unix socket.
    pub fn unix(path: impl Into<PathBuf>) -> Self {
        Self { protocol: Protocol::Mqtt, address: Address::Unix(path.into()) }
    }
}

impl Address {
    /// The host without its port; of a Unix socket, which has none, `localhost`.
    pub fn host(&self) -> &str {
        match self {
            Self::Host { host, .. } => host,
            Self::Unix(_) => "localhost",
        }
    }

    /// The port; a Unix socket has none.
    pub fn port(&self) -> Option<u16> {
        match self {
            Self::Host { port, .. } => Some(*port),
            Self::Unix(_) => None,
        }
    }
}

impl Protocol {
    /// All of them, in the order of the help text.
    pub const ALL: [Self; 5] = [Self::Mqtt, Self::Mqtts, Self::Ws, Self::Wss, Self::Quic];

    /// The name, which is also the scheme of a URL.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Mqtt => "mqtt",
            Self::Mqtts => "mqtts",
            Self::Ws => "ws",
            Self::Wss => "wss",
            Self::Quic => "quic",
        }
    }

    /// Other names for it.
    pub const fn aliases(self) -> &'static [&'static str] {
        match self {
            Self::Mqtt => &["tcp"],
            Self::Mqtts => &["ssl", "tls"],
            Self::Ws | Self::Wss | Self::Quic => &[],
        }
    }

    /// The one of that name, in lower case.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|protocol| protocol.name() == name || protocol.aliases().contains(&name))
    }

    /// The default port of this protocol.
    pub const fn default_port(self) -> u16 {
        match self {
            Self::Mqtt => 1883,
            Self::Mqtts => 8883,
            Self::Ws => 8083,
            Self::Wss => 8084,
            Self::Quic => 14567,
        }
    }

    /// Whether it uses TLS.
    pub const fn is_secure(self) -> bool {
        matches!(self, Self::Mqtts | Self::Wss | Self::Quic)
    }

    /// Whether it uses WebSocket.
    pub const fn is_websocket(self) -> bool {
        matches!(self, Self::Ws | Self::Wss)
    }
}

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl fmt::Display for Address {
    /// As people write it: `host:port`, `[::1]:port` or a path.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Host { host, port } if host.contains(':') => write!(f, "[{host}]:{port}"),
            Self::Host { host, port } => write!(f, "{host}:{port}"),
            Self::Unix(path) => path.display().fmt(f),
        }
    }
}

impl fmt::Display for Endpoint {
    /// As a URL: `mqtt://host:port`, `unix:///path`, `mqtts+unix:///path`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.address {
            Address::Host { .. } => write!(f, "{}://{}", self.protocol, self.address),
            Address::Unix(_) if self.protocol == Protocol::Mqtt => write!(f, "unix://{}", self.address),
            Address::Unix(_) => write!(f, "{}+unix://{}", self.protocol, self.address),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shows_an_endpoint_as_people_write_it() {
        assert_eq!(Endpoint::tcp("broker.example", 1883).to_string(), "mqtt://broker.example:1883");
        assert_eq!(Endpoint::tcp("::1", 1884).to_string(), "mqtt://[::1]:1884");
        assert_eq!(Endpoint::unix("/run/mqtt.sock").to_string(), "unix:///run/mqtt.sock");
    }
}
