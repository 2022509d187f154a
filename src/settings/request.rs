use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use super::connect::ConnectSettings;
use super::publish::{PubSettings, Publication};
use super::subscribe::{FileTarget, shape, target};
use crate::cli::group::{DeliveryArgs, QueueArgs, TemplateArgs};
use crate::cli::publish::PublishCommand;
use crate::cli::request::{NOT_OF_REQUEST, RequestCommand};
use crate::cli::value::MessageShape;
use crate::config::origin::{Origin, Origins};
use crate::error::Error;
use crate::mqtt::TopicFilter;

/// The default time limit for replies.
const PATIENCE: Duration = Duration::from_secs(10);

/// What `request` does.
#[derive(Debug, Clone)]
pub(crate) struct RequestSettings {
    /// The session.
    pub(crate) connect: ConnectSettings,
    /// The request, with its Response Topic and Correlation Data in 5.0.
    pub(crate) publication: Publication,
    /// The filter for replies.
    pub(crate) reply_filter: TopicFilter,
    /// The Correlation Data that replies must have; `None` in 3.1.1.
    pub(crate) correlation_data: Option<Bytes>,
    /// How many replies.
    pub(crate) count: u64,
    /// The time limit for them.
    pub(crate) timeout: Option<Duration>,
    /// Shape of the output.
    pub(crate) shape: MessageShape,
    /// All fields of each packet.
    pub(crate) verbose: bool,
    /// Where payloads are written besides stdout.
    pub(crate) file: Option<FileTarget>,
    /// What follows a payload in raw output, a template line and a file.
    pub(crate) delimiter: Bytes,
    /// What the user should know before it begins.
    pub(crate) warnings: Vec<String>,
}

impl RequestSettings {
    /// Settles every option of `request`.
    pub(crate) fn resolve(arguments: RequestCommand, origins: &Origins) -> Result<Self, Error> {
        let RequestCommand { replies, publish, output, connect } = arguments;
        if let Some(option) = NOT_OF_REQUEST.iter().find(|option| origins.of(option) == Origin::Flag) {
            let message = format!("{} is not an option of request, which sends one message", origins.name(option));
            return Err(Error::usage(message).with_hint("`mqttx-rs pub` has it"));
        }
        let delivery = DeliveryArgs { inflight: None, resend_uncertain: false };
        let (queue, template) = (QueueArgs::default(), TemplateArgs::default());
        let publish = PublishCommand { publish, queue, template, connect, delivery };
        let PubSettings { connect, mut publication, warnings, .. } = PubSettings::resolve(&publish, origins)?;
        let given = replies.reply_topic.map(|topic| topic.as_str().to_owned());
        let drawn = || format!("{:08x}", fastrand::u32(..));
        let (reply_topic, correlation_data) = if connect.client.connect.version.is_v5() {
            let properties = Arc::make_mut(publication.properties.get_or_insert_default());
            if let (Some(topic), Some(given)) = (&properties.response_topic, &given)
                && topic != given
            {
                return Err(Error::exclude_one_another("--response-topic", "--reply-topic"));
            }
            let own = || given.unwrap_or_else(|| format!("mqttx-rs/reply/{}", drawn()));
            let topic = properties.response_topic.get_or_insert_with(own).clone();
            let data = properties.correlation_data.get_or_insert_with(|| Bytes::from(drawn())).clone();
            (topic, Some(data))
        } else {
            let of_request = || publication.topics.first().map(|topic| format!("{topic}/reply"));
            (given.or_else(of_request).unwrap_or_default(), None)
        };
        let reply_filter = TopicFilter::parse(reply_topic.clone())
            .map_err(|error| Error::topic("--reply-topic", &reply_topic, &error))?;
        let timeout = if origins.given("timeout") { publication.timeout } else { Some(PATIENCE) };
        Ok(Self {
            connect,
            publication,
            reply_filter,
            correlation_data,
            count: replies.count,
            timeout,
            shape: shape(&output)?,
            verbose: output.verbose,
            file: target(&output),
            delimiter: output.delimiter,
            warnings,
        })
    }
}
