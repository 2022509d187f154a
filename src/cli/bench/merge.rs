//! `mqttx-rs bench merge` and `bench compare`.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use super::results::ResultsArgs;
use crate::cli::value;

/// `mqttx-rs bench merge`.
#[derive(Debug, Clone, Args)]
#[command(mut_arg("abort_on_fail", |argument| argument.hide(true)))]
pub struct BenchMergeArgs {
    /// Reports written by --report
    #[arg(value_name = "REPORT", required = true, num_args = 1..)]
    pub reports: Vec<PathBuf>,
    /// Merge the reports given even if parts of the run are missing
    #[arg(long)]
    pub partial: bool,
    /// Wait up to this time for all reports and the end of their runs, in seconds or with a unit
    #[arg(long, value_name = "DURATION", value_parser = value::seconds)]
    pub wait: Option<Duration>,
    /// What is kept of the merged results.
    #[command(flatten)]
    pub results: ResultsArgs,
}

/// `mqttx-rs bench compare`.
#[derive(Debug, Clone, Args)]
pub struct BenchCompareArgs {
    /// Report to compare with
    #[arg(value_name = "BASELINE")]
    pub before: PathBuf,
    /// Report to compare; of several runs the median counts
    #[arg(value_name = "CANDIDATE", required = true, num_args = 1..)]
    pub after: Vec<PathBuf>,
    /// Fail (exit code 99) if a measure of the candidate differs from the baseline by more than this, for example
    /// 'ack.p99>+10%', 'throughput<-5%' or 'lost>+0'; repeatable
    #[arg(long, value_name = "CHANGE")]
    pub fail: Vec<String>,
    /// Write a page with the figures and the plots of all of them over one another
    #[arg(long, value_name = "PATH")]
    pub html: Option<PathBuf>,
}
