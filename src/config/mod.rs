//! Arguments and environment to settings, resolved once.
//!
//! ```text
//! argv, environment --read--> CommandLine --resolve--> PubSettings, SubSettings
//! ```
//!
//! A setting comes from the first layer that has it: flag, environment, profile, project's file, built-in default ([`Origin`]). What a command
//! gets here is complete and valid: an `Option` in settings means that the protocol leaves a thing out, never that
//! somebody still has to find a default.

mod bench;
mod broker;
mod client_id;
mod conn;
mod connect;
mod credentials;
mod dialer;
mod endpoint;
mod environment;
mod foreign;
mod host;
pub mod import;
mod misplaced;
mod options_file;
mod origin;
pub mod profile;
mod protocol;
mod publish;
mod read;
mod repl;
mod secret;
mod subscribe;
mod support;
mod tree;
mod usage;

pub use crate::cli::broker::{SharedStrategy, User};
pub use crate::cli::group::TraceFormat;
pub use crate::cli::value::{Secret, unix_now};
pub use bench::{BenchSettings, MergeSettings, PRESETS, Preset, ResultFiles};
pub use broker::BrokerSettings;
pub use conn::{ConnMode, ConnSettings};
pub use connect::ConnectSettings;
pub use environment::VARIABLES;
pub use options_file::SavedOptions;
pub use origin::{Origin, Origins, Place};
pub use publish::{MessageSource, PubSettings, Publication};
pub use read::{CommandLine, Invocation, check_profile, read};
pub use repl::{
    CommandSource, Display, NewConnection, ProfileChoice, ReplRequest, ReplSettings, Subscription, read_line,
};
pub use subscribe::{FileTarget, OutputShape, Retained, SubSettings};
