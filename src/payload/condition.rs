//! The condition that a payload must meet for a message to count.

use std::str::FromStr;

use regex_lite::Regex;
use serde_json::Value;

/// A pattern to find in the payload, and places in its JSON; a condition without any is met by every payload.
#[derive(Debug, Clone, Default)]
pub struct Condition {
    /// Found somewhere in a payload that is UTF-8.
    pub pattern: Option<Regex>,
    /// All of them must match.
    pub json: Vec<JsonPlace>,
}

/// A place in JSON by its pointer (RFC 6901), and optionally the value there.
#[derive(Debug, Clone, PartialEq)]
pub struct JsonPlace {
    pointer: String,
    value: Option<Value>,
}

/// A text that is not `POINTER` or `POINTER=VALUE`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a JSON pointer: use /NAME/NAME or /NAME/NAME=VALUE, for example /state/on=true")]
pub struct InvalidJsonPlace(String);

impl Condition {
    /// Whether a payload meets the condition.
    pub fn fits(&self, payload: &[u8]) -> bool {
        let is_found = |pattern: &Regex| std::str::from_utf8(payload).is_ok_and(|text| pattern.is_match(text));
        self.pattern.as_ref().is_none_or(is_found)
            && (self.json.is_empty()
                || serde_json::from_slice(payload)
                    .is_ok_and(|value: Value| self.json.iter().all(|place| place.is_in(&value))))
    }

    /// Whether every payload meets it.
    pub fn is_empty(&self) -> bool {
        self.pattern.is_none() && self.json.is_empty()
    }
}

impl JsonPlace {
    fn is_in(&self, document: &Value) -> bool {
        let found = document.pointer(&self.pointer);
        found.is_some_and(|found| self.value.as_ref().is_none_or(|wanted| are_equal(found, wanted)))
    }
}

/// Compares numbers by value: a payload's `12.50` is 12.5, and its `1.0` is 1.
fn are_equal(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Number(one), Value::Number(other)) => one == other || one.as_f64() == other.as_f64(),
        _ => one == other,
    }
}

impl FromStr for JsonPlace {
    type Err = InvalidJsonPlace;

    fn from_str(text: &str) -> Result<Self, InvalidJsonPlace> {
        let (pointer, value) = match text.split_once('=') {
            Some((pointer, value)) => (pointer, Some(value)),
            None => (text, None),
        };
        if !pointer.is_empty() && !pointer.starts_with('/') {
            return Err(InvalidJsonPlace(text.to_owned()));
        }
        // What is not JSON is a string: `/state=on` needs no quotes.
        let value = value.map(|text| serde_json::from_str(text).unwrap_or_else(|_| Value::String(text.to_owned())));
        Ok(Self { pointer: pointer.to_owned(), value })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(text: &str) -> Condition {
        Condition { pattern: None, json: vec![text.parse().unwrap()] }
    }

    #[test]
    fn a_place_is_there_or_has_a_value() {
        let payload = br#"{"state":{"on":true,"name":"lamp"},"n":12.50,"list":[1,2]}"#;
        for fits in
            ["/state", "/state/on", "/state/on=true", "/state/name=lamp", "/n=12.5", "/list/1=2", "/list/1=2.0", ""]
        {
            assert!(json(fits).fits(payload), "{fits}");
        }
        for differs in ["/none", "/state/on=false", "/state/on=\"true\"", "/n=12", "/list/2"] {
            assert!(!json(differs).fits(payload), "{differs}");
        }
        assert!(!json("/state").fits(b"no JSON"));
        assert!("state".parse::<JsonPlace>().is_err());
    }

    #[test]
    fn a_pattern_is_found_in_text_only() {
        let condition = Condition { pattern: Some(Regex::new("o[nk]$").unwrap()), json: Vec::new() };
        assert!(condition.fits("lamp on".as_bytes()));
        assert!(!condition.fits(b"on \xff on"), "not UTF-8");
        assert!(!condition.fits(b"only"));
    }
}
