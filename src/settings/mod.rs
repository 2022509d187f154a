//! Arguments to settings, resolved once.
//!
//! ```text
//! CommandLine, Origins --resolve--> PubSettings, SubSettings, ...
//! ```
//!
//! A setting comes from the first layer that has it: flag, environment, profile, project's file, built-in default
//! ([`crate::config`]). What a command gets here is complete and valid: an `Option` in settings means that the protocol
//! leaves a thing out, never that somebody still has to find a default.

mod bench;
mod broker;
mod check;
mod clean_retained;
mod codec;
mod conn;
mod connect;
mod dialer;
mod endpoint;
mod host;
mod misplaced;
mod pattern;
mod probe;
mod profile;
mod protocol;
mod publish;
mod record;
mod repl;
mod replay;
mod reply;
mod request;
mod secret;
mod subscribe;
mod support;
mod topic;
mod wait;

pub(crate) use crate::cli::value::{Secret, unix_now};
pub(crate) use bench::{BenchSettings, CompareSettings, MergeSettings, PRESETS, Preset, ResultFiles};
pub(crate) use broker::BrokerSettings;
#[cfg(feature = "broker")]
pub(crate) use broker::{LimitSettings, ListenSettings};
pub(crate) use check::check_profile;
pub(crate) use clean_retained::{CleanRetainedSettings, Consent};
pub(crate) use conn::ConnMode;
pub use conn::ConnSettings;
pub(crate) use connect::ConnectSettings;
pub(crate) use probe::{Feature, ProbeSettings};
pub(crate) use profile::{ListShape, ProfileJob};
pub(crate) use publish::Publication;
pub use publish::{MessageSource, PubSettings};
pub(crate) use record::RecordSettings;
pub(crate) use repl::{
    CommandSource, Display, NewConnection, ProfileChoice, ReplRequest, ReplSettings, Subscription, line_command,
    read_line,
};
pub(crate) use replay::{ReplaySettings, Speed};
pub(crate) use reply::{Answer, ReplySettings};
pub(crate) use request::RequestSettings;
pub use subscribe::{FileTarget, Retained, SubSettings};
pub(crate) use topic::TopicJob;
