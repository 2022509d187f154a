//! JSON as a tree in which every node knows its position in the text, and every number its digits: other trees round
//! numbers to 64 bits before the target format can decide what it can hold.

use std::borrow::Cow;
use std::collections::HashSet;

use super::text::checked_json;
use crate::payload::{PayloadError, PayloadFormat, json};

/// How deep the values of a payload may nest, in any format.
pub(super) const DEEPEST: usize = 100;

/// A value of JSON.
#[derive(Debug)]
pub(super) struct Node<'a> {
    /// Byte offset in the text.
    pub(super) at: usize,
    pub(super) value: Value<'a>,
}

#[derive(Debug)]
pub(super) enum Value<'a> {
    Null,
    Bool(bool),
    /// As written.
    Number(&'a str),
    String(Cow<'a, str>),
    Array(Vec<Node<'a>>),
    /// Every name occurs once.
    Object(Vec<(Cow<'a, str>, Node<'a>)>),
}

impl<'a> Node<'a> {
    /// Reads a text to be encoded in `format`.
    pub(super) fn parse(text: &'a [u8], format: PayloadFormat) -> Result<Self, PayloadError> {
        let json = checked_json(text)?;
        let mut tokens = json::tokens(json).map(|token| (token.as_ptr().addr() - json.as_ptr().addr(), token));
        let mut reader = Reader { text, format, tokens: &mut tokens };
        let first = reader.next();
        reader.node(first, 0)
    }
}

struct Reader<'t, 'a, T> {
    text: &'a [u8],
    format: PayloadFormat,
    tokens: &'t mut T,
}

impl<'a, T: Iterator<Item = (usize, &'a str)>> Reader<'_, 'a, T> {
    /// The text is valid: it does not end before its value does.
    fn next(&mut self) -> (usize, &'a str) {
        self.tokens.next().unwrap_or((self.text.len(), "null"))
    }

    fn node(&mut self, (at, token): (usize, &'a str), depth: usize) -> Result<Node<'a>, PayloadError> {
        if depth > DEEPEST {
            let what = format!("values nest more than {DEEPEST} levels deep");
            return Err(PayloadError::content(self.format, self.text, at, what));
        }
        let value = match token.as_bytes().first() {
            Some(b'n') => Value::Null,
            Some(b't') => Value::Bool(true),
            Some(b'f') => Value::Bool(false),
            Some(b'"') => Value::String(self.string(at, token)?),
            Some(b'[') => Value::Array(self.array(depth)?),
            Some(b'{') => Value::Object(self.object(depth)?),
            _ => Value::Number(token),
        };
        Ok(Node { at, value })
    }

    fn array(&mut self, depth: usize) -> Result<Vec<Node<'a>>, PayloadError> {
        let mut items = Vec::new();
        loop {
            match self.next() {
                (_, "]") => return Ok(items),
                (_, ",") => {}
                token => items.push(self.node(token, depth + 1)?),
            }
        }
    }

    fn object(&mut self, depth: usize) -> Result<Vec<(Cow<'a, str>, Node<'a>)>, PayloadError> {
        let mut members = Vec::new();
        let mut names = HashSet::new();
        loop {
            let (at, name) = match self.next() {
                (_, "}") => return Ok(members),
                (_, ",") => continue,
                name => name,
            };
            if !names.insert(name) {
                let what = format!("the name {name} occurs twice in one object");
                return Err(PayloadError::content(self.format, self.text, at, what));
            }
            let name = self.string(at, name)?;
            // The colon.
            self.next();
            let value = self.next();
            members.push((name, self.node(value, depth + 1)?));
        }
    }

    fn string(&self, at: usize, token: &'a str) -> Result<Cow<'a, str>, PayloadError> {
        let inner = token.get(1..token.len().saturating_sub(1)).unwrap_or_default();
        if !inner.contains('\\') {
            return Ok(Cow::Borrowed(inner));
        }
        let text: Result<String, _> = serde_json::from_str(token);
        text.map(Cow::Owned).map_err(|_| {
            PayloadError::text(
                PayloadFormat::Json,
                self.text,
                at,
                "an escape in the string is only half of a character",
            )
        })
    }
}

impl Value<'_> {
    /// What it is, for messages.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "a boolean",
            Self::Number(_) => "a number",
            Self::String(_) => "a string",
            Self::Array(_) => "an array",
            Self::Object(_) => "an object",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_knows_its_place_and_its_digits() {
        let text = br#" {"a" : [1.10, "\u00e9\n", null, true], "b": {}} "#;
        let node = Node::parse(text, PayloadFormat::Cbor).unwrap();
        let Value::Object(members) = &node.value else { panic!("{node:?}") };
        let Value::Array(items) = &members[0].1.value else { panic!("{node:?}") };
        assert_eq!((members[0].0.as_ref(), members[0].1.at, items[0].at), ("a", 8, 9));
        assert!(matches!(items[0].value, Value::Number("1.10")));
        assert!(matches!(&items[1].value, Value::String(text) if text == "é\n"));
        assert!(matches!((&items[2].value, &items[3].value), (Value::Null, Value::Bool(true))));
        assert!(matches!(&members[1].1.value, Value::Object(members) if members.is_empty()));
    }

    #[test]
    fn what_nests_too_deep_or_says_a_thing_twice_is_refused() {
        let nested = |levels: usize| "[".repeat(levels) + &"]".repeat(levels);
        let refused = |text: &str| Node::parse(text.as_bytes(), PayloadFormat::Cbor).unwrap_err().to_string();
        assert!(Node::parse(nested(DEEPEST).as_bytes(), PayloadFormat::Cbor).is_ok());
        assert!(refused(&nested(100_000)).ends_with("values nest more than 100 levels deep"));
        assert!(refused(r#"{"a":1,"a":2}"#).contains("the name \"a\" occurs twice in one object"));
        assert!(refused(r#"["\ud800"]"#).contains("half of a character"));
    }
}
