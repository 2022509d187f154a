use std::time::Duration;

use super::connect::{ConnectSettings, Resolved};
use super::support::without_effect;
use crate::cli::probe::{ProbeArgs, ProbeCommand};
use crate::client::Reconnect;
use crate::config::origin::Origins;
use crate::error::Error;
use crate::mqtt::Version;
use crate::transport::Protocol;

pub(crate) use crate::cli::value::Feature;

/// What `probe` does.
#[derive(Debug, Clone)]
pub(crate) struct ProbeSettings {
    /// The connection. It does not reconnect.
    pub(crate) connect: ConnectSettings,
    /// The requested version; otherwise the newest that the broker supports.
    pub(crate) version: Option<Version>,
    /// What to test.
    pub(crate) features: Vec<Feature>,
    /// What the broker must support.
    pub(crate) require: Vec<Feature>,
    /// Print one JSON object instead of a table.
    pub(crate) json: bool,
    /// The first levels of all topics.
    pub(crate) prefix: String,
    /// Time limit for each row.
    pub(crate) limit: Duration,
    /// Ports to test for other protocols.
    pub(crate) ports: Vec<(Protocol, u16)>,
    /// What to warn the user about before the start.
    pub(crate) warnings: Vec<String>,
}

impl ProbeSettings {
    /// Resolves every option of `probe`.
    pub(crate) fn resolve(arguments: ProbeCommand, origins: &Origins) -> Result<Self, Error> {
        let ProbeCommand { probe: given, connect } = arguments;
        let Resolved { settings: connect, mut warnings, .. } = ConnectSettings::resolve(&connect, origins)?;
        warnings.extend(without_effect(
            origins,
            &[
                ("reconnect_period", true, "on probe, which connects once for each row"),
                ("maximum_reconnect_times", true, "on probe, which connects once for each row"),
            ],
        ));
        let version = origins.given("mqtt_version").then_some(connect.client.connect.version);
        Ok(Self { warnings, ..Self::of(given, connect, version)? })
    }

    /// The broker of a connection that is already there, in its version and with its credentials; the connection itself
    /// goes on, so that the probe has another client identifier.
    pub(crate) fn of_connection(given: ProbeArgs, connect: &ConnectSettings) -> Result<Self, Error> {
        let mut connect = connect.clone();
        let own = &mut connect.client.connect;
        own.client_id = format!("mqttx_{:08x}", fastrand::u32(..)).into();
        (own.clean_start, own.will, own.properties.session_expiry_interval) = (true, None, None);
        let version = Some(own.version);
        Self::of(given, connect, version)
    }

    fn of(given: ProbeArgs, mut connect: ConnectSettings, version: Option<Version>) -> Result<Self, Error> {
        connect.client.reconnect =
            Reconnect { maximum_redirects: connect.client.reconnect.maximum_redirects, ..Reconnect::off() };
        if given.timeout.is_zero() {
            return Err(Error::usage(
                "--timeout cannot be 0: the probe would wait forever for a broker that does not answer",
            ));
        }
        // In the order of the rows; what is required is always tested.
        let is_tried = |feature: &Feature| {
            given.only.is_empty() || given.only.contains(feature) || given.require.contains(feature)
        };
        let features = Feature::ALL.into_iter().filter(is_tried).collect();
        let ports = [(Protocol::Mqtts, given.tls_port), (Protocol::Ws, given.ws_port), (Protocol::Wss, given.wss_port)];
        Ok(Self {
            version,
            connect,
            features,
            require: given.require,
            json: given.json,
            prefix: given.prefix.as_str().to_owned(),
            limit: given.timeout,
            ports: ports.map(|(protocol, port)| (protocol, port.unwrap_or(protocol.default_port()))).into(),
            warnings: Vec::new(),
        })
    }
}
