use bytes::Bytes;

use super::endpoint::Target;
use super::pattern::Facts;
use super::{Secret, dialer, misplaced, secret, support};
use crate::cli::group::{ConnectArgs, ConnectionArgs, DeliveryArgs, WillArgs};
use crate::cli::value::TraceFormat;
use crate::client::{ClientOptions, Reconnect, ScramCredentials, UnknownMethod};
use crate::config::origin::{Origin, Origins};
use crate::error::Error;
use crate::mqtt::{ConnectProperties, Version, Will, WillProperties};
use crate::payload::placeholder::{Drawer, Pattern, Place};
use crate::session::{ConnectOptions, InvalidOptions, OnSessionLoss};
use crate::transport::Endpoint;

/// The session of a command: the broker, how it is reached, and the content of CONNECT.
#[derive(Debug, Clone)]
pub struct ConnectSettings {
    /// The options of the client. With [`Self::embedded`], the endpoint is where the embedded broker listens.
    pub client: ClientOptions,
    /// Authenticate by SCRAM; CONNECT has no password then.
    pub scram: Option<ScramCredentials>,
    /// Start the embedded broker first.
    pub embedded: bool,
    /// Print each packet on stderr in this form; `None`: do not.
    pub trace: Option<TraceFormat>,
}

/// How often redirects are followed, so that two brokers that refer to each other do not cause a loop.
const MAXIMUM_REDIRECTS: u32 = 5;

/// The settings of a connection, with the part of the URL that is left for the command.
pub(super) struct Resolved {
    pub(super) settings: ConnectSettings,
    /// The path of an `mqtt://` URL.
    pub(super) topic: Option<String>,
    pub(super) warnings: Vec<String>,
}

impl ConnectSettings {
    /// With an embedded broker and no port on the command line, any free port: a variable or a profile is about another
    /// broker, and no one else has to find this one.
    pub(super) fn take_a_free_port_if_embedded(&mut self, origins: &Origins) {
        if self.embedded && origins.of("port") != Origin::Flag {
            self.client.endpoint = Endpoint::tcp("127.0.0.1", 0);
        }
    }

    /// With messages at QoS 1 or 2 in either direction, which have to outlast a lost connection.
    pub(super) fn keep_session(&mut self) {
        self.client.keeps_session = true;
    }

    /// For a command with one connection and nothing else in its thread.
    pub(super) fn let_packets_gather(&mut self) {
        self.client.gathers = true;
    }

    /// Settles how publishes are delivered.
    pub(super) fn deliver(&mut self, arguments: &DeliveryArgs) {
        self.client.connect.inflight = arguments.inflight;
        if arguments.resend_uncertain {
            self.client.connect.on_session_loss = OnSessionLoss::RepublishAll;
        }
    }

    /// Settles every option of a connection.
    pub(super) fn resolve(arguments: &ConnectArgs, origins: &Origins) -> Result<Resolved, Error> {
        let client_id = client_id(arguments, origins, &Facts::gather(origins), Place::CLIENT_ID)?;
        Self::resolve_as(&client_id.text(), arguments, origins)
    }

    /// The same with a client identifier that is already settled.
    pub(super) fn resolve_as(client_id: &str, arguments: &ConnectArgs, origins: &Origins) -> Result<Resolved, Error> {
        let connection = &arguments.connection;
        let version = connection.mqtt_version;
        let mut warnings = support::refuse_what_needs_v5(version, origins)?;
        let target = Target::resolve(arguments, origins)?;
        warnings.extend(misplaced::refuse_or_warn(arguments, &target, origins)?);
        warnings.extend(dialer::warning(arguments, &target, origins));
        let username =
            target.unless_in_url(connection.username.clone(), origins.of("username"), target.username.clone());
        let (password, password_origin) = secret::password(connection, origins)?;
        let password = target.unless_in_url(password, password_origin, target.password.clone().map(Secret::new));
        let scram = scram(connection, origins, username.as_deref(), password.as_ref())?;
        // SCRAM is there so that the password is not sent.
        let password = password.filter(|_| scram.is_none());
        let connect = ConnectOptions {
            client_id: client_id.into(),
            clean_start: !connection.no_clean,
            keep_alive: connection.keepalive,
            user_name: username.map(Into::into),
            password: password.map(|password| Bytes::copy_from_slice(password.expose().as_bytes())),
            will: will(&arguments.will).map(Box::new),
            properties: connect_properties(arguments),
            // An earlier process may have left messages behind in a session that is resumed.
            first_packet_id: if connection.no_clean { fastrand::u16(1..) } else { 1 },
            ..ConnectOptions::new(version, "")
        };
        connect.check().map_err(refused)?;
        let mut dialer = dialer::resolve(arguments, &target, origins)?;
        if let Some(bytes) = connect.properties.maximum_packet_size {
            dialer.websocket = dialer.websocket.with_maximum_packet_size(bytes);
        }
        let reconnect = Reconnect {
            first_delay: connection.reconnect_period,
            maximum_attempts: connection.maximum_reconnect_times,
            maximum_redirects: if connection.follow_redirect { MAXIMUM_REDIRECTS } else { 0 },
            ..Reconnect::default()
        };
        let reauthenticate_every = connection.reauthenticate_every.filter(|time| !time.is_zero());
        if reauthenticate_every.is_some() && version.is_v5() && scram.is_none() {
            let option = origins.name("reauthenticate_every");
            return Err(Error::usage(format!("{option} needs --authentication-method")));
        }
        warnings.extend(unnamed_session(&connect, origins));
        let client = ClientOptions {
            connect,
            endpoint: target.endpoint,
            dialer,
            reconnect,
            keeps_session: false,
            is_client_id_chosen: connection.client_id.is_some(),
            reauthenticate_every,
            gathers: false,
        };
        let settings = Self { client, scram, embedded: connection.embedded, trace: arguments.trace.trace };
        Ok(Resolved { settings, topic: target.topic, warnings })
    }
}

/// Enhanced authentication, if requested.
fn scram(
    connection: &ConnectionArgs,
    origins: &Origins,
    user: Option<&str>,
    password: Option<&Secret>,
) -> Result<Option<ScramCredentials>, Error> {
    let Some(name) = connection.authentication_method.as_deref().filter(|_| connection.mqtt_version.is_v5()) else {
        return Ok(None);
    };
    let option = origins.name("authentication_method");
    let method = name.parse().map_err(|error: UnknownMethod| Error::usage(format!("{option}: `{name}` {error}")))?;
    let user_name = user.ok_or_else(|| Error::usage(format!("{option} needs --username")))?;
    let password = password.ok_or_else(|| Error::usage(format!("{option} needs --password")))?;
    Ok(Some(ScramCredentials { method, user_name: user_name.to_owned(), password: password.expose().to_owned() }))
}

/// What CONNECT cannot carry, named by the flag it comes from, if any.
fn refused(invalid: InvalidOptions) -> Error {
    let flag = match invalid.field {
        "Client Identifier" => "--client-id",
        "User Name" => "--username",
        "Password" => "--password",
        "Will Payload" => "--will-message",
        "User Property" => "--conn-user-properties or --will-user-properties",
        field => return Error::usage(format!("{field} {}", invalid.fault)),
    };
    Error::usage(format!("{flag}: the {invalid}"))
}

/// Why a session cannot be kept with an identifier that changes with each run.
pub(super) const NEEDS_CLIENT_ID: &str = "needs --client-id: a session under a random id can never be resumed";

/// A warning of a session that outlives this run and can never be resumed.
fn unnamed_session(connect: &ConnectOptions, origins: &Origins) -> Option<String> {
    if origins.given("client_id") {
        return None;
    }
    let never_expires = connect.properties.session_expiry_interval == Some(u32::MAX);
    match connect.clean_start {
        false => Some(format!("{} {NEEDS_CLIENT_ID}", origins.name("no_clean"))),
        true if never_expires => {
            let name = origins.name("session_expiry_interval");
            Some(format!("{name} {} (never) {NEEDS_CLIENT_ID}", u32::MAX))
        }
        true => None,
    }
}

/// The given one, filled in where it is the same for all clients; otherwise MQTTX's form, `mqttx_` and
/// eight hexadecimal digits.
pub(super) fn client_id(
    arguments: &ConnectArgs,
    origins: &Origins,
    facts: &Facts,
    place: Place,
) -> Result<Pattern, Error> {
    let text = arguments.connection.client_id.as_deref().unwrap_or("mqttx_{hex:8}");
    Ok(facts.read(&origins.name("client_id"), text, place)?.draw(&mut Drawer::default()))
}

fn connect_properties(arguments: &ConnectArgs) -> ConnectProperties {
    let connection = &arguments.connection;
    if connection.mqtt_version != Version::V5 {
        return ConnectProperties::default();
    }
    let given = &arguments.properties;
    // A kept session without an expiry interval would end with the connection, but MQTTX users expect it to stay.
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
