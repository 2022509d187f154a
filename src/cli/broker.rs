//! `mqttx-rs broker`: run a broker.

use std::ffi::OsString;
use std::net::IpAddr;
use std::str::FromStr;

use clap::Args;

use super::value::{self, Secret};
use crate::mqtt::SharedStrategy;

/// `mqttx-rs broker`.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Broker")]
pub struct BrokerArgs {
    /// Port; 0 takes a free one [default: 1883, or 0 around a command]
    #[arg(short, long, value_name = "PORT", value_parser = value::any_u16)]
    pub port: Option<u16>,
    /// Address to listen on; 0.0.0.0 for all of this machine's
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1")]
    pub bind: IpAddr,
    /// Port for MQTT over WebSocket; 0 takes a free one [default: no WebSocket]
    #[arg(long, value_name = "PORT", value_parser = value::any_u16)]
    pub ws_port: Option<u16>,
    /// Who may connect, once for each; without any, everybody may
    #[arg(long = "user", value_name = "NAME:PASSWORD")]
    pub users: Vec<User>,
    /// Which member of a shared subscription gets a message
    #[arg(long, value_name = "STRATEGY", default_value = "random")]
    pub shared_strategy: SharedStrategy,
    /// What to run around
    #[arg(
        last = true,
        value_name = "COMMAND",
        help = "Command to run with MQTTX_HOST and MQTTX_PORT set to the broker; its exit code is the program's"
    )]
    pub command: Vec<OsString>,
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

#[cfg(test)]
mod tests {
    use super::*;

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
