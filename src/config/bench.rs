//! The settings of `bench`: arguments to a complete scenario.

use std::num::NonZero;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use bytes::Bytes;

use super::connect::Resolved;
use super::origin::Origins;
use super::{ConnectSettings, publish};
use crate::bench::{
    FilterPattern, Group, Load, Parameter, Pattern, Payload, Publish, Rate, Reconnect, Role, RunOptions, Scenario,
    Shard, Subscribe, Threshold,
};
use crate::cli::bench::{
    BenchConnectArgs, BenchEndToEndArgs, BenchMergeArgs, BenchPublishArgs, BenchSubscribeArgs, ClientsArgs, LoadArgs,
    ResultsArgs, Shape,
};
use crate::error::Error;
use crate::mqtt::{QoS, RetainHandling, TopicFilter, TopicName};
use crate::payload::PayloadSize;
use crate::transport::{Address, Endpoint};

/// What a run of `bench` does, and what becomes of its results.
#[derive(Debug, Clone)]
pub struct BenchSettings {
    /// What it is called in the banner: `publish benchmark`.
    pub title: &'static str,
    /// Start the embedded broker first, which listens where the first endpoint says.
    pub connect: ConnectSettings,
    /// What it does.
    pub scenario: Scenario,
    /// How it is judged.
    pub options: RunOptions,
    /// What to search the highest rate for; empty: one run, as it is.
    pub find_max: Vec<Threshold>,
    /// Where the results go.
    pub results: ResultFiles,
    /// What the user should know before it begins.
    pub warnings: Vec<String>,
}

/// Where the results go, besides the terminal.
#[derive(Debug, Clone, Default)]
pub struct ResultFiles {
    /// Everything, as JSON.
    pub report: Option<PathBuf>,
    /// A line a second.
    pub csv: Option<PathBuf>,
    /// A page with plots.
    pub html: Option<PathBuf>,
    /// Histograms in `HdrHistogram`'s interval log format.
    pub hdr_log: Option<PathBuf>,
}

/// What `bench merge` does.
#[derive(Debug, Clone)]
pub struct MergeSettings {
    /// The reports.
    pub reports: Vec<PathBuf>,
    /// How the sum is judged.
    pub thresholds: Vec<Threshold>,
    /// Where it goes.
    pub results: ResultFiles,
}

impl MergeSettings {
    /// Settles every option of `bench merge`.
    pub fn resolve(arguments: &BenchMergeArgs) -> Result<Self, Error> {
        let (reports, results) = (arguments.reports.clone(), result_files(&arguments.results));
        Ok(Self { reports, thresholds: thresholds(&arguments.results)?, results })
    }
}

/// MQTTX's payload.
const DEFAULT_TEXT: &str = "Hello From MQTTX CLI";
/// How long each step of a search takes.
const SEARCH_STEP: Duration = Duration::from_secs(5);
/// Bytes of a payload of `bench e2e`.
const END_TO_END_SIZE: usize = 64;

impl BenchSettings {
    /// Settles every option of `bench conn`.
    pub fn connect(arguments: &BenchConnectArgs, origins: &Origins) -> Result<Self, Error> {
        let mut draft = Draft::new(&arguments.connect, &arguments.clients, &arguments.results, origins)?;
        let client_id = draft.client_id("", arguments.clients.count)?;
        draft.group("clients", arguments.clients.count, client_id, Role::Idle);
        draft.finish("connection benchmark", &arguments.clients, None)
    }

    /// Settles every option of `bench pub`.
    pub fn publish(arguments: &BenchPublishArgs, origins: &Origins) -> Result<Self, Error> {
        let (clients, message) = (&arguments.clients, &arguments.message);
        let mut draft = Draft::new(&arguments.connect, clients, &arguments.results, origins)?;
        let [topic] = message.topic.as_slice() else {
            let error = Error::usage("bench pub needs exactly one --topic");
            return Err(error.with_hint("as in -t bench/%i, or -t bench/%i/%s --topics 10 for several a client"));
        };
        let client_id = draft.client_id("", clients.count)?;
        let version = draft.connect.client.connect.version;
        let role = Role::Publish(Box::new(Publish {
            topic: pattern("--topic", topic.as_str())?,
            topics: arguments.load.topics.unwrap_or_default(),
            qos: message.qos,
            retain: message.retain,
            properties: publish::properties(message, version),
            payload: payload(&arguments.load, None)?,
            load: load(&arguments.load, clients.count)?,
            window: arguments.load.inflight,
        }));
        draft.group("publishers", clients.count, client_id, role);
        draft.find_max(&arguments.load)?;
        draft.finish("publish benchmark", clients, arguments.load.limit)
    }

    /// Settles every option of `bench sub`.
    pub fn subscribe(arguments: &BenchSubscribeArgs, origins: &Origins) -> Result<Self, Error> {
        let (clients, given) = (&arguments.clients, &arguments.subscription);
        let mut draft = Draft::new(&arguments.connect, clients, &arguments.results, origins)?;
        let client_id = draft.client_id("", clients.count)?;
        let mut filters = Vec::new();
        for (index, text) in given.topic.iter().enumerate() {
            TopicFilter::parse(text.clone()).map_err(|error| Error::topic("--topic", text, &error))?;
            filters.push(FilterPattern {
                filter: pattern("--topic", text)?,
                qos: of(&given.qos, index).unwrap_or_default(),
                no_local: of(&given.no_local, index).unwrap_or_default(),
                retain_as_published: of(&given.retain_as_published, index).unwrap_or_default(),
                retain_handling: of(&given.retain_handling, index).unwrap_or(RetainHandling::SendAtSubscribe),
            });
        }
        let subscription_identifier = given.subscription_identifier;
        draft.group(
            "subscribers",
            clients.count,
            client_id,
            Role::Subscribe(Subscribe { filters, subscription_identifier }),
        );
        draft.trust_foreign_clocks = given.trust_foreign_clocks;
        draft.finish("subscribe benchmark", clients, given.limit)
    }

    /// Settles every option of `bench e2e`.
    pub fn end_to_end(arguments: &BenchEndToEndArgs, origins: &Origins) -> Result<Self, Error> {
        let (clients, given) = (&arguments.clients, &arguments.shape);
        let mut draft = Draft::new(&arguments.connect, clients, &arguments.results, origins)?;
        let publishers = given.publishers.unwrap_or(if given.shape == Shape::FanOut { 1 } else { clients.count });
        let subscribers = given.subscribers.unwrap_or(if given.shape == Shape::FanIn { 1 } else { clients.count });
        if given.shape == Shape::OneToOne && publishers != subscribers {
            let error = Error::usage("--shape one-to-one has as many publishers as subscribers");
            return Err(error.with_hint("use --shape fan-out, fan-in or shared"));
        }
        // The run's own number, so that nothing of another run is taken for this one's.
        let base =
            arguments.topic.as_ref().map_or_else(|| format!("mqttx/bench/{:08x}", draft.run), TopicName::to_string);
        let base = base.trim_end_matches("/%i");
        let (topic, filter) = match given.shape {
            Shape::OneToOne => (format!("{base}/%i"), format!("{base}/%i")),
            Shape::FanOut => (base.to_owned(), base.to_owned()),
            Shape::FanIn => (format!("{base}/%i"), format!("{base}/+")),
            Shape::Shared => (format!("{base}/%i"), format!("$share/mqttx-bench/{base}/+")),
        };
        if arguments.load.topics.is_some() {
            return Err(Error::usage("--topics belongs to bench pub: in e2e the shape says which topics there are"));
        }
        let subscribe = Subscribe {
            filters: vec![FilterPattern::new(pattern("--topic", &filter)?, arguments.qos)],
            subscription_identifier: None,
        };
        let client_id = draft.client_id("_sub", 2)?;
        draft.group("subscribers", subscribers, client_id, Role::Subscribe(subscribe));
        let client_id = draft.client_id("_pub", 2)?;
        let role = Role::Publish(Box::new(Publish {
            topic: pattern("--topic", &topic)?,
            topics: 0,
            qos: arguments.qos,
            retain: false,
            properties: None,
            payload: payload(&arguments.load, Some(END_TO_END_SIZE))?,
            load: load(&arguments.load, publishers)?,
            window: arguments.load.inflight,
        }));
        draft.group("publishers", publishers, client_id, role);
        draft.find_max(&arguments.load)?;
        draft.finish("end-to-end benchmark", clients, arguments.load.limit)
    }
}

/// A scenario that is being put together.
struct Draft {
    connect: ConnectSettings,
    groups: Vec<Group>,
    run: u32,
    thresholds: Vec<Threshold>,
    abort_on_fail: bool,
    find_max: Vec<Threshold>,
    results: ResultFiles,
    trust_foreign_clocks: bool,
    has_own_id: bool,
    warnings: Vec<String>,
}

impl Draft {
    fn new(
        connect: &crate::cli::group::ConnectArgs,
        clients: &ClientsArgs,
        results: &ResultsArgs,
        origins: &Origins,
    ) -> Result<Self, Error> {
        let Resolved { settings: connect, mut warnings, .. } = ConnectSettings::resolve(connect, origins)?;
        if connect.trace.is_some() {
            let hint = "trace one client with pub, sub or conn";
            return Err(Error::usage("--trace is not for bench, whose many clients nobody could read").with_hint(hint));
        }
        let reconnects = origins.given("reconnect_period") || origins.given("maximum_reconnect_times");
        if reconnects && !clients.reconnect {
            warnings.push("a lost connection stays lost without --reconnect".to_owned());
        }
        Ok(Self {
            connect,
            groups: Vec::new(),
            run: fastrand::u32(..),
            thresholds: thresholds(results)?,
            abort_on_fail: results.abort_on_fail,
            find_max: Vec::new(),
            results: result_files(results),
            trust_foreign_clocks: false,
            has_own_id: origins.given("client_id"),
            warnings,
        })
    }

    /// MQTTX's rule: an identifier without `%i` gets `_i` when there is more than one client.
    fn client_id(&self, role: &str, clients: u64) -> Result<Pattern, Error> {
        let base = &self.connect.client.connect.client_id;
        // What we made up ourselves holds no placeholders.
        let pattern = if self.has_own_id { pattern("--client-id", base)? } else { Pattern::verbatim(base.to_string()) };
        if role.is_empty() && (clients <= 1 || pattern.has_number()) {
            return Ok(pattern);
        }
        let suffix = if pattern.has_number() { role.to_owned() } else { format!("{role}_%i") };
        Ok(pattern.with_suffix(&suffix))
    }

    fn find_max(&mut self, load: &LoadArgs) -> Result<(), Error> {
        for text in load.find_max.iter().flat_map(|conditions| conditions.split(',')) {
            let condition = text.parse().map_err(|error| Error::usage(format!("--find-max: {error}")))?;
            self.find_max.push(condition);
        }
        Ok(())
    }

    fn group(&mut self, name: &'static str, clients: u64, client_id: Pattern, role: Role) {
        self.groups.push(Group { name, clients, client_id, role });
    }

    fn finish(self, title: &'static str, clients: &ClientsArgs, limit: Option<u64>) -> Result<BenchSettings, Error> {
        if clients.duration.is_some_and(|duration| duration <= clients.warmup) {
            return Err(Error::usage("--warmup leaves nothing of --duration to measure"));
        }
        let client = &self.connect.client;
        let user_name = client.connect.user_name.as_ref().map(|name| pattern("--username", name)).transpose()?;
        let mut dialers = vec![client.dialer.clone()];
        let sources: Vec<_> = clients.source_ip.iter().flatten().collect();
        if !sources.is_empty() {
            dialers = sources
                .iter()
                .map(|source| {
                    let mut dialer = client.dialer.clone();
                    dialer.bind_address = Some(**source);
                    dialer
                })
                .collect();
        }
        let mut session = client.connect.clone();
        session.client_id = "".into();
        // A search has a duration for each step.
        let duration = clients.duration.or((!self.find_max.is_empty()).then_some(SEARCH_STEP));
        let scenario = Scenario {
            endpoints: endpoints(&client.endpoint),
            dialers,
            session,
            user_name,
            groups: self.groups,
            connect_interval: connect_interval(clients)?,
            handshakes: usize::try_from(clients.handshakes).unwrap_or(usize::MAX),
            reconnect: clients.reconnect.then_some(Reconnect {
                delay: client.reconnect.first_delay,
                attempts: client.reconnect.maximum_attempts,
            }),
            warmup: clients.warmup,
            duration,
            limit,
            drain: clients.drain,
            workers: workers(clients),
            shard: shard(clients)?,
            run: self.run,
            trust_foreign_clocks: self.trust_foreign_clocks,
        };
        let options = RunOptions {
            thresholds: self.thresholds,
            abort_on_fail: self.abort_on_fail,
            start_at: clients.start_at.map(SystemTime::from),
            parameters: parameters(title, &scenario),
        };
        for threshold in options.thresholds.iter().chain(&self.find_max) {
            if let Some(fault) = scenario.cannot_judge(threshold) {
                return Err(Error::usage(format!("`{threshold}` cannot be judged: {fault}")));
            }
        }
        let (connect, results, warnings) = (self.connect, self.results, self.warnings);
        Ok(BenchSettings { title, connect, scenario, options, find_max: self.find_max, results, warnings })
    }
}

/// The thresholds of `--fail`.
fn thresholds(results: &ResultsArgs) -> Result<Vec<Threshold>, Error> {
    let parse = |text: &String| text.parse().map_err(|error| Error::usage(format!("--fail: {error}")));
    results.fail.iter().map(parse).collect()
}

/// The files of the results.
fn result_files(results: &ResultsArgs) -> ResultFiles {
    ResultFiles {
        report: results.report.clone(),
        csv: results.csv.clone(),
        html: results.html.clone(),
        hdr_log: results.hdr_log.clone(),
    }
}

fn pattern(flag: &str, text: &str) -> Result<Pattern, Error> {
    text.parse().map_err(|error| Error::usage(format!("{flag}: {error}")))
}

/// The value at an index; one alone holds for all.
fn of<T: Copy>(values: &[T], index: usize) -> Option<T> {
    values.get(index).or(values.first()).copied()
}

/// `-h a,b`: several brokers, in turn.
fn endpoints(endpoint: &Endpoint) -> Vec<Endpoint> {
    match &endpoint.address {
        Address::Host { host, port } if host.contains(',') => {
            let hosts = host.split(',').map(str::trim).filter(|host| !host.is_empty());
            hosts.map(|host| Endpoint::new(endpoint.protocol, host, *port)).collect()
        }
        _ => vec![endpoint.clone()],
    }
}

fn rate(flag: &str, text: &str) -> Result<Rate, Error> {
    text.parse().map_err(|error| Error::usage(format!("{flag}: {error}")))
}

fn connect_interval(clients: &ClientsArgs) -> Result<Duration, Error> {
    match clients.ramp.as_deref() {
        None => Ok(clients.interval),
        Some("max" | "0") => Ok(Duration::ZERO),
        Some(text) => Ok(Duration::from_nanos(rate("--ramp", text)?.planned(1))),
    }
}

fn load(given: &LoadArgs, clients: u64) -> Result<Load, Error> {
    if given.unpaced {
        return Ok(Load::Unpaced { latency: given.latency });
    }
    let rate = match (&given.rate, &given.rate_per_client) {
        (Some(text), _) => rate("--rate", text)?,
        (_, Some(text)) => rate("--rate-per-client", text)?.times(clients),
        _ => match Rate::every(given.message_interval) {
            Some(rate) => rate.times(clients),
            // `-im 0` means "without a wait".
            None => return Ok(Load::Unpaced { latency: given.latency }),
        },
    };
    Ok(if given.poisson { Load::Poisson(rate) } else { Load::Even(rate) })
}

fn payload(given: &LoadArgs, stamped_by_default: Option<usize>) -> Result<Payload, Error> {
    let random = |size: usize| {
        let mut bytes = vec![0; size];
        fastrand::fill(&mut bytes);
        Payload::Stamped(bytes.into())
    };
    if let Some(size) = given.payload_size {
        return Ok(random(PayloadSize::bytes(size) as usize));
    }
    let text = match (&given.file_read, &given.text) {
        (Some(path), _) => {
            let read = std::fs::read(path);
            Bytes::from(read.map_err(|error| Error::local(format!("cannot read {}: {error}", path.display())))?)
        }
        (_, Some(text)) if given.template => return Ok(Payload::Template(pattern("--message", text)?)),
        (_, Some(text)) => Bytes::from(text.clone()),
        _ => match stamped_by_default {
            Some(size) => return Ok(random(size)),
            None => Bytes::from_static(DEFAULT_TEXT.as_bytes()),
        },
    };
    let Some(separator) = given.split.as_deref().filter(|separator| !separator.is_empty()) else {
        return Ok(Payload::Fixed(vec![text]));
    };
    let Ok(whole) = std::str::from_utf8(&text) else {
        return Err(Error::usage("--split needs a payload of text"));
    };
    Ok(Payload::Fixed(whole.split(separator).map(|part| text.slice_ref(part.as_bytes())).collect()))
}

fn workers(clients: &ClientsArgs) -> usize {
    let cores = std::thread::available_parallelism().map_or(1, NonZero::get);
    clients.workers.map_or(cores, |workers| usize::try_from(workers).unwrap_or(cores))
}

/// `--shard 2/5`, from 1 as people count; or the index of a Kubernetes Indexed Job and `--shard /5`.
fn shard(clients: &ClientsArgs) -> Result<Shard, Error> {
    let Some(text) = clients.shard.as_deref() else { return Ok(Shard { index: 0, count: 1 }) };
    let refused = || {
        Error::usage(format!("--shard: `{text}` is no part of a run, as in 2/5"))
            .with_hint("/5 takes the index from JOB_COMPLETION_INDEX (Kubernetes) or SLURM_PROCID")
    };
    let Some((index, count)) = text.split_once('/') else { return Err(refused()) };
    let count: u64 = count.parse().map_err(|_| refused())?;
    let index: u64 = if index.is_empty() {
        let variables = ["JOB_COMPLETION_INDEX", "SLURM_PROCID"];
        let variable = variables.iter().find_map(|name| std::env::var(name).ok());
        variable.and_then(|text| text.parse().ok()).ok_or_else(refused)?
    } else {
        index.parse::<u64>().ok().and_then(|index| index.checked_sub(1)).ok_or_else(refused)?
    };
    if index < count { Ok(Shard { index, count }) } else { Err(refused()) }
}

/// What the banner and the report say.
fn parameters(title: &str, scenario: &Scenario) -> Vec<Parameter> {
    let mut list = Vec::new();
    let mut say = |name: &str, value: String| list.push(Parameter { name: name.to_owned(), value });
    say("run", title.to_owned());
    let brokers: Vec<String> = scenario.endpoints.iter().map(ToString::to_string).collect();
    say("broker", brokers.join(", "));
    say("MQTT version", scenario.session.version.to_string());
    for group in &scenario.groups {
        say(group.name, group.clients.to_string());
        match &group.role {
            Role::Idle => {}
            Role::Publish(publish) => {
                say("topic", publish.topic.as_str().to_owned());
                say("publish QoS", publish.qos.to_string());
                say(
                    "payload",
                    match &publish.payload {
                        Payload::Fixed(payloads) if payloads.len() > 1 => format!("{} in turn", payloads.len()),
                        Payload::Fixed(payloads) => format!("{} B", payloads.first().map_or(0, Bytes::len)),
                        Payload::Stamped(bytes) => format!("{} B, stamped when 32 B or more", bytes.len()),
                        Payload::Template(pattern) => format!("template {}", pattern.as_str()),
                    },
                );
                say(
                    "load",
                    match publish.load {
                        Load::Even(rate) => format!("{rate} of all, evenly"),
                        Load::Poisson(rate) => format!("{rate} of all, Poisson"),
                        Load::Unpaced { .. } => "unpaced".to_owned(),
                    },
                );
                if publish.qos > QoS::AtMostOnce {
                    say("window", format!("{} a client, or the broker's Receive Maximum", publish.window));
                }
            }
            Role::Subscribe(subscribe) => {
                let filters: Vec<&str> = subscribe.filters.iter().map(|filter| filter.filter.as_str()).collect();
                say("filter", filters.join(" "));
                if let Some(filter) = subscribe.filters.first() {
                    say("subscribe QoS", filter.qos.to_string());
                }
            }
        }
    }
    let interval = scenario.connect_interval;
    say(
        "connects",
        if interval.is_zero() {
            format!("{} at a time", scenario.handshakes)
        } else {
            format!("one in {interval:?}, at most {} at a time", scenario.handshakes)
        },
    );
    if let Some(limit) = scenario.limit {
        say("limit", format!("{limit} messages"));
    }
    if let Some(duration) = scenario.duration {
        say("duration", format!("{duration:?}"));
    }
    if !scenario.warmup.is_zero() {
        say("warm-up", format!("{:?}", scenario.warmup));
    }
    say("workers", scenario.workers.to_string());
    if scenario.shard.count > 1 {
        say("shard", format!("{} of {}", scenario.shard.index + 1, scenario.shard.count));
    }
    list
}
