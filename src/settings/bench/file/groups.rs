//! Turns the table of a group into the group.

use std::path::Path;

use super::arguments::as_command;
use super::connection::Connection;
use super::document::{GroupTable, RoleName, Table};
use crate::bench::{Churn, Group, KeptSession, Login, Rate, Role};
use crate::cli::bench::{BenchCommand, BenchPublishArgs, BenchSubscribeArgs, RowOrder};
use crate::cli::value;
use crate::config::origin::Origins;
use crate::error::Error;
use crate::mqtt::Version;
use crate::payload::placeholder::Place;
use crate::settings::bench::content::{Content, Reading};
use crate::settings::bench::draft::Draft;
use crate::settings::bench::words::Words;
use crate::settings::bench::{END_TO_END_SIZE, publisher, subscriber};
use crate::settings::codec::encoder;

/// How long a kept session outlives its connection by default.
const SESSION_EXPIRY: u32 = 3600;

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
        words = words.with_rows(&folder.join(path), order.unwrap_or_default(), draft.run)?;
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
    let mut role = role(words, group, clients, version, folder).map_err(in_table)?;
    let Connection { endpoints, way, session, login: common } =
        Connection::of(draft, words, table, version, folder).map_err(in_table)?;
    let login = login(&common, words, table, folder).map_err(in_table)?;
    match &mut role {
        Role::Publish(publish) => {
            // A rate per client has been scaled with their number.
            if table.text("rate").is_some() || publish.trace.is_some() {
                publish.load = publish.load.scaled(scale);
            }
            // Likewise a limit.
            if table.text("limit").is_some() {
                publish.limit = publish.limit.map(|limit| scaled(limit, scale));
            }
        }
        Role::Churn(churn) => churn.rate = churn.rate.scaled(scale),
        Role::Idle | Role::Subscribe(_) => {}
    }
    let keeps = table.text("clean_start") == Some("false");
    let expiry = table.parsed("session_expiry_interval", value::whole_seconds_u32)?;
    if expiry.is_some() && !keeps {
        return Err(table.fault("session_expiry_interval", "it needs clean_start = false"));
    }
    let kept_session = keeps.then_some(KeptSession { expiry: expiry.unwrap_or(SESSION_EXPIRY) });
    draft.add_group(Group { name, clients, client_id, login, endpoints, way, session, version, role, kept_session });
    Ok(())
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
        RoleName::Publish => {
            let Some(topic) = table.text("topic") else {
                return Err(table.fault("topic", "a group that publishes needs a topic"));
            };
            if table.texts("topic").len() > 1 {
                let error = table.fault("topic", "a group that publishes has exactly one topic");
                return Err(error.with_hint("`%s` in it is a number, and `topics` sets how many: topic = \"a/%s\""));
            }
            let topic = words.read("topic", topic, Place::TOPIC)?;
            let BenchCommand::Publish(given) = as_command(words, "pub", table, folder)? else { return Ok(Role::Idle) };
            let BenchPublishArgs { load, content, message, payload, compress, .. } = *given;
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
            publisher(words, topic, content, &load, &message, clients, version)
        }
        RoleName::Subscribe => {
            if table.texts("topic").is_empty() {
                return Err(table.fault("topic", "a group that subscribes needs a topic"));
            }
            let BenchCommand::Subscribe(given) = as_command(words, "sub", table, folder)? else {
                return Ok(Role::Idle);
            };
            let BenchSubscribeArgs { subscription, .. } = *given;
            subscriber(&subscription, words, "topic")
        }
        RoleName::Connect => {
            let rate = table.parsed("rate", str::parse::<Rate>)?;
            let stay = table.parsed("stay", value::seconds)?;
            match (rate, stay) {
                (Some(rate), Some(stay)) => Ok(Role::Churn(Churn { rate, stay })),
                (None, None) => Ok(Role::Idle),
                (Some(_), None) => Err(table.fault("rate", "`rate` needs `stay` too, for example \"1s\"")),
                (None, Some(_)) => Err(table.fault("stay", "`stay` needs `rate` too, for example \"100/s\"")),
            }
        }
    }
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
