//! A name and a value in one argument: user properties and WebSocket headers.

use super::ValueError;

/// Splits at the first `: ` or `=`, whichever comes first; the value may hold more of either.
pub(crate) fn key_value(text: &str) -> Result<(String, String), ValueError> {
    let colon = text.find(": ").map(|at| (at, 2));
    let equals = text.find('=').map(|at| (at, 1));
    let split = match (colon, equals) {
        (Some(colon), Some(equals)) => Some(colon.min(equals)),
        (colon, equals) => colon.or(equals),
    };
    match split {
        Some((at, width)) if at > 0 => Ok((text[..at].to_owned(), text[at + width..].to_owned())),
        _ => Err(ValueError::new(format!("`{text}` is not a pair: write `name: value` or `name=value`"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_first_separator_splits() {
        for (text, name, value) in [
            ("site: plant-7", "site", "plant-7"),
            ("site=plant-7", "site", "plant-7"),
            ("url: http://x/?a=b", "url", "http://x/?a=b"),
            ("q=a: b", "q", "a: b"),
            ("a: b: c", "a", "b: c"),
            ("empty=", "empty", ""),
            ("a:b=c", "a:b", "c"),
            ("键: 值", "键", "值"),
        ] {
            assert_eq!(key_value(text), Ok((name.to_owned(), value.to_owned())), "{text}");
        }
    }

    #[test]
    fn a_pair_needs_a_name_and_a_separator() {
        for text in ["", "alone", "a:b", ": x", "=x"] {
            assert!(key_value(text).is_err(), "{text}");
        }
    }
}
