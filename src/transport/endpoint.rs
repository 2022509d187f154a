use std::fmt;
use std::path::PathBuf;

/// Where a broker is and how it is spoken to.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Endpoint {
    /// What lies between MQTT and the socket.
    pub protocol: Protocol,
    /// The socket.
    pub address: Address,
}

/// What lies between MQTT and the socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Protocol {
    /// Nothing: `mqtt://`.
    #[default]
    Mqtt,
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
    /// Plain MQTT over TCP.
    pub fn tcp(host: impl Into<String>, port: u16) -> Self {
        Self { protocol: Protocol::Mqtt, address: Address::Host { host: host.into(), port } }
    }

    /// Plain MQTT over a Unix socket.
    pub fn unix(path: impl Into<PathBuf>) -> Self {
        Self { protocol: Protocol::Mqtt, address: Address::Unix(path.into()) }
    }
}

impl Protocol {
    /// The port of a broker that speaks this protocol, unless it says otherwise.
    pub const fn default_port(self) -> u16 {
        match self {
            Self::Mqtt => 1883,
        }
    }
}

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Mqtt => "mqtt",
        })
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
    /// As a URL: `mqtt://host:port`, `mqtt+unix:///path`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.address {
            Address::Host { .. } => write!(f, "{}://{}", self.protocol, self.address),
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
        assert_eq!(Endpoint::unix("/run/mqtt.sock").to_string(), "mqtt+unix:///run/mqtt.sock");
    }
}
