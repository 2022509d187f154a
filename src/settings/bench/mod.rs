//! The settings of `bench`: arguments to a complete scenario.

mod checks;
mod clients;
mod content;
mod draft;
mod file;
mod load;
mod login;
mod manifest;
mod parameters;
mod presets;
mod run;
mod scheduler;
mod simulate;
mod simulated;
mod words;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::codec::encoder;
use super::publish;
use crate::bench::{
    FilterPattern, Grain, Precision, Publish, Role, RunChange, StampPlace, Subscribe, Text, Threshold, Until,
};
use crate::cli::bench::{
    BenchCompareArgs, BenchConnectArgs, BenchEndToEndArgs, BenchMergeArgs, BenchPublishArgs, BenchSubscribeArgs,
    BenchSubscriptionArgs, LoadArgs, PrecisionArgs, PrecisionName, Shape, TimingArgs,
};
use crate::cli::group::MessageArgs;
use crate::config::origin::Origins;
use crate::error::Error;
use crate::mqtt::{RetainHandling, TopicFilter, TopicName, Version};
use crate::payload::placeholder::Place;

#[cfg(all(test, feature = "broker"))]
pub(crate) use file::places as scenario_places;
pub(crate) use manifest::ManifestSettings;
pub(crate) use presets::{PRESETS, Preset};
pub(crate) use run::{BenchSettings, ResultFiles};
pub(crate) use simulated::{SIMULATIONS, Simulation};

use content::{Content, Reading};
use draft::Draft;
use load::{limit, load, trace};
use run::{result_files, thresholds};
use words::Words;

/// What `bench merge` does.
#[derive(Debug, Clone)]
pub(crate) struct MergeSettings {
    /// The reports.
    pub reports: Vec<PathBuf>,
    /// Whether parts may be missing.
    pub partial: bool,
    /// How long to wait for those that are not there yet, or not over.
    pub wait: Duration,
    /// How the merged report is judged.
    pub thresholds: Vec<Threshold>,
    /// Where it is written.
    pub results: ResultFiles,
}

impl MergeSettings {
    /// Settles every option of `bench merge`.
    pub(crate) fn resolve(arguments: &BenchMergeArgs) -> Result<Self, Error> {
        if arguments.results.abort_on_fail {
            return Err(Error::usage("--abort-on-fail cannot be used with bench merge: the runs are over"));
        }
        let (reports, results) = (arguments.reports.clone(), result_files(&arguments.results));
        let (partial, wait) = (arguments.partial, arguments.wait.unwrap_or_default());
        Ok(Self { reports, partial, wait, thresholds: thresholds(&arguments.results)?, results })
    }
}

/// What `bench compare` does.
#[derive(Debug, Clone)]
pub(crate) struct CompareSettings {
    /// The report to compare with.
    pub baseline: PathBuf,
    /// Those that are compared; at least one.
    pub candidates: Vec<PathBuf>,
    /// The changes that make it fail.
    pub changes: Vec<RunChange>,
    /// A page with plots.
    pub html: Option<PathBuf>,
}

impl CompareSettings {
    /// Settles every option of `bench compare`.
    pub(crate) fn resolve(arguments: &BenchCompareArgs) -> Result<Self, Error> {
        let parse = |text: &String| text.parse().map_err(|error| Error::usage(format!("--fail: {error}")));
        let changes = arguments.fail.iter().map(parse).collect::<Result<_, _>>()?;
        Ok(Self {
            baseline: arguments.before.clone(),
            candidates: arguments.after.clone(),
            changes,
            html: arguments.html.clone(),
        })
    }
}

/// Bytes of a payload of `bench e2e`.
const END_TO_END_SIZE: usize = 64;

impl BenchSettings {
    /// Settles every option of `bench conn`.
    pub(crate) fn connect(arguments: &BenchConnectArgs, origins: &Origins) -> Result<Self, Error> {
        let mut draft = Draft::new(&arguments.connect, &arguments.clients.timing, &arguments.results, None, origins)?;
        let count = draft.clients(arguments.clients.count, origins)?;
        let client_id = draft.client_id("", count);
        draft.group("clients", count, client_id, Role::Idle);
        draft.warn_of_drain("bench conn", origins);
        let timing = &arguments.clients.timing;
        let phases = draft.only_phase(timing, Until::default());
        draft.finish("connection benchmark", timing, phases)
    }

    /// Settles every option of `bench pub`.
    pub(crate) fn publish(arguments: &BenchPublishArgs, origins: &Origins) -> Result<Self, Error> {
        let (clients, message) = (&arguments.traffic.clients, &arguments.message);
        let mut draft = Draft::new(&arguments.connect, &clients.timing, &arguments.results, None, origins)?;
        let topics: Vec<&str> = message.topic.iter().map(TopicName::as_str).collect();
        let topics = if topics.is_empty() && draft.words.has("topic") { vec!["{topic}"] } else { topics };
        let [topic] = topics.as_slice() else {
            let error = Error::usage("bench pub needs exactly one --topic");
            return Err(
                error.with_hint("for example -t bench/%i, or -t bench/%i/%s --topics 10 for several per client")
            );
        };
        publish::check_dup(message)?;
        if message.subscription_identifier.is_some() {
            let name = origins.name("subscription_identifier");
            draft.warn(format!("{name} is ignored: only a broker may publish with it [MQTT-3.3.4-6]"));
        }
        let count = draft.clients(clients.count, origins)?;
        draft.precision = precision(arguments.traffic.precision);
        let client_id = draft.client_id("", count);
        let version = draft.connect.client.connect.version;
        let words = &draft.words;
        let topic = words.read(&origins.name("topic"), topic, Place::TOPIC)?;
        let codec = encoder(&arguments.payload, &arguments.compress, origins)?;
        let codec_option = codec_option(origins);
        let topic_text = topic.as_str();
        let reading = Reading {
            words,
            codec: &codec,
            codec_option: &codec_option,
            topic: topic_text,
            version,
            random_by_default: None,
        };
        let content = Content::read(&arguments.content, &arguments.traffic.load, reading)?;
        let once = ends_with_its_payloads(&clients.timing, &arguments.traffic.load);
        let load = once_through(&arguments.traffic.load, content.parts.filter(|_| once), count);
        let role = publisher(words, topic, content, &load, message, count, version)?;
        draft.group("publishers", count, client_id, role);
        draft.take_load(&arguments.traffic.load)?;
        let timing = &arguments.traffic.clients.timing;
        let phases = draft.only_phase(timing, until_sent(&load));
        draft.finish("publish benchmark", timing, phases)
    }

    /// Settles every option of `bench sub`.
    pub(crate) fn subscribe(arguments: &BenchSubscribeArgs, origins: &Origins) -> Result<Self, Error> {
        let (clients, given) = (&arguments.clients, &arguments.subscription);
        let mut draft = Draft::new(&arguments.connect, &clients.timing, &arguments.results, None, origins)?;
        let count = draft.clients(clients.count, origins)?;
        let client_id = draft.client_id("", count);
        let role = subscriber(given, &draft.words, &origins.name("topic"))?;
        draft.group("subscribers", count, client_id, role);
        draft.precision = precision(arguments.precision);
        draft.trust_foreign_clocks = given.trust_foreign_clocks;
        draft.warn_of_drain("bench sub", origins);
        let timing = &arguments.clients.timing;
        let phases = draft.only_phase(timing, Until { received: given.limit, ..Until::default() });
        draft.finish("subscribe benchmark", timing, phases)
    }

    /// Settles every option of `bench e2e`.
    pub(crate) fn end_to_end(arguments: &BenchEndToEndArgs, origins: &Origins) -> Result<Self, Error> {
        let (clients, given) = (&arguments.traffic.clients, &arguments.shape);
        let mut draft = Draft::new(&arguments.connect, &clients.timing, &arguments.results, None, origins)?;
        let count = draft.clients(clients.count, origins)?;
        let publishers = given.publishers.unwrap_or(if given.shape == Shape::FanOut { 1 } else { count });
        let subscribers = given.subscribers.unwrap_or(if given.shape == Shape::FanIn { 1 } else { count });
        if given.shape == Shape::OneToOne && publishers != subscribers {
            let error = Error::usage("--shape one-to-one has as many publishers as subscribers");
            return Err(error.with_hint("use --shape fan-out, fan-in or shared"));
        }
        // With the number of the run, so that messages of other runs are not confused with its own.
        let base =
            arguments.topic.as_ref().map_or_else(|| format!("mqttx/bench/{:08x}", draft.run), TopicName::to_string);
        let base = base.trim_end_matches("/%i").trim_end_matches("/{client}");
        let option = origins.name("topic");
        let shard = clients::shard(&clients.timing)?;
        let (topic, filter) = match given.shape {
            Shape::OneToOne => (format!("{base}/%i"), format!("{base}/%i")),
            Shape::FanOut => (base.to_owned(), base.to_owned()),
            Shape::FanIn => (format!("{base}/%i"), format!("{base}/+")),
            Shape::Shared => (format!("{base}/%i"), format!("$share/{}/{base}/+", clients::share_name(shard))),
        };
        if arguments.traffic.load.topics.is_some() {
            return Err(Error::usage("--topics is for bench pub: in e2e, the shape determines the topics"));
        }
        let subscribe = Subscribe {
            filters: vec![FilterPattern::new(draft.words.read(&option, &filter, Place::FILTER)?, arguments.qos)],
            subscription_identifier: None,
            user_properties: Vec::new(),
            stamp: None,
            churn: None,
            processing: Duration::ZERO,
            reply: None,
        };
        let client_id = draft.client_id("_sub", 2);
        draft.group("subscribers", subscribers, client_id, Role::Subscribe(Box::new(subscribe)));
        draft.precision = precision(arguments.traffic.precision);
        let codec = encoder(&arguments.payload, &arguments.compress, origins)?;
        let reading = Reading {
            words: &draft.words,
            codec: &codec,
            codec_option: &codec_option(origins),
            topic: &topic,
            version: draft.connect.client.connect.version,
            random_by_default: Some(END_TO_END_SIZE),
        };
        let content = Content::read(&arguments.content, &arguments.traffic.load, reading)?;
        let once = ends_with_its_payloads(&clients.timing, &arguments.traffic.load);
        let given_load = once_through(&arguments.traffic.load, content.parts.filter(|_| once), publishers);
        let client_id = draft.client_id("_pub", 2);
        let role = Role::Publish(Box::new(Publish {
            topic: draft.words.read(&option, &topic, Place::FILTER)?,
            topics: 0,
            qos: arguments.qos,
            retain: false,
            marked_duplicate: false,
            properties: None,
            user_properties: Vec::new(),
            payload: content.payload,
            stamp: content.stamp,
            codec: content.codec,
            load: load(&given_load, publishers)?,
            burst: given_load.burst,
            trace: trace(&given_load)?,
            limit: given_load.limit,
            window: given_load.inflight,
            request: None,
        }));
        draft.group("publishers", publishers, client_id, role);
        draft.take_load(&arguments.traffic.load)?;
        let timing = &arguments.traffic.clients.timing;
        let phases = draft.only_phase(timing, until_sent(&given_load));
        draft.finish("end-to-end benchmark", timing, phases)
    }
}

/// How exactly planned times are kept.
fn precision(given: PrecisionArgs) -> Precision {
    given.precision.map_or(Precision::ByLoad, |name| {
        Precision::Fixed(match name {
            PrecisionName::Fine => Grain::Fine,
            PrecisionName::Medium => Grain::Medium,
            PrecisionName::Coarse => Grain::Coarse,
        })
    })
}

/// What publishers do.
fn publisher(
    words: &Words,
    topic: Text,
    content: Content,
    given: &LoadArgs,
    message: &MessageArgs,
    clients: u64,
    version: Version,
) -> Result<Role, Error> {
    let user_properties = words.pairs("--user-properties", &message.user_properties)?;
    let properties = publish::properties(message, version).map(|mut properties| {
        Arc::make_mut(&mut properties).user_properties = Vec::new();
        properties
    });
    Ok(Role::Publish(Box::new(Publish {
        topic,
        topics: given.topics.unwrap_or_default(),
        qos: message.qos,
        retain: message.retain,
        marked_duplicate: message.dup,
        properties,
        user_properties,
        payload: content.payload,
        stamp: content.stamp,
        codec: content.codec,
        load: load(given, clients)?,
        burst: given.burst,
        trace: trace(given)?,
        limit: limit(given, clients),
        window: given.inflight,
        request: None,
    })))
}

/// What subscribers do.
fn subscriber(given: &BenchSubscriptionArgs, words: &Words, option: &str) -> Result<Role, Error> {
    let mut filters = Vec::new();
    for (index, text) in given.topic.iter().enumerate() {
        TopicFilter::parse(text.clone()).map_err(|error| Error::topic("--topic", text, &error))?;
        filters.push(FilterPattern {
            filter: words.read(option, text, Place::FILTER)?,
            qos: of(&given.qos, index).unwrap_or_default(),
            no_local: of(&given.no_local, index).unwrap_or_default(),
            retain_as_published: of(&given.retain_as_published, index).unwrap_or_default(),
            retain_handling: of(&given.retain_handling, index).unwrap_or(RetainHandling::SendAtSubscribe),
        });
    }
    let subscription_identifier = given.subscription_identifier;
    let user_properties = words.pairs("--user-properties", &given.user_properties)?;
    let stamp = given.stamp.as_deref().map(str::parse::<StampPlace>).transpose();
    let stamp = stamp.map_err(|error| Error::usage(format!("--stamp: {error}")))?;
    let (churn, processing, reply) = (None, Duration::ZERO, None);
    Ok(Role::Subscribe(Box::new(Subscribe {
        filters,
        subscription_identifier,
        user_properties,
        stamp,
        churn,
        processing,
        reply,
    })))
}

/// The option that asks for payloads to be encoded.
fn codec_option(origins: &Origins) -> String {
    let asked = ["format", "compress", "schema", "protobuf_path", "avsc_path"];
    let option = asked.into_iter().find(|option| origins.given(option));
    option.map(|option| origins.name(option)).unwrap_or_default()
}

/// Whether nothing else ends a run whose payload has several parts.
fn ends_with_its_payloads(timing: &TimingArgs, load: &LoadArgs) -> bool {
    timing.duration.is_none() && load.find_max.is_none() && load.rate_trace.is_none()
}

/// Each client sends the parts of a payload once, like MQTTX, unless something else ends the run.
fn once_through(load: &LoadArgs, parts: Option<u64>, clients: u64) -> LoadArgs {
    let limit = limit(load, clients).or_else(|| parts.map(|parts| parts.saturating_mul(clients)));
    LoadArgs { limit, ..load.clone() }
}

/// A limited number of messages ends the run when the last is answered.
fn until_sent(load: &LoadArgs) -> Until {
    Until { done: load.limit.is_some(), ..Until::default() }
}

/// The value at an index; a single one applies to all.
fn of<T: Copy>(values: &[T], index: usize) -> Option<T> {
    values.get(index).or(values.first()).copied()
}
