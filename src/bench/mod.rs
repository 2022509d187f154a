//! The load generator: scenario · schedule · worker · recorder · report.
//!
//! Separate from `client` because thousands of sessions share a thread here, and every time is measured from a plan.
//! Reports show what happened: events are counted separately, latencies run from the planned time, and nothing here
//! prints.

mod advice;
mod change;
mod clock;
mod conclusion;
mod conductor;
mod control;
mod counts;
mod group;
mod identity;
mod judging;
mod latency;
mod manifest;
mod merge;
mod metric;
mod parameter;
mod phase;
mod plan;
mod precision;
mod preflight;
mod publish;
mod rate;
mod recorder;
mod report;
mod report_error;
mod run;
mod scale;
#[cfg(test)]
mod scale_page;
mod scenario;
mod schedule;
mod search;
mod search_report;
mod sequence;
mod series;
mod stamp;
mod stamping;
mod start;
mod subscribe;
mod taps;
mod text;
mod threshold;
#[cfg(test)]
mod threshold_page;
mod trace;
mod usage;
mod verdict;
mod worker;

pub(crate) use change::{Change as RunChange, Changed, median};
pub(crate) use counts::{Counts, Reasons, UNANSWERED, VIOLATION};
pub(crate) use group::{Authentication, Group, KeptSession, Login, Role, WillTexts};
pub(crate) use identity::Identity;
pub(crate) use latency::Latencies;
pub use latency::{Latency, Measure};
pub(crate) use manifest::{Manifest, ScenarioFile, Scheduler};
pub(crate) use merge::limits;
pub use metric::Measured;
pub(crate) use metric::Needs;
pub(crate) use parameter::Parameter;
pub(crate) use phase::{Act, Change, Phase, Until};
pub(crate) use precision::{Grain, Held, Precision};
pub(crate) use publish::{Correlation, Load, Payload, Publish, Request};
pub(crate) use rate::Rate;
pub use report::{Ended, Report};
#[cfg(test)]
pub(crate) use report::{GroupReport, PhaseReport};
pub(crate) use report::{LATE_START, Row};
pub(crate) use report_error::ReportError;
pub(crate) use run::{Observer, RunError, RunOptions, Snapshot, Stage};
pub(crate) use scale::Takes;
pub(crate) use scenario::{Reconnect, Scenario, Shard};
pub(crate) use schedule::{Schedule, Slice};
pub(crate) use search::{Search, StepOutcome};
pub(crate) use search_report::{SearchEnded, SearchReport, SearchStep};
pub(crate) use sequence::{Arrival, Sequence};
pub(crate) use series::{BUCKETS, Buckets};
pub use stamp::Stamp;
pub(crate) use stamping::{StampPlace, Stampable};
pub(crate) use start::run;
pub(crate) use subscribe::{Churn, FilterPattern, Reply, Subscribe};
pub(crate) use taps::{ALL_WATCHED, Taps};
pub(crate) use text::{Piece, Text};
pub(crate) use threshold::Finding;
pub(crate) use threshold::Threshold;
pub(crate) use trace::Trace;
pub use verdict::LimitedBy;
