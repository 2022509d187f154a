//! The settings of `bench`: arguments to a complete scenario.

mod clients;
mod draft;
mod file;
mod load;
mod parameters;
mod presets;
mod run;

use std::path::PathBuf;

use super::codec::encoder;
use super::pattern::Facts;
use super::publish;
use crate::bench::{FilterPattern, Payload, Publish, Role, Shard, Subscribe, Threshold, Until};
use crate::cli::bench::{
    BenchConnectArgs, BenchEndToEndArgs, BenchMergeArgs, BenchPublishArgs, BenchSubscribeArgs, BenchSubscriptionArgs,
    LoadArgs, Shape,
};
use crate::cli::group::MessageArgs;
use crate::config::origin::Origins;
use crate::error::Error;
use crate::mqtt::{RetainHandling, TopicFilter, TopicName, Version};
use crate::payload::placeholder::{Pattern, Place};

pub(crate) use presets::{PRESETS, Preset};
pub(crate) use run::{BenchSettings, ResultFiles};

use draft::Draft;
use load::{encoded, load, payload};
use run::{result_files, thresholds};

/// What `bench merge` does.
#[derive(Debug, Clone)]
pub(crate) struct MergeSettings {
    /// The reports.
    pub reports: Vec<PathBuf>,
    /// Whether parts may be missing.
    pub partial: bool,
    /// How the sum is judged.
    pub thresholds: Vec<Threshold>,
    /// Where it goes.
    pub results: ResultFiles,
}

impl MergeSettings {
    /// Settles every option of `bench merge`.
    pub(crate) fn resolve(arguments: &BenchMergeArgs) -> Result<Self, Error> {
        if arguments.results.abort_on_fail {
            return Err(Error::usage("--abort-on-fail is not for bench merge: the runs are over"));
        }
        let (reports, results) = (arguments.reports.clone(), result_files(&arguments.results));
        Ok(Self { reports, partial: arguments.partial, thresholds: thresholds(&arguments.results)?, results })
    }
}

/// Bytes of a payload of `bench e2e`.
const END_TO_END_SIZE: usize = 64;

impl BenchSettings {
    /// Settles every option of `bench conn`.
    pub(crate) fn connect(arguments: &BenchConnectArgs, origins: &Origins) -> Result<Self, Error> {
        let mut draft = Draft::new(&arguments.connect, &arguments.clients.timing, &arguments.results, None, origins)?;
        let client_id = draft.client_id("", arguments.clients.count);
        draft.group("clients", arguments.clients.count, client_id, Role::Idle);
        draft.warn_of_drain("bench conn", origins);
        let timing = &arguments.clients.timing;
        let phases = draft.only_phase(timing, Until::default());
        draft.finish("connection benchmark", timing, phases)
    }

    /// Settles every option of `bench pub`.
    pub(crate) fn publish(arguments: &BenchPublishArgs, origins: &Origins) -> Result<Self, Error> {
        let (clients, message) = (&arguments.clients, &arguments.message);
        let mut draft = Draft::new(&arguments.connect, &clients.timing, &arguments.results, None, origins)?;
        let [topic] = message.topic.as_slice() else {
            let error = Error::usage("bench pub needs exactly one --topic");
            return Err(error.with_hint("as in -t bench/%i, or -t bench/%i/%s --topics 10 for several a client"));
        };
        publish::check_dup(message)?;
        if message.subscription_identifier.is_some() {
            let name = origins.name("subscription_identifier");
            draft.warn(format!("{name} is left out: only a broker may publish with it [MQTT-3.3.4-6]"));
        }
        let client_id = draft.client_id("", clients.count);
        let version = draft.connect.client.connect.version;
        let facts = &draft.facts;
        let topic = facts.read(&origins.name("topic"), topic.as_str(), Place::TOPIC)?;
        let codec = encoder(&arguments.payload, &arguments.compress, origins)?;
        let payload = encoded(payload(&arguments.load, facts, None)?, &codec, topic.as_str(), origins)?;
        let role = publisher(topic, payload, &arguments.load, message, clients.count, version)?;
        draft.group("publishers", clients.count, client_id, role);
        draft.find_max(&arguments.load)?;
        let timing = &arguments.clients.timing;
        let phases = draft.only_phase(timing, until_sent(&arguments.load));
        draft.finish("publish benchmark", timing, phases)
    }

    /// Settles every option of `bench sub`.
    pub(crate) fn subscribe(arguments: &BenchSubscribeArgs, origins: &Origins) -> Result<Self, Error> {
        let (clients, given) = (&arguments.clients, &arguments.subscription);
        let mut draft = Draft::new(&arguments.connect, &clients.timing, &arguments.results, None, origins)?;
        let client_id = draft.client_id("", clients.count);
        draft.group("subscribers", clients.count, client_id, subscriber(given, &draft.facts, &origins.name("topic"))?);
        draft.trust_foreign_clocks = given.trust_foreign_clocks;
        draft.warn_of_drain("bench sub", origins);
        let timing = &arguments.clients.timing;
        let phases = draft.only_phase(timing, Until { received: given.limit, ..Until::default() });
        draft.finish("subscribe benchmark", timing, phases)
    }

    /// Settles every option of `bench e2e`.
    pub(crate) fn end_to_end(arguments: &BenchEndToEndArgs, origins: &Origins) -> Result<Self, Error> {
        let (clients, given) = (&arguments.clients, &arguments.shape);
        let mut draft = Draft::new(&arguments.connect, &clients.timing, &arguments.results, None, origins)?;
        let publishers = given.publishers.unwrap_or(if given.shape == Shape::FanOut { 1 } else { clients.count });
        let subscribers = given.subscribers.unwrap_or(if given.shape == Shape::FanIn { 1 } else { clients.count });
        if given.shape == Shape::OneToOne && publishers != subscribers {
            let error = Error::usage("--shape one-to-one has as many publishers as subscribers");
            return Err(error.with_hint("use --shape fan-out, fan-in or shared"));
        }
        // The run's own number, so that nothing of another run is taken for this one's.
        let base =
            arguments.topic.as_ref().map_or_else(|| format!("mqttx/bench/{:08x}", draft.run), TopicName::to_string);
        let base = base.trim_end_matches("/%i").trim_end_matches("/{client}");
        let option = origins.name("topic");
        let shard = clients::shard(&clients.timing)?;
        let (topic, filter) = match given.shape {
            Shape::OneToOne => (format!("{base}/%i"), format!("{base}/%i")),
            Shape::FanOut => (base.to_owned(), base.to_owned()),
            Shape::FanIn => (format!("{base}/%i"), format!("{base}/+")),
            Shape::Shared => (format!("{base}/%i"), format!("$share/{}/{base}/+", share_name(shard))),
        };
        if arguments.load.topics.is_some() {
            return Err(Error::usage("--topics belongs to bench pub: in e2e the shape says which topics there are"));
        }
        let subscribe = Subscribe {
            filters: vec![FilterPattern::new(draft.facts.read(&option, &filter, Place::FILTER)?, arguments.qos)],
            subscription_identifier: None,
            user_properties: Vec::new(),
        };
        let client_id = draft.client_id("_sub", 2);
        draft.group("subscribers", subscribers, client_id, Role::Subscribe(subscribe));
        let client_id = draft.client_id("_pub", 2);
        let role = Role::Publish(Box::new(Publish {
            topic: draft.facts.read(&option, &topic, Place::FILTER)?,
            topics: 0,
            qos: arguments.qos,
            retain: false,
            marked_duplicate: false,
            properties: None,
            payload: payload(&arguments.load, &draft.facts, Some(END_TO_END_SIZE))?,
            load: load(&arguments.load, publishers)?,
            limit: arguments.load.limit,
            window: arguments.load.inflight,
        }));
        draft.group("publishers", publishers, client_id, role);
        draft.find_max(&arguments.load)?;
        let timing = &arguments.clients.timing;
        let phases = draft.only_phase(timing, until_sent(&arguments.load));
        draft.finish("end-to-end benchmark", timing, phases)
    }
}

/// What publishers do.
fn publisher(
    topic: Pattern,
    payload: Payload,
    given: &LoadArgs,
    message: &MessageArgs,
    clients: u64,
    version: Version,
) -> Result<Role, Error> {
    Ok(Role::Publish(Box::new(Publish {
        topic,
        topics: given.topics.unwrap_or_default(),
        qos: message.qos,
        retain: message.retain,
        marked_duplicate: message.dup,
        properties: publish::properties(message, version),
        payload,
        load: load(given, clients)?,
        limit: given.limit,
        window: given.inflight,
    })))
}

/// What subscribers do.
fn subscriber(given: &BenchSubscriptionArgs, facts: &Facts, option: &str) -> Result<Role, Error> {
    let mut filters = Vec::new();
    for (index, text) in given.topic.iter().enumerate() {
        TopicFilter::parse(text.clone()).map_err(|error| Error::topic("--topic", text, &error))?;
        filters.push(FilterPattern {
            filter: facts.read(option, text, Place::FILTER)?,
            qos: of(&given.qos, index).unwrap_or_default(),
            no_local: of(&given.no_local, index).unwrap_or_default(),
            retain_as_published: of(&given.retain_as_published, index).unwrap_or_default(),
            retain_handling: of(&given.retain_handling, index).unwrap_or(RetainHandling::SendAtSubscribe),
        });
    }
    let (subscription_identifier, user_properties) = (given.subscription_identifier, given.user_properties.clone());
    Ok(Role::Subscribe(Subscribe { filters, subscription_identifier, user_properties }))
}

/// Each part of a run shares among its own clients, as it knows its own messages only.
fn share_name(shard: Shard) -> String {
    if shard.count > 1 { format!("mqttx-bench-{}", shard.index + 1) } else { "mqttx-bench".to_owned() }
}

/// A limited number of messages ends the run when the last is answered.
fn until_sent(load: &LoadArgs) -> Until {
    Until { done: load.limit.is_some(), ..Until::default() }
}

/// The value at an index; one alone holds for all.
fn of<T: Copy>(values: &[T], index: usize) -> Option<T> {
    values.get(index).or(values.first()).copied()
}
