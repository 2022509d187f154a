use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use super::codec::encoder;
use super::connect::Resolved;
use super::support::without_effect;
use super::template::Templates;
use super::{ConnectSettings, secret};
use crate::cli::group::{MessageArgs, TemplateArgs};
use crate::cli::publish::{PublishArgs, PublishCommand};
use crate::cli::value;
use crate::config::origin::{Origin, Origins};
use crate::config::table::{Note, noted};
use crate::error::Error;
use crate::mqtt::{PublishProperties, QoS, TopicName, Version};
use crate::payload::placeholder::Place;
use crate::payload::{Codec, PayloadSize};
use crate::session::ConnectOptions;

/// What `pub` does.
#[derive(Debug, Clone)]
pub struct PubSettings {
    /// The session.
    pub connect: ConnectSettings,
    /// What is published.
    pub publication: Publication,
    /// Where messages wait until they are delivered; `None`: in memory.
    pub queue: Option<QueueSettings>,
    /// What the user should know before it begins.
    pub warnings: Vec<String>,
}

/// A queue on disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueueSettings {
    /// Its folder.
    pub folder: PathBuf,
    /// Messages in it at most.
    pub maximum: u64,
    /// Nothing is read: what is in it is delivered.
    pub only_drains: bool,
    /// A full queue is waited for, and a broker that is away.
    pub is_patient: bool,
    /// Somebody named the session; otherwise it is the queue's own, and ends when the queue is empty.
    pub is_client_id_chosen: bool,
}

/// How long a broker keeps the session of a queue that nobody comes back to, seconds.
const QUEUE_SESSION: u32 = 7 * 24 * 60 * 60;

/// Messages in a queue at most.
const QUEUE_MAXIMUM: u64 = 1_000_000;

/// What is published, when and how often.
#[derive(Debug, Clone)]
pub struct Publication {
    /// Where each message goes, `$delayed` prefix included; empty only with [`MessageSource::JsonLines`], whose
    /// records have their own topics.
    pub topics: Vec<TopicName>,
    /// Where payloads come from.
    pub source: MessageSource,
    /// What reads them as templates, which are filled in for each message.
    pub(crate) templates: Option<Templates>,
    /// How they are encoded.
    pub codec: Codec,
    /// QoS.
    pub qos: QoS,
    /// The broker is to retain the message.
    pub retain: bool,
    /// The DUP flag, if requested.
    pub dup: bool,
    /// Empty in 3.1.1 and if nothing was given.
    pub properties: Option<Arc<PublishProperties>>,
    /// How often the message is published, at least once.
    pub repeat: u64,
    /// The delay between two.
    pub repeat_delay: Duration,
    /// When to give up, including the time to connect.
    pub timeout: Option<Duration>,
}

/// Where payloads come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MessageSource {
    /// The command line, still to be encoded.
    Text(Bytes),
    /// `--null-message`: no bytes.
    Null,
    /// This many random bytes.
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

/// The default payload of MQTTX.
const DEFAULT_TEXT: &str = "Hello From MQTTX CLI";

impl PubSettings {
    /// Settles every option of `pub`.
    pub fn resolve(arguments: &PublishCommand, origins: &Origins) -> Result<Self, Error> {
        let source = source(&arguments.publish, origins)?;
        if source.reads_stdin() && secret::is_on_stdin(&arguments.connect.connection, origins) {
            let message = "--password - and the messages cannot both come from stdin";
            return Err(Error::usage(message).with_hint("use --password-file or --password-env"));
        }
        let Resolved { settings: mut connect, topic: of_url, mut warnings } =
            ConnectSettings::resolve(&arguments.connect, origins)?;
        connect.deliver(&arguments.delivery);
        connect.let_packets_gather();
        let version = connect.client.connect.version;
        let given = &arguments.publish;
        let has_topic = of_url.is_some() || !given.message.topic.is_empty();
        let only_drains = arguments.queue.queue.is_some() && !has_topic && !names_source(given);
        let queue = queue(arguments, &source, only_drains, &mut connect, origins);
        let mut publication = if only_drains {
            Publication::of_nothing(given, origins)?
        } else {
            Publication::with_source(given, source, of_url, version, origins)?
        };
        publication.take_templates(&arguments.template, &connect.client.connect, origins)?;
        // Each line of JSON has its own QoS.
        if publication.qos > QoS::AtMostOnce || publication.source == MessageSource::JsonLines {
            connect.keep_session();
        }
        let has_any_qos = publication.source == MessageSource::JsonLines || only_drains;
        let highest = if has_any_qos { QoS::ExactlyOnce } else { publication.qos };
        if queue.is_some() && highest == QoS::AtMostOnce {
            warnings
                .push("--queue at QoS 0: a message leaves it when it is written to the socket (--qos 1 or 2)".into());
        }
        warnings.extend(without_effect(
            origins,
            &[
                ("inflight", highest == QoS::AtMostOnce, "at QoS 0"),
                ("resend_uncertain", highest < QoS::ExactlyOnce, "below QoS 2"),
                ("repeat_delay", publication.repeat == 1, "without --repeat"),
            ],
        ));
        if arguments.publish.message.subscription_identifier.is_some() {
            let name = origins.name("subscription_identifier");
            warnings.push(format!("{name} is ignored: only a broker may publish with it [MQTT-3.3.4-6]"));
        }
        Ok(Self { connect, publication, queue, warnings })
    }
}

/// Settles where messages wait, and the session that goes with it.
fn queue(
    arguments: &PublishCommand,
    source: &MessageSource,
    only_drains: bool,
    connect: &mut ConnectSettings,
    origins: &Origins,
) -> Option<QueueSettings> {
    let folder = arguments.queue.queue.clone()?;
    let is_patient = !only_drains && matches!(source, MessageSource::Lines | MessageSource::JsonLines);
    let reconnect = &mut connect.client.reconnect;
    if is_patient && reconnect.delay_before(1, 0.0).is_some() {
        reconnect.also_first = true;
        if !origins.given("maximum_reconnect_times") {
            reconnect.maximum_attempts = u32::MAX;
        }
    }
    let options = &mut connect.client.connect;
    options.clean_start = false;
    // The broker may hold messages of an earlier process under others.
    options.first_packet_id = fastrand::u16(1..);
    if options.version.is_v5() {
        options.properties.session_expiry_interval.get_or_insert(QUEUE_SESSION);
    }
    Some(QueueSettings {
        folder,
        maximum: arguments.queue.queue_max.unwrap_or(QUEUE_MAXIMUM),
        only_drains,
        is_patient,
        is_client_id_chosen: origins.given("client_id"),
    })
}

impl Publication {
    /// Settles the message; `of_url` is the topic in a URL.
    pub(super) fn resolve(
        arguments: &PublishArgs,
        of_url: Option<String>,
        version: Version,
        origins: &Origins,
    ) -> Result<Self, Error> {
        Self::with_source(arguments, source(arguments, origins)?, of_url, version, origins)
    }

    /// Nothing: what is in a queue already is delivered.
    fn of_nothing(arguments: &PublishArgs, origins: &Origins) -> Result<Self, Error> {
        Ok(Self {
            topics: Vec::new(),
            source: MessageSource::Null,
            templates: None,
            codec: encoder(&arguments.payload, &arguments.compress, origins)?,
            qos: arguments.message.qos,
            retain: false,
            dup: false,
            properties: None,
            repeat: 1,
            repeat_delay: Duration::ZERO,
            timeout: arguments.source.timeout.filter(|time| !time.is_zero()),
        })
    }

    fn with_source(
        arguments: &PublishArgs,
        source: MessageSource,
        of_url: Option<String>,
        version: Version,
        origins: &Origins,
    ) -> Result<Self, Error> {
        let message = &arguments.message;
        check_dup(message)?;
        Ok(Self {
            topics: topics(arguments, of_url, source == MessageSource::JsonLines, origins)?,
            source,
            templates: None,
            codec: encoder(&arguments.payload, &arguments.compress, origins)?,
            qos: message.qos,
            retain: message.retain,
            dup: message.dup,
            properties: properties(message, version),
            repeat: arguments.source.repeat,
            repeat_delay: arguments.source.repeat_delay,
            timeout: arguments.source.timeout.filter(|time| !time.is_zero()),
        })
    }
}

impl Publication {
    /// `--template`: payloads are filled in.
    pub(super) fn take_templates(
        &mut self,
        given: &TemplateArgs,
        connect: &ConnectOptions,
        origins: &Origins,
    ) -> Result<(), Error> {
        if !given.template {
            return Ok(());
        }
        let other = match self.source {
            MessageSource::Null => Some("--null-message"),
            MessageSource::Random(_) => Some("--payload-size"),
            MessageSource::JsonLines => Some("--jsonl"),
            _ => None,
        };
        if let Some(other) = other {
            let error = Error::exclude_one_another("--template", other);
            return Err(error.with_hint("a template is a text: use -m, --file-read, --stdin or --line-mode"));
        }
        self.templates = Some(Templates::new(connect, Place::MESSAGE, given.seed, origins));
        Ok(())
    }
}

impl MessageSource {
    /// Whether the messages come from stdin.
    pub fn reads_stdin(&self) -> bool {
        matches!(self, Self::Stdin | Self::Lines | Self::JsonLines)
    }
}

/// DUP means that a message was sent before, which never happens at QoS 0.
pub(super) fn check_dup(message: &MessageArgs) -> Result<(), Error> {
    if message.dup && message.qos == QoS::AtMostOnce {
        return Err(Error::usage("--dup needs --qos 1 or 2: nothing is sent twice at QoS 0 [MQTT-3.3.1-2]"));
    }
    Ok(())
}

/// Whether the options name a source.
fn names_source(arguments: &PublishArgs) -> bool {
    let given = &arguments.source;
    let lines = given.line_mode || given.multiline || given.jsonl || given.stdin;
    let is_empty = given.message.is_none() && given.payload_size.is_none() && given.file_read.is_none();
    lines || given.null_message || !is_empty
}

/// The one source that the options name.
fn source(arguments: &PublishArgs, origins: &Origins) -> Result<MessageSource, Error> {
    let given = &arguments.source;
    // MQTTX writes `-s -M`, and accepts -lm for both.
    let lines = given.line_mode || given.multiline;
    let sources = [
        ("--message", given.message.clone().map(|text| MessageSource::Text(text.into()))),
        ("--null-message", given.null_message.then_some(MessageSource::Null)),
        ("--payload-size", given.payload_size.map(MessageSource::Random)),
        ("--file-read", given.file_read.clone().map(MessageSource::File)),
        ("--jsonl", given.jsonl.then_some(MessageSource::JsonLines)),
        (if given.line_mode { "--line-mode" } else { "--multiline" }, lines.then_some(MessageSource::Lines)),
        ("--stdin", (given.stdin && !lines).then_some(MessageSource::Stdin)),
    ];
    let mut named = sources.into_iter().filter_map(|(flag, source)| Some((flag, source?)));
    let Some((flag, source)) = named.next() else {
        return Ok(MessageSource::Text(Bytes::from_static(DEFAULT_TEXT.as_bytes())));
    };
    if let Some((other, _)) = named.next() {
        return Err(Error::exclude_one_another(flag, other).with_hint("a message has one payload"));
    }
    if matches!(source, MessageSource::Random(_))
        && let Some(option) = ["format", "compress"].iter().find(|option| origins.of(option) == Origin::Flag)
    {
        return Err(
            Error::exclude_one_another(flag, &origins.name(option)).with_hint("random bytes are not text in a format")
        );
    }
    let excluded = match source {
        MessageSource::Lines => &[(Note::Repeats, "stdin can be read only once")][..],
        MessageSource::JsonLines => {
            &[(Note::Repeats, "stdin can be read only once"), (Note::OfEachLine, "each line of --jsonl has its own")]
        }
        _ => &[],
    };
    for (note, hint) in excluded {
        // The values of a profile for other messages do not apply here.
        if let Some(option) = noted(*note).find(|option| origins.of(option) == Origin::Flag) {
            return Err(Error::exclude_one_another(flag, &origins.name(option)).with_hint(*hint));
        }
    }
    Ok(source)
}

fn topics(
    arguments: &PublishArgs,
    of_url: Option<String>,
    in_each_line: bool,
    origins: &Origins,
) -> Result<Vec<TopicName>, Error> {
    let mut topics = arguments.message.topic.clone();
    if let Some(text) = of_url.filter(|_| topics.is_empty() || origins.is_stronger("url", "topic")) {
        let topic = value::topic_name(&text).map_err(|error| Error::topic(&origins.name("url"), &text, &error))?;
        topics = vec![topic];
    }
    if in_each_line {
        return Ok(Vec::new());
    }
    if topics.is_empty() {
        return Err(Error::usage("--topic is missing").with_hint("for example mqttx-rs pub -t car/1/speed -m 52"));
    }
    let Some(seconds) = arguments.source.delay else { return Ok(topics) };
    let delayed = |topic: TopicName| {
        topic.delay_by(seconds).map_err(|error| Error::topic("--delay with --topic", topic.as_str(), &error))
    };
    topics.into_iter().map(delayed).collect()
}

pub(super) fn properties(message: &MessageArgs, version: Version) -> Option<Arc<PublishProperties>> {
    let properties = PublishProperties {
        payload_format_indicator: message.payload_format_indicator.then_some(1),
        message_expiry_interval: message.message_expiry_interval,
        topic_alias: message.topic_alias,
        response_topic: message.response_topic.as_ref().map(ToString::to_string),
        correlation_data: message.correlation_data.clone().map(Bytes::from),
        user_properties: message.user_properties.clone(),
        subscription_identifiers: Vec::new(),
        content_type: message.content_type.clone(),
    };
    (version.is_v5() && properties != PublishProperties::default()).then(|| Arc::new(properties))
}
