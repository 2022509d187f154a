//! `mqttx-rs broker`: run a broker.

use std::ffi::OsString;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::str::FromStr;

use clap::Args;

use super::group::TraceArgs;
use super::value::{self, Secret};
use crate::mqtt::{QoS, SharedStrategy};

const EXAMPLES: &str = "\
The broker prints its addresses on stdout, and on stderr (unless --quiet) which clients connect and disconnect.

Examples:
  mqttx-rs broker
  mqttx-rs broker --tls-port 8883
  mqttx-rs broker --user car:s3cret --acl-file acl --no-anonymous
  mqttx-rs broker --maximum-qos 1 --receive-maximum 2 -- ./test-my-client
  mqttx-rs broker --fault 'drop puback 10%' --seed 7 -- ./test-my-client

Faults apply to whole packets; PACKET is puback, publish, connack and so on:
  drop PACKET              duplicate PACKET        corrupt PACKET
  delay PACKET TIME        reorder PACKET COUNT    refuse PACKET REASON
  close after PACKET [N]   stall TIME every TIME   fragment BYTES
A rule can be narrowed: 10%, every 3rd, first 5, after 5, from client, to client, for CLIENT-ID (* is any text).
Without a direction, a rule applies to packets to the client, refuse to packets from it, close and stall to both.
MQTT 3.1.1 cannot refuse a publish: `refuse publish` closes the connection instead.";

/// `mqttx-rs broker`.
#[derive(Debug, Clone, Args)]
#[command(after_help = EXAMPLES)]
pub struct BrokerArgs {
    /// Listeners.
    #[command(flatten)]
    pub listen: ListenArgs,
    /// Users and their rights.
    #[command(flatten)]
    pub access: AccessArgs,
    /// Limits.
    #[command(flatten)]
    pub limits: LimitArgs,
    /// Faults to inject.
    #[command(flatten)]
    pub faults: FaultArgs,
    /// How packets are logged.
    #[command(flatten)]
    pub trace: TraceArgs,
    /// Serve metrics for Prometheus, for example on 127.0.0.1:9464
    #[arg(long, value_name = "ADDRESS:PORT", help_heading = "Diagnosis", value_parser = figures_address)]
    pub prometheus: Option<SocketAddr>,
    /// Command to run
    #[arg(
        last = true,
        value_name = "COMMAND",
        help = "Command to run with MQTTX_HOST and MQTTX_PORT set to the broker; the program ends with its exit code"
    )]
    pub command: Vec<OsString>,
}

/// Where the broker listens.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Listeners")]
pub struct ListenArgs {
    /// Port; 0 picks a free one [default: 1883, with a command 0]
    #[arg(short, long, value_name = "PORT", value_parser = value::any_u16)]
    pub port: Option<u16>,
    /// Address to listen on; 0.0.0.0 is every address of this machine
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1", value_parser = own_address)]
    pub bind: IpAddr,
    /// Port for MQTT over TLS; 0 picks a free one [default: no TLS]
    #[arg(long, value_name = "PORT", value_parser = value::any_u16)]
    pub tls_port: Option<u16>,
    /// Port for MQTT over WebSocket; 0 picks a free one [default: no WebSocket]
    #[arg(long, value_name = "PORT", value_parser = value::any_u16)]
    pub ws_port: Option<u16>,
    /// Port for MQTT over secure WebSocket; 0 picks a free one
    #[arg(long, value_name = "PORT", value_parser = value::any_u16)]
    pub wss_port: Option<u16>,
    /// Path of the WebSocket endpoint
    #[arg(long, value_name = "PATH", default_value = "/mqtt", value_parser = websocket_path)]
    pub ws_path: String,
    /// Unix socket to create and listen on too
    #[arg(long, value_name = "PATH")]
    pub unix: Option<PathBuf>,
    /// Certificate for TLS [default: a temporary one; the broker prints the path of its CA]
    #[arg(long, value_name = "PATH", requires = "key")]
    pub cert: Option<PathBuf>,
    /// Private key of the certificate
    #[arg(long, value_name = "PATH", requires = "cert")]
    pub key: Option<PathBuf>,
    /// CA certificates for clients: over TLS, accept only clients with a certificate from one of them
    #[arg(long, value_name = "PATH")]
    pub client_ca: Option<PathBuf>,
}

/// Who may connect, and what they may do.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Access")]
pub struct AccessArgs {
    /// User who may connect; repeatable [default: anyone may connect]
    #[arg(long = "user", value_name = "NAME:PASSWORD")]
    pub users: Vec<User>,
    /// File of users, one per line: NAME:PASSWORD, or a hash written by mosquitto, which cannot serve SCRAM
    #[arg(long, value_name = "PATH")]
    pub user_file: Option<PathBuf>,
    /// Access rules for publishing and subscribing, in mosquitto's syntax: user, topic, pattern
    #[arg(long, value_name = "PATH")]
    pub acl_file: Option<PathBuf>,
    /// Refuse clients without a user name, even if no users are defined
    #[arg(long)]
    pub no_anonymous: bool,
}

/// The limits of the broker. Those that CONNACK of MQTT 5.0 can announce, it announces.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Limits")]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own on the command line")]
pub struct LimitArgs {
    /// Highest QoS to accept and grant
    #[arg(long, value_name = "QOS", default_value = "2")]
    pub maximum_qos: QoS,
    /// Refuse retained messages
    #[arg(long)]
    pub no_retain: bool,
    /// QoS 1 and 2 messages a client may send unacknowledged [default: 65535]
    #[arg(long, value_name = "N", value_parser = value::positive_u16)]
    pub receive_maximum: Option<u16>,
    /// Largest packet to accept [default: 64 MiB]
    #[arg(long, value_name = "BYTES", value_parser = value::positive_u32)]
    pub maximum_packet_size: Option<u32>,
    /// Topic aliases per client in either direction [default: 32]
    #[arg(long, value_name = "N", value_parser = value::any_u16)]
    pub topic_alias_maximum: Option<u16>,
    /// Keep Alive to use instead of the client's; 0 disables it
    #[arg(long, value_name = "SEC", value_parser = value::whole_seconds_u16)]
    pub server_keep_alive: Option<u16>,
    /// Maximum number of connected clients
    #[arg(long, value_name = "N", value_parser = value::count)]
    pub max_connections: Option<u64>,
    /// Longest time to keep a session
    #[arg(long, value_name = "SEC", value_parser = value::whole_seconds_u32)]
    pub session_expiry_maximum: Option<u32>,
    /// Refuse wildcards in filters
    #[arg(long)]
    pub no_wildcard: bool,
    /// Refuse shared subscriptions
    #[arg(long)]
    pub no_shared: bool,
    /// Refuse Subscription Identifiers
    #[arg(long)]
    pub no_subscription_identifiers: bool,
    /// Refuse clients without an identifier instead of assigning one
    #[arg(long)]
    pub no_assigned_client_id: bool,
    /// Maximum number of messages queued for one subscriber [default: 2000000]
    #[arg(long, value_name = "N", value_parser = value::count)]
    pub max_queued: Option<u64>,
    /// Maximum number of bytes queued for one subscriber; a message above the limit is dropped, in 5.0 with 0x97 [default: 256 MiB]
    #[arg(long, value_name = "BYTES", value_parser = value::count)]
    pub max_queued_bytes: Option<u64>,
    /// Maximum number of $delayed/ messages waiting to be published [default: 1000000]
    #[arg(long, value_name = "N", value_parser = value::count)]
    pub max_delayed: Option<u64>,
    /// How a member of a shared subscription is chosen for a message
    #[arg(long, value_name = "STRATEGY", default_value = "random")]
    pub shared_strategy: SharedStrategy,
}

/// Faults to inject, to test clients.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Faults")]
pub struct FaultArgs {
    /// Inject a fault, for example 'drop puback 10%'; repeatable
    #[arg(long = "fault", value_name = "RULE")]
    pub faults: Vec<String>,
    /// Seed of the random choices, so that each run makes the same ones
    #[arg(long, value_name = "N", value_parser = seed)]
    pub seed: Option<u64>,
    /// Let clients replace the faults by a message to $control/faults, one rule per line
    #[arg(long)]
    pub control: bool,
}

/// A user who may connect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// The user name, without a colon.
    pub name: String,
    /// The password.
    pub password: Secret,
}

/// The text is not a user; the error does not repeat it, as it may hold a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected NAME:PASSWORD, for example alice:secret")]
pub struct InvalidUser;

impl FromStr for User {
    type Err = InvalidUser;

    fn from_str(text: &str) -> Result<Self, InvalidUser> {
        match text.split_once(':') {
            Some((name, password)) if !name.is_empty() => {
                Ok(Self { name: name.into(), password: Secret::new(password) })
            }
            _ => Err(InvalidUser),
        }
    }
}

/// The text is not the path of a WebSocket.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not the path of a URL: it must begin with / and have no space, ? or #")]
pub(crate) struct InvalidPath(String);

fn websocket_path(text: &str) -> Result<String, InvalidPath> {
    let is_path = text.starts_with('/') && text.bytes().all(|byte| byte.is_ascii_graphic() && !b"?#".contains(&byte));
    if is_path { Ok(text.to_owned()) } else { Err(InvalidPath(text.to_owned())) }
}

/// The text is not an address to listen on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is not an IP address: use localhost, an address of this machine such as 127.0.0.1 or ::1, or 0.0.0.0 for all"
)]
pub(crate) struct InvalidAddress(String);

fn own_address(text: &str) -> Result<IpAddr, InvalidAddress> {
    if text.eq_ignore_ascii_case("localhost") {
        return Ok(Ipv4Addr::LOCALHOST.into());
    }
    text.parse().map_err(|_| InvalidAddress(text.to_owned()))
}

/// The text is not an address to serve metrics on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not an IP address with a port: use for example 127.0.0.1:9464, or a port alone")]
pub(crate) struct InvalidFiguresAddress(String);

fn figures_address(text: &str) -> Result<SocketAddr, InvalidFiguresAddress> {
    let port_of = |text: &str| text.parse().ok().map(|port: u16| SocketAddr::from((Ipv4Addr::LOCALHOST, port)));
    let local = port_of(text).or_else(|| port_of(text.strip_prefix("localhost:")?));
    local.or_else(|| text.parse().ok()).ok_or_else(|| InvalidFiguresAddress(text.to_owned()))
}

/// The text is not a seed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a whole number between 0 and 18446744073709551615")]
pub(crate) struct InvalidSeed(String);

fn seed(text: &str) -> Result<u64, InvalidSeed> {
    text.parse().map_err(|_| InvalidSeed(text.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn localhost_and_a_port_alone_are_this_machine() {
        let local = IpAddr::V4(Ipv4Addr::LOCALHOST);
        assert_eq!(own_address("localhost"), Ok(local));
        assert_eq!(own_address("::1").unwrap().to_string(), "::1");
        let refused = own_address("example.org").unwrap_err().to_string();
        assert!(refused.contains("`example.org`") && refused.contains("0.0.0.0"), "{refused}");
        for text in ["9464", "localhost:9464", "127.0.0.1:9464"] {
            assert_eq!(figures_address(text), Ok(SocketAddr::from((local, 9464))), "{text}");
        }
        let refused = figures_address("9464x").unwrap_err().to_string();
        assert!(refused.contains("`9464x`") && refused.contains("127.0.0.1:9464"), "{refused}");
    }

    #[test]
    fn the_password_of_a_user_may_hold_colons_and_is_not_shown() {
        let user: User = "alice:a:b".parse().unwrap();
        assert_eq!((user.name.as_str(), user.password.expose()), ("alice", "a:b"));
        assert!(!format!("{user:?}").contains("a:b"));
        for text in ["alice", ":secret", ""] {
            assert_eq!(text.parse::<User>(), Err(InvalidUser));
        }
    }
}
