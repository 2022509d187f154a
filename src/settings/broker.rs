use std::ffi::OsString;
use std::net::IpAddr;

use crate::cli::broker::{BrokerArgs, User};
use crate::mqtt::SharedStrategy;

/// The port that MQTT is known by.
const DEFAULT_PORT: u16 = 1883;

/// What `broker` does.
#[derive(Debug, Clone)]
#[cfg_attr(not(feature = "broker"), expect(dead_code, reason = "a build without a broker only checks them"))]
pub(crate) struct BrokerSettings {
    /// Where it listens.
    pub bind: IpAddr,
    /// The TCP port; 0 takes a free one.
    pub port: u16,
    /// The WebSocket port, 0 for a free one; `None` for no WebSocket.
    pub websocket_port: Option<u16>,
    /// Who may connect; nobody in here means everybody.
    pub users: Vec<User>,
    /// Which member of a shared subscription gets a message.
    pub shared_strategy: SharedStrategy,
    /// The command to run it around, with its arguments; `None` runs it until a signal.
    pub command: Option<(OsString, Vec<OsString>)>,
}

impl BrokerSettings {
    /// Settles every option of `broker`.
    pub(crate) fn resolve(arguments: &BrokerArgs) -> Self {
        let command = arguments.command.split_first().map(|(name, rest)| (name.clone(), rest.to_vec()));
        // Around a command a free port, so that scripts that run at the same time never clash.
        let default_port = if command.is_some() { 0 } else { DEFAULT_PORT };
        Self {
            bind: arguments.bind,
            port: arguments.port.unwrap_or(default_port),
            websocket_port: arguments.ws_port,
            users: arguments.users.clone(),
            shared_strategy: arguments.shared_strategy,
            command,
        }
    }
}
