//! A document of Spring's as a list of properties with dotted names.

use crate::config::tree::{Content, Node};

/// A value and its name.
#[derive(Debug, Clone)]
pub(super) struct Property {
    /// The name as written, split at its dots.
    pub(super) path: Vec<String>,
    /// The same in the form for relaxed binding: `server-uri`, `server_uri` and `serverURI` are one.
    pub(super) canonical: Vec<String>,
    pub(super) line: usize,
    pub(super) node: Node,
}

/// A document of a file.
#[derive(Debug)]
pub(super) struct Document {
    /// The Spring profile that it applies to; `None`: all.
    pub(super) profile: Option<String>,
    pub(super) properties: Vec<Property>,
}

impl Property {
    pub(super) fn text(&self) -> Option<&str> {
        self.node.text()
    }

    /// The prefix of this name, if it ends in a name of several parts.
    pub(super) fn prefix_of(&self, name: &str) -> Option<Vec<String>> {
        let parts: Vec<_> = name.split('.').collect();
        let at = self.canonical.len().checked_sub(parts.len())?;
        (self.canonical[at..].iter().map(String::as_str).eq(parts)).then(|| self.canonical[..at].to_vec())
    }
}

impl Document {
    pub(super) fn all(nodes: &[Node]) -> Vec<Self> {
        let document = |node| {
            let mut properties = Vec::new();
            flatten(node, &[], &mut properties);
            let at = properties.iter().position(|property| {
                let name = property.canonical.join(".");
                name == "spring.config.activate.onprofile" || name == "spring.profiles"
            });
            let profile = at.map(|at| properties.remove(at)).and_then(|found| found.text().map(ToOwned::to_owned));
            Self { profile, properties }
        };
        nodes.iter().map(document).collect()
    }

    /// The properties below a prefix, with the rest of their names in canonical form.
    pub(super) fn below(&self, prefix: &[String]) -> impl Iterator<Item = (String, &Property)> {
        let below = self.properties.iter().filter(move |property| property.canonical.starts_with(prefix));
        below.map(move |property| (property.canonical[prefix.len()..].join("."), property))
    }
}

fn flatten(node: &Node, path: &[String], found: &mut Vec<Property>) {
    let Content::Map(entries) = &node.content else {
        if !path.is_empty() {
            let canonical = path.iter().map(|part| canonical(part)).collect();
            found.push(Property { path: path.to_vec(), canonical, line: node.line, node: node.clone() });
        }
        return;
    };
    for (name, value) in entries {
        let parts = name.split('.').map(ToOwned::to_owned);
        let path: Vec<_> = path.iter().cloned().chain(parts).collect();
        flatten(value, &path, found);
    }
}

/// A part of a name in the form for relaxed binding.
pub(super) fn canonical(part: &str) -> String {
    part.chars().filter(|character| !matches!(character, '-' | '_')).flat_map(char::to_lowercase).collect()
}
