//! A scenario that is being put together from options.

use std::time::{Duration, SystemTime};

use jiff::Timestamp;

use super::clients::{connect_interval, endpoints, shard, workers};
use super::parameters::parameters;
use super::run::{BenchSettings, ResultFiles, result_files, thresholds};
use crate::bench::{Change, Group, Phase, Reconnect, Role, RunOptions, Scenario, Threshold, Until};
use crate::cli::bench::{LoadArgs, ResultsArgs, TimingArgs};
use crate::cli::group::ConnectArgs;
use crate::config::origin::Origins;
use crate::error::Error;
use crate::mqtt::QoS;
use crate::payload::placeholder::{Pattern, Place};
use crate::session::OnSessionLoss;
use crate::settings::ConnectSettings;
use crate::settings::connect::{Resolved, client_id};
use crate::settings::pattern::Facts;

/// How long each step of a search measures.
const SEARCH_STEP: Duration = Duration::from_secs(5);

/// QoS 2 messages in flight that every broker delivers.
const SAFE_EXACTLY_ONCE: u16 = 20;

/// As many as a client's number in a worker can tell apart, and far more than any machine holds.
const MAXIMUM_CLIENTS: u64 = u32::MAX as u64;

/// A scenario that is being put together.
pub(super) struct Draft {
    pub(super) connect: ConnectSettings,
    groups: Vec<Group>,
    pub(super) run: u32,
    thresholds: Vec<Threshold>,
    abort_on_fail: bool,
    find_max: Vec<Threshold>,
    results: ResultFiles,
    pub(super) trust_foreign_clocks: bool,
    /// Of clients that are given no other.
    client_id: Pattern,
    /// What the placeholders of all its texts stand for.
    pub(super) facts: Facts,
    /// What errors call the user name.
    user_name: String,
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
        let client_id = client_id(connect, origins, &facts, Place::BENCH_CLIENT_ID)?;
        let Resolved { settings: connect, mut warnings, .. } =
            ConnectSettings::resolve_as(client_id.as_str(), connect, origins)?;
        if connect.scram.is_some() {
            let option = origins.name("authentication_method");
            return Err(Error::usage(format!("{option} is not for bench, which does not measure hashing")));
        }
        let reconnects = origins.given("reconnect_period") || origins.given("maximum_reconnect_times");
        if reconnects && !timing.reconnect {
            warnings.push("a lost connection stays lost without --reconnect".to_owned());
        }
        if timing.reconnect && origins.given("maximum_reconnect_times") {
            let name = origins.name("maximum_reconnect_times");
            warnings
                .push(format!("{name} has no effect in bench: with --reconnect, a client tries until the run ends"));
        }
        for (option, why) in [
            ("follow_redirect", "a client stays with the brokers that it is given"),
            ("verbose", "it has no lines of single messages"),
        ] {
            if origins.given(option) {
                warnings.push(format!("{} has no effect in bench: {why}", origins.name(option)));
            }
        }
        if timing.start_at.is_some_and(|time| time <= Timestamp::now()) {
            warnings.push("--start-at is in the past: the run begins at once".to_owned());
        }
        Ok(Self {
            connect,
            groups: Vec::new(),
            run,
            thresholds: thresholds(results)?,
            abort_on_fail: results.abort_on_fail,
            find_max: Vec::new(),
            results: result_files(results),
            trust_foreign_clocks: false,
            client_id,
            facts,
            user_name: origins.name("username"),
            warnings,
        })
    }

    /// MQTTX's rule: an identifier without `%i` gets `_i` when there is more than one client.
    pub(super) fn client_id(&self, role: &str, clients: u64) -> Pattern {
        let pattern = self.client_id.clone();
        match (role, pattern.has_number()) {
            ("", has_number) if clients <= 1 || has_number => pattern,
            (role, true) => pattern.with_suffix(role),
            (role, false) => pattern.numbered(&format!("{role}_")),
        }
    }

    pub(super) fn find_max(&mut self, load: &LoadArgs) -> Result<(), Error> {
        for text in load.find_max.iter().flat_map(|conditions| conditions.split(',')) {
            let condition = text.parse().map_err(|error| Error::usage(format!("--find-max: {error}")))?;
            self.find_max.push(condition);
        }
        Ok(())
    }

    pub(super) fn warn(&mut self, warning: String) {
        self.warnings.push(warning);
    }

    /// Where nothing is sent that an answer is owed to.
    pub(super) fn warn_of_drain(&mut self, command: &str, origins: &Origins) {
        if origins.given("drain") {
            self.warnings.push(format!("--drain has no effect in {command}, which waits for no answers"));
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

    /// In 3.1.1 nothing but a Clean Session ends a session, and a run that is over connects no more.
    pub(super) fn warn_of_sessions(&mut self) {
        let keeps = self.groups.iter().any(|group| group.kept_session.is_some());
        if keeps && !self.connect.client.connect.version.is_v5() {
            self.warnings.push("sessions of MQTT 3.1.1 stay at the broker after the run: use -V 5.0".to_owned());
        }
    }

    pub(super) fn group(&mut self, name: &str, clients: u64, client_id: Pattern, role: Role) {
        self.groups.push(Group { name: name.to_owned(), clients, client_id, role, kept_session: None });
    }

    /// One phase, in which all act.
    pub(super) fn only_phase(&self, timing: &TimingArgs, until: Until) -> Vec<Phase> {
        let elapsed = timing.duration.or_else(|| (!self.find_max.is_empty()).then(|| search_step(timing.warmup)));
        vec![Phase::only(&self.groups, Until { elapsed, ..until })]
    }

    pub(super) fn finish(
        mut self,
        title: impl Into<String>,
        timing: &TimingArgs,
        phases: Vec<Phase>,
    ) -> Result<BenchSettings, Error> {
        let title = title.into();
        let first = phases.first().and_then(|first| first.until.elapsed);
        if first.is_some_and(|first| first <= timing.warmup) {
            return Err(Error::usage("--warmup leaves nothing of --duration to measure"));
        }
        let client = &self.connect.client;
        let user_name = client.connect.user_name.as_ref();
        let user_name = user_name.map(|name| self.facts.read(&self.user_name, name, Place::USERNAME)).transpose()?;
        let mut dialers = vec![client.dialer.clone()];
        let sources: Vec<_> = timing.source_ip.iter().flatten().collect();
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
        // What a lost session leaves open is counted, not repeated: each message is measured once.
        session.on_session_loss = OnSessionLoss::Report;
        let is_risky = |group: &Group| match &group.role {
            Role::Publish(publish) => {
                publish.qos == QoS::ExactlyOnce && publish.window.is_some_and(|window| window > SAFE_EXACTLY_ONCE)
            }
            _ => false,
        };
        if !session.version.is_v5() && self.groups.iter().any(is_risky) {
            self.warnings.push(format!(
                "--inflight above {SAFE_EXACTLY_ONCE} at QoS 2 in MQTT {}: mosquitto, as it comes, acknowledges and \
                 drops what is more, and cannot say so",
                session.version
            ));
        }
        // A client whose connection is cut by plan has to come back, however often the broker refuses.
        let cuts = phases.iter().flat_map(|phase| &phase.changes).any(|(_, change)| *change == Change::Drop);
        let scenario = Scenario {
            endpoints: endpoints(&client.endpoint),
            dialers,
            session,
            user_name,
            groups: self.groups,
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
            workers: workers(timing),
            shard: shard(timing)?,
            run: self.run,
            trust_foreign_clocks: self.trust_foreign_clocks,
        };
        if scenario.clients() > MAXIMUM_CLIENTS {
            return Err(Error::usage(format!("a run has {MAXIMUM_CLIENTS} clients at most")));
        }
        if scenario.publishes() && scenario.subscribes() && !scenario.stamps() {
            self.warnings.push(
                "the payload carries no number and no time: losses are told by count alone, latencies, duplicates and \
                 the order not at all (use --payload-size of 32 or more)"
                    .to_owned(),
            );
        }
        let options = RunOptions {
            thresholds: self.thresholds,
            abort_on_fail: self.abort_on_fail,
            start_at: timing.start_at.map(SystemTime::from),
            broker_inside: self.connect.embedded,
            parameters: parameters(&title, &scenario),
            taps: None,
        };
        for threshold in options.thresholds.iter().chain(&self.find_max) {
            if let Some(fault) = scenario.cannot_judge(threshold) {
                return Err(Error::usage(format!("`{threshold}` cannot be judged: {fault}")));
            }
        }
        if self.abort_on_fail {
            let late = options.thresholds.iter().filter(|threshold| !scenario.can_judge_early(threshold));
            self.warnings
                .extend(late.map(|threshold| format!("--abort-on-fail: `{threshold}` is judged at the end only")));
        }
        let (connect, results, warnings) = (self.connect, self.results, self.warnings);
        let prometheus = timing.prometheus;
        Ok(BenchSettings { title, connect, scenario, options, find_max: self.find_max, results, prometheus, warnings })
    }
}

/// How long a step of a search lasts that has no duration of its own.
const fn search_step(warmup: Duration) -> Duration {
    warmup.saturating_add(SEARCH_STEP)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_of_a_search_measures_behind_its_warm_up() {
        assert_eq!(search_step(Duration::ZERO), SEARCH_STEP);
        assert_eq!(search_step(Duration::from_secs(5)), Duration::from_secs(5) + SEARCH_STEP);
    }
}
