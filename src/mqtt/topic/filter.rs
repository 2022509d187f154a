use std::fmt;
use std::str::FromStr;

use bytestring::ByteString;

use super::{TopicError, TopicErrorKind, check_text};

const SHARE: &str = "$share/";
const QUEUE: &str = "$queue/";
const EXCLUSIVE: &str = "$exclusive/";

/// A valid Topic Filter, its prefix understood. Cloning counts a reference.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct TopicFilter {
    text: ByteString,
    /// Byte offset at which the filter proper begins, after any prefix.
    body: usize,
    share: ShareKind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum ShareKind {
    None,
    Group,
    Queue,
    Exclusive,
}

/// How messages are divided among the subscribers of one filter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Share<'a> {
    /// Every subscriber gets each message.
    All,
    /// `$share/{group}/{filter}`: one subscriber of the group gets it.
    Group(&'a str),
    /// `$queue/{filter}`: one of all the queue's subscribers gets it (EMQX).
    Queue,
    /// `$exclusive/{filter}`: there can be only one subscriber (EMQX).
    Exclusive,
}

impl TopicFilter {
    /// Parses a filter to subscribe to.
    ///
    /// # Errors
    ///
    /// Names the broken rule and the position: `love/#/you`, `a#`, `$share/group`.
    pub fn parse(text: impl Into<ByteString>) -> Result<Self, TopicError> {
        let text = text.into();
        check_text(&text)?;
        let (share, body) = split_prefix(&text)?;
        check_filter(&text[body..]).map_err(|error| error.within(&text, body))?;
        Ok(Self { text, body, share })
    }

    /// The text as it goes over the wire, with its prefix.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The text as it goes over the wire, sharing its bytes.
    pub fn to_byte_string(&self) -> ByteString {
        self.text.clone()
    }

    /// The filter proper, which topics are matched against: `order/#` of `$share/stock/order/#`.
    pub fn body(&self) -> &str {
        &self.text[self.body..]
    }

    /// How messages are divided among subscribers.
    pub fn share(&self) -> Share<'_> {
        match self.share {
            ShareKind::None => Share::All,
            ShareKind::Group => Share::Group(&self.text[SHARE.len()..self.body - 1]),
            ShareKind::Queue => Share::Queue,
            ShareKind::Exclusive => Share::Exclusive,
        }
    }

    /// Whether messages are divided among several subscribers; such a subscription gets no retained messages and
    /// cannot have No Local [MQTT-3.8.3-4].
    pub fn is_shared(&self) -> bool {
        matches!(self.share, ShareKind::Group | ShareKind::Queue)
    }

    /// Whether it holds `+` or `#`.
    pub fn has_wildcards(&self) -> bool {
        self.body().contains(['+', '#'])
    }

    /// Whether a message to this topic matches the filter [MQTT-4.7].
    ///
    /// A wildcard in the first level does not match topics that begin with `$` [MQTT-4.7.2-1].
    pub fn matches(&self, topic: &str) -> bool {
        let filter = self.body();
        if topic.starts_with('$') && filter.starts_with(['+', '#']) {
            return false;
        }
        let mut topic_levels = topic.split('/');
        for level in filter.split('/') {
            if level == "#" {
                return true;
            }
            match topic_levels.next() {
                Some(topic_level) if level == "+" || level == topic_level => {}
                _ => return false,
            }
        }
        topic_levels.next().is_none()
    }
}

fn split_prefix(text: &str) -> Result<(ShareKind, usize), TopicError> {
    let (kind, body) = if let Some(rest) = text.strip_prefix(SHARE) {
        let Some((group, _)) = rest.split_once('/') else {
            return Err(TopicError::new(text, text.len(), TopicErrorKind::ShareName));
        };
        if group.is_empty() {
            return Err(TopicError::new(text, SHARE.len(), TopicErrorKind::ShareName));
        }
        if let Some(at) = group.find(['+', '#']) {
            return Err(TopicError::new(text, SHARE.len() + at, TopicErrorKind::ShareName));
        }
        (ShareKind::Group, SHARE.len() + group.len() + 1)
    } else if text.starts_with(QUEUE) {
        (ShareKind::Queue, QUEUE.len())
    } else if text.starts_with(EXCLUSIVE) {
        (ShareKind::Exclusive, EXCLUSIVE.len())
    } else {
        return Ok((ShareKind::None, 0));
    };

    let rest = &text[body..];
    if rest.is_empty() {
        return Err(TopicError::new(text, body, TopicErrorKind::NothingBehindPrefix));
    }
    if [SHARE, QUEUE, EXCLUSIVE].iter().any(|prefix| rest.starts_with(prefix)) {
        return Err(TopicError::new(text, body, TopicErrorKind::NestedPrefix));
    }
    Ok((kind, body))
}

fn check_filter(filter: &str) -> Result<(), TopicError> {
    let mut start = 0;
    for level in filter.split('/') {
        let end = start + level.len();
        if let Some(at) = level.find('#') {
            if level.len() > 1 {
                return Err(TopicError::new(filter, start + at, TopicErrorKind::MultiLevelNotAlone));
            }
            if end != filter.len() {
                return Err(TopicError::new(filter, start, TopicErrorKind::MultiLevelNotLast));
            }
        }
        if let Some(at) = level.find('+')
            && level.len() > 1
        {
            return Err(TopicError::new(filter, start + at, TopicErrorKind::SingleLevelNotAlone));
        }
        start = end + 1;
    }
    Ok(())
}

impl FromStr for TopicFilter {
    type Err = TopicError;

    fn from_str(text: &str) -> Result<Self, TopicError> {
        Self::parse(text)
    }
}

impl fmt::Display for TopicFilter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.text)
    }
}

impl fmt::Debug for TopicFilter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn matches(filter: &str, topic: &str) -> bool {
        TopicFilter::parse(filter).unwrap().matches(topic)
    }

    #[test]
    fn a_multi_level_wildcard_matches_the_parent_and_everything_under_it() {
        for topic in ["love/you", "love/you/with", "love/you/with/all", "love/you/"] {
            assert!(matches("love/you/#", topic), "{topic}");
        }
        for topic in ["love", "love/", "love/yo", "love/your"] {
            assert!(!matches("love/you/#", topic), "{topic}");
        }
        assert!(matches("#", "a/b"));
        assert!(matches("汽车/+", "汽车/开空调"));
    }

    #[test]
    fn a_single_level_wildcard_matches_one_level_empty_ones_too() {
        assert!(matches("+/x", "a/x"));
        assert!(matches("+/+", "/finance"));
        assert!(matches("/+", "/finance"));
        assert!(matches("a/+", "a/"));
        assert!(!matches("+", "/finance"));
        assert!(!matches("a/+", "a"));
        assert!(!matches("a/+", "a/b/c"));
        assert!(matches("a/+/#", "a/b"));
    }

    #[test]
    fn leading_wildcards_do_not_match_dollar_topics() {
        assert!(!matches("#", "$SYS/uptime"));
        assert!(!matches("+/x", "$SYS/x"));
        assert!(!matches("$share/g/#", "$SYS/x"));
        assert!(matches("$SYS/#", "$SYS/uptime"));
        assert!(matches("$SYS/+", "$SYS/uptime"));
    }

    #[test]
    fn bad_wildcards_are_refused_with_reason_and_place() {
        use TopicErrorKind::{MultiLevelNotAlone, MultiLevelNotLast, SingleLevelNotAlone};
        for (text, kind, at) in [
            ("love/#/you", MultiLevelNotLast, 5),
            ("a#", MultiLevelNotAlone, 1),
            ("a/b#", MultiLevelNotAlone, 3),
            ("#/", MultiLevelNotLast, 0),
            ("##", MultiLevelNotAlone, 0),
            ("a/+b", SingleLevelNotAlone, 2),
            ("a++", SingleLevelNotAlone, 1),
            ("$share/g/a#", MultiLevelNotAlone, 10),
        ] {
            let error = TopicFilter::parse(text).unwrap_err();
            assert_eq!((error.kind(), error.offset()), (kind, at), "{text}");
        }
    }

    #[test]
    fn prefixes_are_parsed_into_what_they_mean() {
        let filter = TopicFilter::parse("$share/stock/order/#").unwrap();
        assert_eq!((filter.share(), filter.body()), (Share::Group("stock"), "order/#"));
        let filter = TopicFilter::parse("$queue/order/+").unwrap();
        assert_eq!((filter.share(), filter.body()), (Share::Queue, "order/+"));
        let filter = TopicFilter::parse("$exclusive/a").unwrap();
        assert_eq!((filter.share(), filter.body()), (Share::Exclusive, "a"));
        let filter = TopicFilter::parse("$share/g//a").unwrap();
        assert_eq!((filter.share(), filter.body()), (Share::Group("g"), "/a"));
        let filter = TopicFilter::parse("$shared/x").unwrap();
        assert_eq!((filter.share(), filter.body()), (Share::All, "$shared/x"));
    }

    #[test]
    fn bad_prefixes_are_refused() {
        use TopicErrorKind::{NestedPrefix, NothingBehindPrefix, ShareName};
        for (text, kind) in [
            ("$share/g", ShareName),
            ("$share//a", ShareName),
            ("$share/g+/a", ShareName),
            ("$share/g/", NothingBehindPrefix),
            ("$queue/", NothingBehindPrefix),
            ("$queue/$share/g/a", NestedPrefix),
            ("$share/g/$exclusive/a", NestedPrefix),
        ] {
            assert_eq!(TopicFilter::parse(text).unwrap_err().kind(), kind, "{text}");
        }
    }

    /// The prose of the specification as directly as possible: split both, compare from the front.
    fn naive(filter: &[&str], topic: &[&str]) -> bool {
        match (filter, topic) {
            (["#"], _) | ([], []) => true,
            (["+", filter @ ..], [_, topic @ ..]) => naive(filter, topic),
            ([level, filter @ ..], [topic_level, topic @ ..]) => level == topic_level && naive(filter, topic),
            _ => false,
        }
    }

    fn level() -> impl Strategy<Value = &'static str> {
        prop::sample::select(vec!["", "a", "b", "汽", "$x"])
    }

    proptest! {
        #[test]
        fn matching_agrees_with_the_naive_model(
            filter in prop::collection::vec(prop_oneof![3 => level(), 2 => Just("+")], 1..5),
            end in any::<bool>(),
            topic in prop::collection::vec(level(), 1..5),
        ) {
            let mut filter = filter;
            if end { filter.push("#"); }
            let (filter_text, topic_text) = (filter.join("/"), topic.join("/"));
            prop_assume!(!filter_text.is_empty() && !topic_text.is_empty());
            let hidden = topic_text.starts_with('$') && filter_text.starts_with(['+', '#']);
            prop_assert_eq!(matches(&filter_text, &topic_text), !hidden && naive(&filter, &topic));
        }

        #[test]
        fn a_filter_without_wildcards_matches_itself_only(a in "[a-c/]{1,6}", b in "[a-c/]{1,6}") {
            prop_assert_eq!(matches(&a, &b), a == b);
        }

        #[test]
        fn parsing_any_text_never_panics_and_keeps_it(text in "[$a-z+#/\0汽share]{0,24}") {
            if let Ok(filter) = TopicFilter::parse(text.as_str()) {
                prop_assert_eq!(filter.as_str(), &text);
                prop_assert!(text.ends_with(filter.body()));
            } else if let Err(error) = TopicFilter::parse(text.as_str()) {
                prop_assert!(text.is_char_boundary(error.offset()));
                let _ = error.caret();
            }
        }
    }
}
