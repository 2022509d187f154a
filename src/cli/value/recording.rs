//! Values of `record` and `replay`.

use std::time::Duration;

use super::{ValueError, duration};
use crate::mqtt::TopicMapping;

/// When to start a new file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rotate {
    /// At this size in bytes.
    Size(u64),
    /// When the first message is this old.
    Age(Duration),
}

/// How fast to play a recording.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Speed {
    /// This many times as fast as it was recorded.
    Times(f64),
    /// Without pauses.
    Maximum,
}

/// `100MB` or `1h`.
pub(crate) fn rotate(text: &str) -> Result<Rotate, ValueError> {
    let refused = || ValueError::new(format!("`{text}` is not a size or an age: use for example 100MB or 1h"));
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at(digits);
    let factor: u64 = match unit.to_ascii_uppercase().as_str() {
        "B" => 1,
        "K" | "KB" => 1 << 10,
        "MB" => 1 << 20,
        "G" | "GB" => 1 << 30,
        "T" | "TB" => 1 << 40,
        _ => {
            // A number without a unit is ambiguous.
            let age = duration::seconds(text).ok().filter(|age| !age.is_zero() && !unit.is_empty());
            return age.map(Rotate::Age).ok_or_else(refused);
        }
    };
    let size = number.parse::<u64>().ok().and_then(|number| number.checked_mul(factor)).filter(|size| *size > 0);
    size.map(Rotate::Size).ok_or_else(refused)
}

/// `2x`, `0.5` or `max`.
pub(crate) fn speed(text: &str) -> Result<Speed, ValueError> {
    if text == "max" {
        return Ok(Speed::Maximum);
    }
    let factor = text.strip_suffix('x').unwrap_or(text).parse::<f64>().ok();
    let factor = factor.filter(|factor| factor.is_finite() && *factor >= 1e-6 && *factor <= 1e6);
    factor
        .map(Speed::Times)
        .ok_or_else(|| ValueError::new(format!("`{text}` is not a speed: use for example 2x, 0.5 or max")))
}

/// The value of `--loop` without a number.
const ENDLESS: &str = "endless";

/// How many times to play; 0 is endless.
pub(crate) fn rounds(text: &str) -> Result<u64, ValueError> {
    match text.parse() {
        _ if text == ENDLESS => Ok(0),
        Ok(rounds) if rounds > 0 => Ok(rounds),
        _ => Err(ValueError::new(format!("`{text}` is not a number of rounds: use 1 or more"))),
    }
}

/// `FROM=TO`.
pub(crate) fn topic_mapping(text: &str) -> Result<TopicMapping, ValueError> {
    let Some((from, to)) = text.split_once('=') else {
        return Err(ValueError::new(format!("`{text}` is not a mapping: use FROM=TO, for example 'car/#=test/#'")));
    };
    TopicMapping::new(from, to).map_err(|error| ValueError::new(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_distinguish_a_size_from_an_age() {
        for (text, size) in [("100MB", 100 << 20), ("1K", 1024), ("2gb", 2 << 30), ("7B", 7)] {
            assert_eq!(rotate(text), Ok(Rotate::Size(size)), "{text}");
        }
        for (text, seconds) in [("1h", 3600), ("15m", 900), ("1d", 86_400)] {
            assert_eq!(rotate(text), Ok(Rotate::Age(Duration::from_secs(seconds))), "{text}");
        }
        for text in ["", "100", "0MB", "0s", "MB", "99999999TB", "-1h", "1.5MB"] {
            assert!(rotate(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_speed_is_a_factor_or_max() {
        for (text, speed) in [("2x", Speed::Times(2.0)), ("0.5", Speed::Times(0.5)), ("max", Speed::Maximum)] {
            assert_eq!(super::speed(text), Ok(speed));
        }
        for text in ["", "x", "0", "-1", "inf", "NaN", "fast", "1e-300"] {
            assert!(speed(text).is_err(), "{text}");
        }
    }
}
