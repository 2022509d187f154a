//! A scenario that is being built from options.

use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use super::checks::{check_precision, late_start, search_step, stamp_places};
use super::clients::{connect_interval, endpoints, shard, share_name, workers};
use super::login::{login, take_certificate};
use super::parameters::parameters;
use super::run::{BenchSettings, FindMax, ResultFiles, result_files, thresholds};
use super::words::Words;
use crate::bench::{
    Change, Group, Identity, Login, Needs, Parameter, Phase, Precision, Reconnect, Role, RunOptions, Scenario, Text,
    Threshold, Until,
};
use crate::cli::bench::{LoadArgs, ResultsArgs, RowOrder, TimingArgs};
use crate::cli::group::ConnectArgs;
use crate::cli::value::Secret;
use crate::config::origin::Origins;
use crate::error::Error;
use crate::mqtt::QoS;
use crate::payload::Rows;
use crate::payload::placeholder::{Drawer, Place};
use crate::session::OnSessionLoss;
use crate::settings::ConnectSettings;
use crate::settings::connect::Resolved;
use crate::settings::pattern::Facts;
use crate::transport::{Dialer, Endpoint};

/// QoS 2 messages in flight that every broker delivers.
const SAFE_EXACTLY_ONCE: u16 = 20;

/// As many as the number of a client in a worker can distinguish, and far more than any machine can hold.
const MAXIMUM_CLIENTS: u64 = u32::MAX as u64;

/// A scenario that is being built.
pub(super) struct Draft {
    pub(super) connect: ConnectSettings,
    groups: Vec<Group>,
    pub(super) run: u32,
    /// `--seed`, or a random one.
    pub(super) seed: u64,
    thresholds: Vec<Threshold>,
    abort_on_fail: bool,
    find_max: FindMax,
    results: ResultFiles,
    pub(super) trust_foreign_clocks: bool,
    /// `--precision`.
    pub(super) precision: Precision,
    /// The default for clients without their own.
    client_id: Text,
    /// The context for reading all its texts.
    pub(super) words: Words,
    /// The files of rows that groups have named, each held once.
    files_of_rows: Vec<(PathBuf, RowOrder, Arc<Rows>)>,
    /// The identity of clients, unless their group has its own.
    pub(super) login: Login,
    /// Brokers of groups that have their own, after the common ones.
    brokers: Vec<Endpoint>,
    /// Ways of groups that have their own, behind that of all.
    ways: Vec<Dialer>,
    /// What all of it was said with.
    pub(super) arguments: ConnectArgs,
    pub(super) origins: Origins,
    warnings: Vec<String>,
}

impl Draft {
    pub(super) fn new(
        connect: &ConnectArgs,
        timing: &TimingArgs,
        results: &ResultsArgs,
        scenario: Option<&str>,
        origins: &Origins,
    ) -> Result<Self, Error> {
        let run = fastrand::u32(..);
        let facts = Facts::gather(origins).of_bench(run, scenario);
        let mut words = Words::new(facts);
        if let Some(path) = &timing.clients_csv {
            words = words.with_rows(path, timing.rows, run)?;
        }
        let mut arguments = connect.clone();
        let certificate = take_certificate(&mut arguments, &words);
        let connection = &mut arguments.connection;
        if connection.username.is_none() && words.has("username") {
            connection.username = Some("{username}".to_owned());
        }
        if connection.authentication_method.is_some() && connection.password.is_none() && words.has("password") {
            connection.password = Some(Secret::new("{password}"));
        }
        let id = connection.client_id.clone().or_else(|| words.has("client_id").then(|| "{client_id}".to_owned()));
        let id = id.as_deref().unwrap_or("mqttx_{hex:8}");
        let client_id =
            words.read(&origins.name("client_id"), id, Place::BENCH_CLIENT_ID)?.draw(&mut Drawer::default());
        let Resolved { settings: connect, mut warnings, .. } =
            ConnectSettings::resolve_as(client_id.as_str(), &arguments, origins)?;
        let login = login(&connect, &words, certificate, origins)?;
        let reconnects = origins.given("reconnect_period") || origins.given("maximum_reconnect_times");
        if reconnects && !timing.reconnect {
            warnings.push("without --reconnect, lost connections are not opened again".to_owned());
        }
        if timing.reconnect && origins.given("maximum_reconnect_times") {
            let name = origins.name("maximum_reconnect_times");
            warnings.push(format!("{name} has no effect in bench: with --reconnect, clients try until the run ends"));
        }
        for (option, why) in [
            ("follow_redirect", "clients do not follow redirects"),
            ("reauthenticate_every", "clients authenticate only when they connect"),
            ("verbose", "it does not print single messages"),
        ] {
            if origins.given(option) {
                warnings.push(format!("{} has no effect in bench: {why}", origins.name(option)));
            }
        }
        warnings.extend(late_start(timing)?);
        Ok(Self {
            connect,
            groups: Vec::new(),
            run,
            seed: fastrand::u64(..),
            thresholds: thresholds(results)?,
            abort_on_fail: results.abort_on_fail,
            find_max: FindMax { conditions: Vec::new(), confirmations: 1, max_time: Duration::MAX },
            results: result_files(results),
            trust_foreign_clocks: false,
            precision: Precision::ByLoad,
            client_id,
            words,
            files_of_rows: Vec::new(),
            login,
            brokers: Vec::new(),
            ways: Vec::new(),
            arguments,
            origins: origins.clone(),
            warnings,
        })
    }

    /// MQTTX's rule: an identifier without `%i` gets `_i` when there is more than one client.
    pub(super) fn client_id(&self, role: &str, clients: u64) -> Text {
        let pattern = self.client_id.clone();
        match (role, pattern.has_number()) {
            ("", has_number) if clients <= 1 || has_number => pattern,
            (role, true) => pattern.with_suffix(role),
            (role, false) => pattern.numbered(&format!("{role}_")),
        }
    }

    /// The context for reading the texts of a group with rows of its own.
    pub(super) fn words_with_rows(&mut self, path: PathBuf, order: RowOrder) -> Result<Words, Error> {
        let is_it = |(file, of, _): &&(PathBuf, RowOrder, Arc<Rows>)| *file == path && *of == order;
        if let Some((.., rows)) = self.files_of_rows.iter().find(is_it) {
            return Ok(self.words.clone().sharing(rows.clone(), order));
        }
        let words = self.words.clone().with_rows(&path, order, self.run)?;
        self.files_of_rows.extend(words.rows().map(|rows| (path, order, rows)));
        Ok(words)
    }

    /// The search for a rate, and the seed.
    pub(super) fn take_load(&mut self, load: &LoadArgs) -> Result<(), Error> {
        self.seed = load.seed.unwrap_or(self.seed);
        for text in load.find_max.iter().flat_map(|conditions| conditions.split(',')) {
            let condition = text.parse().map_err(|error| Error::usage(format!("--find-max: {error}")))?;
            self.find_max.conditions.push(condition);
        }
        (self.find_max.confirmations, self.find_max.max_time) = (load.confirm, load.max_time);
        Ok(())
    }

    pub(super) fn warn(&mut self, warning: String) {
        self.warnings.push(warning);
    }

    /// For commands that send nothing that is answered.
    pub(super) fn warn_of_drain(&mut self, command: &str, origins: &Origins) {
        if origins.given("drain") {
            self.warnings.push(format!("--drain has no effect in {command}, which does not wait for answers"));
        }
    }

    /// The groups so far.
    pub(super) fn groups(&self) -> &[Group] {
        &self.groups
    }

    pub(super) fn add_group(&mut self, group: Group) {
        self.groups.push(group);
    }

    pub(super) fn add_thresholds(&mut self, thresholds: Vec<Threshold>) {
        self.thresholds.extend(thresholds);
    }

    /// In 3.1.1 only a Clean Session ends a session, and after a run nothing connects any more.
    pub(super) fn warn_of_sessions(&mut self) {
        let keeps = self.groups.iter().any(|group| group.kept_session.is_some());
        if keeps && !self.connect.client.connect.version.is_v5() {
            self.warnings.push("MQTT 3.1.1 sessions remain on the broker after the run: use -V 5.0".to_owned());
        }
    }

    pub(super) fn group(&mut self, name: &str, clients: u64, client_id: Text, role: Role) {
        let (name, login) = (name.to_owned(), self.login.clone());
        let (endpoints, version) = (self.endpoints(), self.connect.client.connect.version);
        let (way, session, kept_session, flow_of) = (0, None, None, None);
        self.groups.push(Group {
            name,
            clients,
            client_id,
            login,
            endpoints,
            way,
            session,
            version,
            role,
            kept_session,
            flow_of,
        });
    }

    /// How many clients a command has; `given`: by `-c`, which has a default.
    pub(super) fn clients(&mut self, given: u64, origins: &Origins) -> Result<u64, Error> {
        let count = self.words.clients(origins.given("count").then_some(given), given)?;
        if self.words.repeats_client_ids(count) && !origins.given("client_id") {
            let rows = "--clients-csv has fewer rows than there are clients";
            self.warn(format!("{rows}, so that some share a client_id: a broker disconnects the earlier one"));
        }
        Ok(count)
    }

    /// The brokers of groups that have no other.
    pub(super) fn endpoints(&self) -> Range<usize> {
        0..endpoints(&self.connect.client.endpoint).len()
    }

    /// Brokers of a group's own.
    pub(super) fn add_brokers(&mut self, endpoint: &Endpoint) -> Range<usize> {
        let begin = self.endpoints().end + self.brokers.len();
        self.brokers.extend(endpoints(endpoint));
        begin..self.endpoints().end + self.brokers.len()
    }

    /// A way of a group's own.
    pub(super) fn add_way(&mut self, dialer: Dialer) -> usize {
        self.ways.push(dialer);
        self.ways.len()
    }

    /// One phase, in which all act.
    pub(super) fn only_phase(&self, timing: &TimingArgs, until: Until) -> Vec<Phase> {
        let traces = self.groups.iter().filter_map(|group| match &group.role {
            Role::Publish(publish) => publish.trace.as_ref(),
            _ => None,
        });
        // A trace has an end.
        let traced = traces.map(|trace| Duration::from_secs_f64(trace.seconds())).max();
        let searched = (!self.find_max.conditions.is_empty()).then(|| search_step(timing.warmup));
        let elapsed = timing.duration.or(traced).or(searched);
        vec![Phase::only(&self.groups, Until { elapsed, ..until })]
    }

    pub(super) fn finish(
        mut self,
        title: impl Into<String>,
        timing: &TimingArgs,
        phases: Vec<Phase>,
    ) -> Result<BenchSettings, Error> {
        let title = title.into();
        if timing.duration.is_some_and(|duration| duration.is_zero()) {
            return Err(Error::usage("--duration 0 leaves no time to measure")
                .with_hint("leave it out to run without a time limit"));
        }
        let first = phases.first().and_then(|first| first.until.elapsed);
        if first.is_some_and(|first| first <= timing.warmup) {
            return Err(Error::usage("--warmup leaves nothing of --duration to measure"));
        }
        let client = &self.connect.client;
        let ways = std::iter::once(&client.dialer).chain(&self.ways);
        let sources: Vec<_> = timing.source_ip.iter().flatten().map(|source| Some(*source)).collect();
        let sources = if sources.is_empty() { vec![client.dialer.bind_address] } else { sources };
        let from = |way: &Dialer| {
            sources.iter().map(|source| Dialer { bind_address: *source, ..way.clone() }).collect::<Vec<_>>()
        };
        let dialers = ways.flat_map(from).collect();
        let mut session = client.connect.clone();
        session.client_id = "".into();
        let mut brokers = endpoints(&client.endpoint);
        brokers.append(&mut self.brokers);
        // Messages uncertain after a lost session are counted, not repeated: each message is measured once.
        session.on_session_loss = OnSessionLoss::Report;
        let is_risky = |group: &Group| match &group.role {
            Role::Publish(publish) => {
                publish.qos == QoS::ExactlyOnce && publish.window.is_some_and(|window| window > SAFE_EXACTLY_ONCE)
            }
            _ => false,
        };
        if !session.version.is_v5() && self.groups.iter().any(is_risky) {
            self.warnings.push(format!(
                "--inflight above {SAFE_EXACTLY_ONCE} at QoS 2 in MQTT {}: mosquitto in its default configuration \
                 acknowledges messages beyond that and silently drops them",
                session.version
            ));
        }
        // A client that is disconnected by plan has to come back, however often the broker refuses.
        let cuts = phases.iter().flat_map(|phase| &phase.changes).any(|(_, change)| *change == Change::Drop);
        let mut scenario = Scenario {
            endpoints: brokers,
            dialers,
            sources: sources.len(),
            session,
            groups: std::mem::take(&mut self.groups),
            phases,
            connect_interval: connect_interval(timing)?,
            handshakes: usize::try_from(timing.handshakes).unwrap_or(usize::MAX),
            reconnect: (timing.reconnect || cuts).then_some(Reconnect {
                backoff: client.reconnect.backoff(),
                stable_after: client.reconnect.stable_after,
                also_first: timing.reconnect,
            }),
            warmup: timing.warmup,
            drain: timing.drain,
            precision: self.precision,
            workers: 1,
            shard: shard(timing)?,
            start_number: timing.start_number,
            run: self.run,
            seed: self.seed,
            stamp_places: Vec::new(),
            trust_foreign_clocks: self.trust_foreign_clocks,
        };
        scenario.stamp_places = stamp_places(&scenario.groups);
        scenario.workers = workers(timing, &scenario, self.find_max.conditions.is_empty());
        check_precision(&scenario)?;
        if scenario.shard.count > 1 && !self.find_max.conditions.is_empty() {
            let error =
                Error::usage("--find-max and --shard cannot be used together: each part would find a different rate");
            return Err(error.with_hint("search on one machine, or run all parts at one --rate after another"));
        }
        let conditions = self.thresholds.iter_mut().chain(&mut self.find_max.conditions);
        conditions.for_each(|threshold| threshold.resolve(scenario.way_of(threshold)));
        if scenario.clients() > MAXIMUM_CLIENTS {
            return Err(Error::usage(format!("a run can have at most {MAXIMUM_CLIENTS} clients")));
        }
        if scenario.publishes() && scenario.subscribes() && !scenario.stamps() {
            self.warnings.push(
                "the payload carries neither number nor time: losses are only counted, and latencies, duplicates and \
                 order are not measured (use --stamp, or --payload-size of 32 or more)"
                    .to_owned(),
            );
        }
        self.check_thresholds(&scenario, timing)?;
        let mut parameters = parameters(&title, &scenario);
        parameters.extend(
            timing.start_at.map(|time| Parameter { name: Parameter::START_AT.into(), value: time.to_string() }),
        );
        let identity = self.identity(&scenario, &parameters, timing);
        let options = RunOptions {
            thresholds: self.thresholds,
            abort_on_fail: self.abort_on_fail,
            start_at: timing.start_at.map(SystemTime::from),
            broker_inside: self.connect.embedded,
            identity,
            keeps_results: false,
            parameters,
            taps: None,
        };
        let (connect, results, warnings) = (self.connect, self.results, self.warnings);
        let prometheus = timing.prometheus;
        Ok(BenchSettings { title, connect, scenario, options, find_max: self.find_max, results, prometheus, warnings })
    }
}

impl Draft {
    /// What parts of this run have in common.
    fn identity(&mut self, scenario: &Scenario, parameters: &[Parameter], timing: &TimingArgs) -> Identity {
        let own = [(format!("{:08x}", scenario.run), "{run}"), (share_name(scenario.shard), "{share}")];
        let start_at = timing.start_at.map(|time| time.to_string());
        let identity = Identity::of(parameters, &own, timing.run_id.as_deref(), start_at.as_deref());
        if scenario.shard.count > 1 && identity.id.is_none() {
            self.warnings.push(
                "without --start-at, each part begins when it is ready; without --run-id as well, only the time \
                 distinguishes parts of this run from those of another"
                    .to_owned(),
            );
        }
        identity
    }

    /// Refuses conditions that this run cannot judge.
    fn check_thresholds(&mut self, scenario: &Scenario, timing: &TimingArgs) -> Result<(), Error> {
        for threshold in self.thresholds.iter().chain(&self.find_max.conditions) {
            let fault = match threshold.needs() {
                Needs::Barrier if timing.start_at.is_none() => Some("--start-at is not given"),
                _ => scenario.cannot_judge(threshold),
            };
            if let Some(fault) = fault {
                return Err(Error::usage(format!("`{threshold}` cannot be judged: {fault}")));
            }
        }
        if self.abort_on_fail {
            let late = self.thresholds.iter().filter(|threshold| !scenario.can_judge_early(threshold));
            self.warnings
                .extend(late.map(|threshold| format!("--abort-on-fail: `{threshold}` is judged only at the end")));
        }
        Ok(())
    }
}
