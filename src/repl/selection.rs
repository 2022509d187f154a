//! Which received messages are meant: by topic, by a pattern, by a value of JSON, by age.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;

use super::journal::Entry;
use crate::cli::repl::SelectionArgs;
use crate::error::Error;
use crate::mqtt::TopicFilter;
use crate::payload::{Condition, JsonPlace};

/// Messages that were received.
#[derive(Debug, Clone, Default)]
pub(super) struct Selection {
    on: Option<TopicFilter>,
    condition: Condition,
    since: Option<Timestamp>,
}

impl Selection {
    pub(super) fn new(given: &SelectionArgs) -> Self {
        let ago = |time: Duration| Timestamp::now().checked_sub(time).ok();
        let condition = Condition { pattern: given.pattern.clone(), json: given.json.clone() };
        Self { on: given.on.clone(), condition, since: given.since.and_then(ago) }
    }

    pub(super) fn takes(&self, entry: &Entry) -> bool {
        let message = &entry.record.message;
        let is_new = |since: Timestamp| entry.record.received_at.is_some_and(|time| time >= since);
        self.on.as_ref().is_none_or(|filter| filter.matches(message.topic.as_str()))
            && self.since.is_none_or(is_new)
            && self.condition.fits(&message.payload)
    }

    /// An error if the selection is not to be believed: a jq expression exceeded its time limit.
    pub(super) fn check(&self) -> Result<(), Error> {
        check(&self.condition)
    }

    /// The one place in JSON that was asked for without a value: that value is what is meant.
    pub(super) fn pointer(&self) -> Option<&str> {
        self.condition.json.iter().filter_map(JsonPlace::pointer).next_back()
    }
}

/// An error if a jq expression of the condition exceeded its time limit, so that nothing matches any more.
pub(super) fn check(condition: &Condition) -> Result<(), Error> {
    condition.fault().map_or(Ok(()), |why| Err(Error::local(format!("--json: {why}"))))
}

/// The value at a place of a JSON payload, a string without its quotes.
pub(super) fn at(pointer: &str, payload: &[u8]) -> Option<String> {
    let value: Value = serde_json::from_slice(payload).ok()?;
    Some(match value.pointer(pointer)? {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    })
}
