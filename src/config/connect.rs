use std::cmp::Ordering;
use std::fs;
use std::path::Path;
use std::time::Duration;

use bytes::Bytes;

use super::origin::{Origin, Origins};
use super::url::{BrokerUrl, Place};
use super::{Secret, support};
use crate::cli::group::{ConnectArgs, Protocol, WillArgs};
use crate::error::Error;
use crate::mqtt::{ConnectProperties, Version, Will, WillProperties};
use crate::session::ConnectOptions;
use crate::transport::{self, AddressFamily, Dialer, Endpoint};

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

/// What a connection's options come to, with what is left of the URL for the command.
pub(super) struct Resolved {
    pub(super) settings: ConnectSettings,
    /// The path of an `mqtt://` URL.
    pub(super) topic: Option<String>,
    pub(super) warnings: Vec<String>,
}

impl ConnectSettings {
    /// Settles every option of a connection.
    pub(super) fn resolve(arguments: &ConnectArgs, origins: &Origins) -> Result<Resolved, Error> {
        let connection = &arguments.connection;
        let version = connection.mqtt_version;
        support::refuse_what_is_not_built_yet(origins)?;
        let warnings = support::refuse_what_needs_v5(version, origins)?;
        let target = target(arguments, origins)?;
        let username =
            stronger(connection.username.clone(), origins.of("username"), target.username, origins.of("url"));
        let password =
            stronger(password(arguments, origins)?, password_origin(origins)?, target.password, origins.of("url"));
        let session = ConnectOptions {
            version,
            client_id: connection.client_id.clone().unwrap_or_else(random_client_id).into(),
            clean_start: !connection.no_clean,
            keep_alive: connection.keepalive,
            user_name: username.map(Into::into),
            password: password.map(|password| Bytes::copy_from_slice(password.expose().as_bytes())),
            will: will(&arguments.will).map(Box::new),
            properties: connect_properties(arguments),
            ..ConnectOptions::new(version, "")
        };
        session.check().map_err(|invalid| Error::usage(invalid.to_string()))?;
        let reconnects = !connection.reconnect_period.is_zero();
        let settings = Self {
            endpoint: target.endpoint,
            embedded: connection.embedded,
            dialer: Dialer {
                family: address_family(arguments),
                bind_address: arguments.network.bind,
                timeout: connection.connect_timeout,
            },
            reconnect: ReconnectSettings {
                first_delay: connection.reconnect_period,
                maximum_attempts: if reconnects { connection.maximum_reconnect_times } else { 0 },
            },
            session,
        };
        Ok(Resolved { settings, topic: target.topic, warnings })
    }
}

/// Where to, put together from the URL and the options that say the same.
struct Target {
    endpoint: Endpoint,
    username: Option<String>,
    password: Option<Secret>,
    topic: Option<String>,
}

fn target(arguments: &ConnectArgs, origins: &Origins) -> Result<Target, Error> {
    let connection = &arguments.connection;
    let url = connection.url.as_deref().map(|text| BrokerUrl::parse(&origins.name("url"), text)).transpose()?;
    if connection.embedded {
        return embedded_target(arguments, origins);
    }
    if let Some(path) = socket(arguments, origins)? {
        return Ok(Target { endpoint: Endpoint::unix(path), username: None, password: None, topic: None });
    }
    let Some(url) = url else {
        let endpoint = tcp_endpoint(connection.protocol, connection.hostname.clone(), connection.port, origins)?;
        return Ok(Target { endpoint, username: None, password: None, topic: None });
    };
    let of_url = origins.of("url");
    let host = match url.place {
        Place::Host(host) => host,
        Place::Socket(path) => {
            return Ok(Target { endpoint: Endpoint::unix(path), username: None, password: None, topic: None });
        }
    };
    let protocol = stronger(Some(connection.protocol), origins.of("protocol"), Some(url.protocol), of_url);
    let protocol = protocol.unwrap_or_default();
    let host = stronger(Some(connection.hostname.clone()), origins.of("hostname"), Some(host), of_url);
    let port = stronger(connection.port, origins.of("port"), url.port, of_url);
    let endpoint = tcp_endpoint(protocol, host.unwrap_or_default(), port, origins)?;
    let topic = if protocol.is_websocket() { None } else { url.path };
    Ok(Target { endpoint, username: url.username, password: url.password, topic })
}

/// The embedded broker listens on loopback; only its port can be chosen.
fn embedded_target(arguments: &ConnectArgs, origins: &Origins) -> Result<Target, Error> {
    for other in ["hostname", "url", "unix", "protocol"] {
        if origins.of(other) == Origin::Flag {
            let message = format!("--embedded and {} exclude one another", origins.name(other));
            return Err(
                Error::usage(message).with_hint("--embedded starts a broker on this machine and connects to it")
            );
        }
    }
    let port = arguments.connection.port.unwrap_or(Protocol::Mqtt.default_port());
    Ok(Target { endpoint: Endpoint::tcp("127.0.0.1", port), username: None, password: None, topic: None })
}

/// The Unix socket, if that option is stronger than the ones for TCP.
fn socket<'a>(arguments: &'a ConnectArgs, origins: &Origins) -> Result<Option<&'a Path>, Error> {
    let Some(path) = arguments.connection.unix.as_deref() else { return Ok(None) };
    for other in ["hostname", "port", "url"] {
        match origins.of("unix").compare(origins.of(other)) {
            Ordering::Greater => {}
            Ordering::Less => return Ok(None),
            Ordering::Equal => {
                return Err(Error::usage(format!(
                    "{} and {} exclude one another",
                    origins.name("unix"),
                    origins.name(other)
                )));
            }
        }
    }
    Ok(Some(path))
}

fn tcp_endpoint(protocol: Protocol, host: String, port: Option<u16>, origins: &Origins) -> Result<Endpoint, Error> {
    let port = port.unwrap_or(protocol.default_port());
    match protocol {
        Protocol::Mqtt => {
            Ok(Endpoint { protocol: transport::Protocol::Mqtt, address: transport::Address::Host { host, port } })
        }
        Protocol::Mqtts | Protocol::Ws | Protocol::Wss => {
            let name = origins.name(if origins.given("protocol") { "protocol" } else { "url" });
            Err(support::not_built_yet(&format!("{name}: TLS and WebSocket")))
        }
    }
}

/// The option's value, unless the URL has one and comes from a stronger layer.
fn stronger<T>(option: Option<T>, of_option: Origin, in_url: Option<T>, of_url: Origin) -> Option<T> {
    if of_url.compare(of_option) == Ordering::Greater { in_url.or(option) } else { option.or(in_url) }
}

const PASSWORD_OPTIONS: [&str; 3] = ["password", "password_file", "password_env"];

/// The layer that says the password.
fn password_origin(origins: &Origins) -> Result<Origin, Error> {
    Ok(password_option(origins)?.map_or(Origin::Default, |option| origins.of(option)))
}

/// The strongest of the options that say the password; two in one layer exclude one another.
fn password_option(origins: &Origins) -> Result<Option<&'static str>, Error> {
    let mut strongest: Option<&'static str> = None;
    for option in PASSWORD_OPTIONS.into_iter().filter(|option| origins.given(option)) {
        match strongest.map(|other| (other, origins.of(option).compare(origins.of(other)))) {
            Some((_, Ordering::Less)) => {}
            Some((other, Ordering::Equal)) => {
                let message = format!("{} and {} exclude one another", origins.name(other), origins.name(option));
                return Err(Error::usage(message));
            }
            Some((_, Ordering::Greater)) | None => strongest = Some(option),
        }
    }
    Ok(strongest)
}

fn password(arguments: &ConnectArgs, origins: &Origins) -> Result<Option<Secret>, Error> {
    let connection = &arguments.connection;
    Ok(match password_option(origins)? {
        Some("password_file") => connection.password_file.as_deref().map(first_line).transpose()?,
        Some("password_env") => connection.password_env.as_deref().map(variable).transpose()?,
        _ => connection.password.clone(),
    })
}

/// The first line of a file, without its end.
fn first_line(path: &Path) -> Result<Secret, Error> {
    let text = fs::read_to_string(path)
        .map_err(|error| Error::local(format!("cannot read the password file {}: {error}", path.display())))?;
    Ok(Secret::new(text.lines().next().unwrap_or_default()))
}

fn variable(name: &str) -> Result<Secret, Error> {
    match std::env::var(name) {
        Ok(text) => Ok(Secret::new(text)),
        Err(_) => Err(Error::usage(format!("--password-env: the variable {name} is not set to a text"))),
    }
}

fn address_family(arguments: &ConnectArgs) -> AddressFamily {
    match (arguments.network.ipv4, arguments.network.ipv6) {
        (true, false) => AddressFamily::Ipv4,
        (false, true) => AddressFamily::Ipv6,
        _ => AddressFamily::Any,
    }
}

/// MQTTX's form: `mqttx_` and eight hexadecimal digits.
fn random_client_id() -> String {
    format!("mqttx_{:08x}", fastrand::u32(..))
}

fn connect_properties(arguments: &ConnectArgs) -> ConnectProperties {
    let connection = &arguments.connection;
    if connection.mqtt_version != Version::V5 {
        return ConnectProperties::default();
    }
    let given = &arguments.properties;
    // A kept session of no stated length would end with the connection: MQTTX's users mean that it stays.
    let kept = connection.no_clean.then_some(u32::MAX);
    ConnectProperties {
        session_expiry_interval: given.session_expiry_interval.or(kept),
        receive_maximum: given.receive_maximum,
        maximum_packet_size: given.maximum_packet_size,
        topic_alias_maximum: given.topic_alias_maximum,
        request_response_information: given.req_response_info.then_some(true),
        request_problem_information: given.no_req_problem_info.then_some(false),
        user_properties: given.conn_user_properties.clone(),
        authentication_method: None,
        authentication_data: None,
    }
}

fn will(given: &WillArgs) -> Option<Will> {
    let topic = given.will_topic.clone()?;
    Some(Will {
        topic,
        payload: given.will_message.clone().unwrap_or_default().into(),
        qos: given.will_qos,
        retain: given.will_retain,
        properties: WillProperties {
            will_delay_interval: given.will_delay_interval,
            payload_format_indicator: given.will_payload_format_indicator.then_some(1),
            message_expiry_interval: given.will_message_expiry_interval,
            content_type: given.will_content_type.clone(),
            response_topic: given.will_response_topic.as_ref().map(ToString::to_string),
            correlation_data: given.will_correlation_data.clone().map(Bytes::from),
            user_properties: given.will_user_properties.clone(),
        },
    })
}
