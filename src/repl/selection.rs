//! Which received messages are meant: by topic, by a pattern, by a value of JSON, by age.

use std::time::Duration;

use jiff::Timestamp;
use regex_lite::Regex;
use serde_json::Value;

use super::journal::Entry;
use crate::cli::repl::SelectionArgs;
use crate::error::Error;
use crate::mqtt::TopicFilter;

/// Messages that were received.
#[derive(Debug, Clone, Default)]
pub(super) struct Selection {
    on: Option<TopicFilter>,
    pattern: Option<Regex>,
    json: Vec<Member>,
    since: Option<Timestamp>,
}

/// A place in JSON, and the value that has to be there; `None`: any.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Member {
    pub(super) pointer: String,
    pub(super) value: Option<Value>,
}

impl Selection {
    pub(super) fn new(given: &SelectionArgs) -> Result<Self, Error> {
        let ago = |time: Duration| Timestamp::now().checked_sub(time).ok();
        Ok(Self {
            on: given.on.clone(),
            pattern: given.pattern.as_deref().map(pattern).transpose()?,
            json: given.json.iter().map(|text| member(text)).collect::<Result<_, _>>()?,
            since: given.since.and_then(ago),
        })
    }

    pub(super) fn takes(&self, entry: &Entry) -> bool {
        let message = &entry.record.message;
        let is_new = |since: Timestamp| entry.record.received_at.is_some_and(|time| time >= since);
        self.on.as_ref().is_none_or(|filter| filter.matches(message.topic.as_str()))
            && self.since.is_none_or(is_new)
            && self.pattern.as_ref().is_none_or(|pattern| pattern.is_match(&String::from_utf8_lossy(&message.payload)))
            && has_members(&self.json, &message.payload)
    }

    /// The one place in JSON that was asked for without a value: that value is what is meant.
    pub(super) fn pointer(&self) -> Option<&str> {
        let mut asked = self.json.iter().filter(|member| member.value.is_none());
        asked.next_back().map(|member| member.pointer.as_str())
    }
}

/// Whether a payload is JSON with these members.
pub(super) fn has_members(members: &[Member], payload: &[u8]) -> bool {
    let has = |value: &Value| {
        members.iter().all(|member| match (value.pointer(&member.pointer), &member.value) {
            (Some(found), Some(wanted)) => found == wanted,
            (found, None) => found.is_some(),
            (None, Some(_)) => false,
        })
    };
    members.is_empty() || serde_json::from_slice(payload).is_ok_and(|value| has(&value))
}

/// A pattern for payloads.
pub(super) fn pattern(text: &str) -> Result<Regex, Error> {
    Regex::new(text).map_err(|error| {
        Error::usage(format!("--match: `{text}` is not a regular expression: {error}"))
            .with_hint(r"write a backslash before . + * ? ( ) [ ] { } | ^ $ to match the character itself")
    })
}

/// `/state/on=true`, or the place alone; a value that is not JSON is a string.
pub(super) fn member(text: &str) -> Result<Member, Error> {
    let (pointer, value) = match text.split_once('=') {
        Some((pointer, value)) => (pointer, Some(value)),
        None => (text, None),
    };
    if !pointer.is_empty() && !pointer.starts_with('/') {
        let error = Error::usage(format!("--json: `{text}` is not a JSON pointer, alone or with a value"));
        return Err(error.with_hint("for example /state/on or /state/on=true"));
    }
    let value = value.map(|value| serde_json::from_str(value).unwrap_or_else(|_| Value::String(value.to_owned())));
    Ok(Member { pointer: pointer.to_owned(), value })
}

/// The value at a place of a JSON payload, a string without its quotes.
pub(super) fn at(pointer: &str, payload: &[u8]) -> Option<String> {
    let value: Value = serde_json::from_slice(payload).ok()?;
    Some(match value.pointer(pointer)? {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    })
}
