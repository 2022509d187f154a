use std::fmt;

use unicode_width::UnicodeWidthStr;

use super::limits::{MAXIMUM_BYTES, MAXIMUM_DELAY_SECONDS};

/// Why a text is not a valid topic, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TopicError {
    text: String,
    at: usize,
    kind: TopicErrorKind,
}

/// The rule that a text breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TopicErrorKind {
    /// Nothing at all [MQTT-4.7.3-1].
    Empty,
    /// More bytes than a string on the wire holds [MQTT-4.7.3-3].
    TooLong,
    /// U+0000 inside [MQTT-4.7.3-2].
    NullCharacter,
    /// `#` before the last level [MQTT-4.7.1-2].
    MultiLevelNotLast,
    /// `#` beside other characters in its level [MQTT-4.7.1-2].
    MultiLevelNotAlone,
    /// `+` beside other characters in its level [MQTT-4.7.1-3].
    SingleLevelNotAlone,
    /// A wildcard in a Topic Name [MQTT-3.3.2-2].
    WildcardInName,
    /// `$share/` without a group, or with a wildcard in it [MQTT-4.8.2-1] [MQTT-4.8.2-2].
    ShareName,
    /// A prefix with nothing after it.
    NothingBehindPrefix,
    /// One prefix inside another.
    NestedPrefix,
    /// `$delayed/` without a whole number of seconds in range.
    Delay,
    /// `$delayed/` with a Unix time that is past or too far away.
    DelayedTime,
}

impl TopicError {
    pub(super) fn new(text: &str, at: usize, kind: TopicErrorKind) -> Self {
        Self { text: text.to_owned(), at, kind }
    }

    /// The same error in the whole text, of which only the part from `offset` was parsed.
    pub(super) fn within(self, whole: &str, offset: usize) -> Self {
        Self { text: whole.to_owned(), at: self.at + offset, kind: self.kind }
    }

    /// The text that was parsed.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The broken rule.
    pub fn kind(&self) -> TopicErrorKind {
        self.kind
    }

    /// Byte offset of the error.
    pub fn offset(&self) -> usize {
        self.at
    }

    /// The text with a caret below the error, aligned by display width; `None` if the position says nothing.
    pub fn caret(&self) -> Option<String> {
        if matches!(self.kind, TopicErrorKind::Empty | TopicErrorKind::TooLong) {
            return None;
        }
        let shown = self.text.replace('\0', "\u{2400}");
        let before = self.text.get(..self.at)?.replace('\0', "\u{2400}").width();
        Some(format!("{shown}\n{:before$}^", ""))
    }
}

impl fmt::Display for TopicError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            TopicErrorKind::Empty => f.write_str("a topic must have at least one character"),
            TopicErrorKind::TooLong => {
                write!(f, "a topic can have at most {MAXIMUM_BYTES} bytes, this one has {}", self.text.len())
            }
            TopicErrorKind::NullCharacter => f.write_str("a topic cannot hold the character U+0000"),
            TopicErrorKind::MultiLevelNotLast => f.write_str("`#` can only be the last level of a filter"),
            TopicErrorKind::MultiLevelNotAlone => f.write_str("`#` must be a whole level, for example `a/#`"),
            TopicErrorKind::SingleLevelNotAlone => f.write_str("`+` must be a whole level, for example `a/+/b`"),
            TopicErrorKind::WildcardInName => {
                f.write_str("`+` and `#` are wildcards for subscribing and cannot be published to")
            }
            TopicErrorKind::ShareName => f.write_str(
                "a shared subscription is `$share/{group}/{filter}`, with a group that is not empty and has no `+` or `#`",
            ),
            TopicErrorKind::NothingBehindPrefix => f.write_str("a topic must follow the prefix"),
            TopicErrorKind::NestedPrefix => {
                f.write_str("`$share/`, `$queue/` and `$exclusive/` cannot be combined")
            }
            TopicErrorKind::DelayedTime => write!(
                f,
                "the Unix time of a delayed message must be between now and {MAXIMUM_DELAY_SECONDS} seconds (49 days) from now"
            ),
            TopicErrorKind::Delay => write!(
                f,
                "a delayed message needs a topic `$delayed/{{seconds}}/{{topic}}`, with 0 to {MAXIMUM_DELAY_SECONDS} whole seconds"
            ),
        }
    }
}

impl std::error::Error for TopicError {}
