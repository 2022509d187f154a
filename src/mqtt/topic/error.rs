use std::fmt;

use unicode_width::UnicodeWidthStr;

use super::limits::{MAXIMUM_BYTES, MAXIMUM_DELAY_SECONDS};

/// Why a text is no topic, and where in it.
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
    /// `$delayed/` with a Unix time that is over or too far away.
    DelayedTime,
}

impl TopicError {
    pub(super) fn new(text: &str, at: usize, kind: TopicErrorKind) -> Self {
        Self { text: text.to_owned(), at, kind }
    }

    /// The same fault seen in the whole text, of which only the part from `offset` was examined.
    pub(super) fn within(self, whole: &str, offset: usize) -> Self {
        Self { text: whole.to_owned(), at: self.at + offset, kind: self.kind }
    }

    /// What was to be a topic.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Which rule.
    pub fn kind(&self) -> TopicErrorKind {
        self.kind
    }

    /// Byte offset of the place.
    pub fn offset(&self) -> usize {
        self.at
    }

    /// The text and under it a caret at the place, aligned by display width; `None` where a place says nothing.
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
            TopicErrorKind::Empty => f.write_str("a topic has at least one character"),
            TopicErrorKind::TooLong => {
                write!(f, "a topic has at most {MAXIMUM_BYTES} bytes, this one has {}", self.text.len())
            }
            TopicErrorKind::NullCharacter => f.write_str("a topic cannot hold the character U+0000"),
            TopicErrorKind::MultiLevelNotLast => f.write_str("`#` can only be the last level of a filter"),
            TopicErrorKind::MultiLevelNotAlone => f.write_str("`#` must be a whole level, as in `a/#`"),
            TopicErrorKind::SingleLevelNotAlone => f.write_str("`+` must be a whole level, as in `a/+/b`"),
            TopicErrorKind::WildcardInName => {
                f.write_str("`+` and `#` are wildcards for subscribing: no message can be published to them")
            }
            TopicErrorKind::ShareName => f.write_str(
                "a shared subscription is `$share/{group}/{filter}`, its group not empty and without `+` and `#`",
            ),
            TopicErrorKind::NothingBehindPrefix => f.write_str("a topic must follow the prefix"),
            TopicErrorKind::NestedPrefix => {
                f.write_str("`$share/`, `$queue/` and `$exclusive/` cannot stand inside one another")
            }
            TopicErrorKind::DelayedTime => write!(
                f,
                "the Unix time of a delayed message lies between now and {MAXIMUM_DELAY_SECONDS} seconds (49 days) from now"
            ),
            TopicErrorKind::Delay => write!(
                f,
                "a delayed message goes to `$delayed/{{seconds}}/{{topic}}`, with 0 to {MAXIMUM_DELAY_SECONDS} whole seconds"
            ),
        }
    }
}

impl std::error::Error for TopicError {}
