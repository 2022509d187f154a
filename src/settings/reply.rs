use bytes::Bytes;

use super::connect::{ConnectSettings, Resolved};
use crate::cli::reply::{AnswerArgs, ReplyCommand};
use crate::config::origin::Origins;
use crate::error::Error;
use crate::mqtt::{QoS, SubscriptionOptions, TopicFilter, TopicName};

/// What `reply` does.
#[derive(Debug, Clone)]
pub(crate) struct ReplySettings {
    /// The session that it happens in.
    pub(crate) connect: ConnectSettings,
    /// Where requests come from.
    pub(crate) filters: Vec<SubscriptionOptions>,
    /// How they are answered.
    pub(crate) answering: Answering,
    /// End after so many answers.
    pub(crate) count: Option<u64>,
    /// What the user should know before it begins.
    pub(crate) warnings: Vec<String>,
}

/// How requests are answered.
#[derive(Debug, Clone)]
pub(crate) struct Answering {
    /// QoS of answers.
    pub(crate) qos: QoS,
    /// What is answered.
    pub(crate) answer: Answer,
    /// Where to, if the request does not say.
    pub(crate) reply_topic: Option<TopicName>,
}

/// What is answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Answer {
    /// Always the same.
    Text(Bytes),
    /// The payload of the request.
    Echo,
    /// What a command prints.
    Command(String),
}

impl Answering {
    pub(crate) fn resolve(given: AnswerArgs) -> Result<Self, Error> {
        let answer = match (given.message, given.echo, given.exec) {
            (Some(text), _, _) => Answer::Text(text.into()),
            (None, true, _) => Answer::Echo,
            (None, false, Some(command)) => Answer::Command(command),
            (None, false, None) => {
                let error = Error::usage("there is nothing to answer: give --message, --echo or --exec");
                return Err(error.with_hint("for example mqttx-rs reply 'lamp/+/get' -m on"));
            }
        };
        Ok(Self { qos: given.qos, answer, reply_topic: given.reply_topic })
    }

    /// What SUBSCRIBE asks for. An answer on a topic that the filter matches must not be taken for a request; a shared
    /// subscription cannot ask for that [MQTT-3.8.3-4].
    pub(crate) fn options(&self, filter: TopicFilter, is_v5: bool) -> SubscriptionOptions {
        SubscriptionOptions { no_local: is_v5 && !filter.is_shared(), ..SubscriptionOptions::new(filter, self.qos) }
    }
}

impl ReplySettings {
    /// Settles every option of `reply`.
    pub(crate) fn resolve(arguments: ReplyCommand, origins: &Origins) -> Result<Self, Error> {
        let ReplyCommand { filters, requests, answer, connect } = arguments;
        let Resolved { settings: mut connect, topic: of_url, warnings } = ConnectSettings::resolve(&connect, origins)?;
        let answering = Answering::resolve(answer)?;
        let mut filters = [requests.topic, filters].concat();
        if let Some(text) = of_url.filter(|_| filters.is_empty()) {
            let filter = TopicFilter::parse(text.clone());
            filters.push(filter.map_err(|error| Error::topic(&origins.name("url"), &text, &error))?);
        }
        if filters.is_empty() {
            return Err(Error::usage("FILTER is missing").with_hint("for example mqttx-rs reply 'lamp/+/get' -m on"));
        }
        if answering.qos > QoS::AtMostOnce {
            connect.keep_session();
        }
        let is_v5 = connect.client.connect.version.is_v5();
        let filters = filters.into_iter().map(|filter| answering.options(filter, is_v5)).collect();
        Ok(Self { connect, filters, answering, count: requests.count, warnings })
    }
}
