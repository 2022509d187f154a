use std::time::Duration;

use super::Secret;
use crate::mqtt::{ConnectProperties, Version, Will};
use crate::transport::{Dialer, Endpoint};

/// The session that a command works in: which broker, how it is reached, what CONNECT says.
#[derive(Debug, Clone)]
pub struct ConnectSettings {
    /// Which broker. With [`Self::embedded`], where the embedded one should listen.
    pub endpoint: Endpoint,
    /// Start the embedded broker first.
    pub embedded: bool,
    /// How it is reached, and how long that may take.
    pub dialer: Dialer,
    /// What happens when the connection is lost.
    pub reconnect: ReconnectSettings,
    /// Version of the protocol.
    pub version: Version,
    /// Never empty.
    pub client_id: String,
    /// Clean Start, or Clean Session in 3.1.1.
    pub clean_start: bool,
    /// Seconds; 0 turns it off.
    pub keep_alive: u16,
    /// Who this is.
    pub username: Option<String>,
    /// Who this is, proven.
    pub password: Option<Secret>,
    /// What the broker publishes when the connection is lost.
    pub will: Option<Will>,
    /// Empty in 3.1.1.
    pub properties: ConnectProperties,
}

/// What happens when the connection is lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReconnectSettings {
    /// The wait before the first attempt; the next ones take longer.
    pub first_delay: Duration,
    /// How many attempts before giving up; 0 does not reconnect.
    pub maximum_attempts: u32,
}
