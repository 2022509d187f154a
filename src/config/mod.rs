//! Arguments and environment to settings, resolved once.
//!
//! ```text
//! argv, environment --read--> CommandLine --resolve--> PubSettings, SubSettings
//! ```
//!
//! A setting comes from the first layer that has it: flag, environment, profile, project's file, built-in default ([`origin::Origin`]). What a command
//! gets here is complete and valid: an `Option` in settings means that the protocol leaves a thing out, never that
//! somebody still has to find a default.

mod bench;
mod broker;
mod conn;
mod connect;
mod credentials;
mod dialer;
mod endpoint;
mod environment;
mod foreign;
mod host;
pub(crate) mod import;
mod misplaced;
mod options_file;
mod origin;
mod pattern;
pub(crate) mod profile;
mod protocol;
mod publish;
mod read;
mod repl;
mod secret;
mod subscribe;
mod support;
mod tree;
mod usage;

pub(crate) use crate::cli::value::{Secret, unix_now};
pub(crate) use bench::{BenchSettings, CompareSettings, MergeSettings, PRESETS, Preset, ResultFiles};
pub(crate) use broker::BrokerSettings;
pub(crate) use conn::ConnMode;
pub use conn::ConnSettings;
pub(crate) use connect::ConnectSettings;
pub use environment::VARIABLES;
pub(crate) use options_file::SavedOptions;
pub(crate) use origin::Origins;
pub(crate) use publish::Publication;
pub use publish::{MessageSource, PubSettings};
pub(crate) use read::check_profile;
pub use read::{CommandLine, Invocation, read};
pub(crate) use repl::{
    CommandSource, Display, NewConnection, ProfileChoice, ReplRequest, ReplSettings, Subscription, read_line,
};
pub use subscribe::{FileTarget, Retained, SubSettings};
