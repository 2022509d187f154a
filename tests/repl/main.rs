//! `mqttx-rs repl`: scripts of it, and what a person sees of it on a terminal.

#[path = "../support/mod.rs"]
mod support;

#[cfg(unix)]
mod comfort;
#[cfg(unix)]
mod keep;
#[cfg(unix)]
mod offline;
#[cfg(unix)]
mod person;
#[cfg(unix)]
mod request;
mod script;
#[cfg(feature = "broker")]
mod suite;
#[cfg(unix)]
mod terminal;
#[cfg(unix)]
mod watch;
