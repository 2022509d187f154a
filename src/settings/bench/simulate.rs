//! `simulate`: `bench pub` with payloads of a device that is played.

use std::path::{Path, PathBuf};

use super::content::{Content, Reading};
use super::draft::Draft;
use super::run::BenchSettings;
use super::simulated::Simulation;
use super::{once_through, precision, publisher, until_sent};
use crate::bench::Text;
use crate::cli::simulate::SimulateArgs;
use crate::config::origin::Origins;
use crate::error::Error;
use crate::mqtt::TopicName;
use crate::payload::Codec;
use crate::payload::placeholder::{Place, Template};
use crate::settings::publish::check_dup;

/// MQTTX's topic.
const TOPIC: &str = "mqttx/simulate/%sc/%c";

/// A template, and what `%sc` is.
struct Played {
    name: String,
    /// What errors call it.
    origin: String,
    path: PathBuf,
    text: String,
}

impl BenchSettings {
    /// Settles every option of `simulate`.
    pub(crate) fn simulate(arguments: &SimulateArgs, origins: &Origins) -> Result<Self, Error> {
        let played = played(arguments, origins)?;
        let (clients, message) = (&arguments.traffic.clients, &arguments.message);
        let mut draft =
            Draft::new(&arguments.connect, &clients.timing, &arguments.results, Some(&played.name), origins)?;
        let topics: Vec<&str> = message.topic.iter().map(TopicName::as_str).collect();
        let topic = match topics.as_slice() {
            [] if draft.words.has("topic") => "{topic}",
            [] => TOPIC,
            [topic] => topic,
            _ => return Err(Error::usage("simulate has one --topic").with_hint(format!("for example -t {TOPIC}"))),
        };
        check_dup(message)?;
        if message.subscription_identifier.is_some() {
            let name = origins.name("subscription_identifier");
            draft.warn(format!("{name} is left out: only a broker may publish with it [MQTT-3.3.4-6]"));
        }
        draft.precision = precision(arguments.traffic.precision);
        let count = draft.clients(clients.count, origins)?;
        let client_id = draft.client_id("", count);
        let version = draft.connect.client.connect.version;
        let words = &draft.words;
        let topic = words.read(&origins.name("topic"), topic, Place::TOPIC)?;
        let text: Text = if Template::is_jinja(&played.path) {
            words.jinja(&played.origin, &played.text, Place::PAYLOAD)?
        } else {
            words.read(&played.origin, &played.text, Place::PAYLOAD)?
        };
        let reading = Reading {
            words,
            codec: &Codec::default(),
            codec_option: "",
            topic: topic.as_str(),
            version,
            random_by_default: None,
        };
        let content = Content::of_template(text, &arguments.traffic.load, reading)?;
        let load = once_through(&arguments.traffic.load, None, count);
        let role = publisher(words, topic, content, &load, message, count, version)?;
        draft.group("devices", count, client_id, role);
        draft.take_load(&arguments.traffic.load)?;
        let timing = &clients.timing;
        let phases = draft.only_phase(timing, until_sent(&load));
        draft.finish(format!("simulation of {}", played.name), timing, phases)
    }
}

/// The template that is asked for.
fn played(arguments: &SimulateArgs, origins: &Origins) -> Result<Played, Error> {
    let path = match (&arguments.file, &arguments.scenario) {
        (Some(path), _) => path.clone(),
        (None, Some(name)) if name.contains(['.', '/', '\\']) || Path::new(name).exists() => PathBuf::from(name),
        (None, Some(name)) => {
            let simulation = Simulation::find(name)?;
            let origin = format!("scenario {name}");
            let path = PathBuf::from(simulation.file);
            return Ok(Played { name: name.clone(), origin, path, text: on_one_line(simulation.text) });
        }
        (None, None) => {
            let error = Error::usage(format!("{} is missing", origins.name("scenario")));
            return Err(error.with_hint("for example mqttx-rs simulate -sc tesla; `mqttx-rs ls -sc` lists them"));
        }
    };
    let text = std::fs::read_to_string(&path)
        .map_err(|error| Error::local(format!("cannot read {}: {error}", path.display())))?;
    let is_json = path.extension().is_some_and(|extension| extension == "json");
    let text = if is_json { on_one_line(&text) } else { text };
    let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    Ok(Played { name, origin: path.display().to_string(), path, text })
}

/// JSON without its line breaks and indentation, which are for who reads the file: in its strings there are none.
fn on_one_line(text: &str) -> String {
    text.lines().map(str::trim).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_template_is_sent_on_one_line() {
        assert_eq!(on_one_line("{\n  \"a b\": 1,\n  \"c\": 2\n}\n"), "{\"a b\": 1,\"c\": 2}");
    }
}
