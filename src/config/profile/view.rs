//! Profiles as they are shown: with secrets masked, and values with their origin.

use std::collections::{BTreeMap, BTreeSet};

use super::choice::Choice;
use super::document::{Profile, Value, edit};
use super::layer::Scope;
use super::load::{flatten, load};
use super::store::Store;
use crate::cli;
use crate::config::origin::{LayerValue, Options, Origin, Origins, inherit};
use crate::config::table::{Key, Kind, Note, keys, noted};
use crate::config::{credentials, environment};
use crate::error::Error;

/// An effective value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct EffectiveValue {
    /// The key.
    pub key: &'static Key,
    /// Its value, masked.
    pub value: String,
    /// Where it comes from, in words.
    pub origin: String,
}

/// A profile in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Summary {
    /// Its name.
    pub name: String,
    /// Whether it is the selected one.
    pub selected: bool,
    /// Its file.
    pub path: String,
    /// The broker, as a URL without its password; or what is wrong with the file.
    pub broker: Result<String, String>,
    /// The profile that it extends.
    pub extends: Option<String>,
}

/// All profiles, including broken ones.
///
/// # Errors
///
/// Their folder cannot be read.
pub(crate) fn summaries(store: &Store) -> Result<Vec<Summary>, Error> {
    // The list also shows what is broken; a run reports that the selection cannot be read.
    let selected = store.selected().unwrap_or_default();
    let summary = |name: String| {
        let own = store.read(&name).and_then(|text| Profile::parse(&format!("profile `{name}`"), &text));
        let chain = flatten(store, &name);
        Summary {
            selected: selected.as_ref() == Some(&name),
            path: store.path(&name).unwrap_or_default().to_string_lossy().into_owned(),
            broker: chain.map(|profile| broker(&profile)).map_err(|error| error.message().to_owned()),
            extends: own.ok().and_then(|profile| profile.extends),
            name,
        }
    };
    Ok(store.names()?.into_iter().map(summary).collect())
}

fn broker(profile: &Profile) -> String {
    let text = |path: &str| match profile.values.get(path) {
        Some(Value::Texts(texts)) => texts.first().cloned(),
        _ => None,
    };
    if let Some(url) = text("connection.url") {
        return Key::find("connection.url").map_or(String::new(), |key| key.masked(&url));
    }
    if let Some(path) = text("connection.unix") {
        return format!("unix://{path}");
    }
    let is_tls =
        |path: &str| path.starts_with("tls.") && !(path == "tls.insecure" && text(path).as_deref() == Some("false"));
    let implied = if profile.values.keys().any(|path| is_tls(path)) { "mqtts" } else { "mqtt" };
    let protocol = text("connection.protocol").unwrap_or_else(|| implied.to_owned());
    let host = text("connection.host").unwrap_or_else(|| "localhost".to_owned());
    let port = text("connection.port").map(|port| format!(":{port}")).unwrap_or_default();
    format!("{protocol}://{host}{port}")
}

/// The text of a profile with its plain secrets masked, comments kept.
///
/// # Errors
///
/// The text is not a valid profile.
pub(crate) fn masked_text(name: &str, text: &str) -> Result<String, Error> {
    let profile = Profile::parse(&format!("profile `{name}`"), text)?;
    let mut changes = Vec::new();
    for (path, value) in &profile.values {
        let (Some(key), Value::Texts(texts)) = (Key::find(path), value) else { continue };
        let hidden: Vec<_> = texts.iter().map(|text| key.masked(text)).collect();
        if hidden != *texts {
            changes.push((key, Some(Value::Texts(hidden))));
        }
    }
    edit(text, &changes)
}

/// Every effective value of a run with this profile, in the order of a file.
///
/// # Errors
///
/// The profile is missing or broken.
pub(crate) fn effective(
    name: Option<&str>,
    variable: impl Fn(&str) -> Option<String>,
) -> Result<Vec<EffectiveValue>, Error> {
    let definition = cli::command();
    let mut found = BTreeMap::new();
    for (scope, path) in
        [(Scope::Publish, &["pub"][..]), (Scope::Subscribe, &["sub"]), (Scope::Bench, &["bench", "pub"])]
    {
        let command = path.iter().try_fold(&definition, |command, name| command.find_subcommand(name));
        let Some(command) = command else { continue };
        let choice = Choice { named: name.map(ToOwned::to_owned), ..Choice::default() };
        let loaded = load(&choice, scope, &variable)?;
        let mut layers = vec![environment::layer(&variable)];
        layers.extend(loaded.layers);
        let mut origins = Origins::flags(Vec::<String>::new());
        origins.files = loaded.files;
        credentials::hold_back(&BTreeMap::new(), &mut layers, &origins);
        let taken = inherit(&BTreeSet::new(), &layers);
        for key in keys().filter(|key| scope.includes(key.section())) {
            let default = || match key.option {
                "protocol" if says_tls(&taken) => {
                    Some(LayerValue { origin: Origin::Default, values: vec!["mqtts".to_owned()], alone: None })
                }
                option => default(command, option),
            };
            let value = taken.get(key.option).cloned().or_else(default);
            if let Some(value) = value.filter(|_| !is_said_otherwise(key, &taken)) {
                found.entry(key.path).or_insert_with(|| shown(key, &value, &origins));
            }
        }
    }
    Ok(keys().filter_map(|key| found.remove(key.path)).collect())
}

/// The built-in default.
fn default(command: &clap::Command, option: &str) -> Option<LayerValue> {
    let option = command.get_arguments().find(|other| other.get_id() == option)?;
    let values = if option.get_action().takes_values() {
        option.get_default_values().iter().map(|value| value.to_string_lossy().into_owned()).collect()
    } else {
        vec!["false".to_owned()]
    };
    (!Vec::is_empty(&values)).then_some(LayerValue { origin: Origin::Default, values, alone: None })
}

/// Whether a TLS option makes the protocol mqtts in the absence of another.
fn says_tls(taken: &Options) -> bool {
    let is_on = |value: &LayerValue| !matches!(value.values.as_slice(), [text] if is_off(text));
    noted(Note::Tls).any(|option| taken.get(option).is_some_and(|value| option != "insecure" || is_on(value)))
}

fn is_off(text: &str) -> bool {
    ["0", "false", "no", "off"].iter().any(|off| text.eq_ignore_ascii_case(off))
}

/// A URL or a socket replaces host and protocol, so that their defaults do not apply.
fn is_said_otherwise(key: &Key, taken: &Options) -> bool {
    ["hostname", "protocol"].contains(&key.option)
        && !taken.contains_key(key.option)
        && (taken.contains_key("url") || taken.contains_key("unix"))
}

fn shown(key: &'static Key, value: &LayerValue, origins: &Origins) -> EffectiveValue {
    let text = |text: &String| match (key.kind, text.as_str()) {
        (Kind::SwitchOff, "true") => "false".to_owned(),
        (Kind::SwitchOff, "false") => "true".to_owned(),
        _ => key.masked(text),
    };
    let value_text = value.values.iter().map(text).collect::<Vec<_>>().join(", ");
    EffectiveValue { key, value: value_text, origin: origins.describe(value.origin) }
}

/// A commented example of every key, for writing a profile by hand.
pub(crate) fn template() -> String {
    let mut text = String::new();
    let mut section = "";
    for key in keys() {
        if key.section() != section {
            section = key.section();
            text.extend(["\n# [", section, "]\n"]);
        }
        text.extend(["# ", key.name(), " = ", key.example, "\n"]);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_secrets_are_masked_and_references_are_not() {
        let text = "# mine\n[connection]\nurl = \"mqtts://u:hunter2@h:1/t\" # to\npassword = \"hunter2\"\n\
                    [tls]\nkey_password = \"env:X\"\n[websocket]\nheaders = { Authorization = \"Bearer hunter2\" }\n";
        let shown = masked_text("x", text).unwrap();
        assert!(!shown.contains("hunter2"), "{shown}");
        assert!(shown.contains("# mine") && shown.contains("# to") && shown.contains("env:X"), "{shown}");
        assert!(shown.contains("mqtts://u:***@h:1/t") && shown.contains("Authorization = \"***\""), "{shown}");
    }

    #[test]
    fn the_template_is_a_profile_when_its_comments_are_taken_away() {
        for key in keys() {
            let text = format!("[{}]\n{} = {}\n", key.section(), key.name(), key.example);
            assert!(Profile::parse("x", &text).is_ok(), "{text}");
        }
        let template = template();
        let uncommented = template.lines().map(|line| line.trim_start_matches("# "));
        // It names the broker in three ways.
        let without = |line: &&str| !["url = ", "unix = "].iter().any(|start| line.starts_with(start));
        let one_broker = uncommented.filter(without).collect::<Vec<_>>().join("\n");
        assert_eq!(Profile::parse("x", &one_broker).unwrap().values.len(), keys().count() - 2);
    }
}
