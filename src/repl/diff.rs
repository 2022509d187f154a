//! What is different in two payloads: members of JSON, else lines of text, else rows of bytes.

use serde_json::Value;

/// A part that is in one of them or in both.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Part {
    /// In both.
    Same(String),
    /// Only in the first.
    Removed(String),
    /// Only in the second.
    Added(String),
    /// A member of JSON, by its pointer, with its values.
    Changed(String, String, String),
}

/// Bytes in a row.
const ROW: usize = 16;

/// Payloads with more lines are compared only at the beginning and the end, without looking for what moved.
const MOST_LINES: usize = 2_000;

/// What the second payload has that the first has not, and the other way round.
pub(crate) fn parts(one: &[u8], two: &[u8]) -> Vec<Part> {
    if let (Ok(one), Ok(two)) = (serde_json::from_slice::<Value>(one), serde_json::from_slice::<Value>(two))
        && (is_compound(&one) || is_compound(&two))
    {
        return members(&one, &two);
    }
    if let (Ok(one), Ok(two)) = (std::str::from_utf8(one), std::str::from_utf8(two)) {
        return lines(&one.lines().collect::<Vec<_>>(), &two.lines().collect::<Vec<_>>());
    }
    let rows = |bytes: &[u8]| bytes.chunks(ROW).map(row).collect::<Vec<_>>();
    let (one, two) = (rows(one), rows(two));
    let one: Vec<_> = one.iter().map(String::as_str).collect();
    let two: Vec<_> = two.iter().map(String::as_str).collect();
    lines(&one, &two)
}

/// What has changed on one line: `/speed: 3 -> 5, +/on: true`; `None` if nothing has.
pub(crate) fn summary(one: &[u8], two: &[u8]) -> Option<String> {
    const SHOWN: usize = 4;
    if one == two {
        return None;
    }
    let (Ok(before), Ok(after)) = (serde_json::from_slice::<Value>(one), serde_json::from_slice::<Value>(two)) else {
        return Some("changed".to_owned());
    };
    if !is_compound(&before) && !is_compound(&after) {
        return (before != after).then(|| format!("{before} -> {after}"));
    }
    let changed: Vec<_> = members(&before, &after)
        .into_iter()
        .filter_map(|part| match part {
            Part::Same(_) => None,
            Part::Removed(text) => Some(format!("-{text}")),
            Part::Added(text) => Some(format!("+{text}")),
            Part::Changed(pointer, one, two) => Some(format!("{pointer}: {one} -> {two}")),
        })
        .collect();
    let more = if changed.len() > SHOWN { format!(", {} more", changed.len() - SHOWN) } else { String::new() };
    (!changed.is_empty()).then(|| format!("{}{more}", changed[..changed.len().min(SHOWN)].join(", ")))
}

fn is_compound(value: &Value) -> bool {
    matches!(value, Value::Object(_) | Value::Array(_))
}

/// Of two JSON values, each leaf by its pointer: those of the second in their order, and where one is gone it is said
/// at the end.
fn members(one: &Value, two: &Value) -> Vec<Part> {
    let (before, after) = (leaves(one), leaves(two));
    let find = |leaves: &[(String, String)], pointer: &str| {
        leaves.iter().find(|(other, _)| other == pointer).map(|(_, value)| value.clone())
    };
    let mut parts = Vec::new();
    for (pointer, value) in &after {
        parts.push(match find(&before, pointer) {
            Some(old) if old == *value => Part::Same(format!("{pointer}: {value}")),
            Some(old) => Part::Changed(pointer.clone(), old, value.clone()),
            None => Part::Added(format!("{pointer}: {value}")),
        });
    }
    for (pointer, value) in before {
        if find(&after, &pointer).is_none() {
            parts.push(Part::Removed(format!("{pointer}: {value}")));
        }
    }
    parts
}

/// The leaves of a value with their pointers; without recursion, since serde has bounded the depth anyway.
fn leaves(value: &Value) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut open = vec![(String::new(), value)];
    while let Some((pointer, value)) = open.pop() {
        let escaped = |name: &str| name.replace('~', "~0").replace('/', "~1");
        match value {
            Value::Object(members) if !members.is_empty() => {
                let children = members.iter().map(|(name, value)| (format!("{pointer}/{}", escaped(name)), value));
                open.extend(children.rev());
            }
            Value::Array(items) if !items.is_empty() => {
                open.extend(items.iter().enumerate().map(|(at, value)| (format!("{pointer}/{at}"), value)).rev());
            }
            leaf => found.push((pointer, leaf.to_string())),
        }
    }
    found
}

/// The longest common lines stay, the others go or come.
fn lines(one: &[&str], two: &[&str]) -> Vec<Part> {
    let begin = one.iter().zip(two).take_while(|(a, b)| a == b).count();
    let (one_rest, two_rest) = (&one[begin..], &two[begin..]);
    let end = one_rest.iter().rev().zip(two_rest.iter().rev()).take_while(|(a, b)| a == b).count();
    let (a, b) = (&one_rest[..one_rest.len() - end], &two_rest[..two_rest.len() - end]);
    let mut parts: Vec<_> = one[..begin].iter().map(|line| Part::Same((*line).to_owned())).collect();
    if a.len() <= MOST_LINES && b.len() <= MOST_LINES {
        between(a, b, &mut parts);
    } else {
        parts.extend(a.iter().map(|line| Part::Removed((*line).to_owned())));
        parts.extend(b.iter().map(|line| Part::Added((*line).to_owned())));
    }
    parts.extend(one_rest[a.len()..].iter().map(|line| Part::Same((*line).to_owned())));
    parts
}

fn between(a: &[&str], b: &[&str], parts: &mut Vec<Part>) {
    // The length of the longest common part of what follows.
    let width = b.len() + 1;
    let mut longest = vec![0_u16; (a.len() + 1) * width];
    for i in (0..a.len()).rev() {
        for j in (0..b.len()).rev() {
            longest[i * width + j] = if a[i] == b[j] {
                longest[(i + 1) * width + j + 1] + 1
            } else {
                longest[(i + 1) * width + j].max(longest[i * width + j + 1])
            };
        }
    }
    let (mut i, mut j) = (0, 0);
    while i < a.len() || j < b.len() {
        if i < a.len() && j < b.len() && a[i] == b[j] {
            parts.push(Part::Same(a[i].to_owned()));
            (i, j) = (i + 1, j + 1);
        } else if j == b.len() || (i < a.len() && longest[(i + 1) * width + j] >= longest[i * width + j + 1]) {
            parts.push(Part::Removed(a[i].to_owned()));
            i += 1;
        } else {
            parts.push(Part::Added(b[j].to_owned()));
            j += 1;
        }
    }
}

fn row(bytes: &[u8]) -> String {
    let hex: Vec<_> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    hex.join(" ")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn json_is_compared_by_its_members_whatever_their_order_and_space() {
        let one = br#"{"on": true, "speed": 3, "tags": ["a", "b"], "gone": null}"#;
        let two = br#"{"speed":5,"on":true,"tags":["a"],"new/er":{"x":1}}"#;
        assert_eq!(
            parts(one, two),
            [
                Part::Changed("/speed".into(), "3".into(), "5".into()),
                Part::Same("/on: true".into()),
                Part::Same("/tags/0: \"a\"".into()),
                Part::Added("/new~1er/x: 1".into()),
                Part::Removed("/tags/1: \"b\"".into()),
                Part::Removed("/gone: null".into()),
            ]
        );
        assert_eq!(summary(b"{\"a\":1}", b"{\"a\": 2}").unwrap(), "/a: 1 -> 2");
        assert_eq!(summary(b"{\"a\":1}", b"{\"a\": 1}"), None);
        assert_eq!(summary(b"1", b"2").unwrap(), "1 -> 2");
    }

    #[test]
    fn other_text_is_compared_by_lines_and_bytes_by_rows() {
        let same = |text: &str| Part::Same(text.into());
        assert_eq!(
            parts(b"a\nb\nc", b"a\nc\nd"),
            [same("a"), Part::Removed("b".into()), same("c"), Part::Added("d".into())]
        );
        assert_eq!(parts(b"\xff", b"\xfe"), [Part::Removed("ff".into()), Part::Added("fe".into())]);
    }

    proptest! {
        #[test]
        fn both_texts_can_be_put_together_from_their_parts(one in "[ab\n]{0,30}", two in "[ab\n]{0,30}") {
            let (a, b): (Vec<_>, Vec<_>) = (one.lines().collect(), two.lines().collect());
            let parts = lines(&a, &b);
            let first: Vec<_> = parts.iter().filter_map(|part| match part {
                Part::Same(text) | Part::Removed(text) => Some(text.as_str()),
                _ => None,
            }).collect();
            let second: Vec<_> = parts.iter().filter_map(|part| match part {
                Part::Same(text) | Part::Added(text) => Some(text.as_str()),
                _ => None,
            }).collect();
            prop_assert_eq!((first, second), (a, b));
        }
    }
}
