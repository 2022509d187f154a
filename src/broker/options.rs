use std::collections::BTreeMap;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;

use super::core::Limits;
use crate::mqtt::SharedStrategy;
use crate::transport::TlsIdentity;

/// What an embedded broker is started with.
#[derive(Clone, PartialEq, Eq)]
pub struct BrokerOptions {
    /// The address to listen on; loopback unless another is named, as there is perhaps no password.
    pub bind: IpAddr,
    /// The TCP port; 0 takes a free one.
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
    /// What TLS shows; `None` makes an authority and a certificate for this run.
    pub certificate: Option<TlsIdentity>,
    /// With TLS, let only clients in whose certificate one of these authorities signed.
    pub client_ca: Option<PathBuf>,
    /// Who may connect: passwords by user name. Nobody in here means that everybody may, under any name.
    pub users: BTreeMap<String, String>,
    /// A file of more of them: mosquitto's password file, or with plain passwords.
    pub user_file: Option<PathBuf>,
    /// Who may publish and subscribe to what, in mosquitto's syntax; `None`: everybody everything.
    pub acl_file: Option<PathBuf>,
    /// Whether clients without a user name are let in where there are no users.
    pub anonymous: bool,
    /// Which member of a shared subscription gets a message.
    pub shared_strategy: SharedStrategy,
    /// What is allowed.
    pub limits: Limits,
    /// For what is left to chance; `None` takes another each time.
    pub seed: Option<u64>,
    /// What goes wrong, a rule each.
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
