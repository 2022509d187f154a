//! Turns the file of a scenario into the groups and phases of a run.
//!
//! ```text
//! TOML --document--> tables of keys --groups--> Group, as of `bench pub|sub|conn` --phases--> Phase
//! ```
//!
//! A group that publishes or subscribes is read as the command line of `bench pub` or `bench sub` would be, so that
//! its keys mean what the options mean, and are checked by the same code.

mod arguments;
mod connection;
mod document;
mod groups;
mod phases;
mod schema;

#[cfg(all(test, feature = "broker"))]
pub(crate) use schema::places;

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::draft::Draft;
use super::load::rate;
use super::presets::Preset;
use super::run::{BenchSettings, thresholds_of};
use crate::cli::bench::{BenchRunArgs, PrecisionArgs, ResultsArgs, TimingArgs};
use crate::cli::group::ConnectArgs;
use crate::cli::value;
use crate::config::origin::{Origin, Origins};
use crate::error::Error;

use document::{Document, Table};

/// The text of a scenario, and where its relative paths begin.
struct Found {
    name: String,
    text: String,
    folder: PathBuf,
}

/// What the command line sets for any scenario.
pub(super) struct RunOrder<'a> {
    /// A preset, or a path.
    pub(super) scenario: &'a str,
    pub(super) scale: f64,
    pub(super) seed: Option<u64>,
    pub(super) precision: PrecisionArgs,
    pub(super) timing: &'a TimingArgs,
    pub(super) results: &'a ResultsArgs,
    pub(super) connect: &'a ConnectArgs,
}

impl BenchSettings {
    /// Settles every option of `bench run`.
    pub(crate) fn run(arguments: &BenchRunArgs, origins: &Origins) -> Result<Self, Error> {
        let scenario = arguments.scenario.as_deref().or(arguments.preset.as_deref()).unwrap_or_default();
        let BenchRunArgs { scale, seed, timing, precision, results, connect, .. } = arguments;
        let (scale, seed, precision) = (*scale, *seed, *precision);
        Self::ordered(&RunOrder { scenario, scale, seed, precision, timing, results, connect }, origins)
    }

    pub(super) fn ordered(order: &RunOrder<'_>, origins: &Origins) -> Result<Self, Error> {
        let Found { name, text, folder } = find(order.scenario)?;
        let document = Document::parse(&name, &text)?;
        let timing = timing(order.timing, &document.run, origins)?;
        let stem = Path::new(order.scenario).file_stem().unwrap_or_default().to_string_lossy();
        let mut draft = Draft::new(order.connect, &timing, order.results, Some(&stem), origins)?;
        draft.precision = super::precision(order.precision);
        draft.seed = order.seed.unwrap_or(draft.seed);
        draft.add_thresholds(thresholds_of(document.run.texts("fail"), &name)?);
        for group in &document.groups {
            groups::add(&mut draft, group, &folder, order.scale)?;
        }
        let phases = phases::phases(&draft, &document, given_duration(order.timing, origins))?;
        draft.warn_of_sessions();
        let title = document.run.text("title").unwrap_or(order.scenario).to_owned();
        draft.finish(title, &timing, phases)
    }
}

/// A preset by its name, or a file.
fn find(scenario: &str) -> Result<Found, Error> {
    if let Some(preset) = Preset::find(scenario) {
        let name = format!("preset `{}`", preset.name);
        return Ok(Found { name, text: preset.text.to_owned(), folder: PathBuf::new() });
    }
    let path = Path::new(scenario);
    if !scenario.contains(['.', '/', '\\']) && !path.exists() {
        return Err(Preset::unknown(scenario));
    }
    let text = std::fs::read_to_string(path)
        .map_err(|error| Error::local(format!("cannot read {}: {error}", path.display())))?;
    let folder = path.parent().unwrap_or(Path::new("")).to_owned();
    Ok(Found { name: scenario.to_owned(), text, folder })
}

/// `--duration` of a scenario applies to each phase; one from a profile is not meant for it.
fn given_duration(timing: &TimingArgs, origins: &Origins) -> Option<Duration> {
    timing.duration.filter(|_| origins.of("duration") == Origin::Flag)
}

/// The timing of the command line, or else of the file.
fn timing(given: &TimingArgs, run: &Table<'_>, origins: &Origins) -> Result<TimingArgs, Error> {
    let mut timing = given.clone();
    let is_open = |option: &str| origins.of(option) != Origin::Flag;
    timing.duration = None;
    if is_open("ramp") && is_open("interval") {
        // By default, scenarios connect as fast as the broker accepts connections.
        timing.ramp = Some(run.text("ramp").unwrap_or("max").to_owned());
        if timing.ramp.as_deref() != Some("max") {
            run.parsed("ramp", |text| rate("ramp", text).map_err(|error| error.message().to_owned()))?;
        }
    }
    let seconds = |name: &str| run.parsed(name, value::seconds);
    timing.warmup = seconds("warmup")?.filter(|_| is_open("warmup")).unwrap_or(timing.warmup);
    timing.drain = seconds("drain")?.filter(|_| is_open("drain")).unwrap_or(timing.drain);
    let handshakes = run.parsed("handshakes", value::count)?;
    timing.handshakes = handshakes.filter(|_| is_open("handshakes")).unwrap_or(timing.handshakes);
    Ok(timing)
}
