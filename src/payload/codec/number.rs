//! Numbers of JSON in 64 bits: exact, or an error.

/// The 64-bit float that equals the number of a text to its last digit.
///
/// # Errors
///
/// The number is too large or too small, or has more digits than such a float can hold.
pub(super) fn exact_double(text: &str) -> Result<f64, String> {
    let number = nearest_double(text)?;
    let wanted = Decimal::of(text);
    // Of two equally near shortest texts, the standard library and serde_json may choose different ones.
    let is_kept = |shortest: String| Decimal::of(&shortest) == wanted;
    if wanted.digits.is_empty()
        || is_kept(number.to_string())
        || serde_json::Number::from_f64(number).is_some_and(|number| is_kept(number.to_string()))
    {
        return Ok(number);
    }
    if number == 0.0 {
        return Err(format!("`{text}` is too small for a 64-bit float"));
    }
    Err(format!("a 64-bit float cannot hold every digit of `{text}`: the nearest is {number}"))
}

/// The 64-bit float next to the number of a text.
pub(super) fn nearest_double(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(number) if number.is_finite() => Ok(number),
        _ => Err(format!("`{text}` is too large for a 64-bit float")),
    }
}

/// Whether a number of JSON is written without fraction and exponent.
pub(super) fn is_integer(text: &str) -> bool {
    !text.contains(['.', 'e', 'E'])
}

/// A number as digits and exponent, in the one form that equal numbers share.
#[derive(Debug, PartialEq, Eq)]
struct Decimal {
    digits: String,
    exponent: i64,
    is_negative: bool,
}

impl Decimal {
    fn of(text: &str) -> Self {
        let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
        let is_negative = mantissa.starts_with('-');
        let (whole, fraction) = mantissa.trim_start_matches('-').split_once('.').unwrap_or((mantissa, ""));
        let all = format!("{}{fraction}", whole.trim_start_matches('-'));
        let digits = all.trim_start_matches('0');
        let shortened = digits.trim_end_matches('0');
        // A text is never that long, and no float has an exponent beyond the range of i64.
        let places = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
        let exponent = exponent.parse().unwrap_or(if exponent.starts_with('-') { i64::MIN } else { i64::MAX });
        let exponent =
            exponent.saturating_sub(places(fraction.len())).saturating_add(places(digits.len() - shortened.len()));
        Self {
            exponent: if shortened.is_empty() { 0 } else { exponent },
            is_negative: is_negative && !shortened.is_empty(),
            digits: shortened.to_owned(),
        }
    }
}

/// Appends a float as a number of JSON that is read back as the same float, or `null` for what JSON cannot express.
pub(super) fn push_double(number: f64, out: &mut Vec<u8>) {
    // Writing to a vector does not fail.
    _ = serde_json::to_writer(out, &number);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_kept_to_its_last_digit_or_refused() {
        for text in ["0.1", "1.10", "-0.0", "1e300", "100e-2", "0e99999", "5e-324", "123456789.125", "1E+2"] {
            assert!(exact_double(text).is_ok(), "{text}");
        }
        for (text, why) in [
            ("1e400", "`1e400` is too large for a 64-bit float"),
            ("1e-400", "`1e-400` is too small for a 64-bit float"),
            ("1e99999999999999999999", "`1e99999999999999999999` is too large for a 64-bit float"),
            (
                "3.14159265358979323846",
                "a 64-bit float cannot hold every digit of `3.14159265358979323846`: the nearest is 3.141592653589793",
            ),
        ] {
            assert_eq!(exact_double(text), Err(why.to_owned()));
        }
        assert_eq!(exact_double("-0.0").map(f64::is_sign_negative), Ok(true));
    }
}
