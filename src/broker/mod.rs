//! The embedded broker: rmqtt, with what it leaves to its embedder.
//!
//! It exists so that a fresh machine needs nothing else to try MQTT, and a script no broker of its own. It runs on a
//! runtime and threads of its own, knows no disk and prints nothing.
//!
//! rmqtt brings the protocol, the sessions and the listeners, and asks through hooks and traits for the rest:
//!
//! | file | what it adds |
//! |---|---|
//! | `server` | the thread, the runtime, listening, stopping |
//! | `subscriptions` | who gets a message; `tree` finds them, `shared` picks one of a group, `router` shows it to rmqtt |
//! | `subscribing` | `$share/`, `$queue/` and `$exclusive/`, filters that are refused |
//! | `publishing` | "no matching subscribers", topics that are refused |
//! | `retained` | retained messages and their replay |
//! | `delayed` | `$delayed/` |
//! | `expiry` | messages that are not delivered, as their time is over |
//! | `takeover` | what becomes of a client's earlier session |
//! | `will` | DISCONNECT with 0x04, wills to `$delayed/` |
//! | `authentication` | users |

mod access;
mod authentication;
mod delayed;
mod error;
mod expiry;
mod faults;
mod id;
mod levels;
mod options;
mod publishing;
mod retained;
mod router;
mod routing;
mod server;
mod shared;
mod statistics;
mod store;
mod subscribing;
mod subscriptions;
mod takeover;
mod tree;
mod will;

pub use error::BrokerError;
pub use options::BrokerOptions;
pub use server::Broker;
