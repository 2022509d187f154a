//! What the broker counts, under the topics of mosquitto's `$SYS`.
//!
//! Apart from the core, which adds to the counters where something happens and asks now and then what there is to publish.
//!
//! | file | what it holds |
//! |---|---|
//! | `counts` | what only grows, and what there is at a moment |
//! | `load` | rates, averaged over 1, 5 and 15 minutes |
//! | `topics` | both as topics with values |

mod counts;
mod load;
mod topics;

pub(crate) use counts::{Counters, Gauges};
pub(crate) use topics::{INTERVAL, Statistics, SysValue};
