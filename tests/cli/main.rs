//! The command line as data: help, generated files, usage errors, what the layers resolve to.

#[cfg(unix)]
mod completions;
#[cfg(unix)]
mod generated;
mod help;
mod ledger;
#[cfg(unix)]
mod migration;
mod mqttx;
mod mqttx_options;
#[cfg(unix)]
mod packaging;
mod settings;
mod usage;
