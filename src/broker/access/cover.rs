//! Filters against filters: which topics two of them have in common. Both are without prefix.

/// Whether some topic matches both.
pub(super) fn overlap(one: &str, other: &str) -> bool {
    if hides(one, other) || hides(other, one) {
        return false;
    }
    let (mut one, mut other) = (one.split('/'), other.split('/'));
    loop {
        match (one.next(), other.next()) {
            (Some("#"), _) | (_, Some("#")) | (None, None) => return true,
            (Some(one), Some(other)) if one == "+" || other == "+" || one == other => {}
            _ => return false,
        }
    }
}

/// Whether every topic that matches `inner` matches `outer`.
pub(super) fn covers(outer: &str, inner: &str) -> bool {
    if hides(outer, inner) {
        return false;
    }
    // At the first level, `#` has no parent level, so these two are the same.
    let outer = if outer == "+/#" { "#" } else { outer };
    let (mut outer, mut inner) = (outer.split('/'), inner.split('/'));
    loop {
        match (outer.next(), inner.next()) {
            (Some("#"), _) | (None, None) => return true,
            (Some("+"), Some(level)) if level != "#" => {}
            (Some(outer), Some(inner)) if outer == inner => {}
            _ => return false,
        }
    }
}

/// Whether a wildcard at the beginning leaves out the topics of the other, which begin with `$` [MQTT-4.7.2-1].
fn hides(filter: &str, other: &str) -> bool {
    filter.starts_with(['+', '#']) && other.starts_with('$')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mqtt::TopicFilter;

    /// All texts of one to three levels over a few.
    fn all(levels: &[&str]) -> Vec<String> {
        let one: Vec<String> = levels.iter().map(ToString::to_string).collect();
        let longer = |all: &[String]| -> Vec<String> {
            all.iter().flat_map(|start| levels.iter().map(move |level| format!("{start}/{level}"))).collect()
        };
        let two = longer(&one);
        let three = longer(&two);
        [one, two, three].concat()
    }

    #[test]
    fn overlap_and_cover_are_what_the_topics_say() {
        // One level that no filter names represents all such levels, and a fourth level all longer topics.
        let names = all(&["a", "$b", "c"]);
        let topics: Vec<String> =
            names.iter().cloned().chain(names.iter().map(|topic| format!("{topic}/c/c"))).collect();
        let filters = all(&["a", "$b", "+", "#"]);
        let filters: Vec<TopicFilter> =
            filters.iter().filter_map(|text| TopicFilter::parse(text.as_str()).ok()).collect();
        for one in &filters {
            for other in &filters {
                let common = topics.iter().any(|topic| one.matches(topic) && other.matches(topic));
                assert_eq!(overlap(one.as_str(), other.as_str()), common, "{one} {other}");
                let all = topics.iter().all(|topic| one.matches(topic) || !other.matches(topic));
                assert_eq!(covers(one.as_str(), other.as_str()), all, "{one} {other}");
            }
        }
    }
}
