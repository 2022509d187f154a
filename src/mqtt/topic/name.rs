use std::fmt;
use std::str::FromStr;

use bytestring::ByteString;

use super::{MAXIMUM_DELAY_SECONDS, TopicError, TopicErrorKind, check_text};

/// Unix times before this one (September 2001) are mistyped delays.
const FIRST_UNIX_TIME: u64 = 1_000_000_000;

const DELAYED: &str = "$delayed/";

/// A valid Topic Name, which a message is published to: without wildcards. Cloning counts a reference.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TopicName(ByteString);

/// When a delayed message is to be delivered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delay {
    /// This many seconds after the broker receives it, 0 to [`MAXIMUM_DELAY_SECONDS`].
    After(u32),
    /// At this Unix time in seconds (EMQX's absolute form).
    At(u64),
}

/// What `$delayed/{seconds}/{topic}` means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Delayed<'a> {
    /// When it is to be delivered.
    pub delay: Delay,
    /// The destination, without the prefix.
    pub topic: &'a str,
}

impl TopicName {
    /// Parses a topic to publish to.
    ///
    /// # Errors
    ///
    /// Names the broken rule and the position; an invalid `$delayed/` is refused too, since brokers accept such a message
    /// and drop it silently.
    pub fn parse(text: impl Into<ByteString>) -> Result<Self, TopicError> {
        let name = Self::received(text.into())?;
        if name.0.starts_with(DELAYED) {
            parse_delayed(&name.0)?;
        }
        Ok(name)
    }

    /// A topic as sent by a broker: checked by the rules of the specification, prefixes not interpreted.
    pub fn received(text: ByteString) -> Result<Self, TopicError> {
        check_text(&text)?;
        match text.bytes().position(|byte| matches!(byte, b'+' | b'#')) {
            Some(at) => Err(TopicError::new(&text, at, TopicErrorKind::WildcardInName)),
            None => Ok(Self(text)),
        }
    }

    /// The text as it goes over the wire.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The text as it goes over the wire, sharing its bytes.
    pub fn to_byte_string(&self) -> ByteString {
        self.0.clone()
    }

    /// The delay and the destination of a `$delayed/` topic; `None` for a plain one.
    pub fn delayed(&self) -> Option<Delayed<'_>> {
        self.0.starts_with(DELAYED).then(|| parse_delayed(&self.0).ok()).flatten()
    }

    /// Checks the time of a `$delayed/` topic that has one, at the Unix time `now`.
    ///
    /// # Errors
    ///
    /// The time is over, so that EMQX would deliver at once, or more than [`MAXIMUM_DELAY_SECONDS`] away, so that it
    /// would drop the message without a word.
    pub fn check_delay(&self, now: u64) -> Result<(), TopicError> {
        let latest = now.saturating_add(MAXIMUM_DELAY_SECONDS.into());
        match self.delayed() {
            Some(Delayed { delay: Delay::At(time), .. }) if !(now..=latest).contains(&time) => {
                Err(TopicError::new(&self.0, DELAYED.len(), TopicErrorKind::DelayedTime))
            }
            _ => Ok(()),
        }
    }

    /// The topic `$delayed/{seconds}/{self}`.
    ///
    /// # Errors
    ///
    /// More than [`MAXIMUM_DELAY_SECONDS`], a topic that is delayed already, or one that grows too long.
    pub fn delay_by(&self, seconds: u32) -> Result<Self, TopicError> {
        if self.0.starts_with(DELAYED) {
            return Err(TopicError::new(&self.0, 0, TopicErrorKind::Delay));
        }
        Self::parse(format!("{DELAYED}{seconds}/{}", self.0))
    }
}

fn parse_delayed(text: &str) -> Result<Delayed<'_>, TopicError> {
    let bad = |at| TopicError::new(text, at, TopicErrorKind::Delay);
    let rest = &text[DELAYED.len()..];
    let Some((number, topic)) = rest.split_once('/') else { return Err(bad(DELAYED.len())) };
    if number.is_empty() || !number.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(bad(DELAYED.len()));
    }
    let Ok(number_value) = number.parse::<u64>() else { return Err(bad(DELAYED.len())) };
    let delay = match u32::try_from(number_value) {
        Ok(seconds) if seconds <= MAXIMUM_DELAY_SECONDS => Delay::After(seconds),
        _ if number_value >= FIRST_UNIX_TIME => Delay::At(number_value),
        _ => return Err(bad(DELAYED.len())),
    };
    if topic.is_empty() {
        return Err(TopicError::new(text, text.len(), TopicErrorKind::NothingBehindPrefix));
    }
    Ok(Delayed { delay, topic })
}

impl FromStr for TopicName {
    type Err = TopicError;

    fn from_str(text: &str) -> Result<Self, TopicError> {
        Self::parse(text)
    }
}

impl fmt::Display for TopicName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Debug for TopicName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn publishing_to_a_wildcard_is_refused_at_its_place() {
        for (text, at) in [("car/#", 4), ("+/x", 0), ("a+b", 1), ("汽车/+", 7)] {
            let error = TopicName::parse(text).unwrap_err();
            assert_eq!((error.kind(), error.offset()), (TopicErrorKind::WildcardInName, at), "{text}");
        }
        assert_eq!(TopicName::parse("").unwrap_err().kind(), TopicErrorKind::Empty);
        assert_eq!(TopicName::parse("a\0").unwrap_err().kind(), TopicErrorKind::NullCharacter);
        assert!(TopicName::parse("x".repeat(65_535)).is_ok());
        assert_eq!(TopicName::parse("x".repeat(65_536)).unwrap_err().kind(), TopicErrorKind::TooLong);
    }

    #[test]
    fn delayed_topics_are_parsed_into_delay_and_destination() {
        let topic = TopicName::parse("$delayed/900/order/42").unwrap();
        assert_eq!(topic.delayed(), Some(Delayed { delay: Delay::After(900), topic: "order/42" }));
        let topic = TopicName::parse("$delayed/4294966/x").unwrap();
        assert_eq!(topic.delayed().unwrap().delay, Delay::After(4_294_966));
        let topic = TopicName::parse("$delayed/1900000000/x").unwrap();
        assert_eq!(topic.delayed().unwrap().delay, Delay::At(1_900_000_000));
        assert_eq!(TopicName::parse("delayed/1/x").unwrap().delayed(), None);
    }

    #[test]
    fn a_delay_that_brokers_would_drop_silently_is_refused() {
        for text in [
            "$delayed/abc/x",
            "$delayed/4294967/x",
            "$delayed/-1/x",
            "$delayed/+1/x",
            "$delayed//x",
            "$delayed/5",
            "$delayed/1.5/x",
            "$delayed/99999999999999999999/x",
        ] {
            assert!(TopicName::parse(text).is_err(), "{text}");
        }
        assert_eq!(TopicName::parse("$delayed/5/").unwrap_err().kind(), TopicErrorKind::NothingBehindPrefix);
    }

    #[test]
    fn delay_by_writes_the_prefix_once() {
        let topic = TopicName::parse("order/42").unwrap().delay_by(900).unwrap();
        assert_eq!(topic.as_str(), "$delayed/900/order/42");
        assert!(topic.delay_by(1).is_err());
        assert!(TopicName::parse("x").unwrap().delay_by(4_294_967).is_err());
    }

    #[test]
    fn a_time_lies_between_now_and_the_longest_delay() {
        let now = 1_900_000_000;
        for (time, is_right) in [
            (now - 1, false),
            (now, true),
            (now + 4_294_966, true),
            (now + 4_294_967, false),
            (99_999_999_999, false),
            (u64::MAX, false),
        ] {
            let topic = TopicName::parse(format!("$delayed/{time}/x")).unwrap();
            let checked = topic.check_delay(now).map_err(|error| (error.kind(), error.offset()));
            assert_eq!(checked, if is_right { Ok(()) } else { Err((TopicErrorKind::DelayedTime, 9)) }, "{time}");
        }
        assert_eq!(TopicName::parse("$delayed/0/x").unwrap().check_delay(u64::MAX), Ok(()));
    }

    #[test]
    fn the_caret_stands_under_the_place_by_display_width() {
        let error = TopicName::parse("汽车/+").unwrap_err();
        assert_eq!(error.caret().unwrap(), "汽车/+\n     ^");
    }
}
