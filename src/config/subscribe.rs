use std::path::PathBuf;
use std::time::Duration;

use bytes::Bytes;

use super::ConnectSettings;
use crate::mqtt::TopicFilter;
use crate::payload::PayloadFormat;
use crate::session::SubscribeRequest;

/// What `sub` does.
#[derive(Debug, Clone)]
pub struct SubSettings {
    /// The session that it happens in.
    pub connect: ConnectSettings,
    /// What SUBSCRIBE asks for: at least one filter.
    pub subscribe: SubscribeRequest,
    /// What to unsubscribe from after subscribing.
    pub unsubscribe: Vec<TopicFilter>,
    /// Topics that are left out.
    pub filter_out: Vec<TopicFilter>,
    /// Which messages count, by their retain flag.
    pub retained: Retained,
    /// End after so many; `None` does not end.
    pub count: Option<u64>,
    /// End after so long.
    pub timeout: Option<Duration>,
    /// End when nothing came for so long.
    pub idle_timeout: Option<Duration>,
    /// End at SUBACK.
    pub exit_after_suback: bool,
    /// End when any filter is refused.
    pub strict: bool,
    /// Shape of the output.
    pub shape: OutputShape,
    /// Everything that a packet has.
    pub verbose: bool,
    /// How payloads are shown.
    pub format: PayloadFormat,
    /// Where payloads go besides stdout.
    pub file: Option<FileTarget>,
    /// What follows a payload in raw output, a template's line and a file.
    pub delimiter: Bytes,
    /// What the user should know before it begins.
    pub warnings: Vec<String>,
}

/// Which messages count, by their retain flag.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Retained {
    /// Retained or not.
    #[default]
    Both,
    /// `--skip-retained`.
    Skip,
    /// `--retained-only`.
    Only,
    /// `--remove-retained`: publish an empty retained message to each topic that has one.
    Remove {
        /// Only say what would be removed.
        dry_run: bool,
    },
}

/// Shape of the output.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum OutputShape {
    /// For people.
    #[default]
    Default,
    /// MQTTX's pretty JSON object a message.
    Clean,
    /// A lossless JSON object a line.
    JsonLines,
    /// Payload and delimiter.
    Raw,
    /// mosquitto's format language, not parsed yet.
    Template(String),
}

/// Where payloads go besides stdout.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FileTarget {
    /// `--file-write`: all of them into one file.
    Append(PathBuf),
    /// `--file-save`: each into a file of its own, numbered.
    Numbered(PathBuf),
}
