use std::collections::BTreeMap;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;

use super::core::Limits;
use crate::mqtt::SharedStrategy;
use crate::transport::TlsIdentity;

/// The options of an embedded broker.
#[derive(Clone, PartialEq, Eq)]
pub struct BrokerOptions {
    /// The address to listen on; loopback by default, as there may be no password.
    pub bind: IpAddr,
    /// The TCP port; 0 picks a free one.
    pub port: u16,
    /// The port for TLS, 0 for a free one; `None` for no TLS.
    pub tls_port: Option<u16>,
    /// The port for WebSocket, 0 for a free one; `None` for no WebSocket.
    pub websocket_port: Option<u16>,
    /// The port for secure WebSocket, 0 for a free one; `None` for none.
    pub secure_websocket_port: Option<u16>,
    /// The path of a WebSocket.
    pub websocket_path: String,
    /// A Unix socket to listen on besides.
    pub unix: Option<PathBuf>,
    /// The certificate for TLS; `None` creates an authority and a certificate for this run.
    pub certificate: Option<TlsIdentity>,
    /// With TLS, accept only clients with a certificate signed by one of these authorities.
    pub client_ca: Option<PathBuf>,
    /// Who may connect: passwords by user name. If empty, any client may, with any name.
    pub users: BTreeMap<String, String>,
    /// A file with more users: mosquitto's password file, or with plain passwords.
    pub user_file: Option<PathBuf>,
    /// Access rules in mosquitto's syntax; `None`: everything is allowed.
    pub acl_file: Option<PathBuf>,
    /// Whether clients without a user name are accepted if there are no users.
    pub anonymous: bool,
    /// Which member of a shared subscription gets a message.
    pub shared_strategy: SharedStrategy,
    /// The limits.
    pub limits: Limits,
    /// The seed of random choices; `None` takes another each time.
    pub seed: Option<u64>,
    /// The faults, one rule each.
    pub faults: Vec<String>,
    /// Messages to `$control/faults` set other faults.
    pub control: bool,
}

impl Default for BrokerOptions {
    fn default() -> Self {
        Self {
            bind: IpAddr::V4(Ipv4Addr::LOCALHOST),
            port: 0,
            tls_port: None,
            websocket_port: None,
            secure_websocket_port: None,
            websocket_path: "/mqtt".to_owned(),
            unix: None,
            certificate: None,
            client_ca: None,
            users: BTreeMap::new(),
            user_file: None,
            acl_file: None,
            anonymous: true,
            shared_strategy: SharedStrategy::default(),
            limits: Limits::default(),
            seed: None,
            faults: Vec::new(),
            control: false,
        }
    }
}

impl fmt::Debug for BrokerOptions {
    /// Where it listens, without the passwords.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BrokerOptions")
            .field("bind", &self.bind)
            .field("port", &self.port)
            .field("tls_port", &self.tls_port)
            .field("websocket_port", &self.websocket_port)
            .field("secure_websocket_port", &self.secure_websocket_port)
            .field("unix", &self.unix)
            .field("users", &self.users.keys())
            .field("shared_strategy", &self.shared_strategy)
            .field("limits", &self.limits)
            .field("faults", &self.faults)
            .finish_non_exhaustive()
    }
}
