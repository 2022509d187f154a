//! The load generator: scenario · schedule · worker · recorder · report.
//!
//! Apart from `client` since thousands of sessions share a thread here, and since every time in it is measured from
//! a plan. What is reported is what happened: each count stands apart, each latency runs from the planned time, and
//! nothing here prints.

mod clock;
mod conclusion;
mod conductor;
mod control;
mod counts;
mod latency;
mod pattern;
mod plan;
mod preflight;
mod rate;
mod recorder;
mod report;
mod run;
mod scenario;
mod schedule;
mod search;
mod sequence;
mod series;
mod stamp;
mod taps;
mod threshold;
mod usage;
mod verdict;
mod worker;

pub use counts::{Counts, Reasons};
pub use latency::{Latencies, Latency, Measure};
pub use pattern::{Filling, InvalidPattern, Pattern};
pub use preflight::{Demand, PortsForEach, Resources, Shortage};
pub use rate::{InvalidRate, Rate};
pub use report::{
    Clients, Ended, Generator, Parameter, PhaseReport, REPORT_VERSION, Rates, Report, ReportError, Row, Seconds,
};
pub use run::{Observer, Quantiles, RunError, RunOptions, Snapshot, Stage, run};
pub use scenario::{
    Act, Change, Churn, FilterPattern, Group, KeptSession, Load, Payload, Phase, Publish, Reconnect, Role, Scenario,
    Shard, Subscribe, Until,
};
pub use schedule::{Due, Schedule, Slice};
pub use search::Search;
pub use sequence::{Arrival, Sequence};
pub use stamp::Stamp;
pub use taps::{ALL_WATCHED, Taps};
pub use threshold::{Finding, InvalidThreshold, Measured, Needs, Threshold};
pub use verdict::{LimitedBy, Verdict};
