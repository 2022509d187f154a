//! What a message has beside its topic and its payload, by name.

use std::str::FromStr;

use crate::mqtt::Message;

/// `--property NAME` or `--property NAME=VALUE`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Property {
    name: Name,
    /// `None`: any.
    value: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Name {
    Qos,
    Retain,
    PayloadFormatIndicator,
    MessageExpiryInterval,
    ResponseTopic,
    CorrelationData,
    ContentType,
    SubscriptionIdentifier,
    User(String),
}

/// What can be asked for.
const NAMES: &str = "qos, retain, payload-format-indicator, message-expiry-interval, response-topic, correlation-data, \
    content-type, subscription-identifier or user:NAME";

impl FromStr for Property {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, value) = match text.split_once('=') {
            Some((name, value)) => (name, Some(value.to_owned())),
            None => (text, None),
        };
        let name = match name {
            "qos" => Name::Qos,
            "retain" => Name::Retain,
            "payload-format-indicator" => Name::PayloadFormatIndicator,
            "message-expiry-interval" => Name::MessageExpiryInterval,
            "response-topic" => Name::ResponseTopic,
            "correlation-data" => Name::CorrelationData,
            "content-type" => Name::ContentType,
            "subscription-identifier" => Name::SubscriptionIdentifier,
            other => match other.strip_prefix("user:") {
                Some(name) if !name.is_empty() => Name::User(name.to_owned()),
                _ => return Err(format!("`{other}` is not a property: use {NAMES}")),
            },
        };
        Ok(Self { name, value })
    }
}

impl Property {
    pub(super) fn is_of(&self, message: &Message) -> bool {
        let values = self.name.values(message);
        match &self.value {
            Some(wanted) => values.iter().any(|value| value == wanted),
            None => !values.is_empty(),
        }
    }
}

impl std::fmt::Display for Property {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let name = match &self.name {
            Name::Qos => "qos",
            Name::Retain => "retain",
            Name::PayloadFormatIndicator => "payload-format-indicator",
            Name::MessageExpiryInterval => "message-expiry-interval",
            Name::ResponseTopic => "response-topic",
            Name::CorrelationData => "correlation-data",
            Name::ContentType => "content-type",
            Name::SubscriptionIdentifier => "subscription-identifier",
            Name::User(name) => return write!(f, "user:{name}{}", Value(self.value.as_deref())),
        };
        write!(f, "{name}{}", Value(self.value.as_deref()))
    }
}

struct Value<'a>(Option<&'a str>);

impl std::fmt::Display for Value<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.map_or(Ok(()), |value| write!(f, "={value}"))
    }
}

impl Name {
    /// All values that a message has; a switch that is off has the value `false`, and is there.
    fn values(&self, message: &Message) -> Vec<String> {
        match self {
            Self::Qos => return vec![message.qos.to_string()],
            Self::Retain => return vec![message.retain.to_string()],
            _ => {}
        }
        let Some(properties) = message.properties.as_deref() else { return Vec::new() };
        let data = |data: &bytes::Bytes| String::from_utf8_lossy(data).into_owned();
        match self {
            Self::Qos | Self::Retain => Vec::new(),
            Self::PayloadFormatIndicator => {
                properties.payload_format_indicator.iter().map(ToString::to_string).collect()
            }
            Self::MessageExpiryInterval => properties.message_expiry_interval.iter().map(ToString::to_string).collect(),
            Self::ResponseTopic => properties.response_topic.iter().cloned().collect(),
            Self::CorrelationData => properties.correlation_data.iter().map(data).collect(),
            Self::ContentType => properties.content_type.iter().cloned().collect(),
            Self::SubscriptionIdentifier => {
                properties.subscription_identifiers.iter().map(ToString::to_string).collect()
            }
            Self::User(name) => {
                let named = properties.user_properties.iter().filter(|(other, _)| other == name);
                named.map(|(_, value)| value.clone()).collect()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mqtt::PublishProperties;

    #[test]
    fn a_property_is_there_or_has_a_value() {
        let properties = PublishProperties {
            content_type: Some("text/plain".into()),
            user_properties: vec![("site".into(), "1".into()), ("site".into(), "2".into())],
            ..Default::default()
        };
        let message =
            Message { properties: Some(std::sync::Arc::new(properties)), ..Message::new("a".parse().unwrap(), "") };
        let is_of = |text: &str| text.parse::<Property>().unwrap().is_of(&message);
        for text in ["qos=0", "retain=false", "content-type", "content-type=text/plain", "user:site=2", "user:site"] {
            assert!(is_of(text), "{text}");
        }
        for text in ["qos=1", "retain=true", "content-type=text", "user:town", "user:site=3", "response-topic"] {
            assert!(!is_of(text), "{text}");
        }
        assert!("colour=red".parse::<Property>().unwrap_err().contains("user:NAME"));
        assert_eq!("user:a=b=c".parse::<Property>().unwrap().to_string(), "user:a=b=c");
    }
}
