use std::any::TypeId;
use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::{Arg, Command};

use super::candidate::{Candidate, Live, commands};
use crate::mqtt::{TopicFilter, TopicName};
use crate::repl::line::quote;

/// What the values of an option are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// To publish to: topics seen, level by level.
    Topic,
    /// To subscribe to: topics seen, and wildcards for what is below a level.
    Filter,
    /// One that is subscribed to.
    ActiveFilter,
    /// A path.
    File,
    /// A profile's name.
    Profile,
    /// A connection's name.
    Connection,
    /// A command of the session.
    Command,
    /// A variable's name.
    Variable,
    /// An alias's name.
    Alias,
    /// A note's name.
    Note,
    /// A job's number.
    Job,
    /// Nothing that could be known.
    Other,
}

/// The candidates for a value of an option.
pub(super) fn of(
    root: &Command,
    command: &Command,
    option: &Arg,
    before: &[&str],
    partial: &str,
    live: &dyn Live,
) -> Vec<Candidate> {
    let possible: Vec<_> = option.get_possible_values().into_iter().filter(|value| !value.is_hide_set()).collect();
    if !possible.is_empty() {
        let begins = possible.iter().filter(|value| value.get_name().starts_with(partial));
        return begins
            .map(|value| {
                let help = value.get_help().map(ToString::to_string).unwrap_or_default();
                Candidate::named(value.get_name(), help)
            })
            .collect();
    }
    let named = |names: Vec<String>| -> Vec<Candidate> {
        let begins = names.into_iter().filter(|name| name.starts_with(partial));
        begins.map(|name| Candidate::named(&name, "")).collect()
    };
    let explained = |pairs: Vec<(String, String)>| -> Vec<Candidate> {
        let begins = pairs.into_iter().filter(|(name, _)| name.starts_with(partial));
        begins.map(|(name, help)| Candidate::named(&name, help)).collect()
    };
    match kind(command, option, before) {
        Kind::Topic => topics(partial, live),
        Kind::Filter => filters(partial, live),
        Kind::ActiveFilter => named(live.filters()),
        Kind::File => live.files(partial).into_iter().map(|path| file(&path)).collect(),
        Kind::Profile => named(live.profiles()),
        Kind::Connection => named(live.connections()),
        Kind::Command => commands(root, partial, live),
        Kind::Variable => explained(live.variables()),
        Kind::Alias => explained(live.aliases()),
        Kind::Note => explained(live.notes()),
        Kind::Job => explained(live.jobs()),
        Kind::Other => Vec::new(),
    }
}

/// By the option's place where that says more than its type: the filters to unsubscribe from are known. `before` are the
/// positional arguments before it.
fn kind(command: &Command, option: &Arg, before: &[&str]) -> Kind {
    let parsed = option.get_value_parser().type_id();
    match (command.get_name(), option.get_id().as_str()) {
        (_, "profile") => Kind::Profile,
        ("unsub" | "mute" | "unmute", _) if parsed == TypeId::of::<TopicFilter>() => Kind::ActiveFilter,
        ("disconnect" | "switch" | "forget" | "rename", "name") => Kind::Connection,
        ("help", "command") => Kind::Command,
        ("var" | "unvar", "name") => Kind::Variable,
        ("alias" | "unalias", "name") => Kind::Alias,
        ("note", "words") => match before {
            [] | ["remove"] => Kind::Note,
            ["file"] => Kind::File,
            _ => Kind::Other,
        },
        ("stop", "number") => Kind::Job,
        ("diff", "first") => Kind::Topic,
        ("retained", "words") => Kind::Filter,
        _ if parsed == TypeId::of::<TopicFilter>() => Kind::Filter,
        _ if parsed == TypeId::of::<TopicName>() => Kind::Topic,
        _ if parsed == TypeId::of::<PathBuf>() => Kind::File,
        _ => Kind::Other,
    }
}

/// The topics that begin so, those that go on alike up to the next level as one: a broker's ten thousand topics are
/// no list to choose from.
fn topics(partial: &str, live: &dyn Live) -> Vec<Candidate> {
    let from = partial.rfind('/').map_or(0, |slash| slash + 1);
    let mut levels: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    let seen = live.topics(partial);
    for topic in &seen {
        let end = topic.get(from..).and_then(|rest| rest.find('/')).map_or(topic.len(), |slash| from + slash + 1);
        levels.entry(&topic[..end]).or_default().push(topic);
    }
    let candidate = |(level, topics): (&str, Vec<&str>)| match topics[..] {
        [topic] => Candidate::named(topic, ""),
        _ => Candidate { is_whole: false, ..Candidate::named(level, format!("{} topics", topics.len())) },
    };
    levels.into_iter().map(candidate).collect()
}

/// The same, with the wildcard for everything below the level reached.
fn filters(partial: &str, live: &dyn Live) -> Vec<Candidate> {
    let mut found = topics(partial, live);
    let is_level = partial.is_empty() || partial.ends_with('/');
    if is_level && !found.is_empty() {
        found.push(Candidate::new(format!("{}#", unquoted_level(partial)), "all of them"));
    }
    let active = live.filters().into_iter().filter(|filter| filter.starts_with(partial));
    for filter in active {
        let candidate = Candidate::named(&filter, "subscribed");
        if !found.iter().any(|other| other.text == candidate.text) {
            found.push(candidate);
        }
    }
    found
}

/// A level before a wildcard, quoted if it has to be.
fn unquoted_level(level: &str) -> String {
    if level.is_empty() { String::new() } else { quote(level) }
}

fn file(path: &str) -> Candidate {
    Candidate { is_whole: !path.ends_with('/'), ..Candidate::named(path, "") }
}
