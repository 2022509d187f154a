//! `${...}` of Spring's: random values, other properties of the file, variables of the environment.

use super::property::{Document, canonical};

/// A piece of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Part {
    Text(String),
    /// A number drawn from this range, both ends included.
    Random(u64, u64),
    /// This many random hexadecimal digits.
    Hex(usize),
    /// A variable of the environment.
    Variable {
        name: String,
        default: Option<String>,
    },
    /// What is not defined here.
    Unknown(String),
}

/// How deep properties may refer to properties, to detect cycles.
const DEEPEST: usize = 8;
/// The largest expansion of properties that refer to properties.
const LONGEST: usize = 64 * 1024;

/// Splits a text; what is defined in the file itself is filled in.
pub(super) fn resolve(text: &str, documents: &[Document]) -> Vec<Part> {
    let mut parts = Vec::new();
    add(text, documents, 0, &mut parts);
    parts
}

fn add(text: &str, documents: &[Document], depth: usize, parts: &mut Vec<Part>) {
    let mut rest = text;
    loop {
        // Spring's expression language, `#{...}`, is code.
        let found = rest.find("${").into_iter().chain(rest.find("#{")).min();
        let end = found.and_then(|at| end_of(&rest[at..]).map(|length| (at, length)));
        let Some((at, length)) = end else {
            add_text(rest, parts);
            return;
        };
        add_text(&rest[..at], parts);
        let inner = &rest[at + 2..at + length - 1];
        if rest[at..].starts_with('#') {
            parts.push(Part::Unknown(format!("#{{{inner}}}")));
        } else {
            add_placeholder(inner, documents, depth, parts);
        }
        rest = &rest[at + length..];
    }
}

fn add_text(text: &str, parts: &mut Vec<Part>) {
    match parts.last_mut() {
        _ if text.is_empty() => {}
        Some(Part::Text(last)) => last.push_str(text),
        _ => parts.push(Part::Text(text.to_owned())),
    }
}

/// The length of a placeholder, including nested ones.
fn end_of(text: &str) -> Option<usize> {
    let mut depth = 0_usize;
    for (at, character) in text.char_indices() {
        match character {
            '{' => depth += 1,
            '}' if depth <= 1 => return Some(at + 1),
            '}' => depth -= 1,
            _ => {}
        }
    }
    None
}

fn add_placeholder(inner: &str, documents: &[Document], depth: usize, parts: &mut Vec<Part>) {
    if let Some(random) = inner.strip_prefix("random.") {
        parts.push(random_part(random).unwrap_or_else(|| Part::Unknown(inner.to_owned())));
        return;
    }
    let (name, default) = match inner.split_once(':') {
        Some((name, default)) => (name.trim(), Some(default)),
        None => (inner.trim(), None),
    };
    let of_file = |text: &str| {
        let path: Vec<_> = text.split('.').map(canonical).collect();
        let all = documents.iter().filter(|document| document.profile.is_none());
        all.flat_map(|document| &document.properties).rfind(|property| property.canonical == path)
    };
    let length = parts.iter().map(|part| if let Part::Text(text) = part { text.len() } else { 1 }).sum::<usize>();
    let may_go_on = depth < DEEPEST && length < LONGEST;
    if let Some(text) = of_file(name).and_then(|property| property.text()).filter(|_| may_go_on) {
        return add(text, documents, depth + 1, parts);
    }
    let is_variable =
        !name.is_empty() && name.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_');
    // A default may contain placeholders.
    let default = default.map(|default| {
        let mut inner = Vec::new();
        if may_go_on {
            add(default, documents, depth + 1, &mut inner);
        }
        match inner.as_slice() {
            [] => Some(String::new()),
            [Part::Text(text)] => Some(text.clone()),
            [Part::Variable { default, .. }] => default.clone(),
            _ => None,
        }
    });
    parts.push(match (is_variable, default) {
        (true, default) => Part::Variable { name: name.to_owned(), default: default.flatten() },
        (false, Some(Some(default))) => Part::Variable { name: name.to_owned(), default: Some(default) },
        (false, _) => Part::Unknown(name.to_owned()),
    });
}

/// `int[1000,9999]`, `int(10)`, `int`, the same with `long`; `uuid` and `value`.
fn random_part(text: &str) -> Option<Part> {
    if matches!(text, "uuid" | "value") {
        return Some(Part::Hex(32));
    }
    let range = text.strip_prefix("int").or_else(|| text.strip_prefix("long"))?;
    if range.is_empty() {
        return Some(Part::Random(0, if text == "int" { i32::MAX as u64 } else { i64::MAX as u64 }));
    }
    let inner = range.get(1..range.len().checked_sub(1)?)?;
    let number = |text: &str| text.trim().parse::<u64>().ok();
    match inner.split_once(',') {
        Some((low, high)) => {
            let (low, high) = (number(low)?, number(high)?);
            (low <= high).then_some(Part::Random(low, high))
        }
        None => Some(Part::Random(0, number(inner)?.checked_sub(1)?)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::tree::Node;

    fn parts(text: &str) -> Vec<Part> {
        let file = "app: {name: task, loop: '${app.loop}', full-name: 'x-${app.name}'}";
        resolve(text, &Document::all(&Node::documents(file).unwrap()))
    }

    #[test]
    fn random_values_are_drawn_later() {
        assert_eq!(parts("a.${random.int[1000,9999]}"), [Part::Text("a.".into()), Part::Random(1000, 9999)]);
        assert_eq!(parts("${random.int(10)}"), [Part::Random(0, 9)]);
        assert_eq!(parts("${random.uuid}"), [Part::Hex(32)]);
        for text in
            ["${random.int[9,1]}", "${random.int(0)}", "${random.int[}", "${random.int[a,b]}", "${random.nothing}"]
        {
            assert!(matches!(parts(text).as_slice(), [Part::Unknown(_)]), "{text}");
        }
    }

    #[test]
    fn what_the_file_says_is_filled_in() {
        assert_eq!(parts("${app.fullName}!"), [Part::Text("x-task!".into())]);
        assert_eq!(parts("${app.loop}"), [Part::Unknown("app.loop".into())]);
    }

    #[test]
    fn variables_have_defaults() {
        let variable = |name: &str, default: Option<&str>| {
            vec![Part::Variable { name: name.into(), default: default.map(Into::into) }]
        };
        assert_eq!(parts("${HOST}"), variable("HOST", None));
        assert_eq!(parts("${HOST:tcp://h:1}"), variable("HOST", Some("tcp://h:1")));
        assert_eq!(parts("${A:${B:c}}"), variable("A", Some("c")));
        assert_eq!(parts("${no.such:x}"), variable("no.such", Some("x")));
        assert_eq!(parts("#{1 + 1}"), [Part::Unknown("#{1 + 1}".into())]);
        assert_eq!(parts("${open"), [Part::Text("${open".into())]);
    }
}
