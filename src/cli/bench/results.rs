//! Options about what is kept of the results.

use std::path::PathBuf;

use clap::Args;

/// Where results are written, and what makes the run a failure.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Results")]
pub struct ResultsArgs {
    /// Fail (exit code 99) if this holds, for example 'p99>100ms', 'loss>0' or 'rate<0.99'; repeatable
    #[arg(long, value_name = "CONDITION")]
    pub fail: Vec<String>,
    /// End as soon as a --fail condition holds
    #[arg(long, requires = "fail")]
    pub abort_on_fail: bool,
    /// Write everything as JSON, updated every few seconds during the run; `-` is stdout
    #[arg(long, value_name = "PATH")]
    pub report: Option<PathBuf>,
    /// Write one CSV line per second
    #[arg(long, value_name = "PATH")]
    pub csv: Option<PathBuf>,
    /// Write an HTML page with plots
    #[arg(long, value_name = "PATH")]
    pub html: Option<PathBuf>,
    /// Write the histograms in the interval log format of `HdrHistogram`
    #[arg(long, value_name = "PATH")]
    pub hdr_log: Option<PathBuf>,
    /// Write the result for CI, for example json or junit:results.xml; without a path, or with `-`, to stdout
    #[arg(long, value_name = "FORMAT[:PATH]", value_parser = summary_target)]
    pub summary: Option<SummaryTarget>,
}

/// `--summary`: in which form, and where to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SummaryTarget {
    /// In which form.
    pub format: SummaryFormat,
    /// Where to; `-` is stdout.
    pub path: PathBuf,
}

/// A form of results for CI.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SummaryFormat {
    /// One JSON object without histograms.
    Json,
    /// A test suite in the XML format of `JUnit`: a test for each threshold, and one for the run.
    Junit,
}

fn summary_target(text: &str) -> Result<SummaryTarget, String> {
    let (format, path) = text.split_once(':').unwrap_or((text, "-"));
    let format = match format {
        "json" => SummaryFormat::Json,
        "junit" => SummaryFormat::Junit,
        _ => return Err("it is json or junit, with a path behind a colon, for example junit:results.xml".to_owned()),
    };
    if path.is_empty() {
        return Err("the path behind the colon is empty; leave the colon out for stdout".to_owned());
    }
    Ok(SummaryTarget { format, path: path.into() })
}
