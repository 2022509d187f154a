//! `mqttx-rs`: publish, subscribe, explore and load-test MQTT brokers.
//!
//! A map of the house; an arrow points at what may be used, and `tests/house.rs` holds it:
//!
//! ```text
//! main -> app -> { command, repl, .. }   app       wiring: settings, runtime, signals, dispatch
//! command -> { client, config, output }  command   use-cases: Settings in, ExitStatus out
//! repl -> { cli, command, client }       repl      a session of commands, typed or in a script
//! client -> { session, transport }       client    tokio driver of one session
//! bench -> { session, transport }        bench     the load generator
//! session -> mqtt                        session   the protocol engine, sans-I/O
//! payload -> mqtt                        payload   bytes <-> what a person reads or writes
//! cli -> { mqtt, output, transport, .. } cli       clap definitions only
//! config -> { cli, mqtt }                config    flag > environment > profile > default, once
//! output -> { mqtt, payload, error }     output    the only module that prints
//! trace -> mqtt                          trace     packets on the wire, told
//!                                        transport byte streams and the one dialer
//!                                        broker    the embedded broker (feature `broker`)
//!                                        mqtt      vocabulary of the specification
//! ```

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
pub mod mqtt;
mod output;
pub mod payload;
mod repl;
pub mod session;
mod trace;
pub mod transport;

/// What the tests of this package look at besides. All that is neither here nor in a public module the compiler sees to
/// be in use.
#[doc(hidden)]
pub mod internals {
    pub use crate::bench::{Ended, Latency, LimitedBy, Measure, Measured, Report, Stamp};
    #[cfg(feature = "broker")]
    pub use crate::broker::{Broker, BrokerError, BrokerOptions};
    pub use crate::cli::{Command, command, shorts};
    pub use crate::config::{
        CommandLine, ConnSettings, FileTarget, Invocation, MessageSource, PubSettings, Retained, SubSettings,
        VARIABLES, read,
    };
    pub use crate::error::{Error, ErrorKind};
    pub use crate::output::{
        ErrorFormat, MessagePrinter, MessageShape, PrinterOptions, Stdout, Stream, Talk, Template,
    };
}
