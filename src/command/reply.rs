//! `reply`: answers requests, one after another.
//!
//! A request is acknowledged when its answer is handed to the client, so that one that arrived at QoS 1 or 2 and was not
//! answered is delivered again in a persistent session. One whose answer has a delay is acknowledged when it comes: the
//! requests behind it are not to wait, and acknowledgements keep the order [MQTT-4.6.0-2].

use std::collections::BTreeMap;
use std::process::Stdio;
use std::sync::Arc;

use bytes::Bytes;
use tokio::io::AsyncWriteExt;
use tokio::process::Command;
use tokio::time::{Instant, sleep_until};

use super::interrupt::Interrupt;
use super::refusal::{hung_up, refused, subscription_refused, unpublishable};
use super::status;
use crate::client::{Client, Declined, Event, Events, Pending};
use crate::error::{Error, ErrorKind, ExitStatus};
use crate::mqtt::{Message, PublishProperties, TopicName};
use crate::output::Talk;
use crate::payload::placeholder::{Drawer, Name, Template};
use crate::session::{Acknowledge, PublishOutcome, SubAck, SubscribeRequest};
use crate::settings::{Answer, AnswerTopic, ReplySettings, Rule};

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
    let (drawer, waiting) = (ReplySettings::drawer(), BTreeMap::new());
    let mut replier = Replier { settings, client, talk, count: 0, drawer, requests: 0, waiting };
    let result = loop {
        let event = tokio::select! {
            biased;
            signal = interrupt.received() => break Ok(replier.interrupted(signal)),
            () = due(replier.waiting.keys().next()) => None,
            event = events.next() => Some(event),
        };
        let work = async {
            match event {
                None => replier.answer_what_is_due().await,
                Some(Some(event)) => replier.take(event).await,
                Some(None) => Ok(Some(ExitStatus::Done)),
            }
        };
        let taken = tokio::select! {
            biased;
            signal = interrupt.received() => Err(signal),
            taken = work => Ok(taken),
        };
        let taken = match taken {
            Ok(taken) => taken,
            Err(signal) => break Ok(replier.interrupted(signal)),
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
    /// What templates draw from.
    drawer: Drawer,
    /// How many requests came that a rule answers.
    requests: u64,
    /// Answers that have a delay, by when they are due and their number.
    waiting: BTreeMap<(Instant, u64), Waiting>,
}

/// An answer that is not due yet.
struct Waiting {
    /// The topic of the request.
    request: TopicName,
    answer: Message,
}

/// When the first answer that waits is due.
async fn due(first: Option<&(Instant, u64)>) {
    match first {
        Some((time, _)) => sleep_until(*time).await,
        None => std::future::pending().await,
    }
}

impl Replier<'_> {
    async fn take(&mut self, event: Event) -> Result<Option<ExitStatus>, Error> {
        match event {
            Event::Message(received) => {
                let status = self.request(&received.message).await?;
                if let Some(token) = received.token {
                    self.client.acknowledge(token);
                }
                return Ok(status);
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
                let version = self.settings.connect.client.connect.version;
                return Err(subscription_refused(version, filter, reason, &ack.details));
            }
            self.talk.success(format_args!("Subscribed to {filter}"));
        }
        Ok(())
    }

    /// Answers a request, or notes its answer for later.
    async fn request(&mut self, request: &Message) -> Result<Option<ExitStatus>, Error> {
        let settings = self.settings;
        let rule = settings.rules.iter().find(|rule| rule.fits(&request.topic, &request.payload));
        let Some(rule) = rule else { return Ok(None) };
        self.drawer.begin_answer(self.requests, &request.payload);
        let Some(topic) = self.reply_topic(rule, request) else { return Ok(None) };
        let Some(answer) = self.answer(rule, request, topic).await else { return Ok(None) };
        self.requests += 1;
        if rule.delay.is_zero() {
            return self.publish(&request.topic, answer).await;
        }
        let waiting = Waiting { request: request.topic.clone(), answer };
        self.waiting.insert((Instant::now() + rule.delay, self.requests), waiting);
        Ok(None)
    }

    /// Publishes the first answer that waits.
    async fn answer_what_is_due(&mut self) -> Result<Option<ExitStatus>, Error> {
        match self.waiting.pop_first() {
            Some((_, Waiting { request, answer })) => self.publish(&request, answer).await,
            None => Ok(None),
        }
    }

    /// Fills a template for a request; `None`, with a warning, if it asks for what the request does not have.
    fn fill(&mut self, template: &Template, request: &Message) -> Option<String> {
        let (mut text, number) = (String::new(), self.drawer.number());
        template.fill(&mut self.drawer, &mut text, |name, out| match name {
            Name::Topic => out.push_str(request.topic.as_str()),
            Name::Payload => out.push_str(&String::from_utf8_lossy(&request.payload)),
            Name::Sequence => out.push_str(&number.to_string()),
            // Bound when the template was read.
            _ => {}
        });
        match self.drawer.take_fault() {
            None => Some(text),
            Some(why) => {
                self.talk.warning(format_args!("the request on {} is not answered: {why}", request.topic));
                None
            }
        }
    }

    /// The topic for the answer; `None`, with a warning, if there is none.
    fn reply_topic(&mut self, rule: &Rule, request: &Message) -> Option<TopicName> {
        let topic = &request.topic;
        // Retained messages were published for later subscribers.
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
        let reply_topic = match &rule.topic {
            Some(AnswerTopic::Name(name)) => Some(name.clone()),
            Some(AnswerTopic::Template(template)) => {
                let text = self.fill(template, request)?;
                let name = TopicName::parse(text);
                let refused = |error| {
                    self.talk
                        .warning(format_args!("the request on {topic} is not answered: its answer's topic: {error}"));
                };
                Some(name.map_err(refused).ok()?)
            }
            None => None,
        };
        if let Some(reply_topic) = reply_topic {
            // In 3.1.1 an answer may come back as a request.
            return (reply_topic != *topic).then_some(reply_topic);
        }
        if self.settings.connect.client.connect.version.is_v5() {
            self.talk.warning(format_args!(
                "the request on {topic} has no Response Topic and is not answered (see --reply-topic)"
            ));
            return None;
        }
        // One of our own answers, returned by a broker without No Local.
        if topic.as_str().ends_with(SUFFIX) {
            return None;
        }
        TopicName::parse(format!("{topic}{SUFFIX}")).ok()
    }

    /// The answer, if there is one.
    async fn answer(&mut self, rule: &Rule, request: &Message, topic: TopicName) -> Option<Message> {
        let payload = match &rule.answer {
            Answer::Text(text) => text.clone(),
            Answer::Template(template) => self.fill(template, request)?.into(),
            Answer::Echo => request.payload.clone(),
            Answer::Command(command) => match output_of(command, request).await {
                Ok(payload) => payload,
                Err(why) => {
                    self.talk.warning(format_args!("the request on {} is not answered: {why}", request.topic));
                    return None;
                }
            },
        };
        let correlation_data = request.properties.as_ref().and_then(|properties| properties.correlation_data.clone());
        let properties = correlation_data
            .map(|data| Arc::new(PublishProperties { correlation_data: Some(data), ..Default::default() }));
        Some(Message { properties, retain: rule.retain, ..Message::new(topic, payload).with_qos(rule.qos) })
    }

    /// Publishes an answer; it may be the last.
    async fn publish(&mut self, request: &TopicName, answer: Message) -> Result<Option<ExitStatus>, Error> {
        let topic = answer.topic.clone();
        match self.client.publish(answer).await {
            Ok(_) => {
                self.talk.success(format_args!("Answered the request on {request} on {topic}"));
                self.count += 1;
                Ok((Some(self.count) == self.settings.count).then_some(ExitStatus::Done))
            }
            // Its last event has the reason.
            Err(Declined::Closed(_)) => Ok(None),
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

/// Runs a command with the request on its stdin; the error is the reason for no answer.
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

/// DISCONNECT, after the pending answers if they are to be waited for.
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
