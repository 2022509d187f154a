//! Turns the table of a group into the group.

use std::path::Path;
use std::time::Duration;

use bytes::Bytes;

use super::arguments::as_command;
use super::connection::Connection;
use super::document::{GroupTable, RoleName, Table};
use super::schema::flow_keys;
use crate::bench::{Churn, Correlation, Group, KeptSession, Login, Rate, Reply, Request, Role};
use crate::cli::bench::{BenchCommand, BenchPublishArgs, BenchSubscribeArgs, RowOrder, TrafficArgs};
use crate::cli::value;
use crate::config::origin::Origins;
use crate::error::Error;
use crate::mqtt::{TopicFilter, Version};
use crate::payload::placeholder::{Name, Place};
use crate::settings::bench::content::{Content, Reading};
use crate::settings::bench::draft::Draft;
use crate::settings::bench::words::Words;
use crate::settings::bench::{END_TO_END_SIZE, publisher, subscriber};
use crate::settings::codec::encoder;

/// How long a kept session outlives its connection by default.
const SESSION_EXPIRY: u32 = 3600;
/// How long a response may take by default.
const RESPONSE_TIMEOUT: Duration = Duration::from_secs(5);
/// How many flows a group has.
const MAXIMUM_FLOWS: usize = 63;

/// Adds the group of a table to a draft.
pub(super) fn add(draft: &mut Draft, group: &GroupTable<'_>, folder: &Path, scale: f64) -> Result<(), Error> {
    let table = &group.table;
    let name = table.text("name").map_or_else(|| default_name(group.role).to_owned(), ToOwned::to_owned);
    if draft.groups().iter().any(|other| other.name == name) {
        return Err(table.fault("name", format_args!("two groups are named `{name}`: give each its own name")));
    }
    let mut words = draft.words.clone();
    if let Some(path) = table.text("clients_csv") {
        let order = table.parsed("rows", |text| <RowOrder as clap::ValueEnum>::from_str(text, false))?;
        words = draft.words_with_rows(folder.join(path), order.unwrap_or_default())?;
    }
    let words = &words;
    let asked = table.parsed("count", value::count)?.map(|count| scaled(count, scale));
    let clients = words.clients(asked, scaled(1, scale)).map_err(|error| table.fault("count", error.message()))?;
    let in_table = |error| in_table(table, error);
    let client_id = match table.text("client_id") {
        Some(text) => {
            let pattern = words.read("client_id", text, Place::BENCH_CLIENT_ID).map_err(in_table)?;
            if pattern.has_number() || clients == 1 { pattern } else { pattern.numbered("_") }
        }
        None if words.has("client_id") => {
            words.read("client_id", "{client_id}", Place::BENCH_CLIENT_ID).map_err(in_table)?
        }
        None => draft.client_id(&format!("_{}", Identifier(&name)), 2),
    };
    let version = table.parsed("mqtt_version", str::parse)?.unwrap_or(draft.connect.client.connect.version);
    let role = if group.flows.is_empty() {
        scaled_role(role(words, group, clients, version, folder).map_err(in_table)?, table, scale)
    } else {
        // Its flows are groups of their own, without connections.
        Role::Idle
    };
    let Connection { endpoints, way, session, login: common } =
        Connection::of(draft, words, table, version, folder).map_err(in_table)?;
    let login = login(&common, words, table, folder).map_err(in_table)?;
    let keeps = table.text("clean_start") == Some("false");
    let expiry = table.parsed("session_expiry_interval", value::whole_seconds_u32)?;
    if expiry.is_some() && !keeps {
        return Err(table.fault("session_expiry_interval", "it needs clean_start = false"));
    }
    let kept_session = keeps.then_some(KeptSession { expiry: expiry.unwrap_or(SESSION_EXPIRY) });
    let flow_of = None;
    let own = Group { name, clients, client_id, login, endpoints, way, session, version, role, kept_session, flow_of };
    let flows = flows(draft, words, group, &own, folder, scale)?;
    draft.add_group(own);
    for flow in flows {
        draft.add_group(flow);
    }
    Ok(())
}

/// What the clients of a group publish, where that is several flows: each a group without connections.
fn flows(
    draft: &Draft,
    words: &Words,
    group: &GroupTable<'_>,
    own: &Group,
    folder: &Path,
    scale: f64,
) -> Result<Vec<Group>, Error> {
    let (keys, place) = (flow_keys(), draft.groups().len());
    if group.flows.len() > MAXIMUM_FLOWS {
        let fault = format_args!("a group has at most {MAXIMUM_FLOWS} [[groups.publish]]");
        return Err(group.flows[MAXIMUM_FLOWS].fault("", fault));
    }
    let mut flows = Vec::<Group>::new();
    for (number, flow) in group.flows.iter().enumerate() {
        let name = flow.text("name").map_or_else(|| (number + 1).to_string(), ToOwned::to_owned);
        let name = format!("{}/{name}", own.name);
        if flows.iter().any(|other| other.name == name) {
            return Err(flow.fault("name", format_args!("two flows are named `{name}`: give each its own name")));
        }
        let table = flow.with_defaults(&group.table, &keys);
        let mut role = publishes(words, &table, group.role, (own.clients, own.version), folder)
            .map(|role| scaled_role(role, &table, scale))
            .map_err(|error| in_table(&table, error))?;
        if let Role::Publish(publish) = &mut role {
            publish.window = group.table.parsed("inflight", str::parse)?;
        }
        flows.push(Group { name, role, flow_of: Some(place), ..own.clone() });
    }
    Ok(flows)
}

/// A role with its rate and its limit as often as the scenario is to be: what is per client has grown with the clients.
fn scaled_role(mut role: Role, table: &Table<'_>, scale: f64) -> Role {
    match &mut role {
        Role::Publish(publish) => {
            if table.text("rate").is_some() || publish.trace.is_some() {
                publish.load = publish.load.scaled(scale);
            }
            if table.text("limit").is_some() {
                publish.limit = publish.limit.map(|limit| scaled(limit, scale));
            }
        }
        Role::Churn(churn) => churn.rate = churn.rate.scaled(scale),
        Role::Subscribe(subscribe) => {
            subscribe.churn = subscribe.churn.map(|churn| Churn { rate: churn.rate.scaled(scale), ..churn });
        }
        Role::Idle => {}
    }
    role
}

/// The identity of its clients, if its table or its rows set any.
fn login(common: &Login, words: &Words, table: &Table<'_>, folder: &Path) -> Result<Login, Error> {
    let mut login = Login { rows: words.rows(), ..common.clone() };
    let of = |key: &str| match table.text(key) {
        Some(text) => Some(text.to_owned()),
        None => (table.text("clients_csv").is_some() && words.has(key)).then(|| format!("{{{key}}}")),
    };
    if let Some(name) = of("username") {
        login.user_name = Some(words.read("username", &name, Place::USERNAME)?);
    }
    if let Some(password) = of("password") {
        login.password = Some(words.read_leniently(&password, Place::FILTER));
    }
    if let (Some(cert), Some(key)) = (of("cert"), of("key")) {
        let read = |text: &str| words.read_leniently(&folder.join(text).to_string_lossy(), Place::FILTER);
        login.certificate = Some((read(&cert), read(&key), None));
    }
    Ok(login)
}

/// What its clients do.
fn role(words: &Words, group: &GroupTable<'_>, clients: u64, version: Version, folder: &Path) -> Result<Role, Error> {
    let table = &group.table;
    match group.role {
        RoleName::Publish | RoleName::Request => publishes(words, table, group.role, (clients, version), folder),
        RoleName::Subscribe | RoleName::Reply => {
            if table.texts("topic").is_empty() {
                return Err(table.fault("topic", "a group that subscribes needs a topic"));
            }
            let BenchCommand::Subscribe(given) = as_command(words, "sub", table, folder)? else {
                return Ok(Role::Idle);
            };
            let BenchSubscribeArgs { subscription, .. } = *given;
            let mut role = subscriber(&subscription, words, "topic")?;
            if let Role::Subscribe(subscribe) = &mut role {
                subscribe.churn = churn(table)?;
                subscribe.processing = table.parsed("processing_time", value::seconds)?.unwrap_or_default();
                subscribe.reply = (group.role == RoleName::Reply).then(|| reply(words, table)).transpose()?;
            }
            Ok(role)
        }
        RoleName::Connect => Ok(churn(table)?.map_or(Role::Idle, Role::Churn)),
    }
}

/// How clients, or subscriptions, come and go.
fn churn(table: &Table<'_>) -> Result<Option<Churn>, Error> {
    let rate = table.parsed("rate", str::parse::<Rate>)?;
    let stay = table.parsed("stay", value::seconds)?;
    match (rate, stay) {
        (Some(rate), Some(stay)) => Ok(Some(Churn { rate, stay })),
        (None, None) => Ok(None),
        (Some(_), None) => Err(table.fault("rate", "`rate` needs `stay` too, for example \"1s\"")),
        (None, Some(_)) => Err(table.fault("stay", "`stay` needs `rate` too, for example \"100/s\"")),
    }
}

/// How a group answers requests.
fn reply(words: &Words, table: &Table<'_>) -> Result<Reply, Error> {
    let topic = table.text("response_topic").map(|text| words.data("response_topic", text)).transpose()?;
    if let Some(topic) = &topic {
        let wildcards = |text: &str| {
            let count = |wildcard: &str| text.split('/').filter(|level| *level == wildcard).count();
            (count("+"), count("#"))
        };
        TopicFilter::parse(topic.clone()).map_err(|error| table.fault("response_topic", error))?;
        let (levels, rest) = wildcards(topic);
        if table.texts("topic").iter().any(|filter| wildcards(filter).0 < levels || wildcards(filter).1 < rest) {
            let error = table.fault("response_topic", format_args!("`{topic}` has more wildcards than the topic"));
            return Err(error.with_hint(
                "each `+` or `#` in it is what that of the topic stood for: topic = \"req/+\", response_topic = \"res/+\"",
            ));
        }
    }
    let payload = table.text("message").map(|text| words.data("message", text)).transpose()?.map(Bytes::from);
    let qos = table.texts("qos").first().and_then(|text| text.parse().ok());
    Ok(Reply { topic, payload, qos })
}

/// How the responses to requests come, if the messages of a flow are requests.
fn request(
    words: &Words,
    table: &Table<'_>,
    role: RoleName,
    (clients, version): (u64, Version),
) -> Result<Option<Request>, Error> {
    let timeout = table.parsed("response_timeout", value::seconds)?;
    if timeout.is_none() && role != RoleName::Request {
        return Ok(None);
    }
    let Some(text) = table.text("response_topic") else {
        let error = table.fault("response_topic", "a request needs a response_topic, where its response comes");
        return Err(error.with_hint("for example response_topic = \"answers/{client_id}\""));
    };
    if table.values.contains_key("correlation_data") {
        return Err(table.fault("correlation_data", "each request has its own"));
    }
    let levels: Vec<&str> = text.split('/').collect();
    let numbered = levels.iter().position(|level| *level == "{sequence}" || *level == "%s");
    let (correlation, filter) = match numbered {
        Some(level) => {
            let mut levels = levels;
            levels[level] = "+";
            (Correlation::Level(level), levels.join("/"))
        }
        None if version.is_v5() => (Correlation::Data, text.to_owned()),
        None => (Correlation::Order, text.to_owned()),
    };
    let topic = words.read("response_topic", &filter, Place::FILTER)?;
    if correlation != Correlation::Data && clients > 1 && !topic.has_number() && !topic.asks_for(Name::ClientId) {
        let error = table.fault("response_topic", format_args!("`{text}` is the same for all clients"));
        return Err(error.with_hint("without correlation data each client needs its own: add {client} or {client_id}"));
    }
    Ok(Some(Request { topic, correlation, timeout: timeout.unwrap_or(RESPONSE_TIMEOUT) }))
}

/// What a flow of messages is.
fn publishes(
    words: &Words,
    table: &Table<'_>,
    role: RoleName,
    (clients, version): (u64, Version),
    folder: &Path,
) -> Result<Role, Error> {
    let Some(topic) = table.text("topic") else {
        return Err(table.fault("topic", "a group that publishes needs a topic"));
    };
    if table.texts("topic").len() > 1 {
        let error = table.fault("topic", "a group that publishes has one topic, or several [[groups.publish]]");
        return Err(error.with_hint(
            "`%s` in it is a number, and `topics` sets how many: topic = \"a/%s\"; \
             [[groups.publish]] below the group has a topic, rate and payload of its own",
        ));
    }
    let topic = words.read("topic", topic, Place::TOPIC)?;
    let request = request(words, table, role, (clients, version))?;
    let mut table = table.clone();
    if request.is_some() {
        // It is not the same text for all clients, and so not the option's.
        table.values.remove("response_topic");
    }
    let table = &table;
    let BenchCommand::Publish(given) = as_command(words, "pub", table, folder)? else { return Ok(Role::Idle) };
    let BenchPublishArgs { traffic: TrafficArgs { load, .. }, content, message, payload, compress, .. } = *given;
    let codec = encoder(&payload, &compress, &Origins::default())?;
    let reading = Reading {
        words,
        codec: &codec,
        codec_option: "format",
        topic: topic.as_str(),
        version,
        random_by_default: Some(END_TO_END_SIZE),
    };
    let content = Content::read(&content, &load, reading)?;
    let mut role = publisher(words, topic, content, &load, &message, clients, version)?;
    if let Role::Publish(publish) = &mut role {
        publish.request = request;
    }
    Ok(role)
}

/// An error about a value, at its position in the file; options are keys here.
fn in_table(table: &Table<'_>, error: Error) -> Error {
    let Some((option, message)) = error.message().split_once(": ") else { return error };
    let key = option.trim_start_matches("--").replace('-', "_");
    if !table.values.contains_key(key.as_str()) {
        return error;
    }
    let placed = table.fault(&key, message);
    match error.hint() {
        Some(hint) => placed.with_hint(hint),
        None => placed,
    }
}

fn default_name(role: RoleName) -> &'static str {
    match role {
        RoleName::Publish => "publishers",
        RoleName::Subscribe => "subscribers",
        RoleName::Connect => "clients",
        RoleName::Request => "requesters",
        RoleName::Reply => "responders",
    }
}

#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "far below 2^53, and not negative"
)]
fn scaled(count: u64, scale: f64) -> u64 {
    ((count as f64 * scale).round() as u64).max(1)
}

/// A name without what a client identifier should not have.
struct Identifier<'a>(&'a str);

impl std::fmt::Display for Identifier<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.chars().filter(char::is_ascii_alphanumeric).try_for_each(|c| write!(f, "{c}"))
    }
}
