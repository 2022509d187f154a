use std::collections::BTreeMap;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr};

use crate::mqtt::SharedStrategy;

/// What an embedded broker is started with.
#[derive(Clone, PartialEq, Eq)]
pub struct BrokerOptions {
    /// The address to listen on; loopback unless told otherwise, as there is no TLS and perhaps no password.
    pub bind: IpAddr,
    /// The TCP port; 0 takes a free one.
    pub port: u16,
    /// The port for WebSocket, 0 for a free one; `None` for no WebSocket.
    pub websocket_port: Option<u16>,
    /// Who may connect: passwords by user name. Nobody in here means that everybody may, under any name.
    pub users: BTreeMap<String, String>,
    /// Which member of a shared subscription gets a message.
    pub shared_strategy: SharedStrategy,
}

impl Default for BrokerOptions {
    fn default() -> Self {
        Self {
            bind: IpAddr::V4(Ipv4Addr::LOCALHOST),
            port: 0,
            websocket_port: None,
            users: BTreeMap::new(),
            shared_strategy: SharedStrategy::default(),
        }
    }
}

impl fmt::Debug for BrokerOptions {
    /// Without the passwords.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BrokerOptions")
            .field("bind", &self.bind)
            .field("port", &self.port)
            .field("websocket_port", &self.websocket_port)
            .field("users", &self.users.keys())
            .field("shared_strategy", &self.shared_strategy)
            .finish()
    }
}
