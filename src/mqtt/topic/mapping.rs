use super::{TopicError, TopicFilter, TopicName};

/// Renames the topics of a filter: `a/+/#` to `b/+/#` turns `a/1/x` into `b/1/x`.
///
/// The wildcards of the second filter become what those of the first matched: its first `+` what the first `+` matched
/// and so on, its `#` what `#` matched. It may leave some out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TopicMapping {
    from: TopicFilter,
    to: TopicFilter,
}

/// Why two filters are not a mapping.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidMapping {
    /// One of them is not a filter.
    #[error("`{0}`: {1}")]
    Filter(String, TopicError),
    /// It has a prefix such as `$share/`.
    #[error("`{0}` has a prefix that only subscriptions have")]
    Prefix(String),
    /// The second has more wildcards than the first.
    #[error("`{0}` has more wildcards than `{1}`: each becomes what a wildcard of the first filter matched")]
    Unbound(String, String),
}

impl TopicMapping {
    /// A mapping from the topics of one filter to those of another.
    pub fn new(from: &str, to: &str) -> Result<Self, InvalidMapping> {
        let filter = |text: &str| {
            let filter =
                TopicFilter::parse(text.to_owned()).map_err(|error| InvalidMapping::Filter(text.to_owned(), error))?;
            if filter.body().len() < text.len() { Err(InvalidMapping::Prefix(text.to_owned())) } else { Ok(filter) }
        };
        let mapping = Self { from: filter(from)?, to: filter(to)? };
        let has_more = |wildcard: char| to.matches(wildcard).count() > from.matches(wildcard).count();
        if has_more('+') || has_more('#') {
            return Err(InvalidMapping::Unbound(to.to_owned(), from.to_owned()));
        }
        Ok(mapping)
    }

    /// The new name of a topic; `None` if the first filter does not match it.
    ///
    /// # Errors
    ///
    /// The new name is too long, or a `$delayed/` topic without a delay.
    pub fn apply(&self, topic: &str) -> Option<Result<TopicName, TopicError>> {
        if !self.from.matches(topic) {
            return None;
        }
        let levels: Vec<_> = topic.split('/').collect();
        let places: Vec<_> = self.from.as_str().split('/').collect();
        let mut single = places.iter().zip(&levels).filter(|(place, _)| **place == "+").map(|(_, level)| *level);
        // `a/#` matches `a` too, and then `#` is zero levels.
        let rest = places.last().filter(|place| **place == "#").map(|_| levels.get(places.len() - 1..).unwrap_or(&[]));
        let mut name: Vec<&str> = Vec::new();
        for place in self.to.as_str().split('/') {
            match place {
                "+" => name.extend(single.next()),
                "#" => name.extend(rest.unwrap_or_default()),
                level => name.push(level),
            }
        }
        Some(TopicName::parse(name.join("/")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mapped(from: &str, to: &str, topic: &str) -> Option<String> {
        let name = TopicMapping::new(from, to).unwrap().apply(topic)?;
        Some(name.map_or_else(|error| error.to_string(), |name| name.to_string()))
    }

    #[test]
    fn wildcards_stand_for_what_those_of_the_same_kind_matched() {
        for (from, to, topic, other) in [
            ("a/#", "b/#", "a/1/x", "b/1/x"),
            ("a/#", "b/#", "a", "b"),
            ("#", "test/#", "a/b", "test/a/b"),
            ("car/+/+", "x/+/y/+", "car/7/speed", "x/7/y/speed"),
            ("+/+/#", "+/#", "a/b/c/d", "a/c/d"),
            ("car/+/#", "all", "car/7/x", "all"),
            ("a/+", "b/+", "a/", "b/"),
            ("$SYS/#", "sys/#", "$SYS/uptime", "sys/uptime"),
        ] {
            assert_eq!(mapped(from, to, topic).as_deref(), Some(other), "{from} {to} {topic}");
        }
        assert_eq!(mapped("a/#", "b/#", "c/1"), None);
        assert_eq!(mapped("#", "b/#", "$SYS/uptime"), None);
        // Nothing is left of the name.
        assert!(TopicMapping::new("a/#", "#").unwrap().apply("a").unwrap().is_err());
    }

    #[test]
    fn what_is_not_a_mapping_is_refused() {
        for (from, to, why) in [
            ("a/+", "b/+/+", "`b/+/+` has more wildcards than `a/+`"),
            ("a/+", "b/#", "`b/#` has more wildcards than `a/+`"),
            ("$share/g/a", "b", "`$share/g/a` has a prefix that only subscriptions have"),
            ("a/#/b", "c", "`a/#/b`: "),
        ] {
            let error = TopicMapping::new(from, to).unwrap_err().to_string();
            assert!(error.starts_with(why), "{error}");
        }
    }
}
