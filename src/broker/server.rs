use std::fmt;
use std::net::SocketAddr;

use super::{BrokerError, BrokerOptions};

/// A running broker. Dropping it stops it.
#[derive(Debug)]
pub struct Broker {
    addresses: Addresses,
}

/// Where a broker listens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Addresses {
    /// For MQTT over TCP.
    pub mqtt: SocketAddr,
    /// For MQTT over WebSocket.
    pub websocket: Option<SocketAddr>,
}

impl Broker {
    /// Starts a broker; when this returns, it accepts connections.
    ///
    /// # Errors
    ///
    /// Says which address is taken, or why it cannot be listened on.
    pub fn start(_options: BrokerOptions) -> Result<Self, BrokerError> {
        unimplemented!()
    }

    /// Where it listens, with the ports that were picked.
    pub fn addresses(&self) -> Addresses {
        self.addresses
    }

    /// Stops it and waits until its connections are closed and its threads are gone, which takes milliseconds.
    pub fn stop(self) {}
}

impl fmt::Display for Addresses {
    /// One URL a line.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "mqtt://{}", self.mqtt)?;
        match self.websocket {
            Some(websocket) => write!(f, "\nws://{websocket}/mqtt"),
            None => Ok(()),
        }
    }
}
