use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use crate::cli::value::{self, Secret};
use crate::mqtt::Version;
use crate::transport::Protocol;

/// The broker, and the identity to connect with.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Connection")]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of the command line")]
pub struct ConnectionArgs {
    /// Host name or address of the broker
    #[arg(short = 'h', long, alias = "host", value_name = "HOST", default_value = "localhost")]
    pub hostname: String,
    /// Port [default: by protocol 1883, 8883, 8083 or 8084]
    #[arg(short, long, value_name = "PORT", value_parser = value::port)]
    pub port: Option<u16>,
    /// mqtt, mqtts, ws or wss; a TLS option implies mqtts
    #[arg(short = 'l', long, value_name = "PROTOCOL", hide_possible_values = true, default_value = "mqtt")]
    pub protocol: Protocol,
    /// Address in one piece
    #[arg(long, value_name = "URL", help = "All in one, for example mqtts://user:pass@host:8883/topic")]
    pub url: Option<Secret>,
    /// Connect to a Unix socket instead of a host and port
    #[arg(long, value_name = "PATH")]
    pub unix: Option<PathBuf>,
    /// Start a broker in this program and connect to it
    #[arg(long)]
    pub embedded: bool,
    /// Client identifier [default: random]
    #[arg(short = 'i', long, value_name = "ID")]
    pub client_id: Option<String>,
    /// User name
    #[arg(short, long, value_name = "NAME", allow_hyphen_values = true)]
    pub username: Option<String>,
    /// Password; - reads it from stdin
    #[arg(short = 'P', long, value_name = "PASSWORD", allow_hyphen_values = true)]
    pub password: Option<Secret>,
    /// File whose first line is the password
    #[arg(long, value_name = "PATH")]
    pub password_file: Option<PathBuf>,
    /// Prompt for the password on the terminal
    #[arg(long)]
    pub ask_password: bool,
    /// Environment variable that holds the password
    #[arg(long, value_name = "NAME")]
    pub password_env: Option<String>,
    /// MQTT version: 5.0, 3.1.1 or 3.1
    #[arg(short = 'V', long, value_name = "VERSION", default_value = "5.0")]
    pub mqtt_version: Version,
    /// Resume the stored session and keep it; needs --client-id
    #[arg(long)]
    pub no_clean: bool,
    /// Keep Alive interval; 0 disables it
    #[arg(short = 'k', long, value_name = "SEC", default_value = "30", value_parser = value::whole_seconds_u16)]
    pub keepalive: u16,
    /// Time limit for one attempt to connect; 0 disables it
    #[arg(long, value_name = "SEC", default_value = "10", value_parser = value::seconds)]
    pub connect_timeout: Duration,
    /// Initial reconnect delay, doubled each time; 0 disables reconnecting
    #[arg(long, value_name = "MS", default_value = "1000", value_parser = value::milliseconds)]
    pub reconnect_period: Duration,
    /// Give up after N attempts in one outage
    #[arg(
        long,
        alias = "maximun-reconnect-times",
        value_name = "N",
        default_value = "10",
        value_parser = value::any_u32,
    )]
    pub maximum_reconnect_times: u32,
    /// Follow a redirect to another broker
    #[arg(long)]
    pub follow_redirect: bool,
    /// SCRAM-SHA-1, SCRAM-SHA-256 or SCRAM-SHA-512
    #[arg(long, value_name = "NAME")]
    pub authentication_method: Option<String>,
    /// Authenticate again at this interval, on the same connection
    #[arg(long, value_name = "SEC", value_parser = value::seconds)]
    pub reauthenticate_every: Option<Duration>,
}
