//! How a request is answered, for `reply` of the command line and that of `repl`.

use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::io::AsyncReadExt;

use super::shell;
use crate::mqtt::{Message, PublishProperties, TopicName};
use crate::output::Talk;
use crate::payload::placeholder::{Drawer, Name, Template};
use crate::settings::{Answer, AnswerTopic, ReplySettings, Rule};

/// What is appended to the topic of a request in 3.1.1, which has no Response Topic.
const SUFFIX: &str = "/reply";

/// Answers requests by rules.
pub(crate) struct Responder {
    rules: Arc<[Rule]>,
    is_v5: bool,
    talk: Talk,
    /// What templates draw from.
    drawer: Drawer,
    /// How many requests came that a rule answers.
    requests: u64,
}

impl Responder {
    pub(crate) fn new(rules: Arc<[Rule]>, is_v5: bool, talk: Talk) -> Self {
        Self { rules, is_v5, talk, drawer: ReplySettings::drawer(), requests: 0 }
    }

    /// The answer to a request, and how long after it; `None`, perhaps with a warning, if there is none.
    pub(crate) async fn answer_to(&mut self, request: &Message) -> Option<(Duration, Message)> {
        let rules = self.rules.clone();
        let rule = rules.iter().find(|rule| rule.fits(&request.topic, &request.payload))?;
        self.drawer.begin_answer(self.requests, &request.payload);
        let topic = self.reply_topic(rule, request)?;
        let mut answer = self.answer(rule, request, topic).await?;
        // The requester's own topic is often a random one: nobody would ever remove what the broker kept there.
        answer.retain = rule.retain && response_topic(request).is_none();
        self.requests += 1;
        Some((rule.delay, answer))
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
        if let Some(named) = response_topic(request) {
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
        if self.is_v5 {
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
        Some(Message { properties, ..Message::new(topic, payload).with_qos(rule.qos) })
    }
}

/// Where the request itself wants the answer (5.0).
fn response_topic(request: &Message) -> Option<&str> {
    request.properties.as_ref().and_then(|properties| properties.response_topic.as_deref())
}

/// Runs a command with the request on its stdin; the error is the reason for no answer.
async fn output_of(command: &str, request: &Message) -> Result<Bytes, String> {
    let mut shell = shell::command_for(command, request);
    let mut child = shell.stdout(Stdio::piped()).spawn().map_err(|error| format!("cannot run `{command}`: {error}"))?;
    let mut stdout = child.stdout.take();
    let read = async {
        let mut output = Vec::new();
        match &mut stdout {
            Some(stdout) => stdout.read_to_end(&mut output).await.map(|_| output),
            None => Ok(output),
        }
    };
    let ((), output) = tokio::join!(shell::feed(&mut child, &request.payload), read);
    let status = child.wait().await.map_err(|error| format!("`{command}`: {error}"))?;
    shell::check(command, status)?;
    output.map(Bytes::from).map_err(|error| format!("`{command}`: {error}"))
}
