//! A tree of topic levels in one vector: no recursion, however deep a client's topic is, and no allocation at matching.

use std::collections::HashMap;

/// Most levels of a topic or a filter that the broker keeps. A text of 65,535 slashes would take megabytes as nodes.
pub(crate) const MAXIMUM_LEVELS: usize = 1024;

/// No node.
const NONE: u32 = u32::MAX;

/// The position of a value, valid until it is released with [`LevelTree::release`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct NodeId(u32);

/// Values by topic or filter, split at `/`.
///
/// It holds filters and is searched by topic, or it holds topics and is searched by filter. Each search visits only the
/// nodes that the levels lead to.
#[derive(Debug)]
pub(crate) struct LevelTree<T> {
    /// The root comes first.
    nodes: Vec<Node<T>>,
    /// Nodes that are not in use.
    free: Vec<u32>,
    /// What a search still has to visit: kept to reuse its memory.
    pending: Vec<(u32, usize)>,
}

#[derive(Debug)]
struct Node<T> {
    value: Option<T>,
    parent: u32,
    /// Levels without a wildcard.
    children: HashMap<Box<str>, u32>,
    /// The level `+`.
    single: u32,
    /// The level `#`.
    multi: u32,
}

impl<T> LevelTree<T> {
    pub(crate) fn new() -> Self {
        Self { nodes: vec![Node::below(NONE)], free: Vec::new(), pending: Vec::new() }
    }

    /// The place of a text that has a value.
    pub(crate) fn find(&self, text: &str) -> Option<NodeId> {
        let mut node = 0;
        for level in text.split('/') {
            node = self.child(node, level)?;
        }
        self.nodes[node as usize].value.as_ref().map(|_| NodeId(node))
    }

    /// The position of a text, whose value is created if there is none.
    pub(crate) fn entry(&mut self, text: &str) -> NodeId
    where
        T: Default,
    {
        let mut node = 0;
        for level in text.split('/') {
            node = self.child(node, level).unwrap_or_else(|| self.add(node, level));
        }
        self.nodes[node as usize].value.get_or_insert_default();
        NodeId(node)
    }

    pub(crate) fn get(&self, node: NodeId) -> Option<&T> {
        self.nodes.get(node.0 as usize)?.value.as_ref()
    }

    pub(crate) fn get_mut(&mut self, node: NodeId) -> Option<&mut T> {
        self.nodes.get_mut(node.0 as usize)?.value.as_mut()
    }

    /// Removes the value of a text, and the nodes that are no longer needed.
    pub(crate) fn release(&mut self, node: NodeId, text: &str) -> Option<T> {
        let value = self.nodes.get_mut(node.0 as usize)?.value.take();
        let mut node = node.0;
        for level in text.rsplit('/') {
            let Node { value, parent, children, single, multi } = &self.nodes[node as usize];
            if value.is_some() || !children.is_empty() || *single != NONE || *multi != NONE || *parent == NONE {
                break;
            }
            let parent = *parent;
            let above = &mut self.nodes[parent as usize];
            match level {
                "+" => above.single = NONE,
                "#" => above.multi = NONE,
                level => {
                    above.children.remove(level);
                }
            }
            // Most nodes are leaves: an emptied table goes too, so that none holds memory for children it once had.
            if above.children.is_empty() {
                above.children = HashMap::new();
            }
            self.nodes[node as usize].children = HashMap::new();
            self.free.push(node);
            node = parent;
        }
        value
    }

    /// Adds the places of all filters that match a topic [MQTT-4.7].
    pub(crate) fn matching(&mut self, topic: &str, found: &mut Vec<NodeId>) {
        // A wildcard in the first level does not match topics that begin with `$` [MQTT-4.7.2-1].
        let hides = topic.starts_with('$');
        let mut pending = std::mem::take(&mut self.pending);
        pending.push((0, 0));
        while let Some((at, offset)) = pending.pop() {
            let node = &self.nodes[at as usize];
            let wildcards = !(hides && offset == 0);
            // `#` includes the level above it [MQTT-4.7.1-2]: it is taken at the end of the topic too.
            if wildcards && node.multi != NONE {
                found.push(NodeId(node.multi));
            }
            let Some(rest) = topic.get(offset..) else {
                if node.value.is_some() {
                    found.push(NodeId(at));
                }
                continue;
            };
            let length = memchr::memchr(b'/', rest.as_bytes()).unwrap_or(rest.len());
            let next = offset + length + 1;
            if wildcards && node.single != NONE {
                pending.push((node.single, next));
            }
            if !node.children.is_empty()
                && let Some(child) = node.children.get(&rest[..length])
            {
                pending.push((*child, next));
            }
        }
        self.pending = pending;
    }

    /// The places of all topics that a filter matches, in no particular order.
    pub(crate) fn matched_by(&self, filter: &str) -> Vec<NodeId> {
        let mut found = Vec::new();
        let mut pending = vec![(0_u32, 0_usize)];
        while let Some((at, offset)) = pending.pop() {
            let node = &self.nodes[at as usize];
            // A wildcard in the first level does not match topics that begin with `$` [MQTT-4.7.2-1].
            let all = || node.children.iter().filter(move |(level, _)| at != 0 || !level.starts_with('$'));
            let Some(rest) = filter.get(offset..) else {
                found.extend(node.value.as_ref().map(|_| NodeId(at)));
                continue;
            };
            let length = memchr::memchr(b'/', rest.as_bytes()).unwrap_or(rest.len());
            match &rest[..length] {
                "#" => {
                    found.extend(node.value.as_ref().map(|_| NodeId(at)));
                    pending.extend(all().map(|(_, child)| (*child, offset)));
                }
                "+" => pending.extend(all().map(|(_, child)| (*child, offset + 2))),
                level => pending.extend(node.children.get(level).map(|child| (*child, offset + length + 1))),
            }
        }
        found
    }

    fn child(&self, node: u32, level: &str) -> Option<u32> {
        let node = &self.nodes[node as usize];
        match level {
            "+" => Some(node.single).filter(|child| *child != NONE),
            "#" => Some(node.multi).filter(|child| *child != NONE),
            level => node.children.get(level).copied(),
        }
    }

    fn add(&mut self, parent: u32, level: &str) -> u32 {
        let child = if let Some(free) = self.free.pop() {
            self.nodes[free as usize].parent = parent;
            free
        } else {
            self.nodes.push(Node::below(parent));
            // Four billion nodes would need more memory than exists.
            u32::try_from(self.nodes.len() - 1).unwrap_or(NONE)
        };
        let above = &mut self.nodes[parent as usize];
        match level {
            "+" => above.single = child,
            "#" => above.multi = child,
            level => {
                above.children.insert(level.into(), child);
            }
        }
        child
    }
}

impl<T> Node<T> {
    fn below(parent: u32) -> Self {
        Self { value: None, parent, children: HashMap::new(), single: NONE, multi: NONE }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::mqtt::TopicFilter;

    #[test]
    fn releasing_the_last_text_leaves_only_the_root() {
        let mut tree = LevelTree::<u8>::new();
        let texts = ["a/+/c", "a", "#", "a/+/#", "", "/"];
        for text in texts {
            tree.entry(text);
        }
        assert_eq!(tree.find("a/+"), None);
        for text in texts {
            let node = tree.find(text).unwrap();
            assert_eq!(tree.release(node, text), Some(0), "{text}");
            assert_eq!(tree.find(text), None, "{text}");
        }
        assert_eq!(tree.free.len() + 1, tree.nodes.len());
        assert!(tree.nodes[0].children.is_empty());
    }

    #[test]
    fn freed_nodes_are_used_again() {
        let mut tree = LevelTree::<u8>::new();
        for number in 0..100 {
            let text = format!("a/{number}/+");
            let node = tree.entry(&text);
            tree.release(node, &text);
        }
        assert!(tree.nodes.len() < 6, "{}", tree.nodes.len());
    }

    #[test]
    fn the_deepest_topic_on_the_wire_is_matched_and_dropped_without_recursion() {
        let deep = "/".repeat(65_535);
        let mut tree = LevelTree::<u8>::new();
        tree.entry(&deep);
        let mut found = Vec::new();
        tree.matching(&deep, &mut found);
        assert_eq!(found, [tree.find(&deep).unwrap()]);
        assert_eq!(tree.matched_by("#").len(), 1);
    }

    fn texts(pattern: &'static str) -> impl Strategy<Value = Vec<String>> {
        prop::collection::hash_set(pattern, 1..20).prop_map(|texts| texts.into_iter().collect())
    }

    proptest! {
        #[test]
        fn a_topic_finds_the_filters_that_match_it(
            filters in texts("(\\$?[ab+]?)(/[ab+]?){0,3}(/#)?|#|\\$a/#"),
            topic in "\\$?[ab]?(/[ab]?){0,4}",
        ) {
            let filters: Vec<_> = filters.into_iter().filter_map(|text| TopicFilter::parse(text).ok()).collect();
            let mut tree = LevelTree::<u8>::new();
            let places: Vec<_> = filters.iter().map(|filter| tree.entry(filter.body())).collect();
            let (mut found, mut expected) = (Vec::new(), Vec::new());
            tree.matching(&topic, &mut found);
            found.retain(|node| tree.get(*node).is_some());
            expected.extend(filters.iter().zip(places).filter(|(filter, _)| filter.matches(&topic)).map(|(_, node)| node));
            found.sort_unstable();
            expected.sort_unstable();
            prop_assert_eq!(found, expected);
        }

        #[test]
        fn a_filter_finds_the_topics_that_it_matches(
            topics in texts("\\$?[ab]?(/[ab]?){0,4}"),
            filter in "(\\$?[ab+]?)(/[ab+]?){0,3}(/#)?|#|\\$a/#",
        ) {
            let Ok(filter) = TopicFilter::parse(filter) else { return Ok(()) };
            let mut tree = LevelTree::<u8>::new();
            let places: Vec<_> = topics.iter().map(|topic| tree.entry(topic)).collect();
            let mut found = tree.matched_by(filter.body());
            let matching = topics.iter().zip(places).filter(|(topic, _)| filter.matches(topic));
            let mut expected: Vec<_> = matching.map(|(_, node)| node).collect();
            found.sort_unstable();
            expected.sort_unstable();
            prop_assert_eq!(found, expected);
        }
    }
}
