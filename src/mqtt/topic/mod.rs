//! Topic Names and Topic Filters [MQTT-4.7], with the prefixes that have a meaning for brokers.

mod error;
mod filter;
mod limits;
mod mapping;
mod name;
mod shared;
mod subscription;

pub use error::{TopicError, TopicErrorKind};
pub use filter::{Share, TopicFilter};
pub use limits::MAXIMUM_DELAY_SECONDS;
pub use mapping::{InvalidMapping, TopicMapping};
pub use name::{Delay, Delayed, TopicName};
pub use shared::SharedStrategy;
pub use subscription::{RetainHandling, SubscriptionOptions};

use limits::MAXIMUM_BYTES;

/// The rules for both names and filters: 1 to 65,535 bytes [MQTT-4.7.3-1] and no U+0000 [MQTT-4.7.3-2].
fn check_text(text: &str) -> Result<(), TopicError> {
    if text.is_empty() {
        return Err(TopicError::new(text, 0, TopicErrorKind::Empty));
    }
    if text.len() > MAXIMUM_BYTES {
        return Err(TopicError::new(text, 0, TopicErrorKind::TooLong));
    }
    match text.find('\0') {
        Some(at) => Err(TopicError::new(text, at, TopicErrorKind::NullCharacter)),
        None => Ok(()),
    }
}
