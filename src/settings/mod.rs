//! Arguments to settings, resolved once.
//!
//! ```text
//! CommandLine, Origins --resolve--> PubSettings, SubSettings, ...
//! ```
//!
//! A setting comes from the first layer that has it: flag, environment, profile, project's file, built-in default
//! ([`crate::config`]). What a command gets here is complete and valid: an `Option` in settings means that something
//! is absent from the protocol, never that a default is still to be found.

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
mod rules;
mod secret;
mod subscribe;
mod support;
mod template;
mod topic;
mod wait;
mod watch;
mod work;

pub(crate) use crate::cli::group::OnFailure;
pub(crate) use crate::cli::repl::GROUPS as LINE_GROUPS;
pub(crate) use crate::cli::value::{Secret, unix_now};
#[cfg(all(test, feature = "broker"))]
pub(crate) use bench::scenario_places;
pub(crate) use bench::{
    BenchSettings, CompareSettings, ManifestSettings, MergeSettings, PRESETS, Preset, ResultFiles, SIMULATIONS,
    Simulation,
};
pub(crate) use broker::BrokerSettings;
#[cfg(feature = "broker")]
pub(crate) use broker::{LimitSettings, ListenSettings};
pub(crate) use check::check_profile;
pub(crate) use clean_retained::{CleanRetainedSettings, Consent};
pub(crate) use codec::judge;
pub(crate) use conn::ConnMode;
pub use conn::ConnSettings;
pub(crate) use connect::ConnectSettings;
pub(crate) use probe::{Feature, ProbeSettings};
pub(crate) use profile::{ListShape, ProfileJob};
pub(crate) use publish::Publication;
pub(crate) use publish::QueueSettings;
pub use publish::{MessageSource, PubSettings};
pub(crate) use record::RecordSettings;
pub(crate) use repl::{
    CommandSource, Display, NewConnection, ProfileChoice, ReplRequest, ReplSettings, Subscription, line_command,
    read_line,
};
pub(crate) use replay::{ReplaySettings, Speed};
pub(crate) use reply::{Answering, ReplySettings};
pub(crate) use request::RequestSettings;
pub(crate) use rules::{Answer, AnswerTopic, Rule};
pub use subscribe::{FileTarget, Retained, SubSettings};
pub(crate) use template::Templates;
pub(crate) use topic::TopicJob;
pub(crate) use watch::WatchSettings;
pub(crate) use work::{Work, WorkerKind};
