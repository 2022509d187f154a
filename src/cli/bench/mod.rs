//! `mqttx-rs bench`: load a broker and measure it. A file for each command, and one for each group of options.

mod clients;
mod connect;
mod end_to_end;
mod load;
mod manifest;
mod merge;
mod publish;
mod results;
mod run;
mod subscribe;

use clap::{Args, Subcommand};

pub(crate) use clients::{RowOrder, TimingArgs, id_short};
pub(crate) use connect::BenchConnectArgs;
pub(crate) use end_to_end::{BenchEndToEndArgs, Shape};
pub(crate) use load::{ContentArgs, LoadArgs, PrecisionArgs, PrecisionName, TrafficArgs};
pub(crate) use manifest::{BenchManifestArgs, SchedulerName};
pub(crate) use merge::{BenchCompareArgs, BenchMergeArgs};
pub(crate) use publish::BenchPublishArgs;
pub(crate) use results::{ResultsArgs, SummaryFormat, SummaryTarget};
pub(crate) use run::{BenchPresetsArgs, BenchRunArgs};
pub(crate) use subscribe::{BenchSubscribeArgs, BenchSubscriptionArgs};

/// `mqttx-rs bench`.
#[derive(Debug, Clone, Args)]
pub struct BenchArgs {
    /// The load to run.
    #[command(subcommand)]
    pub command: BenchCommand,
}

/// The kinds of load, and what can be done with their reports.
#[derive(Debug, Clone, Subcommand)]
pub enum BenchCommand {
    /// Open connections and hold them
    #[command(name = "conn")]
    Connect(Box<BenchConnectArgs>),
    /// Publish from many clients
    #[command(name = "pub")]
    Publish(Box<BenchPublishArgs>),
    /// Subscribe with many clients and count what arrives
    #[command(name = "sub")]
    Subscribe(Box<BenchSubscribeArgs>),
    /// Publish and subscribe in one process: end-to-end latency, losses, duplicates
    #[command(name = "e2e")]
    EndToEnd(Box<BenchEndToEndArgs>),
    /// Run a scenario of several groups and phases: a preset or a TOML file
    #[command(name = "run")]
    Run(Box<BenchRunArgs>),
    /// List the presets of `bench run`, or print one to copy and edit
    #[command(name = "presets")]
    Presets(BenchPresetsArgs),
    /// Merge the reports of several machines, with exact histograms
    #[command(name = "merge")]
    Merge(BenchMergeArgs),
    /// Compare two reports
    #[command(name = "compare")]
    Compare(BenchCompareArgs),
    /// Print a job for Kubernetes or Slurm that runs a scenario on several machines and merges the reports
    #[command(name = "manifest")]
    Manifest(BenchManifestArgs),
}
