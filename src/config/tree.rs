//! YAML text, and JSON, which is YAML too, as a tree of nodes with their lines.
//!
//! Values stay text, as they would follow an option: the option decides what is a number or a switch.

use std::collections::{BTreeMap, BTreeSet};

use saphyr_parser::{Event, Parser, ScalarStyle, Span};

use crate::error::Error;

/// A value and its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Node {
    /// From 1.
    pub(crate) line: usize,
    pub(crate) content: Content,
}

/// The content of a node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Content {
    /// Nothing: `null`, `~` or empty.
    Null,
    /// A text; without quotes it may be meant as a number or a switch.
    Text(String),
    /// `[..]`.
    List(Vec<Node>),
    /// `{..}`, in the order of the file; the line is the key's.
    Map(Vec<(String, Node)>),
}

/// The deepest nesting of a file that a person could have written.
const DEEPEST: usize = 64;
/// The largest expansion: aliases of aliases could turn a few lines into gigabytes.
const MOST_NODES: usize = 200_000;

impl Node {
    /// Every document of a text.
    ///
    /// # Errors
    ///
    /// Invalid YAML: with the line.
    pub(crate) fn documents(text: &str) -> Result<Vec<Self>, Error> {
        let mut builder = Builder::default();
        let mut parser = Parser::new_from_str(text.trim_start_matches('\u{feff}'));
        while let Some(event) = parser.next_event() {
            match event {
                Ok((event, span)) => builder.take(event, span)?,
                Err(error) => return Err(at(error.marker().line(), error.info())),
            }
        }
        Ok(builder.documents)
    }

    /// The entries of a map; none for anything else.
    pub(crate) fn entries(&self) -> &[(String, Self)] {
        match &self.content {
            Content::Map(entries) => entries,
            _ => &[],
        }
    }

    /// The value of a key.
    pub(crate) fn get(&self, key: &str) -> Option<&Self> {
        self.entries().iter().find(|(name, _)| name == key).map(|(_, node)| node)
    }

    /// The text of a single value.
    pub(crate) fn text(&self) -> Option<&str> {
        match &self.content {
            Content::Text(text) => Some(text),
            _ => None,
        }
    }

    /// Whether it is empty: null, an empty text, list or map.
    pub(crate) fn is_empty(&self) -> bool {
        match &self.content {
            Content::Null => true,
            Content::Text(text) => text.is_empty(),
            Content::List(items) => items.is_empty(),
            Content::Map(entries) => entries.is_empty(),
        }
    }

    fn size(&self) -> usize {
        1 + match &self.content {
            Content::Null | Content::Text(_) => 0,
            Content::List(items) => items.iter().map(Self::size).sum(),
            Content::Map(entries) => entries.iter().map(|(_, node)| node.size()).sum(),
        }
    }
}

fn at(line: usize, message: &str) -> Error {
    Error::usage(format!("line {line}: {message}"))
}

/// Documents from events: the containers that are open, the innermost last.
#[derive(Default)]
struct Builder {
    documents: Vec<Node>,
    open: Vec<Open>,
    anchors: BTreeMap<usize, Node>,
    nodes: usize,
}

struct Open {
    node: Node,
    anchor: usize,
    /// In a map, the key whose value comes next.
    key: Option<(String, usize)>,
    /// The keys so far.
    keys: BTreeSet<String>,
}

impl Builder {
    fn take(&mut self, event: Event<'_>, span: Span) -> Result<(), Error> {
        let line = span.start.line();
        let begin = |content, anchor| Open { node: Node { line, content }, anchor, key: None, keys: BTreeSet::new() };
        match event {
            Event::MappingStart(anchor, _) => self.open.push(begin(Content::Map(Vec::new()), anchor)),
            Event::SequenceStart(anchor, _) => self.open.push(begin(Content::List(Vec::new()), anchor)),
            Event::MappingEnd | Event::SequenceEnd => {
                if let Some(open) = self.open.pop() {
                    self.put(merged(open.node), open.anchor)?;
                }
            }
            Event::Scalar(text, style, anchor, _) => {
                let is_null = style == ScalarStyle::Plain && matches!(&*text, "" | "~" | "null" | "Null" | "NULL");
                let content = if is_null { Content::Null } else { Content::Text(text.into_owned()) };
                self.put(Node { line, content }, anchor)?;
            }
            Event::Alias(anchor) => {
                let node = self.anchors.get(&anchor).ok_or_else(|| at(line, "this alias refers to no anchor"))?;
                self.nodes += node.size();
                self.put(node.clone(), 0)?;
            }
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentStart(_) | Event::DocumentEnd => {}
        }
        if self.open.len() > DEEPEST {
            return Err(at(line, "nested too deeply"));
        }
        Ok(())
    }

    /// Adds a complete node to the innermost open one.
    fn put(&mut self, node: Node, anchor: usize) -> Result<(), Error> {
        self.nodes += 1;
        if self.nodes > MOST_NODES {
            return Err(at(node.line, "the file is too large"));
        }
        if anchor != 0 {
            self.anchors.insert(anchor, node.clone());
        }
        let Some(open) = self.open.last_mut() else {
            self.documents.push(node);
            return Ok(());
        };
        match (&mut open.node.content, open.key.take()) {
            (Content::List(items), _) => items.push(node),
            (Content::Map(entries), Some((key, line))) => {
                if !open.keys.insert(key.clone()) {
                    return Err(at(line, &format!("duplicate key `{key}`")));
                }
                entries.push((key, Node { line, ..node }));
            }
            (Content::Map(_), None) => {
                let line = node.line;
                let key = match node.content {
                    Content::Text(text) => text,
                    Content::Null => "null".to_owned(),
                    _ => return Err(at(line, "a key must be a string")),
                };
                open.key = Some((key, line));
            }
            _ => {}
        }
        Ok(())
    }
}

/// A map with the entries that its `<<` adds. A `<<` of anything but maps is an ordinary key.
fn merged(node: Node) -> Node {
    let Node { line, content: Content::Map(mut entries) } = node else { return node };
    while let Some(at) = entries.iter().position(|(key, node)| key == "<<" && brings_in_maps(node)) {
        let (_, from) = entries.remove(at);
        let sources = match from.content {
            Content::List(items) => items,
            content => vec![Node { line, content }],
        };
        for (key, node) in sources.iter().flat_map(Node::entries) {
            if !entries.iter().any(|(name, _)| name == key) {
                entries.push((key.clone(), node.clone()));
            }
        }
    }
    Node { line, content: Content::Map(entries) }
}

fn brings_in_maps(node: &Node) -> bool {
    let is_map = |node: &Node| matches!(node.content, Content::Map(_));
    match &node.content {
        Content::List(items) => items.iter().all(is_map),
        _ => is_map(node),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn one(text: &str) -> Node {
        Node::documents(text).unwrap().remove(0)
    }

    #[test]
    fn every_value_knows_the_line_of_its_key() {
        let root = one("# head\nmqtt:\n  client:\n    port: 1883\n    tls: no\n  topics: [a, \"b\"]\n");
        let client = root.get("mqtt").unwrap().get("client").unwrap();
        assert_eq!((client.line, client.get("port").unwrap().line), (3, 4));
        assert_eq!(client.get("tls").unwrap().text(), Some("no"));
        let Content::List(topics) = &root.get("mqtt").unwrap().get("topics").unwrap().content else { panic!() };
        assert_eq!(topics.iter().filter_map(Node::text).collect::<Vec<_>>(), ["a", "b"]);
    }

    #[test]
    fn json_is_read_too() {
        let root = one("{\n\t\"a\": [1, true, null, \"x\\u00e9\\/\"],\n  \"b\": {\"c\": -1.5e3}\n}");
        let Content::List(items) = &root.get("a").unwrap().content else { panic!() };
        assert_eq!(items[0].text(), Some("1"));
        assert_eq!(items[2].content, Content::Null);
        assert_eq!(items[3].text(), Some("xé/"));
        assert_eq!(root.get("b").unwrap().get("c").unwrap().text(), Some("-1.5e3"));
    }

    #[test]
    fn documents_anchors_and_merges() {
        let documents = Node::documents("base: &b {x: 1, y: 2}\n---\nz: 3\n").unwrap();
        assert_eq!(documents.len(), 2);
        let root = one("base: &b {x: 1, y: 2}\nown:\n  <<: *b\n  y: 3\n");
        let own = root.get("own").unwrap();
        assert_eq!(own.get("x").unwrap().text(), Some("1"));
        assert_eq!(own.get("y").unwrap().text(), Some("3"));
    }

    #[test]
    fn what_is_no_yaml_is_told_with_its_line() {
        let error = Node::documents("a: 1\nb: [1\nc: 2\n").unwrap_err();
        assert!(error.message().starts_with("line "), "{error}");
        assert!(Node::documents(&"[".repeat(100)).is_err());
        assert_eq!(Node::documents("a: 1\na: 2\n").unwrap_err().message(), "line 2: duplicate key `a`");
    }

    #[test]
    fn a_few_lines_of_aliases_do_not_become_gigabytes() {
        let line = |level: usize| {
            let alias = format!("*a{} ", level - 1);
            format!("a{level}: &a{level} [{}]\n", [alias.as_str()].repeat(10).join(", "))
        };
        let text: String = (1..9).map(line).collect();
        let error = Node::documents(&format!("a0: &a0 [x, x]\n{text}")).unwrap_err();
        assert!(error.message().ends_with(": the file is too large"), "{error}");
    }

    #[test]
    fn a_text_behind_the_sign_of_a_merge_is_kept() {
        assert_eq!(one(r#"{"<<": "x"}"#).get("<<").and_then(Node::text), Some("x"));
    }

    proptest! {
        #[test]
        fn no_text_makes_the_reader_panic(text in "[-{}\\[\\]:,&*!|>'\"%@# \na-c~<]{0,60}") {
            let _ = Node::documents(&text);
        }

        #[test]
        fn every_json_object_is_read(map in proptest::collection::btree_map("\\PC{1,8}", "\\PC{0,12}", 0..6)) {
            let root = one(&serde_json::to_string_pretty(&map).unwrap());
            let read: BTreeMap<_, _> = root.entries().iter().map(|(key, node)| (key.clone(), node.text().unwrap_or_default().to_owned())).collect();
            prop_assert_eq!(read, map);
        }
    }
}
