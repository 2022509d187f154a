//! What a search for the highest rate found, step by step.

use serde::{Deserialize, Serialize};

use super::search::StepOutcome;
use super::verdict::LimitedBy;

/// A search, in the report of the run at the rate that it found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct SearchReport {
    /// The conditions.
    pub conditions: Vec<String>,
    /// The highest rate that met the conditions, in messages per second; `null` if none did.
    pub found: Option<u64>,
    /// Whether it was confirmed as often as `--confirm` requires.
    pub confirmed: bool,
    /// Why it ended.
    pub ended: SearchEnded,
    /// What was tried, in order.
    pub steps: Vec<SearchStep>,
}

/// Why a search ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum SearchEnded {
    /// The rate was found, or does not exist.
    Done,
    /// `--max-time` expired.
    OutOfTime,
    /// This machine was too busy, several times in a row.
    Starved,
    /// By a signal.
    Interrupted,
    /// Not yet.
    Unfinished,
}

/// One step.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct SearchStep {
    /// Messages a second that were planned.
    pub rate: u64,
    /// That were sent.
    pub sent: Option<f64>,
    /// That were received; `null` where nothing is.
    pub delivered: Option<f64>,
    /// The 99th percentile end to end, else to the acknowledgement, nanoseconds.
    pub p99: Option<u64>,
    /// Messages lost.
    pub lost: u64,
    /// Who was the bottleneck.
    pub limited_by: Option<LimitedBy>,
    /// Its result.
    pub outcome: StepOutcome,
    /// Why it fails, or was not judged.
    pub reason: Option<String>,
}
