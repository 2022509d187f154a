//! Answers requests: what a client with `role = "reply"` publishes for each message that it receives.

use crate::bench::Reply;
use crate::bench::stamping::ReusedProperties;
use crate::mqtt::{Message, TopicFilter, TopicName};
use crate::session::{PublishError, Session};

/// Answers the requests that one client receives.
#[derive(Debug, Default)]
pub(super) struct Responder {
    /// What it has subscribed to, for requests that do not say where the response goes.
    filters: Vec<TopicFilter>,
    /// Where the last response went, which the next one often does too.
    last: Option<TopicName>,
    /// Of responses with the Correlation Data of their request.
    properties: ReusedProperties,
}

/// Why a request has no answer.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unanswered {
    #[error("the request names no response topic, and the group has no response_topic")]
    NoTopic,
    #[error("the request's response topic is not a topic")]
    InvalidTopic,
    #[error(transparent)]
    Refused(#[from] PublishError),
}

impl Responder {
    /// What the client subscribes to.
    pub(super) fn listen(&mut self, filters: impl Iterator<Item = TopicFilter>) {
        self.filters = filters.collect();
    }

    /// Hands the session the answer to a request.
    pub(super) fn answer(&mut self, request: &Message, reply: &Reply, session: &mut Session) -> Result<(), Unanswered> {
        let asked = request.properties.as_deref();
        let topic = match asked.and_then(|asked| asked.response_topic.as_deref()) {
            Some(topic) => self.named(topic).ok_or(Unanswered::InvalidTopic)?,
            None => self.topic(request.topic.as_str(), reply).ok_or(Unanswered::NoTopic)?,
        };
        let correlation_data = asked.and_then(|asked| asked.correlation_data.clone());
        let properties = correlation_data.map(|data| self.properties.next(None, None, Some(data)));
        let payload = reply.payload.clone().unwrap_or_else(|| request.payload.clone());
        let message = Message { properties, qos: reply.qos.unwrap_or(request.qos), ..Message::new(topic, payload) };
        session.publish(message)?;
        Ok(())
    }

    /// The topic that a request names.
    fn named(&mut self, topic: &str) -> Option<TopicName> {
        if self.last.as_ref().is_none_or(|last| last.as_str() != topic) {
            self.last = Some(TopicName::parse(topic.to_owned()).ok()?);
        }
        self.last.clone()
    }

    /// The response topic of the group, with what the wildcards of the filter stood for in the place of its own.
    fn topic(&self, asked: &str, reply: &Reply) -> Option<TopicName> {
        let pattern = reply.topic.as_deref()?;
        let filter = self.filters.iter().find(|filter| filter.matches(asked))?;
        TopicName::parse(with_wildcards(pattern, filter.body(), asked)).ok()
    }
}

/// `res/+` for the request `req/7` to `req/+` is `res/7`.
fn with_wildcards(pattern: &str, filter: &str, topic: &str) -> String {
    let mut found = filter.split('/').zip(topic.split('/')).filter(|(level, _)| *level == "+").map(|(_, value)| value);
    let rest = filter.split('/').position(|level| level == "#");
    let mut filled = String::with_capacity(pattern.len() + topic.len());
    for (place, level) in pattern.split('/').enumerate() {
        if place > 0 {
            filled.push('/');
        }
        match level {
            "+" => filled.push_str(found.next().unwrap_or_default()),
            "#" => {
                let behind = topic.split('/').skip(rest.unwrap_or(usize::MAX)).enumerate();
                for (place, level) in behind {
                    filled.push_str(if place > 0 { "/" } else { "" });
                    filled.push_str(level);
                }
            }
            level => filled.push_str(level),
        }
    }
    filled
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_topic_is_read_once_while_requests_name_the_same() {
        let mut responder = Responder::default();
        let first = responder.named("answers/1").unwrap();
        let again = responder.named("answers/1").unwrap();
        assert_eq!(first.as_str().as_ptr(), again.as_str().as_ptr());
        assert_eq!(responder.named("answers/2").unwrap().as_str(), "answers/2");
        assert!(responder.named("answers/#").is_none());
    }

    #[test]
    fn wildcards_of_the_response_topic_are_what_those_of_the_filter_stood_for() {
        for (pattern, filter, topic, filled) in [
            ("res/+", "req/+", "req/7", "res/7"),
            ("res/+/of/+", "req/+/+", "req/a/b", "res/a/of/b"),
            ("+/res", "+/req/+", "a/req/b", "a/res"),
            ("res/+/#", "req/+/#", "req/a/b/c", "res/a/b/c"),
            ("res", "req/+", "req/a", "res"),
        ] {
            assert_eq!(with_wildcards(pattern, filter, topic), filled, "{pattern}");
        }
    }
}
