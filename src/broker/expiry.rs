use async_trait::async_trait;
use rmqtt::hook::{Handler, HookResult, Parameter, ReturnType};
use rmqtt::types::{Publish, TimestampMillis};
use rmqtt::utils::timestamp_millis;

/// What a message's creation is dated forward, in milliseconds.
///
/// rmqtt rounds the expiry that is left down to seconds, and tells the subscriber of none when that is 0. Whole seconds
/// of waiting are to be taken off, not begun ones: 60 s that waited for a millisecond are still 60 s.
const ROUNDING: TimestampMillis = 999;

/// Has what is left of a message's expiry rounded up; [`ExpiryCheck`] reckons with it.
pub(super) fn round_up(publish: &mut Publish) {
    if interval(publish).is_some() {
        publish.create_time = publish.create_time.map(|created| created + ROUNDING);
    }
}

/// Keeps a message back whose Message Expiry Interval has passed [MQTT-3.3.2-5]; rmqtt, which sees it dated forward,
/// would deliver it for up to a second more.
pub(super) struct ExpiryCheck;

impl ExpiryCheck {
    fn has_expired(publish: &Publish, now: TimestampMillis) -> bool {
        let created = publish.create_time.map(|dated| dated - ROUNDING);
        interval(publish).zip(created).is_some_and(|(interval, created)| now - created >= interval)
    }
}

#[async_trait]
impl Handler for ExpiryCheck {
    async fn hook(&self, parameter: &Parameter, result: Option<HookResult>) -> ReturnType {
        match parameter {
            Parameter::MessageExpiryCheck(_, _, publish) if Self::has_expired(publish, timestamp_millis()) => {
                (false, Some(HookResult::MessageExpiry))
            }
            _ => (true, result),
        }
    }
}

/// A message's expiry, in milliseconds.
fn interval(publish: &Publish) -> Option<TimestampMillis> {
    let seconds = publish.properties.as_ref()?.message_expiry_interval?;
    Some(TimestampMillis::from(seconds.get()) * 1000)
}
