//! How a time is written.

use std::fmt::Write as _;

use jiff::Timestamp;
use jiff::fmt::strtime::BrokenDownTime;
use jiff::tz::TimeZone;

/// A form of the time, in UTC.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Moment {
    /// `2026-11-29T12:00:00.000Z`.
    Iso,
    Seconds,
    Milliseconds,
    Microseconds,
    /// With the signs of `strftime`.
    Format(String),
}

impl Moment {
    pub(super) fn parse(arguments: &str) -> Option<Self> {
        Some(match arguments {
            "" | "iso" => Self::Iso,
            "unix" | "s" => Self::Seconds,
            "ms" => Self::Milliseconds,
            "us" => Self::Microseconds,
            format if format.contains('%') => {
                // Only what can be written is accepted.
                format_of(Timestamp::UNIX_EPOCH, format, &mut String::new())?;
                Self::Format(format.to_owned())
            }
            _ => return None,
        })
    }

    pub(super) fn write(&self, now: Timestamp, out: &mut String) {
        // Writing into a string does not fail, and the format was tried.
        let _ = match self {
            Self::Iso => {
                push_iso(now, out);
                Ok(())
            }
            Self::Seconds => write!(out, "{}", now.as_second()),
            Self::Milliseconds => write!(out, "{}", now.as_millisecond()),
            Self::Microseconds => write!(out, "{}", now.as_microsecond()),
            Self::Format(format) => format_of(now, format, out).ok_or(std::fmt::Error),
        };
    }
}

/// RFC 3339 in UTC, to the millisecond.
pub(super) fn push_iso(time: Timestamp, out: &mut String) {
    let _ = write!(out, "{time:.3}");
}

fn format_of(time: Timestamp, format: &str, out: &mut String) -> Option<()> {
    let zoned = time.to_zoned(TimeZone::UTC);
    BrokenDownTime::from(&zoned).format(format, &mut *out).ok()
}

/// An offset from now: seconds with a unit, `-30d`, `0`, `7d`, `90m`.
pub(super) fn offset(text: &str) -> Option<i64> {
    let text = text.trim();
    let (number, factor) = match text.char_indices().last()? {
        (at, 's') => (&text[..at], 1),
        (at, 'm') => (&text[..at], 60),
        (at, 'h') => (&text[..at], 3600),
        (at, 'd') => (&text[..at], 86_400),
        _ => (text, 1),
    };
    // A thousand years.
    number.parse::<i64>().ok()?.checked_mul(factor).filter(|seconds| seconds.abs() <= 366 * 86_400 * 1000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_written_as_asked() {
        let time: Timestamp = "2026-11-29T02:03:04.5678Z".parse().unwrap();
        for (arguments, text) in [
            ("", "2026-11-29T02:03:04.567Z"),
            ("unix", "1795917784"),
            ("ms", "1795917784567"),
            ("us", "1795917784567800"),
            ("%Y/%m/%d %H:%M", "2026/11/29 02:03"),
        ] {
            let mut out = String::new();
            Moment::parse(arguments).unwrap().write(time, &mut out);
            assert_eq!(out, text);
        }
        for wrong in ["now", "%", "%Q%!"] {
            assert_eq!(Moment::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn an_offset_has_a_unit() {
        assert_eq!(
            ["-30d", "0", "90m", "2h", "x", "", "99999999d"].map(offset),
            [Some(-2_592_000), Some(0), Some(5400), Some(7200), None, None, None]
        );
    }
}
