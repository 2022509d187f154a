//! The embedded broker.
//!
//! It exists so that a fresh machine needs nothing else to try MQTT, a script needs no broker set up, and a client
//! can be tested against limits and faults. It runs on its own single thread and prints nothing.
//!
//! | module | what it does |
//! |---|---|
//! | `core` | all sessions and what passes between them, without I/O |
//! | `routing` | the recipients of a message |
//! | `store` | retained and delayed messages |
//! | `access` | users and rights |
//! | `faults` | faults on request |
//! | `statistics` | what is counted, under mosquitto's `$SYS` |
//! | `listen` | TCP, TLS, WebSocket and Unix sockets: streams to and from the core |
//! | `server` | the thread, its start and its end |

mod access;
mod core;
mod error;
mod faults;
mod id;
mod levels;
mod listen;
mod options;
mod routing;
mod server;
mod statistics;
mod store;

pub use core::Limits;
pub(crate) use core::Notice;
pub use error::BrokerError;
pub(crate) use faults::Done;
#[cfg(test)]
pub(crate) use faults::{ACTIONS, CONDITIONS, Packet, Rule};
#[cfg(test)]
pub(crate) use listen::metrics;
pub(crate) use listen::{Addresses, Watch};
pub use options::BrokerOptions;
pub use server::Broker;
