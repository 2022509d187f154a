use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};

use crate::cli::value::{self, Secret};
use crate::mqtt::Version;

/// Where to, and as whom.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Connection")]
pub struct ConnectionArgs {
    /// Name or address of the broker
    #[arg(short = 'h', long, alias = "host", value_name = "HOST", default_value = "localhost")]
    pub hostname: String,
    /// Port [default: 1883; mqtts 8883, ws 8083, wss 8084]
    #[arg(short, long, value_name = "PORT", value_parser = value::port)]
    pub port: Option<u16>,
    /// Protocol under MQTT
    #[arg(short = 'l', long, value_name = "PROTOCOL", default_value = "mqtt")]
    pub protocol: Protocol,
    /// All in one
    #[arg(long, value_name = "URL", help = "All in one, as in mqtts://user:password@host:8883/topic")]
    pub url: Option<String>,
    /// Unix socket instead of host and port
    #[arg(long, value_name = "PATH")]
    pub unix: Option<PathBuf>,
    /// Start a broker in this program and connect to it
    #[arg(long)]
    pub embedded: bool,
    /// Client identifier [default: mqttx_ and 8 hexadecimal digits]
    #[arg(short = 'i', long, value_name = "ID")]
    pub client_id: Option<String>,
    /// User name
    #[arg(short, long, value_name = "NAME", allow_hyphen_values = true)]
    pub username: Option<String>,
    /// Password; `-` reads it from stdin
    #[arg(short = 'P', long, value_name = "PASSWORD", allow_hyphen_values = true)]
    pub password: Option<Secret>,
    /// File whose first line is the password
    #[arg(long, value_name = "PATH")]
    pub password_file: Option<PathBuf>,
    /// Environment variable that holds the password
    #[arg(long, value_name = "NAME")]
    pub password_env: Option<String>,
    /// MQTT version: 5.0, 3.1.1 or 3.1
    #[arg(short = 'V', long, value_name = "VERSION", default_value = "5.0")]
    pub mqtt_version: Version,
    /// Keep the session: Clean Start off (in 5.0 it then never expires, unless -se says so)
    #[arg(long)]
    pub no_clean: bool,
    /// Keep Alive, seconds or a duration; 0 = off
    #[arg(short = 'k', long, value_name = "DURATION", default_value = "30", value_parser = value::whole_seconds_u16)]
    pub keepalive: u16,
    /// How long one attempt to connect may take, seconds or a duration
    #[arg(long, value_name = "DURATION", default_value = "10", value_parser = value::seconds)]
    pub connect_timeout: Duration,
    /// -rp: first wait before reconnecting, milliseconds or a duration; 0 = do not
    #[arg(long, value_name = "DURATION", default_value = "1000", value_parser = value::milliseconds)]
    pub reconnect_period: Duration,
    /// How often to reconnect before giving up; 0 = never
    #[arg(long, alias = "maximun-reconnect-times", value_name = "N", default_value = "10", value_parser = value::any_u32)]
    pub maximum_reconnect_times: u32,
    /// -am: enhanced authentication: SCRAM-SHA-1, SCRAM-SHA-256 or SCRAM-SHA-512
    #[arg(long, value_name = "METHOD")]
    pub authentication_method: Option<String>,
}

/// What carries MQTT.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, ValueEnum)]
pub enum Protocol {
    /// Plain TCP.
    #[default]
    #[value(alias = "tcp")]
    Mqtt,
    /// TLS.
    #[value(aliases = ["ssl", "tls"])]
    Mqtts,
    /// WebSocket.
    Ws,
    /// WebSocket over TLS.
    Wss,
}
