//! The text of a scenario: TOML to checked keys, each with its position for errors about its value.

use std::collections::BTreeMap;
use std::ops::Range;

use toml_edit::{Item, TableLike};

use super::schema::{connect_keys, flow_keys, phase_keys, publish_keys, reply_keys, run_keys, subscribe_keys};
use crate::config::profile::{Source, Value, key_span, read, syntax};
use crate::config::table::Key;
use crate::error::{Error, nearest};

/// The content of a file.
#[derive(Debug)]
pub(super) struct Document<'a> {
    pub(super) run: Table<'a>,
    pub(super) groups: Vec<GroupTable<'a>>,
    pub(super) phases: Vec<Table<'a>>,
}

/// Keys of which one replaces the others.
const ALTERNATIVES: [&[&str]; 3] = [
    &["message_interval", "rate", "rate_per_client", "rate_trace", "unpaced", "latency", "poisson", "burst"],
    &["limit", "limit_per_client"],
    &["message", "template", "file_read", "payloads", "payload_size", "split"],
];

/// A group, and what its clients do.
#[derive(Debug)]
pub(super) struct GroupTable<'a> {
    pub(super) role: RoleName,
    pub(super) table: Table<'a>,
    /// What its clients publish, if there are several flows.
    pub(super) flows: Vec<Table<'a>>,
}

/// What the clients of a group do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RoleName {
    /// `pub`.
    Publish,
    /// `sub`.
    Subscribe,
    /// `conn`.
    Connect,
    /// `request`: publishes, and waits for a response to each message.
    Request,
    /// `reply`: subscribes, and answers each message.
    Reply,
}

/// The keys of one table, by their names.
#[derive(Debug, Clone)]
pub(super) struct Table<'a> {
    source: Source<'a>,
    span: Option<Range<usize>>,
    pub(super) values: BTreeMap<&'static str, Given>,
}

/// The value of a key, as text that would follow its option.
#[derive(Debug, Clone)]
pub(super) struct Given {
    pub(super) key: &'static Key,
    pub(super) texts: Vec<String>,
    span: Option<Range<usize>>,
}

impl<'a> Document<'a> {
    /// Reads a text; `name` is its name in errors.
    pub(super) fn parse(name: &'a str, text: &'a str) -> Result<Self, Error> {
        let source = Source { name, text };
        let document =
            toml_edit::Document::parse(text).map_err(|error| source.fault(error.span(), syntax(error.message())))?;
        let (mut groups, mut phases) = (Vec::new(), Vec::new());
        let mut run = Table { source, span: None, values: BTreeMap::new() };
        for (section, item) in document.iter() {
            match section {
                "groups" => groups = tables(source, section, item, |table, span| group(source, table, span))?,
                "phases" => {
                    phases = tables(source, section, item, |table, span| {
                        Table::read(source, "[[phases]]", &phase_keys(), table, span)
                    })?;
                }
                name => run.add(document.as_table(), "a scenario", &run_keys(), name, item)?,
            }
        }
        if groups.is_empty() {
            let error = source.fault(None, "it has no [[groups]]");
            return Err(error.with_hint("`mqttx-rs bench presets p2p` prints a scenario to start from"));
        }
        Ok(Self { run, groups, phases })
    }
}

impl<'a> Table<'a> {
    fn read(
        source: Source<'a>,
        place: &str,
        keys: &[&'static Key],
        table: &dyn TableLike,
        span: Option<Range<usize>>,
    ) -> Result<Self, Error> {
        let mut read = Self { source, span, values: BTreeMap::new() };
        for (name, item) in table.iter().filter(|(_, item)| !item.is_array_of_tables()) {
            read.add(table, place, keys, name, item)?;
        }
        Ok(read)
    }

    fn add(
        &mut self,
        table: &dyn TableLike,
        place: &str,
        keys: &[&'static Key],
        name: &str,
        item: &Item,
    ) -> Result<(), Error> {
        let known = || keys.iter().copied();
        let Some(key) = known().find(|key| bare_name(key) == name) else {
            let error = self.source.fault(key_span(table, name), format_args!("unknown key `{name}` in {place}"));
            let sections = if place == "a scenario" { &["groups", "phases"][..] } else { &[] };
            let similar = nearest(name, known().map(bare_name).chain(sections.iter().copied()));
            return Err(match similar {
                Some(similar) => error.with_hint(format!("did you mean `{similar}`?")),
                None => {
                    error.with_hint(format!("its keys are {}", known().map(bare_name).collect::<Vec<_>>().join(", ")))
                }
            });
        };
        if let Value::Texts(texts) = read(self.source, key, item)? {
            self.values.insert(bare_name(key), Given { key, texts, span: item.span() });
        }
        Ok(())
    }

    /// This table with the values of another for the keys that it lacks, unless it has others in their place.
    pub(super) fn with_defaults(&self, defaults: &Self, keys: &[&'static Key]) -> Self {
        let has = |key: &&str| self.values.contains_key(*key);
        let is_replaced = |name: &str| {
            ALTERNATIVES.iter().any(|alternatives| alternatives.contains(&name) && alternatives.iter().any(has))
        };
        let mut merged = self.clone();
        for (name, given) in &defaults.values {
            let is_known = keys.iter().any(|key| bare_name(key) == *name);
            if is_known && !has(name) && !is_replaced(name) && *name != "name" {
                merged.values.insert(name, given.clone());
            }
        }
        merged
    }

    /// The one text of a key.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.values.get(name)?.texts.first().map(String::as_str)
    }

    /// The texts of a key.
    pub(super) fn texts(&self, name: &str) -> &[String] {
        self.values.get(name).map_or(&[], |given| &given.texts)
    }

    /// An error about the value of a key, or about the whole table if it lacks the key.
    pub(super) fn fault(&self, name: &str, message: impl std::fmt::Display) -> Error {
        match self.values.get(name) {
            Some(given) => self.source.fault(given.span.clone(), format_args!("{name}: {message}")),
            None => self.source.fault(self.span.clone(), message),
        }
    }

    /// A key's text, read by a parser of option values.
    pub(super) fn parsed<T, E: std::fmt::Display>(
        &self,
        name: &str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Result<Option<T>, Error> {
        let Some(text) = self.text(name) else { return Ok(None) };
        parse(text).map(Some).map_err(|error| self.fault(name, error))
    }
}

/// `groups.topic` is `topic`.
fn bare_name(key: &Key) -> &'static str {
    key.name()
}

/// Each table of an array of tables.
fn tables<T>(
    source: Source<'_>,
    section: &str,
    item: &Item,
    read: impl Fn(&dyn TableLike, Option<Range<usize>>) -> Result<T, Error>,
) -> Result<Vec<T>, Error> {
    let Some(tables) = item.as_array_of_tables() else {
        return Err(source.fault(item.span(), format_args!("write [[{section}]] with its keys below")));
    };
    tables.iter().map(|table| read(table, table.span())).collect()
}

fn group<'a>(source: Source<'a>, table: &dyn TableLike, span: Option<Range<usize>>) -> Result<GroupTable<'a>, Error> {
    let Some(item) = table.get("role") else {
        return Err(source.fault(span, "a group needs a role: \"pub\", \"sub\", \"conn\", \"request\" or \"reply\""));
    };
    let (role, keys, place) = match item.as_str() {
        Some("pub") => (RoleName::Publish, publish_keys(), "a group that publishes"),
        Some("sub") => (RoleName::Subscribe, subscribe_keys(), "a group that subscribes"),
        Some("request") => (RoleName::Request, publish_keys(), "a group that makes requests"),
        Some("reply") => (RoleName::Reply, reply_keys(), "a group that replies"),
        Some("conn") => (RoleName::Connect, connect_keys(), "a group that only connects"),
        _ => return Err(source.fault(item.span(), "role must be \"pub\", \"sub\", \"conn\", \"request\" or \"reply\"")),
    };
    let mut flows = Vec::new();
    for (name, item) in table.iter().filter(|(_, item)| item.is_array_of_tables()) {
        let section = format!("groups.{name}");
        if name != "publish" || !matches!(role, RoleName::Publish | RoleName::Request) {
            let fault = format_args!("[[{section}]] is not a part of {place}");
            let error = source.fault(key_span(table, name), fault);
            return Err(error.with_hint(
                "[[groups.publish]] is one of several flows of a group with role = \"pub\" or \"request\"",
            ));
        }
        let read = |table: &dyn TableLike, span| Table::read(source, "[[groups.publish]]", &flow_keys(), table, span);
        flows = tables(source, &section, item, read)?;
    }
    let table = Table::read(source, place, &keys, table, span)?;
    Ok(GroupTable { role, table, flows })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_key_is_shown_with_its_line_a_caret_and_the_nearest() {
        for (text, message, detail, hint) in [
            (
                "[[groups]]\nrole = \"pub\"\nretian = true\n",
                "x.toml, line 3: unknown key `retian` in a group that publishes",
                "retian = true\n^^^^^^",
                "did you mean `retain`?",
            ),
            (
                "warmpu = 1",
                "x.toml, line 1: unknown key `warmpu` in a scenario",
                "warmpu = 1\n^^^^^^",
                "did you mean `warmup`?",
            ),
            (
                "[[groups]]\nrole = \"conn\"\n[[phases]]\ndorp = []",
                "x.toml, line 4: unknown key `dorp` in [[phases]]",
                "dorp = []\n^^^^",
                "did you mean `drop`?",
            ),
            (
                "[[grops]]\nrole = \"pub\"",
                "x.toml, line 1: unknown key `grops` in a scenario",
                "[[grops]]\n  ^^^^^",
                "did you mean `groups`?",
            ),
        ] {
            let error = Document::parse("x.toml", text).unwrap_err();
            assert_eq!((error.message(), error.detail(), error.hint()), (message, Some(detail), Some(hint)));
        }
    }

    #[test]
    fn what_is_no_scenario_says_what_it_lacks() {
        for (text, message) in [
            ("", "x.toml: it has no [[groups]]"),
            ("groups = 1", "x.toml, line 1: write [[groups]] with its keys below"),
            (
                "[[groups]]\nname = \"a\"",
                "x.toml, line 1: a group needs a role: \"pub\", \"sub\", \"conn\", \"request\" or \"reply\"",
            ),
            (
                "[[groups]]\nrole = \"x\"",
                "x.toml, line 2: role must be \"pub\", \"sub\", \"conn\", \"request\" or \"reply\"",
            ),
            (
                "[[groups]]\nrole = \"pub\"\nqos = true",
                "x.toml, line 3: groups.qos must be a number, or a string such as \"15m\"",
            ),
            ("[[groups", "x.toml, line 1: this is not TOML: unclosed array table, expected `]]`"),
        ] {
            assert_eq!(Document::parse("x.toml", text).unwrap_err().message(), message, "{text}");
        }
    }
}
