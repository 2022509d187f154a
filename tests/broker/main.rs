//! The embedded broker, as a library and as a command.

#[path = "../support/mod.rs"]
mod support;

#[cfg(all(feature = "broker", unix))]
mod command;
#[cfg(all(feature = "broker", unix))]
mod conformance;
#[cfg(feature = "broker")]
mod faults;
#[cfg(all(feature = "broker", unix))]
mod limits;
#[cfg(all(feature = "broker", unix))]
mod listeners;
#[cfg(feature = "broker")]
mod protocol;
#[cfg(feature = "broker")]
mod scram;
#[cfg(feature = "broker")]
mod sessions;
#[cfg(feature = "broker")]
mod subscriptions;
#[cfg(all(feature = "broker", unix))]
mod trace;
