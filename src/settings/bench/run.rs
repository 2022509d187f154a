//! The settings of a run of `bench`, and where its results go.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::bench::{RunOptions, Scenario, Threshold};
use crate::cli::bench::{ResultsArgs, SummaryFormat, SummaryTarget};
use crate::error::Error;
use crate::settings::ConnectSettings;

/// What a run of `bench` does, and where its results go.
#[derive(Debug, Clone)]
pub(crate) struct BenchSettings {
    /// Its name in the banner: `publish benchmark`.
    pub title: String,
    /// Start the embedded broker first, listening on the first endpoint.
    pub connect: ConnectSettings,
    /// What it does.
    pub scenario: Scenario,
    /// How it is judged.
    pub options: RunOptions,
    /// The search for the highest rate, if any.
    pub find_max: FindMax,
    /// Where the results go.
    pub results: ResultFiles,
    /// Where its metrics are served during the run.
    pub prometheus: Option<SocketAddr>,
    /// What the user should know before it begins.
    pub warnings: Vec<String>,
}

/// A search for the highest rate.
#[derive(Debug, Clone)]
pub(crate) struct FindMax {
    /// The conditions; empty: a single run.
    pub conditions: Vec<Threshold>,
    /// How many runs have to confirm the rate.
    pub confirmations: u32,
    /// Time limit.
    pub max_time: Duration,
}

/// Where the results go, besides the terminal.
#[derive(Debug, Clone, Default)]
pub(crate) struct ResultFiles {
    /// Everything, as JSON.
    pub report: Option<PathBuf>,
    /// One line per second.
    pub csv: Option<PathBuf>,
    /// A page with plots.
    pub html: Option<PathBuf>,
    /// Histograms in `HdrHistogram`'s interval log format.
    pub hdr_log: Option<PathBuf>,
    /// The result for CI.
    pub summary: Option<SummaryTarget>,
}

/// The thresholds of `--fail`.
pub(super) fn thresholds(results: &ResultsArgs) -> Result<Vec<Threshold>, Error> {
    thresholds_of(&results.fail, "--fail")
}

/// Thresholds of a given origin.
pub(super) fn thresholds_of(texts: &[String], origin: &str) -> Result<Vec<Threshold>, Error> {
    let parse = |text: &String| text.parse().map_err(|error| Error::usage(format!("{origin}: {error}")));
    texts.iter().map(parse).collect()
}

/// The files of the results.
pub(super) fn result_files(results: &ResultsArgs) -> ResultFiles {
    ResultFiles {
        report: results.report.clone(),
        csv: results.csv.clone(),
        html: results.html.clone(),
        hdr_log: results.hdr_log.clone(),
        summary: results.summary.clone(),
    }
}

impl ResultFiles {
    /// Where the summary goes, and whether it is one of `JUnit`.
    pub(crate) fn summary(&self) -> Option<(&Path, bool)> {
        let SummaryTarget { format, path } = self.summary.as_ref()?;
        Some((path, *format == SummaryFormat::Junit))
    }
}
