use std::path::PathBuf;
use std::time::Duration;

use bytes::Bytes;

use super::ConnectSettings;
use crate::mqtt::{PublishProperties, QoS, TopicName};
use crate::payload::{PayloadFormat, PayloadSize};

/// What `pub` does.
#[derive(Debug, Clone)]
pub struct PubSettings {
    /// The session that it happens in.
    pub connect: ConnectSettings,
    /// Where each message goes, `$delayed` prefix included; empty only with [`MessageSource::JsonLines`], whose
    /// records have topics of their own.
    pub topics: Vec<TopicName>,
    /// Where payloads come from.
    pub source: MessageSource,
    /// How they are written there.
    pub format: PayloadFormat,
    /// Assurance.
    pub qos: QoS,
    /// The broker keeps the message.
    pub retain: bool,
    /// The DUP flag, as a person asked for it.
    pub dup: bool,
    /// None in 3.1.1 and where nothing was given.
    pub properties: Option<Box<PublishProperties>>,
    /// Seconds of `--delay`, for topics that are not in [`Self::topics`] (JSON lines).
    pub delay: Option<u32>,
    /// How often the message is published, at least once.
    pub repeat: u64,
    /// The wait between two.
    pub repeat_delay: Duration,
    /// When to give up, connecting included.
    pub timeout: Option<Duration>,
    /// What the user should know before it begins.
    pub warnings: Vec<String>,
}

/// Where payloads come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MessageSource {
    /// The command line, still to be encoded by the format.
    Text(Bytes),
    /// `--null-message`: no bytes.
    Null,
    /// So many random bytes.
    Random(PayloadSize),
    /// A file is one payload.
    File(PathBuf),
    /// All of stdin is one payload.
    Stdin,
    /// Each line of stdin is a payload, empty ones too.
    Lines,
    /// Each line of stdin is a JSON object with topic, payload and the rest.
    JsonLines,
}
