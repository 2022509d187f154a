//! `bench manifest`: a scenario and the options of its parts, checked as `bench run` would, to a job of a scheduler.

use std::path::Path;

use super::BenchSettings;
use super::presets::Preset;
use super::run::thresholds_of;
use crate::bench::{Manifest, ScenarioFile, Scheduler, Takes};
use crate::cli::bench::{BenchManifestArgs, BenchRunArgs, SchedulerName};
use crate::config::origin::Origins;
use crate::error::Error;

/// What `bench manifest` prints.
#[derive(Debug, Clone)]
pub(crate) struct ManifestSettings {
    /// The job.
    pub manifest: Manifest,
    /// What the user should know.
    pub warnings: Vec<String>,
}

/// Options of `bench run` that the job sets itself.
const OWN: [&str; 9] = ["shard", "run_id", "start_at", "report", "csv", "html", "hdr_log", "workers", "prometheus"];
/// More parts than that are a slip of the finger.
const MOST: u64 = 100_000;

impl ManifestSettings {
    /// The command line of a part, but for what the job adds to it.
    pub(crate) fn line(arguments: &BenchManifestArgs) -> Vec<String> {
        let line = ["mqttx-rs", "bench", "run", &arguments.scenario].map(String::from);
        line.into_iter().chain(arguments.options.iter().cloned()).collect()
    }

    /// Settles every option of `bench manifest`; `run` is what [`Self::line`] comes to.
    pub(crate) fn resolve(
        arguments: &BenchManifestArgs,
        run: &BenchRunArgs,
        origins: &Origins,
        command: Vec<String>,
    ) -> Result<Self, Error> {
        let BenchManifestArgs { scheduler, scenario, shards, image, fail, options } = arguments;
        if let Some(own) = OWN.into_iter().find(|option| origins.given(option)) {
            let name = origins.name(own);
            return Err(Error::usage(format!("bench manifest: the job sets {name} for each part: leave it out")));
        }
        if origins.given("fail") {
            let error = Error::usage("bench manifest: --fail after -- would judge each part separately");
            return Err(error.with_hint("give it before --, so that the merge judges the whole run"));
        }
        if !origins.given("hostname") && !origins.given("url") {
            let error = Error::usage("bench manifest: the broker is not named");
            return Err(error.with_hint("add it after --, for example -- -h broker.example"));
        }
        if !(1..=MOST).contains(shards) {
            return Err(Error::usage(format!("--shards: {shards} is not between 1 and {MOST}")));
        }
        thresholds_of(fail, "--fail")?;
        let settings = BenchSettings::run(run, origins)?;
        let mut warnings = settings.warnings;
        if settings.scenario.is_endless() {
            let error =
                Error::usage(format!("bench manifest: `{scenario}` has no end, so the merge would wait forever"));
            return Err(error.with_hint("give its last phase a duration, or --duration after --"));
        }
        if origins.given("password") {
            let name = origins.name("password");
            warnings.push(format!("{name} would be readable in the job: set MQTTX_PASSWORD there instead"));
        }
        let file = match Preset::find(scenario) {
            Some(_) => None,
            None => Some(ScenarioFile {
                name: Path::new(scenario).file_name().unwrap_or_default().to_string_lossy().into_owned(),
                text: std::fs::read_to_string(scenario)
                    .map_err(|error| Error::local(format!("cannot read {scenario}: {error}")))?,
            }),
        };
        let manifest = Manifest {
            scheduler: match scheduler {
                SchedulerName::Kubernetes => Scheduler::Kubernetes,
                SchedulerName::Slurm => Scheduler::Slurm,
            },
            scenario: scenario.clone(),
            file,
            parts: *shards,
            image: image.clone(),
            options: options.clone(),
            fail: fail.clone(),
            takes: Takes::of_part(&settings.scenario, *shards),
            command,
        };
        Ok(Self { manifest, warnings })
    }
}
