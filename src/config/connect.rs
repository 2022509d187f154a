use std::time::Duration;

use bytes::Bytes;

use super::endpoint::Target;
use super::origin::Origins;
use super::{Secret, dialer, secret, support};
use crate::cli::group::{ConnectArgs, WillArgs};
use crate::error::Error;
use crate::mqtt::{ConnectProperties, Version, Will, WillProperties};
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
        let target = Target::resolve(connection, origins)?;
        let username =
            target.unless_in_url(connection.username.clone(), origins.of("username"), target.username.clone());
        let (password, password_origin) = secret::password(connection, origins)?;
        let password = target.unless_in_url(password, password_origin, target.password.clone().map(Secret::new));
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
            embedded: connection.embedded,
            dialer: dialer::resolve(arguments, &target, origins)?,
            endpoint: target.endpoint,
            reconnect: ReconnectSettings {
                first_delay: connection.reconnect_period,
                maximum_attempts: if reconnects { connection.maximum_reconnect_times } else { 0 },
            },
            session,
        };
        Ok(Resolved { settings, topic: target.topic, warnings })
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
