//! The load generator: scenario · schedule · worker · recorder · report.
//!
//! Apart from `client` since thousands of sessions share a thread here, and since every time in it is measured from
//! a plan. What is reported is what happened: each count stands apart, each latency runs from the planned time, and
//! nothing here prints.

mod counts;
mod latency;
mod rate;
mod schedule;
mod sequence;
mod stamp;
mod threshold;

pub use counts::{Counts, Reasons};
pub use latency::{Latencies, Latency, Measure};
pub use rate::{InvalidRate, Rate};
pub use schedule::{Due, Schedule, Slice};
pub use sequence::{Arrival, Sequence};
pub use stamp::Stamp;
pub use threshold::{Finding, InvalidThreshold, Measured, Threshold};
