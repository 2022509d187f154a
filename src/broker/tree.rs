use std::collections::HashMap;

/// Most levels of a filter; the tree is as deep, and is walked by recursion where it is taken down.
pub(super) const MAXIMUM_LEVELS: usize = 1024;

/// Values by Topic Filter, found by topic in time that depends on the topic's levels, not on the number of filters.
///
/// Wildcards are nodes like any other: what they mean is decided at matching.
#[derive(Debug)]
pub(super) struct FilterTree<T> {
    root: Node<T>,
}

#[derive(Debug)]
struct Node<T> {
    value: Option<T>,
    children: HashMap<Box<str>, Node<T>>,
}

impl<T> FilterTree<T> {
    /// The value of a filter.
    pub(super) fn get(&self, filter: &str) -> Option<&T> {
        filter.split('/').try_fold(&self.root, |node, level| node.children.get(level))?.value.as_ref()
    }

    /// The value of a filter.
    pub(super) fn get_mut(&mut self, filter: &str) -> Option<&mut T> {
        filter.split('/').try_fold(&mut self.root, |node, level| node.children.get_mut(level))?.value.as_mut()
    }

    /// The value of a filter, which is made when there is none.
    pub(super) fn get_or_default(&mut self, filter: &str) -> &mut T
    where
        T: Default,
    {
        let mut node = &mut self.root;
        for level in filter.split('/') {
            node = node.children.entry(level.into()).or_default();
        }
        node.value.get_or_insert_default()
    }

    /// Takes a filter out, and the nodes that nothing needs any more.
    pub(super) fn remove(&mut self, filter: &str) -> Option<T> {
        self.root.remove(filter.split('/'))
    }

    /// The values of all filters that match a topic [MQTT-4.7].
    pub(super) fn matching<'a>(&'a self, topic: &str) -> Vec<&'a T> {
        let mut found = Vec::new();
        // A wildcard in the first level does not match topics that begin with `$` [MQTT-4.7.2-1].
        let mut wildcards = !topic.starts_with('$');
        let (mut reached, mut next) = (vec![&self.root], Vec::new());
        for level in topic.split('/') {
            for node in reached.drain(..) {
                if wildcards {
                    found.extend(node.children.get("#").and_then(|node| node.value.as_ref()));
                    next.extend(node.children.get("+"));
                }
                next.extend(node.children.get(level));
            }
            std::mem::swap(&mut reached, &mut next);
            wildcards = true;
        }
        for node in reached {
            found.extend(&node.value);
            // `#` includes the level above it [MQTT-4.7.1-2].
            found.extend(node.children.get("#").and_then(|node| node.value.as_ref()));
        }
        found
    }
}

impl<T> Default for FilterTree<T> {
    fn default() -> Self {
        Self { root: Node::default() }
    }
}

impl<T> Node<T> {
    fn remove<'a>(&mut self, mut levels: impl Iterator<Item = &'a str>) -> Option<T> {
        let Some(level) = levels.next() else { return self.value.take() };
        let child = self.children.get_mut(level)?;
        let removed = child.remove(levels);
        if child.value.is_none() && child.children.is_empty() {
            self.children.remove(level);
        }
        removed
    }
}

impl<T> Default for Node<T> {
    fn default() -> Self {
        Self { value: None, children: HashMap::new() }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::mqtt::TopicFilter;

    #[test]
    fn removing_the_last_filter_leaves_an_empty_tree() {
        let mut tree = FilterTree::default();
        for filter in ["a/+/c", "a", "#"] {
            *tree.get_or_default(filter) = 1;
        }
        assert_eq!(tree.get_mut("a/+"), None);
        for filter in ["a", "#", "a/+/c"] {
            assert_eq!(tree.remove(filter), Some(1), "{filter}");
            assert_eq!(tree.remove(filter), None, "{filter}");
        }
        assert!(tree.root.children.is_empty());
    }

    #[test]
    fn a_filter_of_the_most_levels_is_added_and_taken_out() {
        let filter = vec!["+"; MAXIMUM_LEVELS].join("/");
        let mut tree = FilterTree::default();
        *tree.get_or_default(&filter) = 1;
        assert_eq!(tree.matching(&vec!["x"; MAXIMUM_LEVELS].join("/")), [&1]);
        assert_eq!(tree.remove(&filter), Some(1));
    }

    proptest! {
        #[test]
        fn the_tree_finds_what_each_filter_says_of_itself(
            filters in prop::collection::hash_set("(\\$?[ab+]?)(/[ab+]?){0,3}(/#)?|#|\\$a/#", 1..20),
            topic in "\\$?[ab]?(/[ab]?){0,4}",
        ) {
            let filters: Vec<TopicFilter> = filters.iter().filter_map(|text| TopicFilter::parse(text.as_str()).ok()).collect();
            let mut tree = FilterTree::<String>::default();
            for filter in &filters {
                *tree.get_or_default(filter.as_str()) = filter.as_str().to_owned();
            }
            let mut found: Vec<&str> = tree.matching(&topic).into_iter().map(String::as_str).collect();
            let mut expected: Vec<&str> = filters.iter().filter(|filter| filter.matches(&topic)).map(TopicFilter::as_str).collect();
            found.sort_unstable();
            expected.sort_unstable();
            prop_assert_eq!(found, expected);
        }
    }
}
