//! Which broker gets which credentials.
//!
//! Layers are merged option by option, so that `-h other` alone would send the password of the profile to another broker,
//! and a file in a cloned repository could choose the proxy that it goes through. Before the layers are merged, this
//! module removes from files what is not for the broker of this run:
//!
//! - credentials of a file that names another broker;
//! - credentials of a profile, if the project file names the broker;
//! - connection and trust options of the project file, if the broker is named elsewhere.
//!
//! The command line and the environment are set by the user: their values always apply.

use std::collections::BTreeMap;

use super::options_file::field_of;
use super::origin::{Layer, LayerValue, Origin, Origins};
use super::table::{Note, Row, noted, rows};
use crate::transport::{Address, BrokerUrl, redact, redact_path, without_credentials};

/// Options that set the password, in any form.
pub(crate) fn passwords() -> impl Iterator<Item = &'static str> {
    let says = |row: &&Row| {
        let is_key = |path: &str| path == "connection.password";
        row.key.is_some_and(|key| is_key(key.path))
            || row.notes.iter().any(|note| matches!(note, Note::Reference(path, _) if is_key(path)))
    };
    rows().filter(says).map(|row| row.option)
}

/// The broker of a run.
#[derive(Debug)]
struct Broker {
    /// The layer that names it; `None` for the command line.
    layer: Option<usize>,
    name: Name,
}

/// The identity of a broker.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Name {
    Host(String),
    Socket(String),
}

impl Name {
    /// As named by one layer; `option` returns the text of an option.
    fn of<'a>(option: impl Fn(&str) -> Option<&'a str>) -> Option<Self> {
        if let Some(path) = option("unix") {
            return Some(Self::Socket(path.to_owned()));
        }
        if let Some(host) = option("hostname") {
            return Some(Self::Host(host.to_ascii_lowercase()));
        }
        Some(match BrokerUrl::parse(option("url")?).map(|url| url.endpoint.address) {
            Ok(Address::Host { host, .. }) => Self::Host(host.to_ascii_lowercase()),
            Ok(Address::Unix(path)) => Self::Socket(path.to_string_lossy().into_owned()),
            // The run ends with an error about it.
            Err(_) => Self::Host("its broker".to_owned()),
        })
    }

    fn text(&self) -> &str {
        match self {
            Self::Host(text) | Self::Socket(text) => text,
        }
    }
}

/// Removes from the layers what is not for the broker of this run, and returns warnings. `written` has the options of
/// the command line; the layers are ordered from strongest to weakest.
pub(crate) fn hold_back(
    written: &BTreeMap<String, Vec<String>>,
    layers: &mut [Layer],
    origins: &Origins,
) -> Vec<String> {
    // The embedded broker belongs to this program.
    if written.contains_key("embedded") {
        return Vec::new();
    }
    let Some(broker) = broker(written, layers) else { return Vec::new() };
    let is_of_project = broker.layer.is_some_and(|index| matches!(of(&layers[index]), Some(Origin::Project(_))));
    let mut warnings = Vec::new();
    for index in 0..layers.len() {
        let Some(origin) = of(&layers[index]).filter(|_| broker.layer != Some(index)) else { continue };
        let own = match origin {
            Origin::Environment(_) => continue,
            _ => name(&layers[index]),
        };
        if own.as_ref().map_or(is_of_project, |own| *own != broker.name) {
            let taken = take_credentials(&mut layers[index]);
            let is_said = |option: &str| {
                written.contains_key(option) || layers[..index].iter().any(|layer| layer.options.contains_key(option))
            };
            let is_moot = |option: &str| match option {
                "password" | "url" => passwords().any(is_said),
                _ => is_said(option),
            };
            let missed: Vec<_> = taken.into_iter().filter(|(option, _)| !is_moot(option)).collect();
            warnings.extend(told_of_credentials(&missed, own.as_ref(), &broker.name, origins));
        }
        if matches!(origin, Origin::Project(_)) {
            let taken: Vec<_> =
                noted(Note::Way).filter_map(|option| layers[index].options.remove_entry(option)).collect();
            let taken: Vec<_> = taken.into_iter().map(|(option, value)| (option, value.origin)).collect();
            if !taken.is_empty() {
                let (what, is) = list(&taken, origins);
                let name = broker.name.text();
                warnings.push(format!(
                    "{what} {is} for the broker of that file, not for {name}, and ignored: give {} or use a profile",
                    flags(&taken)
                ));
            }
        }
    }
    warnings
}

/// The broker of a run; `None` if none is named.
fn broker(written: &BTreeMap<String, Vec<String>>, layers: &[Layer]) -> Option<Broker> {
    let localhost = || Name::Host("localhost".to_owned());
    // A port or protocol keeps the Unix socket of a weaker layer from being used.
    let mut narrowed = ["port", "protocol"].iter().any(|option| written.contains_key(*option)).then_some(None);
    let in_line = |option: &str| written.get(option).and_then(|texts| texts.last()).map(String::as_str);
    if let Some(name) = Name::of(in_line) {
        return Some(Broker { layer: None, name });
    }
    for (index, layer) in layers.iter().enumerate() {
        match (name(layer), narrowed) {
            (Some(Name::Socket(_)), Some(layer)) => return Some(Broker { layer, name: localhost() }),
            (Some(name), _) => return Some(Broker { layer: Some(index), name }),
            (None, _) => {}
        }
        let narrows = ["port", "protocol"].iter().any(|option| layer.options.contains_key(*option));
        narrowed = narrowed.or(narrows.then_some(Some(index)));
    }
    // Through its proxy, localhost can be whatever the project file wants.
    let steers = |layer: &Layer| {
        matches!(of(layer), Some(Origin::Project(_)))
            && noted(Note::Way).any(|option| layer.options.contains_key(option))
    };
    layers.iter().position(steers).map(|index| Broker { layer: Some(index), name: localhost() })
}

/// The broker that a layer names.
fn name(layer: &Layer) -> Option<Name> {
    Name::of(|option| layer.options.get(option)?.values.last().map(String::as_str))
}

/// The kind of a layer; `None` for an empty one.
fn of(layer: &Layer) -> Option<Origin> {
    layer.options.values().next().map(|value| value.origin)
}

/// Removes the credentials from a layer, including those in its URL and its path, and returns the options that had any.
fn take_credentials(layer: &mut Layer) -> Vec<(String, Origin)> {
    let taken = noted(Note::Credential).filter_map(|option| layer.options.remove_entry(option));
    let mut taken: Vec<_> = taken.map(|(option, value)| (option, value.origin)).collect();
    let clean_path = |text: &str| text.split('?').next().unwrap_or_default().to_owned();
    let clean_url = |text: &str| without_credentials(text);
    let has_query: fn(&str) -> bool = |text| redact_path(text) != text;
    let has_secret: fn(&str) -> bool = |text| redact(text) != text || without_credentials(text) != text;
    let mut clean = |option: &str, has: fn(&str) -> bool, cleaned: &dyn Fn(&str) -> String| {
        if let Some(LayerValue { values, origin, .. }) = layer.options.get_mut(option)
            && values.iter().any(|text| has(text))
        {
            for text in values.iter_mut() {
                *text = cleaned(text);
            }
            taken.push((option.to_owned(), *origin));
        }
    };
    clean("url", has_secret, &clean_url);
    clean("path", has_query, &clean_path);
    taken
}

fn told_of_credentials(
    taken: &[(String, Origin)],
    own: Option<&Name>,
    broker: &Name,
    origins: &Origins,
) -> Option<String> {
    if taken.is_empty() {
        return None;
    }
    let ((what, is), broker, flags) = (list(taken, origins), broker.text(), flags(taken));
    Some(match own {
        Some(own) => format!(
            "{what} {is} for {}, not for {broker}, and ignored: give {flags}, or the profile of that broker",
            own.text()
        ),
        None => format!(
            "{what} {is} not sent to {broker}, which only the project file names: name the broker in the profile or with \
             --hostname"
        ),
    })
}

/// "connection.username and connection.password of profile `prod`", and its verb.
fn list(taken: &[(String, Origin)], origins: &Origins) -> (String, &'static str) {
    let mut files: Vec<(usize, Vec<String>)> = Vec::new();
    for (option, origin) in taken {
        let (file, key) = match origin {
            Origin::Profile(place) | Origin::Project(place) => (place.file, place.key.to_owned()),
            Origin::OptionsFile(file) => (*file, field_of("", option)),
            Origin::Flag | Origin::Environment(_) | Origin::Default => continue,
        };
        match files.iter_mut().find(|(other, _)| *other == file) {
            Some((_, keys)) => keys.push(key),
            None => files.push((file, vec![key])),
        }
    }
    let of_file = |(file, keys): &(usize, Vec<String>)| format!("{} of {}", joined(keys), origins.file(*file));
    let text = files.iter().map(of_file).collect::<Vec<_>>().join(" and ");
    (text, if taken.len() == 1 { "is" } else { "are" })
}

/// The equivalent flags.
fn flags(taken: &[(String, Origin)]) -> String {
    let mut flags = Vec::new();
    for (option, _) in taken {
        let of_option = if option == "url" { vec!["username", "password"] } else { vec![option.as_str()] };
        for option in of_option {
            let flag = format!("--{}", option.replace('_', "-"));
            if !flags.contains(&flag) {
                flags.push(flag);
            }
        }
    }
    joined(&flags)
}

/// `a`, `a and b`, `a, b and c`.
fn joined(texts: &[String]) -> String {
    match texts {
        [before @ .., last] if !before.is_empty() => format!("{} and {last}", before.join(", ")),
        texts => texts.concat(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::origin::{LayerValue, Place};

    const PLACE: Place = Place { key: "connection.host", file: 0 };
    const PROFILE: Origin = Origin::Profile(PLACE);
    const PROJECT: Origin = Origin::Project(PLACE);
    const VARIABLE: Origin = Origin::Environment("MQTTX_HOST");

    fn layer(origin: Origin, options: &str) -> Layer {
        let value = |text: &str| LayerValue { origin, values: vec![text.to_owned()], alone: None };
        let options = options.split_whitespace().filter_map(|option| option.split_once('='));
        Layer { options: options.map(|(option, text)| (option.to_owned(), value(text))).collect() }
    }

    #[test]
    fn credentials_hold_for_the_broker_beside_them_alone() {
        let profile = "hostname=prod username=u password=p keepalive=1";
        for (flags, layers, left) in [
            ("", vec![(PROFILE, profile)], "hostname keepalive password username"),
            ("hostname=PROD", vec![(PROFILE, profile)], "hostname keepalive password username"),
            ("url=mqtt://prod:1/t", vec![(PROFILE, profile)], "hostname keepalive password username"),
            ("port=1", vec![(PROFILE, profile)], "hostname keepalive password username"),
            ("hostname=other", vec![(PROFILE, profile)], "hostname keepalive"),
            ("url=mqtt://other", vec![(PROFILE, profile)], "hostname keepalive"),
            ("unix=/run/x", vec![(PROFILE, profile)], "hostname keepalive"),
            ("", vec![(VARIABLE, "hostname=other"), (PROFILE, profile)], "hostname | hostname keepalive"),
            ("", vec![(VARIABLE, "password=x"), (PROFILE, "hostname=prod")], "password | hostname"),
            // No broker: for any.
            ("hostname=other", vec![(PROFILE, "username=u")], "username"),
            // A project file.
            ("", vec![(PROFILE, "username=u"), (PROJECT, "hostname=evil")], " | hostname"),
            (
                "",
                vec![(PROFILE, profile), (PROJECT, "hostname=evil proxy=x")],
                "hostname keepalive password username | hostname",
            ),
            ("", vec![(PROFILE, profile), (PROJECT, "insecure=true")], "hostname keepalive password username | "),
            // Knowing the name of the broker does not make the file trusted.
            (
                "",
                vec![(PROFILE, profile), (PROJECT, "hostname=prod ca=x")],
                "hostname keepalive password username | hostname",
            ),
            ("", vec![(PROFILE, "username=u"), (PROJECT, "proxy=evil")], " | proxy"),
            ("hostname=other", vec![(PROFILE, "hostname=prod reauthenticate_every=1")], "hostname"),
            ("port=1", vec![(PROFILE, "unix=/run/x password=p")], "unix"),
            ("embedded=true", vec![(PROFILE, profile)], "hostname keepalive password username"),
            ("", vec![(PROJECT, "hostname=own insecure=true password=p")], "hostname insecure password"),
        ] {
            let given = layer(Origin::Flag, flags).options.into_iter().map(|(option, value)| (option, value.values));
            let mut layers: Vec<_> = layers.into_iter().map(|(origin, options)| layer(origin, options)).collect();
            hold_back(&given.collect(), &mut layers, &Origins::default());
            let options = |layer: &Layer| layer.options.keys().cloned().collect::<Vec<_>>().join(" ");
            assert_eq!(layers.iter().map(options).collect::<Vec<_>>().join(" | "), left, "{flags}: {layers:?}");
        }
    }
}
