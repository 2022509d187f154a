//! The program as its users run it: what it prints, what it sends and how it exits.

#[path = "../support/mod.rs"]
mod support;

mod bench;
mod bench_run;
mod bench_watch;
mod clean_retained;
mod conn;
mod connect_options;
#[cfg(target_os = "linux")]
mod effects;
#[cfg(unix)]
mod ends;
mod formats;
#[cfg(target_os = "linux")]
mod full_disk;
mod mosquitto_fails;
mod mosquitto_formats;
mod mosquitto_limits;
#[cfg(unix)]
mod mosquitto_names;
#[cfg(unix)]
mod options_files;
#[cfg(unix)]
mod probe;
#[cfg(unix)]
mod profile_commands;
#[cfg(unix)]
mod profile_import;
mod profile_layers;
mod profile_secrets;
mod promise;
mod publish;
#[cfg(unix)]
mod queue;
#[cfg(unix)]
mod recording;
mod removal;
mod request;
mod scram;
mod sessions_survive;
mod simulate;
mod stdout_is_full;
mod subscribe;
mod templates;
#[cfg(unix)]
mod terminal;
mod topic;
mod trace;
mod wait;
#[cfg(unix)]
mod work;
