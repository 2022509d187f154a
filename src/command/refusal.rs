//! What a broker's refusal of a publish or a subscription looks like.

use crate::error::{Error, ErrorKind};
use crate::mqtt::{Message, ReasonCode, TopicName};
use crate::payload::plural;
use crate::session::{Details, PublishError};

/// The error for a refusal: what was refused, the reason's name and number, the broker's own words.
pub(crate) fn refused(kind: ErrorKind, what: &str, reason: ReasonCode, details: Option<&Details>) -> Error {
    let mut message = format!("the broker refused {what}: {reason}");
    if let Some(words) = details.and_then(|details| details.reason_string.as_deref()) {
        message.push_str(": ");
        message.push_str(words);
    }
    let error = Error::new(kind, message).with_reason(reason);
    match hint(reason) {
        Some(hint) => error.with_hint(hint),
        None => error,
    }
}

/// The error for a message at which the broker closes the connection, again and again.
pub(crate) fn hung_up(message: &Message) -> Error {
    let (topic, size) = (&message.topic, plural(message.payload.len() as u64, "byte"));
    let text = format!("the broker closed the connection three times at the message to `{topic}` ({size})");
    Error::new(ErrorKind::PublishRefused, text)
        .with_hint("its access rules may not allow the topic, or the message is larger than it takes")
}

/// What to try, where the reason leaves only one or two things.
fn hint(reason: ReasonCode) -> Option<&'static str> {
    Some(match reason {
        ReasonCode::NotAuthorized => "the broker's access rules do not allow it for this user and client id",
        ReasonCode::QuotaExceeded => "the broker's limit for this client is reached; try again later",
        ReasonCode::PayloadFormatInvalid => "--payload-format-indicator says UTF-8 text: the payload is none",
        ReasonCode::RetainNotSupported => "publish without --retain",
        ReasonCode::SharedSubscriptionsNotSupported => "subscribe without `$share/`",
        _ => return None,
    })
}

/// The error for a message that is not sent, since the broker has said that it would not take it.
pub(crate) fn unpublishable(topic: Option<&TopicName>, error: &PublishError) -> Error {
    let message = match topic {
        Some(topic) => format!("cannot publish to `{topic}`: {error}"),
        None => format!("cannot publish: {error}"),
    };
    match error {
        PublishError::PacketTooLarge { .. } => Error::local(message),
        PublishError::QoSNotSupported { maximum, .. } => {
            Error::new(ErrorKind::PublishRefused, message).with_hint(format!("use --qos {maximum}"))
        }
        PublishError::RetainNotSupported => {
            Error::new(ErrorKind::PublishRefused, message).with_hint("publish without --retain")
        }
        PublishError::TopicAliasInvalid { .. } => {
            Error::new(ErrorKind::PublishRefused, message).with_hint("publish without --topic-alias")
        }
        PublishError::Invalid(_) => Error::usage(message),
    }
}
