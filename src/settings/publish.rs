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
    /// What the user should know before it begins.
    pub warnings: Vec<String>,
}

/// What is published, when and how often.
#[derive(Debug, Clone)]
pub struct Publication {
    /// Where each message goes, `$delayed` prefix included; empty only with [`MessageSource::JsonLines`], whose
    /// records have topics of their own.
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
        let version = connect.client.connect.version;
        let mut publication = Publication::with_source(&arguments.publish, source, of_url, version, origins)?;
        publication.take_templates(&arguments.template, &connect.client.connect, origins)?;
        // Each line of JSON has its own QoS.
        if publication.qos > QoS::AtMostOnce || publication.source == MessageSource::JsonLines {
            connect.keep_session();
        }
        let highest = if publication.source == MessageSource::JsonLines { QoS::ExactlyOnce } else { publication.qos };
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
        Ok(Self { connect, publication, warnings })
    }
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
