//! The brokers that the promise is tried with.

use std::net::SocketAddr;
use std::sync::Mutex;

use mqttx_rs::mqtt::Version;

use crate::others::Process;
use crate::support::wire::{self, Connect, property};
use crate::support::{Mosquitto, RawClient, Running};

/// A running broker.
#[derive(Debug)]
pub(crate) struct Broker {
    /// Its name, for messages.
    pub(crate) name: &'static str,
    /// What it is known to do wrong; then the program is held to what the broker did, and no account is exact.
    pub(crate) fault: Option<&'static str>,
    address: SocketAddr,
    /// What the test's own clients speak.
    version: Version,
    /// User name and password, where it wants them.
    credentials: Option<(&'static str, &'static str)>,
    _alive: Alive,
}

/// What keeps it running.
#[derive(Debug)]
#[expect(dead_code, reason = "held for their drop")]
enum Alive {
    Mosquitto(Mosquitto),
    Embedded(Mutex<Running>),
    Process(Process),
}

impl Broker {
    /// A mosquitto with these lines in its configuration, where it is installed.
    pub(crate) fn mosquitto(configuration: &str) -> Option<Self> {
        let running = Mosquitto::start(&format!("set_tcp_nodelay true\n{configuration}"))?;
        let address = running.address();
        let alive = Alive::Mosquitto(running);
        Some(Self { name: "mosquitto", fault: None, address, version: Version::V5, credentials: None, _alive: alive })
    }

    /// `mqttx-rs broker`.
    #[cfg(feature = "broker")]
    pub(crate) fn embedded() -> Self {
        let mut running = crate::support::Program::new(["broker", "-p", "0"]).start();
        let url = running.wait_for_stdout("mqtt://");
        let address = url.trim().trim_start_matches("mqtt://").parse().expect("an address");
        let alive = Alive::Embedded(Mutex::new(running));
        Self {
            name: "the embedded broker",
            fault: None,
            address,
            version: Version::V5,
            credentials: None,
            _alive: alive,
        }
    }

    /// A broker of another make.
    pub(crate) fn other(
        name: &'static str,
        running: Process,
        version: Version,
        credentials: Option<(&'static str, &'static str)>,
    ) -> Self {
        Self { name, fault: None, address: running.address(), version, credentials, _alive: Alive::Process(running) }
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// The port, as `-p` wants it.
    pub(crate) fn port(&self) -> u16 {
        self.address.port()
    }

    /// The options with which the program may connect.
    pub(crate) fn options(&self) -> Vec<&'static str> {
        self.credentials.map_or(Vec::new(), |(name, password)| vec!["-u", name, "-P", password])
    }

    /// At what the test's own client receives: `RabbitMQ` has no `QoS` 2.
    pub(crate) fn receiving_qos(&self) -> u8 {
        if self.name == "RabbitMQ" { 1 } else { 2 }
    }

    /// A client of the test's own, with a session that outlives its connection.
    pub(crate) fn client(&self, id: &str) -> RawClient {
        RawClient::connect_with(self.address, self.connect(id)).0
    }

    fn connect(&self, id: &str) -> Connect {
        let mut connect = wire::connect(self.version, id).keep_session();
        if let Some((name, password)) = self.credentials {
            connect = connect.credentials(name, password);
        }
        if self.version.is_v5() { connect.with(property::session_expiry_interval(3600)) } else { connect }
    }
}
