//! `mqttx-rs bench manifest`.

use clap::{Args, ValueEnum};

use crate::cli::value;

/// `mqttx-rs bench manifest`.
#[derive(Debug, Clone, Args)]
#[command(after_help = "\
The job is complete and commented: a start time that leaves enough time to connect, resources by the figures of
docs/scale.md, a folder per run, and the merge, with the exit code of the whole run.

Examples:
  mqttx-rs bench manifest kubernetes fan-out --shards 4 --image registry.example/mqttx-rs -- -h broker.example > load.yaml
  mqttx-rs bench manifest slurm mine.toml --shards 8 --fail 'e2e.p99>50ms' -- -h broker.example --ramp 2000/s > load.sh")]
pub struct BenchManifestArgs {
    /// Scheduler to print the job for
    #[arg(value_name = "SCHEDULER")]
    pub scheduler: SchedulerName,
    /// Scenario, as for `bench run`: a preset or a TOML file
    #[arg(value_name = "SCENARIO")]
    pub scenario: String,
    /// Number of parts of the run, one process each
    #[arg(long, value_name = "N", value_parser = value::count)]
    pub shards: u64,
    /// Container image that has mqttx-rs (Kubernetes)
    #[arg(long, value_name = "NAME", default_value = "registry.example/mqttx-rs")]
    pub image: String,
    /// Fail (exit code 99) if this holds for the whole run, as in `bench run`; repeatable
    #[arg(long, value_name = "CONDITION")]
    pub fail: Vec<String>,
    /// Options of `bench run` for every part, for example -h broker.example --scale 10
    #[arg(value_name = "OPTIONS", last = true, allow_hyphen_values = true)]
    pub options: Vec<String>,
}

/// The scheduler of a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum SchedulerName {
    /// Two Jobs to apply with kubectl
    Kubernetes,
    /// A batch script to submit with sbatch
    Slurm,
}
