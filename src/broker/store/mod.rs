//! Messages that the broker keeps for later, each kind within limits.
//!
//! Apart from the sessions' queues, as these belong to nobody: they outlive the client that sent them. What a message is
//! stays open (`T`), so that the core keeps with it what it needs.
//!
//! | file | what it keeps |
//! |---|---|
//! | `retained` | the last message of each topic, for those that subscribe later |
//! | `delayed` | messages to `$delayed/`, until their time |
//! | `limits` | how much of either |

mod delayed;
mod limits;
mod retained;

pub(crate) use delayed::Delayed;
pub(crate) use limits::{Full, Limits};
pub(crate) use retained::Retained;
