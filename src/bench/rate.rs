use std::fmt;
use std::str::FromStr;
use std::time::Duration;

/// A number of events in a number of nanoseconds, exact: the millionth event of `3/s` is planned to the nanosecond.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Rate {
    events: u64,
    nanos: u64,
}

/// The text given where a rate is expected.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a rate: use a number with /s, /m or /h, for example 50000/s or 0.5/s")]
pub(crate) struct InvalidRate(pub String);

impl Rate {
    /// One event in each interval; `None` for an interval of nothing or of centuries.
    pub(crate) fn every(interval: Duration) -> Option<Self> {
        let nanos = u64::try_from(interval.as_nanos()).ok().filter(|nanos| *nanos > 0)?;
        Some(Self { events: 1, nanos })
    }

    /// This many events per second; at least one.
    pub(crate) fn of_second(events: u64) -> Self {
        Self { events: events.max(1), nanos: 1_000_000_000 }
    }

    /// So many events a second, to a thousandth.
    pub(crate) fn of(per_second: f64) -> Self {
        Self::of_second(1).scaled(per_second)
    }

    /// The rate of so many that each have this one.
    #[must_use]
    pub(crate) fn times(self, count: u64) -> Self {
        Self { events: self.events.saturating_mul(count), ..self }
    }

    /// This rate times a factor, to a thousandth; at least one event in some centuries.
    #[must_use]
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "saturates, and rates are positive")]
    pub(crate) fn scaled(self, factor: f64) -> Self {
        let thousandths = ((factor * 1000.0).round() as u64).max(1);
        let (mut events, mut nanos) =
            (u128::from(self.events) * u128::from(thousandths), u128::from(self.nanos) * 1000);
        // Reduced to what fits, both alike, so that the rate stays the same.
        while events % 10 == 0 && nanos % 10 == 0 {
            (events, nanos) = (events / 10, nanos / 10);
        }
        while events.max(nanos) > u128::from(u64::MAX) {
            (events, nanos) = (events.div_ceil(2), nanos / 2);
        }
        Self { events: events as u64, nanos: (nanos as u64).max(1) }
    }

    /// When event `index` is planned, in nanoseconds since the first one.
    pub(crate) fn planned(self, index: u64) -> u64 {
        let nanos = u128::from(index) * u128::from(self.nanos) / u128::from(self.events);
        u64::try_from(nanos).unwrap_or(u64::MAX)
    }

    /// Events in a second.
    #[expect(clippy::cast_precision_loss, reason = "for display and random draws")]
    pub(crate) fn per_second(self) -> f64 {
        self.events as f64 * 1e9 / self.nanos as f64
    }
}

impl FromStr for Rate {
    type Err = InvalidRate;

    fn from_str(text: &str) -> Result<Self, InvalidRate> {
        parse(text).ok_or_else(|| InvalidRate(text.to_owned()))
    }
}

fn parse(text: &str) -> Option<Rate> {
    let (number, unit) = text.split_once('/').unwrap_or((text, "s"));
    let seconds: u64 = match unit.trim() {
        "s" | "sec" => 1,
        "m" | "min" => 60,
        "h" => 3600,
        _ => return None,
    };
    let number = number.trim().replace(['_', ','], "");
    let (number, thousands) = match number.strip_suffix(['k', 'K']) {
        Some(number) => (number.to_owned(), 1000),
        None => (number, 1),
    };
    let (whole, fraction) = number.split_once('.').unwrap_or((&number, ""));
    if whole.is_empty() || fraction.len() > 6 || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let scale = 10_u64.pow(u32::try_from(fraction.len()).ok()?);
    let events = format!("{whole}{fraction}").parse::<u64>().ok()?.checked_mul(thousands)?;
    let nanos = scale.checked_mul(seconds * 1_000_000_000)?;
    (events > 0 && events / scale <= 1_000_000_000).then_some(Rate { events, nanos })
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/s", self.per_second())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rate(text: &str) -> Rate {
        text.parse().unwrap()
    }

    #[test]
    fn rates_are_read_with_their_units() {
        for (text, second) in
            [("50000/s", 50_000.0), ("0.5/s", 0.5), ("50k", 50_000.0), ("1_000", 1000.0), ("90/m", 1.5)]
        {
            assert!((rate(text).per_second() - second).abs() < 1e-9, "{text}");
        }
        for text in ["", "0", "0/s", "-1", "x/s", "5/y", "1.", "1e9", "1.0000001/s", ".5"] {
            // A point without digits after it is a typo, but not ambiguous.
            assert_eq!(text.parse::<Rate>().is_err(), text != "1.", "{text}");
        }
    }

    #[test]
    fn no_rounding_adds_up() {
        let third = rate("3/s");
        assert_eq!(third.planned(1), 333_333_333);
        assert_eq!(third.planned(3_000_000), 1_000_000_000_000_000);
        assert_eq!(rate("0.5/s").planned(1), 2_000_000_000);
    }

    #[test]
    fn a_factor_changes_nothing_but_the_rate() {
        for text in ["3/s", "0.001/h", "999999999/s", "0.5/s"] {
            let rate = rate(text);
            for factor in [0.001, 0.5, 1.0, 2.5, 1000.0] {
                let ratio = rate.scaled(factor).per_second() / rate.per_second();
                assert!((ratio / factor - 1.0).abs() < 1e-9, "{text} times {factor}: times {ratio}");
            }
        }
        assert_eq!(rate("3/s").scaled(1.0).planned(3_000_000), 1_000_000_000_000_000);
        assert_eq!(rate("0.000001/h").scaled(1.0), rate("0.000001/h"));
    }

    #[test]
    fn an_interval_a_client_is_a_rate_of_all() {
        let each = Rate::every(Duration::from_millis(10)).unwrap();
        assert!((each.times(5).per_second() - 500.0).abs() < 1e-9);
        assert_eq!(Rate::every(Duration::ZERO), None);
    }
}
