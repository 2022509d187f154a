//! `mqttx-rs`: publish, subscribe, explore and load-test MQTT brokers.
//!
//! A map of the modules; ARCHITECTURE.md describes them:
//!
//! ```text
//! app       wiring: settings, runtime, signals, dispatch
//! command   use-cases: settings in, ExitStatus out
//! repl      a session of commands, typed or in a script
//! help      pages about commands, options and topics
//! settings  flag > environment > profile > default, resolved once into what a command needs
//! reference the pages in docs/, which a test writes from the tables (only in tests)
//! import    files of other programs as profiles
//! config    the table of options, and the layers: environment, profiles, option files
//! cli       clap definitions only
//! output    the only module that prints
//! error     what went wrong, by who is at fault
//! bench     the load generator
//! client    tokio driver of one session
//! broker    the embedded broker (feature `broker`)
//! outbox    messages on disk until they are delivered
//! payload   bytes <-> what a person reads or writes
//! session   the protocol engine, sans-I/O
//! trace     packets on the wire, decoded for a person
//! transport byte streams and the one dialer
//! mqtt      vocabulary of the specification
//! ```
//!
//! Who may use whom:
//!
//! ```text
//! main      -> app
//! app       -> cli, command, config, error, help, output, repl, settings
//! command   -> bench, broker, client, config, error, import, mqtt, outbox, output, payload, session, settings, trace, transport
//! repl      -> cli, client, command, config, error, help, mqtt, output, payload, session, settings, transport
//! reference -> bench, broker, cli, config, error, mqtt, output, payload, settings
//! help      -> bench, cli, config, error, output, payload
//! settings  -> bench, cli, client, config, error, mqtt, payload, session, transport
//! import    -> cli, config, error, payload, transport
//! config    -> cli, error, mqtt, payload, transport
//! cli       -> mqtt, output, payload, transport
//! output    -> bench, error, mqtt, payload, trace
//! error     -> client, mqtt, session, transport
//! bench     -> mqtt, payload, session, transport
//! client    -> mqtt, session, transport
//! broker    -> error, mqtt, session, transport
//! outbox    -> mqtt, session
//! payload   -> mqtt
//! session   -> mqtt
//! trace     -> mqtt, session
//! transport -> nothing of ours
//! mqtt      -> nothing of ours
//! ```
//!
//! `tests/house.rs` holds these arrows and writes this map: `MQTTX_RS_BLESS=1 cargo test --test house`.

// Not in Cargo.toml: tests and benches unwrap, and need no docs.
#![warn(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::todo)]

#[doc(hidden)]
pub mod app;
mod bench;
#[cfg(feature = "broker")]
mod broker;
mod cli;
pub mod client;
mod command;
mod config;
mod error;
mod help;
mod import;
pub mod mqtt;
mod outbox;
mod output;
pub mod payload;
#[cfg(all(test, feature = "broker"))]
mod reference;
mod repl;
pub mod session;
mod settings;
mod trace;
pub mod transport;

/// What the tests of this package look at besides. All that is neither here nor in a public module the compiler sees to
/// be in use.
#[doc(hidden)]
pub mod internals {
    pub use crate::bench::{Ended, Latency, LimitedBy, Measure, Measured, Report, Stamp};
    #[cfg(feature = "broker")]
    pub use crate::broker::{Broker, BrokerError, BrokerOptions, Limits};
    pub use crate::cli::{Command, command, shorts};
    pub use crate::config::{CommandLine, HelpRequest, Invocation, read, variables};
    pub use crate::error::{Error, ErrorKind};
    pub use crate::output::{
        ErrorFormat, MessagePrinter, MessageShape, PrinterOptions, Stdout, Stream, Talk, Template,
    };
    pub use crate::settings::{ConnSettings, FileTarget, MessageSource, PubSettings, Retained, SubSettings};
}
