//! The condition that a payload must meet for a message to count.

use std::fmt;
use std::str::FromStr;

use regex_lite::Regex;
use serde_json::Value;

use super::jq::Jq;

/// A pattern to find in the payload, and conditions on its JSON; a condition without any is met by every payload.
#[derive(Debug, Clone, Default)]
pub struct Condition {
    /// Found somewhere in the payload; what is not UTF-8 in it is U+FFFD.
    pub pattern: Option<Regex>,
    /// All of them must match.
    pub json: Vec<JsonPlace>,
}

/// A condition on JSON: a place by its pointer (RFC 6901), optionally with the value there, or a jq expression.
#[derive(Debug, Clone, PartialEq)]
pub struct JsonPlace {
    text: String,
    kind: Kind,
}

#[derive(Debug, Clone, PartialEq)]
enum Kind {
    Place { pointer: String, value: Option<Value> },
    Expression(Jq),
}

/// A text that is neither `POINTER`, `POINTER=VALUE` nor a jq expression.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is neither a JSON pointer, such as /state/on=true, nor a jq expression: {why}")]
pub struct InvalidJsonPlace {
    text: String,
    why: String,
}

impl Condition {
    /// Whether a payload meets the condition.
    pub fn fits(&self, payload: &[u8]) -> bool {
        let is_found = |pattern: &Regex| pattern.is_match(&String::from_utf8_lossy(payload));
        self.pattern.as_ref().is_none_or(is_found)
            && (self.json.is_empty()
                || serde_json::from_slice(payload)
                    .is_ok_and(|value: Value| self.json.iter().all(|place| place.is_in(&value, payload))))
    }

    /// Whether every payload meets it.
    pub fn is_empty(&self) -> bool {
        self.pattern.is_none() && self.json.is_empty()
    }

    /// Why nothing can match any more: an expression that exceeded its time limit.
    pub fn fault(&self) -> Option<String> {
        self.json.iter().find_map(|place| match &place.kind {
            Kind::Expression(expression) => expression.fault(),
            Kind::Place { .. } => None,
        })
    }
}

impl JsonPlace {
    /// The pointer, if any value will do there.
    pub fn pointer(&self) -> Option<&str> {
        match &self.kind {
            Kind::Place { pointer, value: None } => Some(pointer),
            Kind::Place { value: Some(_), .. } | Kind::Expression(_) => None,
        }
    }

    fn is_in(&self, document: &Value, payload: &[u8]) -> bool {
        match &self.kind {
            Kind::Place { pointer, value } => {
                let found = document.pointer(pointer);
                found.is_some_and(|found| value.as_ref().is_none_or(|wanted| are_equal(found, wanted)))
            }
            Kind::Expression(expression) => expression.fits(payload),
        }
    }
}

/// Compares numbers by value: a payload's `12.50` is 12.5, and its `1.0` is 1.
fn are_equal(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Number(one), Value::Number(other)) => one == other || one.as_f64() == other.as_f64(),
        _ => one == other,
    }
}

/// As it was written.
impl fmt::Display for JsonPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl FromStr for JsonPlace {
    type Err = InvalidJsonPlace;

    fn from_str(text: &str) -> Result<Self, InvalidJsonPlace> {
        let (pointer, value) = match text.split_once('=') {
            Some((pointer, value)) => (pointer, Some(value)),
            None => (text, None),
        };
        // As a pointer it would be the whole document, which every JSON payload has: most likely an unset variable.
        if text.trim().is_empty() {
            return Err(InvalidJsonPlace { text: text.to_owned(), why: "it is empty".to_owned() });
        }
        // No expression begins with a slash.
        if !pointer.is_empty() && !pointer.starts_with('/') {
            return match Jq::new(text) {
                Ok(expression) => Ok(Self { text: text.to_owned(), kind: Kind::Expression(expression) }),
                Err(why) => Err(InvalidJsonPlace { text: text.to_owned(), why }),
            };
        }
        // What is not JSON is a string: `/state=on` needs no quotes.
        let value = value.map(|text| serde_json::from_str(text).unwrap_or_else(|_| Value::String(text.to_owned())));
        Ok(Self { text: text.to_owned(), kind: Kind::Place { pointer: pointer.to_owned(), value } })
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
        for fits in ["/state", "/state/on", "/state/on=true", "/state/name=lamp", "/n=12.5", "/list/1=2", "/list/1=2.0"]
        {
            assert!(json(fits).fits(payload), "{fits}");
        }
        for differs in ["/none", "/state/on=false", "/state/on=\"true\"", "/n=12", "/list/2"] {
            assert!(!json(differs).fits(payload), "{differs}");
        }
        assert!(!json("/state").fits(b"no JSON"));
        assert!(json("=5").fits(b"5.0") && !json("=5").fits(b"6"), "the whole document");
        for empty in ["", " "] {
            assert!(empty.parse::<JsonPlace>().unwrap_err().to_string().ends_with("it is empty"));
        }
        assert!("state".parse::<JsonPlace>().is_err());
    }

    #[test]
    #[cfg(feature = "jq")]
    fn anything_else_is_a_jq_expression() {
        let condition = Condition {
            pattern: None,
            json: vec![
                ".n > 12".parse().unwrap(),
                "/state/on=true".parse().unwrap(),
                ".list == [1,2]".parse().unwrap(),
            ],
        };
        assert!(condition.fits(br#"{"state":{"on":true},"n":12.50,"list":[1,2]}"#));
        assert!(!condition.fits(br#"{"state":{"on":true},"n":12.50,"list":[1]}"#));
        assert_eq!(condition.fault(), None);
    }

    #[test]
    fn a_pattern_is_found_in_text_among_other_bytes_too() {
        let condition = Condition { pattern: Some(Regex::new("o[nk]$").unwrap()), json: Vec::new() };
        assert!(condition.fits("lamp on".as_bytes()));
        assert!(condition.fits(b"\xff on"), "not UTF-8");
        assert!(!condition.fits(b"on \xff"));
        assert!(!condition.fits(b"only"));
    }
}
