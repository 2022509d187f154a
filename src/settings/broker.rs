use std::ffi::OsString;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

use crate::cli::broker::{AccessArgs, BrokerArgs, LimitArgs, ListenArgs, User};
use crate::cli::value::TraceFormat;
use crate::error::Error;
use crate::mqtt::{QoS, SharedStrategy};
use crate::transport::TlsIdentity;

/// The standard port of MQTT.
const DEFAULT_PORT: u16 = 1883;

/// What `broker` does.
#[derive(Debug, Clone)]
#[cfg_attr(not(feature = "broker"), expect(dead_code, reason = "a build without a broker only checks them"))]
pub(crate) struct BrokerSettings {
    /// Where it listens.
    pub listen: ListenSettings,
    /// Users who may connect; if empty, anyone may.
    pub users: Vec<User>,
    /// A file with more users.
    pub user_file: Option<PathBuf>,
    /// The file of access rules.
    pub acl_file: Option<PathBuf>,
    /// Refuse clients without a user name in any case.
    pub no_anonymous: bool,
    /// Its limits.
    pub limits: LimitSettings,
    /// Which member of a shared subscription gets a message.
    pub shared_strategy: SharedStrategy,
    /// The faults, as written.
    pub faults: Vec<String>,
    /// The seed of random choices.
    pub seed: Option<u64>,
    /// Take faults from messages.
    pub control: bool,
    /// Show each packet.
    pub trace: Option<TraceFormat>,
    /// Where to serve metrics.
    pub prometheus: Option<SocketAddr>,
    /// The command to run, with its arguments; `None` runs it until a signal.
    pub command: Option<(OsString, Vec<OsString>)>,
}

/// Where a broker listens.
#[derive(Debug, Clone)]
#[cfg_attr(not(feature = "broker"), expect(dead_code, reason = "a build without a broker only checks them"))]
pub(crate) struct ListenSettings {
    /// The address.
    pub bind: IpAddr,
    /// The TCP port; 0 picks a free one.
    pub port: u16,
    /// The TLS port, 0 for a free one; `None` for no TLS.
    pub tls_port: Option<u16>,
    /// The WebSocket port, 0 for a free one; `None` for no WebSocket.
    pub websocket_port: Option<u16>,
    /// The port for secure WebSocket.
    pub secure_websocket_port: Option<u16>,
    /// The path of a WebSocket.
    pub websocket_path: String,
    /// A Unix socket.
    pub unix: Option<PathBuf>,
    /// The certificate for TLS; `None`: a generated one.
    pub certificate: Option<TlsIdentity>,
    /// Authorities of clients.
    pub client_ca: Option<PathBuf>,
}

/// The limits of a broker; `None` keeps its default.
#[derive(Debug, Clone)]
#[expect(clippy::struct_excessive_bools, reason = "each is a limit of its own")]
#[cfg_attr(not(feature = "broker"), expect(dead_code, reason = "a build without a broker only checks them"))]
pub(crate) struct LimitSettings {
    /// The highest `QoS`.
    pub maximum_qos: QoS,
    /// Whether messages may be retained.
    pub retain: bool,
    /// Unacknowledged messages of a client.
    pub receive_maximum: Option<u16>,
    /// Bytes of a packet.
    pub maximum_packet_size: Option<u32>,
    /// Topic aliases of a client.
    pub topic_alias_maximum: Option<u16>,
    /// Keep Alive instead of the client's.
    pub server_keep_alive: Option<u16>,
    /// Most clients connected at a time.
    pub max_connections: Option<usize>,
    /// Longest time to keep a session, in seconds.
    pub session_expiry_maximum: Option<u32>,
    /// Whether filters may have wildcards.
    pub wildcard: bool,
    /// Whether there are shared subscriptions.
    pub shared: bool,
    /// Whether there are Subscription Identifiers.
    pub subscription_identifiers: bool,
    /// Whether a client without an identifier gets one.
    pub assigned_client_id: bool,
    /// Messages that wait for one subscriber.
    pub max_queued: Option<usize>,
    /// Bytes of these.
    pub max_queued_bytes: Option<usize>,
    /// Messages that wait for their time.
    pub max_delayed: Option<usize>,
}

impl BrokerSettings {
    /// Settles every option of `broker`.
    ///
    /// # Errors
    ///
    /// Options of TLS or WebSocket without a port for it, or a duplicate user.
    pub(crate) fn resolve(arguments: &BrokerArgs) -> Result<Self, Error> {
        let command = arguments.command.split_first().map(|(name, rest)| (name.clone(), rest.to_vec()));
        // With a command, a free port, so that scripts that run at the same time never collide.
        let default_port = if command.is_some() { 0 } else { DEFAULT_PORT };
        let AccessArgs { users, user_file, acl_file, no_anonymous } = arguments.access.clone();
        for (place, user) in users.iter().enumerate() {
            if users[..place].iter().any(|earlier| earlier.name == user.name) {
                let refused = Error::usage(format!("--user: `{}` is given twice: a user has one password", user.name));
                return Err(refused);
            }
        }
        Ok(Self {
            listen: listen(&arguments.listen, default_port)?,
            users,
            user_file,
            acl_file,
            no_anonymous,
            limits: limits(&arguments.limits),
            shared_strategy: arguments.limits.shared_strategy,
            faults: arguments.faults.faults.clone(),
            seed: arguments.faults.seed,
            control: arguments.faults.control,
            trace: arguments.trace.trace,
            prometheus: arguments.prometheus,
            command,
        })
    }
}

fn listen(arguments: &ListenArgs, default_port: u16) -> Result<ListenSettings, Error> {
    let has_tls = arguments.tls_port.is_some() || arguments.wss_port.is_some();
    for (flag, given) in [("--cert", arguments.cert.is_some()), ("--client-ca", arguments.client_ca.is_some())] {
        if given && !has_tls {
            let refused = Error::usage(format!("{flag} is for TLS, but the broker does not listen for TLS"));
            return Err(refused.with_hint("add --tls-port 8883, or --wss-port 8084 for secure WebSocket"));
        }
    }
    let certificate = match (&arguments.cert, &arguments.key) {
        (Some(certificate), Some(key)) => {
            Some(TlsIdentity { certificate: certificate.clone(), key: key.clone(), key_password: None })
        }
        _ => None,
    };
    Ok(ListenSettings {
        bind: arguments.bind,
        port: arguments.port.unwrap_or(default_port),
        tls_port: arguments.tls_port,
        websocket_port: arguments.ws_port,
        secure_websocket_port: arguments.wss_port,
        websocket_path: arguments.ws_path.clone(),
        unix: arguments.unix.clone(),
        certificate,
        client_ca: arguments.client_ca.clone(),
    })
}

fn limits(arguments: &LimitArgs) -> LimitSettings {
    // More than memory can hold means no limit.
    let count = |count: Option<u64>| count.map(|count| usize::try_from(count).unwrap_or(usize::MAX));
    LimitSettings {
        maximum_qos: arguments.maximum_qos,
        retain: !arguments.no_retain,
        receive_maximum: arguments.receive_maximum,
        maximum_packet_size: arguments.maximum_packet_size,
        topic_alias_maximum: arguments.topic_alias_maximum,
        server_keep_alive: arguments.server_keep_alive,
        max_connections: count(arguments.max_connections),
        session_expiry_maximum: arguments.session_expiry_maximum,
        wildcard: !arguments.no_wildcard,
        shared: !arguments.no_shared,
        subscription_identifiers: !arguments.no_subscription_identifiers,
        assigned_client_id: !arguments.no_assigned_client_id,
        max_queued: count(arguments.max_queued),
        max_queued_bytes: count(arguments.max_queued_bytes),
        max_delayed: count(arguments.max_delayed),
    }
}
