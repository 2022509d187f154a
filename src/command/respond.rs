//! How a request is answered, for `reply` of the command line and that of `repl`.

use std::process::Stdio;

use bytes::Bytes;
use tokio::io::AsyncWriteExt;
use tokio::process::Command;

use super::refusal::unpublishable;
use crate::client::{Client, Declined};
use crate::error::Error;
use crate::mqtt::{Message, PublishProperties, TopicName};
use crate::output::Talk;
use crate::settings::{Answer, Answering};

/// What is appended to the topic of a request in 3.1.1, which has no Response Topic.
const SUFFIX: &str = "/reply";

/// Answers requests.
#[derive(Debug)]
pub(crate) struct Responder {
    answering: Answering,
    is_v5: bool,
    talk: Talk,
}

impl Responder {
    pub(crate) fn new(answering: Answering, is_v5: bool, talk: Talk) -> Self {
        Self { answering, is_v5, talk }
    }

    /// Answers a request, if it says where to; whether it did.
    pub(crate) async fn respond(&self, client: &Client, request: &Message) -> Result<bool, Error> {
        match self.reply_topic(request) {
            Some(topic) => self.answer(client, request, topic).await,
            None => Ok(false),
        }
    }

    /// Where the answer goes; `None`, with a warning, if nothing says where.
    fn reply_topic(&self, request: &Message) -> Option<TopicName> {
        let topic = &request.topic;
        // What is retained was published for whoever comes later.
        if request.retain {
            self.talk.warning(format_args!("the retained message on {topic} is not answered"));
            return None;
        }
        let named = request.properties.as_ref().and_then(|properties| properties.response_topic.as_deref());
        if let Some(named) = named {
            return TopicName::parse(named)
                .inspect_err(|error| self.talk.warning(format_args!("the request on {topic} is not answered: {error}")))
                .ok();
        }
        if let Some(reply_topic) = &self.answering.reply_topic {
            // In 3.1.1 an answer may come back as a request.
            return (reply_topic != topic).then(|| reply_topic.clone());
        }
        if self.is_v5 {
            self.talk.warning(format_args!(
                "the request on {topic} has no Response Topic and is not answered (--reply-topic names one)"
            ));
            return None;
        }
        // An answer of our own, which comes back from a broker that knows no No Local.
        if topic.as_str().ends_with(SUFFIX) {
            return None;
        }
        TopicName::parse(format!("{topic}{SUFFIX}")).ok()
    }

    /// Publishes the answer, if there is one.
    async fn answer(&self, client: &Client, request: &Message, topic: TopicName) -> Result<bool, Error> {
        let payload = match &self.answering.answer {
            Answer::Text(text) => text.clone(),
            Answer::Echo => request.payload.clone(),
            Answer::Command(command) => match output_of(command, request).await {
                Ok(payload) => payload,
                Err(why) => {
                    self.talk.warning(format_args!("the request on {} is not answered: {why}", request.topic));
                    return Ok(false);
                }
            },
        };
        let correlation_data = request.properties.as_ref().and_then(|properties| properties.correlation_data.clone());
        let properties = correlation_data
            .map(|data| Box::new(PublishProperties { correlation_data: Some(data), ..Default::default() }));
        let answer = Message { properties, ..Message::new(topic.clone(), payload).with_qos(self.answering.qos) };
        match client.publish(answer).await {
            Ok(_) => {
                self.talk.success(format_args!("Answered the request on {} on {topic}", request.topic));
                Ok(true)
            }
            // Its last event says why.
            Err(Declined::Closed(_)) => Ok(false),
            Err(Declined::Rejected(error)) => Err(unpublishable(Some(&topic), &error)),
        }
    }
}

/// Runs a command with the request on its stdin; the error says why there is no answer.
async fn output_of(command: &str, request: &Message) -> Result<Bytes, String> {
    let mut shell = if cfg!(windows) { Command::new("cmd") } else { Command::new("sh") };
    shell.args([if cfg!(windows) { "/C" } else { "-c" }, command]);
    shell.env("MQTT_TOPIC", request.topic.as_str()).env("MQTT_QOS", request.qos.to_string());
    if let Some(properties) = &request.properties {
        let text = |bytes: &Bytes| String::from_utf8_lossy(bytes).into_owned();
        let users = properties.user_properties.iter().map(|(name, value)| format!("{name}: {value}"));
        for (name, value) in [
            ("MQTT_CONTENT_TYPE", properties.content_type.clone()),
            ("MQTT_RESPONSE_TOPIC", properties.response_topic.clone()),
            ("MQTT_CORRELATION_DATA", properties.correlation_data.as_ref().map(text)),
            ("MQTT_USER_PROPERTIES", Some(users.collect::<Vec<_>>().join("\n"))),
        ] {
            // A variable cannot hold U+0000.
            shell.env(name, value.unwrap_or_default().replace('\0', "\u{fffd}"));
        }
    }
    let shell = shell.stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true);
    let mut child = shell.spawn().map_err(|error| format!("cannot run `{command}`: {error}"))?;
    let stdin = child.stdin.take();
    let write = async {
        if let Some(mut stdin) = stdin {
            // A command that does not read its stdin closes the pipe.
            _ = stdin.write_all(&request.payload).await;
        }
    };
    let ((), output) = tokio::join!(write, child.wait_with_output());
    let output = output.map_err(|error| format!("`{command}`: {error}"))?;
    if output.status.success() {
        Ok(output.stdout.into())
    } else {
        Err(format!("`{command}` ended with {}", output.status))
    }
}
