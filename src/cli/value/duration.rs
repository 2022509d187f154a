//! Durations: `15m`, `1.5s`, `200ms`, `1h 30m`; a bare number has the unit that the help of the option names.

use std::fmt::Display;
use std::time::Duration;

use jiff::{SignedDuration, Span, SpanRelativeTo};

use super::ValueError;
use crate::mqtt::MAXIMUM_DELAY_SECONDS;

/// A duration whose bare number counts seconds.
pub(crate) fn seconds(text: &str) -> Result<Duration, ValueError> {
    parse(text, "s")
}

/// A duration whose bare number counts milliseconds.
pub(crate) fn milliseconds(text: &str) -> Result<Duration, ValueError> {
    parse(text, "ms")
}

/// Whole seconds in two bytes.
pub(crate) fn whole_seconds_u16(text: &str) -> Result<u16, ValueError> {
    whole_seconds(text, &u16::MAX)
}

/// Whole seconds in four bytes.
pub(crate) fn whole_seconds_u32(text: &str) -> Result<u32, ValueError> {
    whole_seconds(text, &u32::MAX)
}

/// Whole seconds for a `$delayed` topic.
pub(crate) fn delay_seconds(text: &str) -> Result<u32, ValueError> {
    whole_seconds(text, &MAXIMUM_DELAY_SECONDS)
}

fn whole_seconds<T: TryFrom<u64> + PartialOrd + Display>(text: &str, maximum: &T) -> Result<T, ValueError> {
    let duration = parse(text, "s")?;
    if duration.subsec_nanos() != 0 {
        return Err(ValueError::new(format!("`{text}` is not a whole number of seconds, which MQTT needs here")));
    }
    match T::try_from(duration.as_secs()) {
        Ok(seconds) if seconds <= *maximum => Ok(seconds),
        _ => Err(ValueError::new(format!("`{text}` is too long: use 0 to {maximum} seconds"))),
    }
}

fn parse(text: &str, bare_unit: &str) -> Result<Duration, ValueError> {
    let text = text.trim();
    let bare = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    let span = if bare { format!("{text}{bare_unit}").parse() } else { text.parse::<Span>() };
    let duration = span
        .and_then(|span| span.to_duration(SpanRelativeTo::days_are_24_hours()))
        .ok()
        .and_then(|duration: SignedDuration| Duration::try_from(duration).ok());
    let Some(duration) = duration else {
        let unit = if bare_unit == "s" { "seconds" } else { "milliseconds" };
        return Err(ValueError::new(format!("`{text}` is not a duration: use 200ms, 1.5s, 15m or a number of {unit}")));
    };
    Ok(duration)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bare_number_has_the_flags_unit() {
        assert_eq!(seconds("2"), Ok(Duration::from_secs(2)));
        assert_eq!(seconds("0.5"), Ok(Duration::from_millis(500)));
        assert_eq!(milliseconds("250"), Ok(Duration::from_millis(250)));
    }

    #[test]
    fn units_are_read_alone_and_together() {
        for (text, millis) in
            [("15m", 900_000), ("1.5s", 1500), ("200ms", 200), ("1h 30m", 5_400_000), ("7d", 604_800_000)]
        {
            assert_eq!(seconds(text).ok(), Some(Duration::from_millis(millis)), "{text}");
        }
    }

    #[test]
    fn what_is_not_a_duration_is_refused_with_an_example() {
        for text in ["", "abc", "-1", "-5s", "1x", "1mo", "PT5M ago", "1.2.3", ".", "99999999999999999999"] {
            let error = seconds(text).unwrap_err();
            assert!(error.to_string().contains("200ms"), "{text}: {error}");
        }
    }

    #[test]
    fn seconds_on_the_wire_are_whole_and_fit() {
        assert_eq!(whole_seconds_u16("1m"), Ok(60));
        assert_eq!(whole_seconds_u16("70000").unwrap_err().to_string(), "`70000` is too long: use 0 to 65535 seconds");
        assert!(whole_seconds_u16("1.5").unwrap_err().to_string().contains("whole number of seconds"));
        assert_eq!(whole_seconds_u32("4294967295"), Ok(u32::MAX));
        assert!(whole_seconds_u32("4294967296").is_err());
        assert_eq!(delay_seconds("4294966"), Ok(4_294_966));
        assert!(delay_seconds("4294967").is_err());
        assert!(delay_seconds("50d").is_err());
    }
}
