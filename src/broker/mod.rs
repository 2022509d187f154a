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

mod error;
mod options;
mod server;

pub use error::BrokerError;
pub use options::{BrokerOptions, SharedStrategy};
pub use server::{Addresses, Broker};
