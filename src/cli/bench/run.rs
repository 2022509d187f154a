//! `mqttx-rs bench run` and `bench presets`.

use clap::Args;

use super::clients::{TimingArgs, id_short};
use super::load::PrecisionArgs;
use super::results::ResultsArgs;
use crate::cli::group::ConnectArgs;
use crate::cli::value;

/// `mqttx-rs bench run`.
#[derive(Debug, Clone, Args)]
#[command(mut_arg("client_id", id_short))]
pub struct BenchRunArgs {
    /// A preset that `bench presets` lists, or a TOML file (with a `.` or `/` in its name)
    #[arg(value_name = "SCENARIO", required_unless_present = "preset")]
    pub scenario: Option<String>,
    /// Preset to run, like SCENARIO
    #[arg(long, value_name = "PRESET", conflicts_with = "scenario")]
    pub preset: Option<String>,
    /// Multiply all client counts, rates and limits by this factor, for example 0.01
    #[arg(long, value_name = "FACTOR", default_value = "1", value_parser = value::factor)]
    pub scale: f64,
    /// Seed of the random values in payloads and topics, which are then the same in each run
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,
    /// How fast and how long; --duration replaces the duration of each phase that has one.
    #[command(flatten)]
    pub timing: TimingArgs,
    /// How exactly times are kept.
    #[command(flatten)]
    pub precision: PrecisionArgs,
    /// Where results are written.
    #[command(flatten)]
    pub results: ResultsArgs,
    /// The connection.
    #[command(flatten)]
    pub connect: ConnectArgs,
}

/// `mqttx-rs bench presets`.
#[derive(Debug, Clone, Args)]
pub struct BenchPresetsArgs {
    /// Preset to print
    #[arg(value_name = "PRESET")]
    pub name: Option<String>,
}
