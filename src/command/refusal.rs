//! The errors for publishes and subscriptions that a broker refuses.

use crate::error::{Error, ErrorKind};
use crate::mqtt::{Message, ReasonCode, TopicName, Version};
use crate::payload::plural;
use crate::session::{Details, PublishError, RequestError};

/// The error for a refusal: what was refused, the name and number of the reason, and the broker's reason string.
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

/// The error for a filter that SUBACK refuses. MQTT 3.1.1 has one code for it, 0x80, and calls it Failure.
pub(crate) fn subscription_refused(version: Version, filter: &str, reason: ReasonCode, details: &Details) -> Error {
    let what = format!("the subscription to `{filter}`");
    if version.is_v5() || reason != ReasonCode::UnspecifiedError {
        return refused(ErrorKind::SubscribeRefused, &what, reason, Some(details));
    }
    let message = format!("the broker refused {what}: Failure (0x80)");
    Error::new(ErrorKind::SubscribeRefused, message).with_reason(reason)
}

/// The error for a subscription that was not sent, or that the broker's announced limits exclude.
pub(super) fn not_subscribed(error: &RequestError) -> Error {
    Error::new(ErrorKind::SubscribeRefused, format!("cannot subscribe: {error}"))
}

/// The error for a message on which the broker closes the connection, again and again.
pub(crate) fn hung_up(message: &Message) -> Error {
    let (topic, size) = (&message.topic, plural(message.payload.len() as u64, "byte"));
    let text = format!("the broker closed the connection three times on the message to `{topic}` ({size})");
    Error::new(ErrorKind::PublishRefused, text)
        .with_hint("its access rules may not allow the topic, or the message is larger than it accepts")
}

/// What to try, for reasons that have only one or two remedies.
fn hint(reason: ReasonCode) -> Option<&'static str> {
    Some(match reason {
        ReasonCode::NotAuthorized => "the broker's access rules do not allow it for this user and client id",
        ReasonCode::QuotaExceeded => "the broker's limit for this client is reached; try again later",
        ReasonCode::PayloadFormatInvalid => "--payload-format-indicator promises UTF-8, but the payload is not UTF-8",
        ReasonCode::RetainNotSupported => "publish without --retain",
        ReasonCode::SharedSubscriptionsNotSupported => "subscribe without `$share/`",
        _ => return None,
    })
}

/// The error for a message that is not sent, as the broker has announced that it would refuse it.
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
