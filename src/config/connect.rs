use std::time::Duration;

use crate::session::ConnectOptions;
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
    /// What CONNECT says.
    pub session: ConnectOptions,
}

/// What happens when the connection is lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReconnectSettings {
    /// The wait before the first attempt; the next ones take longer.
    pub first_delay: Duration,
    /// How many attempts before giving up; 0 does not reconnect.
    pub maximum_attempts: u32,
}
