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
Its addresses are on stdout, clients that come and go on stderr (not with --quiet).

Examples:
  mqttx-rs broker
  mqttx-rs broker --tls-port 8883
  mqttx-rs broker --user car:s3cret --acl-file acl --no-anonymous
  mqttx-rs broker --maximum-qos 1 --receive-maximum 2 -- ./test-my-client
  mqttx-rs broker --fault 'drop puback 10%' --seed 7 -- ./test-my-client

Faults, of whole packets; PACKET is puback, publish, connack and so on:
  drop PACKET              duplicate PACKET        corrupt PACKET
  delay PACKET TIME        reorder PACKET COUNT    refuse PACKET REASON
  close after PACKET [N]   stall TIME every TIME   fragment BYTES
After a rule, to narrow it: 10%, every 3rd, first 5, after 5, from client, to client, for CLIENT*
Without a direction a rule is about packets to the client; refuse about those from it, close and stall about both.
MQTT 3.1.1 cannot refuse a publish: there `refuse publish` closes the connection.";

/// `mqttx-rs broker`.
#[derive(Debug, Clone, Args)]
#[command(after_help = EXAMPLES)]
pub struct BrokerArgs {
    /// Where it listens.
    #[command(flatten)]
    pub listen: ListenArgs,
    /// Who may do what.
    #[command(flatten)]
    pub access: AccessArgs,
    /// What it allows.
    #[command(flatten)]
    pub limits: LimitArgs,
    /// What it does wrong.
    #[command(flatten)]
    pub faults: FaultArgs,
    /// What crosses the wire.
    #[command(flatten)]
    pub trace: TraceArgs,
    /// Offer the figures to Prometheus, as in 127.0.0.1:9464
    #[arg(long, value_name = "ADDRESS:PORT", help_heading = "Diagnosis", value_parser = figures_address)]
    pub prometheus: Option<SocketAddr>,
    /// What to run around
    #[arg(
        last = true,
        value_name = "COMMAND",
        help = "Command to run with MQTTX_HOST and MQTTX_PORT set to the broker; its exit code is the program's"
    )]
    pub command: Vec<OsString>,
}

/// Where it listens.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Listeners")]
pub struct ListenArgs {
    /// Port; 0 takes a free one [default: 1883, or 0 around a command]
    #[arg(short, long, value_name = "PORT", value_parser = value::any_u16)]
    pub port: Option<u16>,
    /// Address to listen on; 0.0.0.0 for all of this machine's
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1", value_parser = own_address)]
    pub bind: IpAddr,
    /// Port for MQTT over TLS; 0 takes a free one [default: no TLS]
    #[arg(long, value_name = "PORT", value_parser = value::any_u16)]
    pub tls_port: Option<u16>,
    /// Port for MQTT over WebSocket; 0 takes a free one [default: no WebSocket]
    #[arg(long, value_name = "PORT", value_parser = value::any_u16)]
    pub ws_port: Option<u16>,
    /// Port for MQTT over secure WebSocket; 0 takes a free one
    #[arg(long, value_name = "PORT", value_parser = value::any_u16)]
    pub wss_port: Option<u16>,
    /// Path of the WebSocket
    #[arg(long, value_name = "PATH", default_value = "/mqtt", value_parser = websocket_path)]
    pub ws_path: String,
    /// Unix socket to make and listen on too
    #[arg(long, value_name = "PATH")]
    pub unix: Option<PathBuf>,
    /// Certificate for TLS [default: a temporary one; the path of its CA is printed]
    #[arg(long, value_name = "PATH", requires = "key")]
    pub cert: Option<PathBuf>,
    /// The certificate's key
    #[arg(long, value_name = "PATH", requires = "cert")]
    pub key: Option<PathBuf>,
    /// Authorities of clients: with TLS, only clients with a certificate from one of them are let in
    #[arg(long, value_name = "PATH")]
    pub client_ca: Option<PathBuf>,
}

/// Who may do what.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Access")]
pub struct AccessArgs {
    /// Who may connect, once for each; without any, everybody may
    #[arg(long = "user", value_name = "NAME:PASSWORD")]
    pub users: Vec<User>,
    /// File of users, a line each: NAME:PASSWORD, or a hash by mosquitto's tool, which cannot serve SCRAM
    #[arg(long, value_name = "PATH")]
    pub user_file: Option<PathBuf>,
    /// Who may publish and subscribe to what, in mosquitto's syntax: user, topic, pattern
    #[arg(long, value_name = "PATH")]
    pub acl_file: Option<PathBuf>,
    /// Refuse clients without a user name, also where no user is named
    #[arg(long)]
    pub no_anonymous: bool,
}

/// What it allows. What CONNACK of MQTT 5.0 can announce, it announces.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Limits")]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own on the command line")]
pub struct LimitArgs {
    /// Highest QoS
    #[arg(long, value_name = "QOS", default_value = "2")]
    pub maximum_qos: QoS,
    /// No retained messages
    #[arg(long)]
    pub no_retain: bool,
    /// Unacknowledged messages that a client may have [default: 65535]
    #[arg(long, value_name = "N", value_parser = value::positive_u16)]
    pub receive_maximum: Option<u16>,
    /// Largest packet to accept [default: 64 MiB]
    #[arg(long, value_name = "BYTES", value_parser = value::positive_u32)]
    pub maximum_packet_size: Option<u32>,
    /// Topic aliases of a client, either way [default: 32]
    #[arg(long, value_name = "N", value_parser = value::any_u16)]
    pub topic_alias_maximum: Option<u16>,
    /// Keep Alive instead of the client's; 0 for none
    #[arg(long, value_name = "SEC", value_parser = value::whole_seconds_u16)]
    pub server_keep_alive: Option<u16>,
    /// Clients at a time
    #[arg(long, value_name = "N", value_parser = value::count)]
    pub max_connections: Option<u64>,
    /// Longest that a session is kept
    #[arg(long, value_name = "SEC", value_parser = value::whole_seconds_u32)]
    pub session_expiry_maximum: Option<u32>,
    /// No wildcards in filters
    #[arg(long)]
    pub no_wildcard: bool,
    /// No shared subscriptions
    #[arg(long)]
    pub no_shared: bool,
    /// No Subscription Identifiers
    #[arg(long)]
    pub no_subscription_identifiers: bool,
    /// Refuse clients without an identifier instead of assigning one
    #[arg(long)]
    pub no_assigned_client_id: bool,
    /// Messages that wait for one subscriber [default: 2000000]
    #[arg(long, value_name = "N", value_parser = value::count)]
    pub max_queued: Option<u64>,
    /// Bytes that wait for one subscriber; a message beyond it is dropped, in 5.0 with 0x97 [default: 256 MiB]
    #[arg(long, value_name = "BYTES", value_parser = value::count)]
    pub max_queued_bytes: Option<u64>,
    /// Messages to $delayed/ that wait for their time [default: 1000000]
    #[arg(long, value_name = "N", value_parser = value::count)]
    pub max_delayed: Option<u64>,
    /// Which member of a shared subscription gets a message
    #[arg(long, value_name = "STRATEGY", default_value = "random")]
    pub shared_strategy: SharedStrategy,
}

/// What it does wrong, to test clients.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Faults")]
pub struct FaultArgs {
    /// Do something wrong, as in 'drop puback 10%'; repeat it for several
    #[arg(long = "fault", value_name = "RULE")]
    pub faults: Vec<String>,
    /// Make what is left to chance the same in each run
    #[arg(long, value_name = "N", value_parser = seed)]
    pub seed: Option<u64>,
    /// Take other faults, a rule a line, by a message to $control/faults
    #[arg(long)]
    pub control: bool,
}

/// Somebody who may connect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// The user name, without a colon.
    pub name: String,
    /// The password.
    pub password: Secret,
}

/// What is no user; it does not repeat the text, which may hold a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a user is NAME:PASSWORD, as in alice:secret")]
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

/// What the path of a WebSocket cannot be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not the path of a URL: it begins with / and has no space, ? or #")]
pub(crate) struct InvalidPath(String);

fn websocket_path(text: &str) -> Result<String, InvalidPath> {
    let is_path = text.starts_with('/') && text.bytes().all(|byte| byte.is_ascii_graphic() && !b"?#".contains(&byte));
    if is_path { Ok(text.to_owned()) } else { Err(InvalidPath(text.to_owned())) }
}

/// What cannot be listened on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not an IP address of this machine, such as 127.0.0.1 or ::1, or 0.0.0.0 for all, or localhost")]
pub(crate) struct InvalidAddress(String);

fn own_address(text: &str) -> Result<IpAddr, InvalidAddress> {
    if text.eq_ignore_ascii_case("localhost") {
        return Ok(Ipv4Addr::LOCALHOST.into());
    }
    text.parse().map_err(|_| InvalidAddress(text.to_owned()))
}

/// Where no figures can be offered.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not an IP address with a port, such as 127.0.0.1:9464, or a port alone")]
pub(crate) struct InvalidFiguresAddress(String);

fn figures_address(text: &str) -> Result<SocketAddr, InvalidFiguresAddress> {
    let port_of = |text: &str| text.parse().ok().map(|port: u16| SocketAddr::from((Ipv4Addr::LOCALHOST, port)));
    let local = port_of(text).or_else(|| port_of(text.strip_prefix("localhost:")?));
    local.or_else(|| text.parse().ok()).ok_or_else(|| InvalidFiguresAddress(text.to_owned()))
}

/// What is not a seed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a whole number from 0 to 18446744073709551615")]
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
