//! `reply`: answers requests, one after another.
//!
//! A request is acknowledged when its answer is handed to the client, so that one that came at QoS 1 or 2 and was not
//! answered comes again in a session that is kept.

use std::process::Stdio;
use std::sync::Arc;

use bytes::Bytes;
use tokio::io::AsyncWriteExt;
use tokio::process::Command;

use super::interrupt::Interrupt;
use super::refusal::{hung_up, refused, unpublishable};
use super::status;
use crate::client::{Client, Declined, Event, Events, Pending};
use crate::error::{Error, ErrorKind, ExitStatus};
use crate::mqtt::{Message, PublishProperties, TopicName};
use crate::output::Talk;
use crate::session::{Acknowledge, PublishOutcome, SubAck, SubscribeRequest};
use crate::settings::{Answer, ReplySettings};

/// What is appended to the topic of a request in 3.1.1, which has no Response Topic.
const SUFFIX: &str = "/reply";

/// Answers until Ctrl-C, or until there are enough answers.
pub(crate) async fn run(settings: &ReplySettings, talk: Talk) -> Result<ExitStatus, Error> {
    for warning in &settings.warnings {
        talk.warning(warning);
    }
    let mut interrupt = Interrupt::listen()?;
    let (client, mut events) = super::connect(&settings.connect, Acknowledge::Manual, talk)?;
    let request = SubscribeRequest {
        filters: settings.filters.clone(),
        subscription_identifier: None,
        user_properties: Vec::new(),
    };
    client.subscribe(request).map_err(|error| Error::usage(error.to_string()))?;
    let mut replier = Replier { settings, client, talk, count: 0 };
    let result = loop {
        let event = tokio::select! {
            biased;
            signal = interrupt.received() => break Ok(replier.interrupted(signal)),
            event = events.next() => event,
        };
        let Some(event) = event else { break Ok(ExitStatus::Done) };
        let taken = tokio::select! {
            biased;
            signal = interrupt.received() => break Ok(replier.interrupted(signal)),
            taken = replier.take(event) => taken,
        };
        match taken {
            Ok(None) => {}
            Ok(Some(status)) => break Ok(status),
            Err(error) => break Err(error),
        }
    };
    let pending = if matches!(result, Ok(ExitStatus::Done)) { Pending::Finish } else { Pending::Abandon };
    close(&replier.client, &mut events, pending).await.and(result)
}

struct Replier<'a> {
    settings: &'a ReplySettings,
    client: Client,
    talk: Talk,
    count: u64,
}

impl Replier<'_> {
    async fn take(&mut self, event: Event) -> Result<Option<ExitStatus>, Error> {
        match event {
            Event::Message(received) => {
                let is_answered = match self.reply_topic(&received.message) {
                    Some(topic) => self.answer(&received.message, topic).await?,
                    None => false,
                };
                if let Some(token) = received.token {
                    self.client.acknowledge(token);
                }
                self.count += u64::from(is_answered);
                return Ok((is_answered && Some(self.count) == self.settings.count).then_some(ExitStatus::Done));
            }
            Event::Subscribed { ack, .. } => self.subscribed(&ack)?,
            Event::Published { outcome, .. } => published(&outcome)?,
            Event::RequestRejected { error, .. } => {
                return Err(Error::new(ErrorKind::SubscribeRefused, format!("cannot subscribe: {error}")));
            }
            Event::Closed(Err(error)) => return Err(Error::from(*error)),
            event => status::tell(self.talk, &self.settings.connect, &event),
        }
        Ok(None)
    }

    fn subscribed(&self, ack: &SubAck) -> Result<(), Error> {
        for (options, &reason) in self.settings.filters.iter().zip(&ack.reasons) {
            let filter = options.filter.as_str();
            if reason.is_failure() {
                let what = format!("the subscription to `{filter}`");
                return Err(refused(ErrorKind::SubscribeRefused, &what, reason, Some(&ack.details)));
            }
            self.talk.success(format_args!("Subscribed to {filter}"));
        }
        Ok(())
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
        if let Some(reply_topic) = &self.settings.reply_topic {
            // In 3.1.1 an answer may come back as a request.
            return (reply_topic != topic).then(|| reply_topic.clone());
        }
        if self.settings.connect.client.connect.version.is_v5() {
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
    async fn answer(&self, request: &Message, topic: TopicName) -> Result<bool, Error> {
        let payload = match &self.settings.answer {
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
            .map(|data| Arc::new(PublishProperties { correlation_data: Some(data), ..Default::default() }));
        let answer = Message { properties, ..Message::new(topic.clone(), payload).with_qos(self.settings.qos) };
        match self.client.publish(answer).await {
            Ok(_) => {
                self.talk.success(format_args!("Answered the request on {} on {topic}", request.topic));
                Ok(true)
            }
            // Its last event says why.
            Err(Declined::Closed(_)) => Ok(false),
            Err(Declined::Rejected(error)) => Err(unpublishable(Some(&topic), &error)),
        }
    }

    fn interrupted(&self, signal: u8) -> ExitStatus {
        if self.settings.count.is_none() { ExitStatus::Done } else { ExitStatus::Interrupted(signal) }
    }
}

fn published(outcome: &PublishOutcome) -> Result<(), Error> {
    match outcome {
        PublishOutcome::Refused(ack) => {
            Err(refused(ErrorKind::PublishRefused, "an answer", ack.reason, ack.details.as_deref()))
        }
        PublishOutcome::Rejected(error) => Err(unpublishable(None, error)),
        PublishOutcome::HungUp(message) => Err(hung_up(message)),
        _ => Ok(()),
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

/// DISCONNECT, behind the answers that have no outcome yet if they are to be waited for.
async fn close(client: &Client, events: &mut Events, pending: Pending) -> Result<(), Error> {
    client.disconnect(pending);
    let mut refusal = Ok(());
    while let Some(event) = events.next().await {
        match event {
            Event::Published { outcome, .. } => refusal = refusal.and(published(&outcome)),
            Event::Closed(_) => break,
            _ => {}
        }
    }
    refusal
}
