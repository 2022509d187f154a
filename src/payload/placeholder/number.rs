//! Decimal numbers in equal steps between two ends, exact and without a detour over binary fractions.

use std::fmt::Write as _;

/// The most digits after the point.
const MAXIMUM_DIGITS: u32 = 9;
/// Digits after the point where nothing says how many.
const DEFAULT_DIGITS: u32 = 2;

/// Numbers from a lowest one upwards, all in units of the last digit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Steps {
    low: i64,
    /// From the lowest number to the highest.
    span: i64,
    /// Between two neighbours; in a walk, how far one message is from the one before at most.
    step: i64,
    /// Digits behind the point.
    digits: u32,
}

impl Steps {
    /// `LOW..HIGH` or `LOW..HIGH:STEP`.
    pub(super) fn parse(arguments: &str) -> Option<Self> {
        let (range, step) = match arguments.split_once(':') {
            Some((range, step)) => (range, Some(fixed(step)?)),
            None => (arguments, None),
        };
        let (low, high) = range.split_once("..")?;
        let (low, high) = (fixed(low)?, fixed(high)?);
        let digits = [Some(low), Some(high), step].into_iter().flatten().map(|(_, digits)| digits).max()?;
        let digits = if step.is_none() { digits.max(DEFAULT_DIGITS) } else { digits };
        let scaled = |(number, own): (i64, u32)| number.checked_mul(10_i64.pow(digits - own));
        let (low, high) = (scaled(low)?, scaled(high)?);
        let step = step.map_or(Some(1), scaled)?;
        let span = high.checked_sub(low)?;
        (span >= 0 && step > 0).then_some(Self { low, span, step, digits })
    }

    /// A walk's default step is a twentieth of the way.
    pub(super) fn parse_walk(arguments: &str) -> Option<Self> {
        let steps = Self::parse(arguments)?;
        let step = if arguments.contains(':') { steps.step } else { (steps.span / 20).max(1) };
        Some(Self { step, ..steps })
    }

    /// Any of the numbers.
    pub(super) fn draw(&self, random: &mut fastrand::Rng) -> i64 {
        self.low + random.i64(0..=self.span / self.step) * self.step
    }

    /// The number behind another one.
    pub(super) fn walk(&self, from: Option<i64>, random: &mut fastrand::Rng) -> i64 {
        match from {
            Some(from) => (from + random.i64(-self.step..=self.step)).clamp(self.low, self.low + self.span),
            None => self.low + random.i64(0..=self.span),
        }
    }

    pub(super) fn write(&self, number: i64, out: &mut String) {
        let unit = 10_u64.pow(self.digits);
        let (whole, rest) = (number.unsigned_abs() / unit, number.unsigned_abs() % unit);
        let sign = if number < 0 { "-" } else { "" };
        // Writing into a string does not fail.
        let _ = match self.digits as usize {
            0 => write!(out, "{sign}{whole}"),
            digits => write!(out, "{sign}{whole}.{rest:0digits$}"),
        };
    }
}

/// A decimal number in units of its last digit, and how many digits are behind its point.
fn fixed(text: &str) -> Option<(i64, u32)> {
    let text = text.trim();
    let (whole, rest) = text.split_once('.').unwrap_or((text, ""));
    let digits = u32::try_from(rest.len()).ok().filter(|digits| *digits <= MAXIMUM_DIGITS)?;
    let is_number = !whole.trim_start_matches('-').is_empty() && rest.bytes().all(|byte| byte.is_ascii_digit());
    let number = is_number.then(|| format!("{whole}{rest}").parse::<i64>().ok())??;
    // What two such numbers are apart is a number, too.
    (number.abs() < i64::MAX / 4).then_some((number, digits))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(steps: &Steps, number: i64) -> String {
        let mut out = String::new();
        steps.write(number, &mut out);
        out
    }

    #[test]
    fn numbers_are_between_the_ends_and_on_a_step() {
        let mut random = fastrand::Rng::with_seed(1);
        for (arguments, low, high, step) in
            [("20..30:0.1", 20.0, 30.0, 0.1), ("-2.5..2.5:0.5", -2.5, 2.5, 0.5), ("0..7:2", 0.0, 6.0, 2.0)]
        {
            let steps = Steps::parse(arguments).unwrap();
            let (mut least, mut most) = (f64::MAX, f64::MIN);
            for _ in 0..2000 {
                let number: f64 = written(&steps, steps.draw(&mut random)).parse().unwrap();
                let times = (number - low) / step;
                assert!((times - times.round()).abs() < 1e-6, "{arguments}: {number}");
                (least, most) = (least.min(number), most.max(number));
            }
            assert!((least - low).abs() < 1e-9 && (most - high).abs() < 1e-9, "{arguments}: {least}..{most}");
        }
    }

    #[test]
    fn digits_are_those_of_the_step() {
        for (arguments, number, text) in [
            ("20..30:0.1", 205, "20.5"),
            ("20..30", 2005, "20.05"),
            ("0..9:1", 7, "7"),
            ("-1..1:0.001", -5, "-0.005"),
            ("1.25..2:0.5", 125, "1.25"),
        ] {
            assert_eq!(written(&Steps::parse(arguments).unwrap(), number), text);
        }
    }

    #[test]
    fn a_walk_goes_no_farther_than_its_step_and_stays_inside() {
        let mut random = fastrand::Rng::with_seed(2);
        for (arguments, low, high, step) in [("20..30:0.5", 200, 300, 5), ("20..30", 2000, 3000, 50)] {
            let steps = Steps::parse_walk(arguments).unwrap();
            let mut at = steps.walk(None, &mut random);
            for _ in 0..2000 {
                let next = steps.walk(Some(at), &mut random);
                assert!((next - at).abs() <= step && (low..=high).contains(&next), "{arguments}: {at} to {next}");
                at = next;
            }
        }
    }

    #[test]
    fn what_is_not_a_range_is_refused() {
        for text in
            ["", "1", "2..1", "1..x", "1..2:0", "1..2:-1", "..2", "1..", "0..1:0.0000000001", "0..9e9", "--1..2"]
        {
            assert!(Steps::parse(text).is_none(), "{text}");
        }
    }
}
