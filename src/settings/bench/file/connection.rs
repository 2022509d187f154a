//! What a group says of its connections: its broker, the way there, and CONNECT, where they differ from those of all.

use std::ops::Range;
use std::path::Path;

use super::arguments::as_command;
use super::document::Table;
use crate::bench::Login;
use crate::cli::bench::BenchCommand;
use crate::cli::group::ConnectArgs;
use crate::config::origin::{LayerValue, Options, Origin};
use crate::error::Error;
use crate::mqtt::Version;
use crate::session::ConnectOptions;
use crate::settings::ConnectSettings;
use crate::settings::bench::draft::Draft;
use crate::settings::bench::login::login;
use crate::settings::bench::words::Words;
use crate::settings::connect::Resolved;
use crate::transport::Address;

/// The connections of a group.
pub(super) struct Connection {
    pub(super) endpoints: Range<usize>,
    pub(super) way: usize,
    pub(super) session: Option<Box<ConnectOptions>>,
    pub(super) login: Login,
}

/// Keys that say which broker.
const BROKER: [&str; 3] = ["hostname", "port", "protocol"];
/// Keys that say how it is reached.
const WAY: [&str; 5] = ["ca", "insecure", "sni", "alpn", "path"];
/// Keys of CONNECT.
const SESSION: [&str; 10] = [
    "keepalive",
    "receive_maximum",
    "conn_user_properties",
    "will_topic",
    "will_message",
    "will_qos",
    "will_retain",
    "will_delay_interval",
    "will_content_type",
    "will_user_properties",
];

impl Connection {
    /// What a table says, and the rest as for all groups.
    pub(super) fn of(
        draft: &mut Draft,
        words: &Words,
        table: &Table<'_>,
        version: Version,
        folder: &Path,
    ) -> Result<Self, Error> {
        let says = |keys: &[&str]| keys.iter().any(|key| table.values.contains_key(*key));
        let (has_broker, has_way, has_session) = (says(&BROKER), says(&WAY), says(&SESSION));
        if !has_broker && !has_way && !has_session {
            let (endpoints, login) = (draft.endpoints(), draft.login.clone());
            return Ok(Self { endpoints, way: 0, session: None, login });
        }
        let arguments = merged(draft, words, table, version, folder)?;
        let mut origins = draft.origins.clone();
        let said = BROKER.iter().chain(&WAY).chain(&SESSION).filter(|key| table.values.contains_key(**key));
        let flag =
            |key: &&str| ((*key).to_owned(), LayerValue { origin: Origin::Flag, values: Vec::new(), alone: None });
        origins.extend(&said.map(flag).collect::<Options>());
        let Resolved { settings, warnings, .. } = ConnectSettings::resolve_as("", &arguments, &origins)?;
        let name = table.text("name").unwrap_or_default();
        for warning in warnings {
            draft.warn(format!("group {name}: {warning}"));
        }
        let endpoint = &settings.client.endpoint;
        // Options of TLS alone ask for it, too.
        let is_own = has_broker || endpoint.protocol != draft.connect.client.endpoint.protocol;
        let endpoints = if is_own { draft.add_brokers(endpoint) } else { draft.endpoints() };
        let way = if is_own || has_way { draft.add_way(settings.client.dialer.clone()) } else { 0 };
        let own = login(&settings, words, None, &origins)?;
        let login = Login { certificate: draft.login.certificate.clone(), ..own };
        Ok(Self { endpoints, way, session: Some(Box::new(settings.client.connect)), login })
    }
}

/// The options of all, with a group's own in their place.
fn merged(
    draft: &Draft,
    words: &Words,
    table: &Table<'_>,
    version: Version,
    folder: &Path,
) -> Result<ConnectArgs, Error> {
    let BenchCommand::Connect(given) = as_command(words, "conn", table, folder)? else {
        return Ok(draft.arguments.clone());
    };
    let (own, mut all) = (given.connect, draft.arguments.clone());
    let says = |key: &str| table.values.contains_key(key);
    let connection = &mut all.connection;
    connection.mqtt_version = version;
    if BROKER.iter().chain(&WAY).any(|key| says(key)) && !connection.embedded {
        // The broker of all in its parts, of which the group may name others.
        let common = &draft.connect.client.endpoint;
        if let Address::Host { host, port } = &common.address {
            // Another protocol has another port, and what only TLS has asks for it.
            let is_another = says("protocol") || (!common.protocol.is_secure() && WAY[..4].iter().any(|key| says(key)));
            connection.hostname.clone_from(host);
            connection.port = Some(*port).filter(|_| !is_another);
            connection.protocol = common.protocol;
            connection.url = None;
        }
    }
    if let Some(host) = table.text("hostname") {
        host.clone_into(&mut connection.hostname);
        (connection.url, connection.unix, connection.embedded) = (None, None, false);
    }
    if let Some(port) = table.parsed("port", crate::cli::value::port)? {
        connection.port = Some(port);
        (connection.unix, connection.embedded) = (None, false);
    }
    macro_rules! take {
        ($($group:ident: $($key:ident)+;)+) => {
            $($(if says(stringify!($key)) {
                all.$group.$key = own.$group.$key;
            })+)+
        };
    }
    take! {
        connection: protocol keepalive;
        properties: receive_maximum conn_user_properties;
        tls: ca insecure sni alpn;
        websocket: path;
        will: will_topic will_message will_qos will_retain will_delay_interval will_content_type will_user_properties;
    }
    Ok(all)
}
