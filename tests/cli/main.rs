//! The command line as data: help, generated files, usage errors, what the layers resolve to.

#[cfg(unix)]
mod completions;
#[cfg(unix)]
mod generated;
mod help;
mod ledger;
mod mqttx;
mod mqttx_options;
mod settings;
mod usage;
