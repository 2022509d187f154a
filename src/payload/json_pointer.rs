//! A place in JSON text by its pointer (RFC 6901), found without building values, so that a field of a message can be read
//! and set in the text as it is.

use std::fmt;
use std::ops::Range;
use std::str::FromStr;

/// A pointer to a member of an object or an element of an array; never the whole document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct JsonPointer {
    text: String,
    /// Names and indices, unescaped; at least one.
    steps: Vec<String>,
    /// The last name as a JSON string.
    last: String,
}

/// A text that is not a pointer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a JSON pointer to a field: use /NAME or /NAME/NAME, for example /meta/t")]
pub(crate) struct InvalidJsonPointer(String);

/// Where a pointer leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Spot {
    /// A value is there.
    Value(Range<usize>),
    /// The object that is to have it begins before this place, and has other members or none.
    Member { at: usize, is_only: bool },
}

/// Why there is no place for a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NoSpot {
    /// The text ends or goes on where JSON would not.
    #[error("the payload is not JSON")]
    NotJson,
    /// A parent of the place is missing, or is neither an object nor an array that long.
    #[error("the payload has no object for it")]
    NoParent,
}

/// Values may lie so deep in each other.
const DEEPEST: usize = 128;

impl JsonPointer {
    /// Where a value is, or where it would be a new member, in JSON. Only what lies before it is looked at closely.
    pub(crate) fn find(&self, json: &[u8]) -> Result<Spot, NoSpot> {
        let mut scan = Scan { json, at: 0 };
        let last = self.steps.len() - 1;
        for (depth, step) in self.steps.iter().enumerate() {
            let begin = match scan.next_byte().ok_or(NoSpot::NotJson)? {
                b'{' => scan.member(step)?,
                b'[' => {
                    let index = step.parse().map_err(|_| NoSpot::NoParent)?;
                    if !scan.element(index)? {
                        return Err(NoSpot::NoParent);
                    }
                    None
                }
                _ => return Err(NoSpot::NoParent),
            };
            match begin {
                None if depth == last => {
                    scan.skip_white();
                    let begin = scan.at;
                    scan.skip_value(0)?;
                    return Ok(Spot::Value(begin..scan.at));
                }
                None => {}
                Some((at, is_only)) if depth == last => return Ok(Spot::Member { at, is_only }),
                Some(_) => return Err(NoSpot::NoParent),
            }
        }
        Err(NoSpot::NoParent)
    }

    /// The last name as a JSON string.
    pub(crate) fn name(&self) -> &str {
        &self.last
    }
}

impl FromStr for JsonPointer {
    type Err = InvalidJsonPointer;

    fn from_str(text: &str) -> Result<Self, InvalidJsonPointer> {
        let Some(inner) = text.strip_prefix('/').filter(|inner| !inner.is_empty()) else {
            return Err(InvalidJsonPointer(text.to_owned()));
        };
        let steps: Vec<_> = inner.split('/').map(|step| step.replace("~1", "/").replace("~0", "~")).collect();
        let last = steps.last().map(|name| serde_json::Value::from(name.as_str()).to_string()).unwrap_or_default();
        Ok(Self { text: text.to_owned(), steps, last })
    }
}

impl fmt::Display for JsonPointer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// A place in a text.
struct Scan<'a> {
    json: &'a [u8],
    at: usize,
}

impl Scan<'_> {
    fn skip_white(&mut self) {
        while self.json.get(self.at).is_some_and(|byte| matches!(byte, b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    /// The next byte that is not white space; the place is behind it.
    fn next_byte(&mut self) -> Option<u8> {
        self.skip_white();
        let byte = *self.json.get(self.at)?;
        self.at += 1;
        Some(byte)
    }

    /// Behind an opening brace: goes to the value of a member. `Some`: where it would be inserted, and whether it would be
    /// the only one.
    fn member(&mut self, name: &str) -> Result<Option<(usize, bool)>, NoSpot> {
        let begin = self.at;
        let mut is_only = true;
        loop {
            match self.next_byte() {
                Some(b'}') if is_only => return Ok(Some((begin, true))),
                Some(b'"') => {}
                _ => return Err(NoSpot::NotJson),
            }
            is_only = false;
            let key = self.string()?;
            if self.next_byte() != Some(b':') {
                return Err(NoSpot::NotJson);
            }
            if is_name(&self.json[key], name) {
                return Ok(None);
            }
            self.skip_value(0)?;
            match self.next_byte() {
                Some(b',') => {}
                Some(b'}') => return Ok(Some((begin, false))),
                _ => return Err(NoSpot::NotJson),
            }
        }
    }

    /// Behind an opening bracket: goes to an element; whether there is one of this index.
    fn element(&mut self, index: usize) -> Result<bool, NoSpot> {
        self.skip_white();
        if self.json.get(self.at) == Some(&b']') {
            return Ok(false);
        }
        for _ in 0..index {
            self.skip_value(0)?;
            match self.next_byte() {
                Some(b',') => {}
                Some(b']') => return Ok(false),
                _ => return Err(NoSpot::NotJson),
            }
        }
        Ok(true)
    }

    /// Behind an opening quote: goes behind the closing one, and says what is between them.
    fn string(&mut self) -> Result<Range<usize>, NoSpot> {
        let begin = self.at;
        while let Some(byte) = self.json.get(self.at) {
            match byte {
                b'"' => {
                    self.at += 1;
                    return Ok(begin..self.at - 1);
                }
                b'\\' => self.at += 2,
                0..0x20 => break,
                _ => self.at += 1,
            }
        }
        Err(NoSpot::NotJson)
    }

    fn skip_value(&mut self, depth: usize) -> Result<(), NoSpot> {
        match self.next_byte().filter(|_| depth < DEEPEST).ok_or(NoSpot::NotJson)? {
            b'"' => self.string().map(drop),
            open @ (b'{' | b'[') => {
                let close = if open == b'{' { b'}' } else { b']' };
                self.skip_white();
                if self.json.get(self.at) == Some(&close) {
                    self.at += 1;
                    return Ok(());
                }
                loop {
                    if open == b'{' {
                        if self.next_byte() != Some(b'"') {
                            return Err(NoSpot::NotJson);
                        }
                        self.string()?;
                        if self.next_byte() != Some(b':') {
                            return Err(NoSpot::NotJson);
                        }
                    }
                    self.skip_value(depth + 1)?;
                    match self.next_byte() {
                        Some(b',') => {}
                        Some(end) if end == close => return Ok(()),
                        _ => return Err(NoSpot::NotJson),
                    }
                }
            }
            first if first.is_ascii_alphanumeric() || first == b'-' => {
                let rest = &self.json[self.at..];
                let is_inner = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'+' | b'-');
                self.at += rest.iter().position(|byte| !is_inner(byte)).unwrap_or(rest.len());
                Ok(())
            }
            _ => Err(NoSpot::NotJson),
        }
    }
}

/// Whether a string of JSON is a name; an escaped one is read only where it has to be.
fn is_name(written: &[u8], name: &str) -> bool {
    if !written.contains(&b'\\') {
        return written == name.as_bytes();
    }
    let mut quoted = Vec::with_capacity(written.len() + 2);
    quoted.push(b'"');
    quoted.extend_from_slice(written);
    quoted.push(b'"');
    serde_json::from_slice::<String>(&quoted).is_ok_and(|read| read == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(pointer: &str, json: &str) -> Result<String, NoSpot> {
        let spot = pointer.parse::<JsonPointer>().unwrap().find(json.as_bytes())?;
        Ok(match spot {
            Spot::Value(range) => json[range].to_owned(),
            Spot::Member { at, is_only } => format!("{at} {is_only}"),
        })
    }

    #[test]
    fn a_pointer_leads_to_what_serde_json_finds() {
        let json = r#" { "a" : [ 1, {"b\n": {"c/d": -1.5e3 , "e~": null}} , "x\"]" ] , "f":{}, "": true } "#;
        let value: serde_json::Value = serde_json::from_str(json).unwrap();
        for pointer in ["/a", "/a/0", "/a/1", "/a/1/b\n", "/a/1/b\n/c~1d", "/a/1/b\n/e~0", "/a/2", "/f"] {
            let text = found(pointer, json).unwrap();
            assert_eq!(
                serde_json::from_str::<serde_json::Value>(&text).ok().as_ref(),
                value.pointer(pointer),
                "{pointer}"
            );
        }
    }

    #[test]
    fn what_is_missing_is_a_new_member_of_its_object() {
        for (pointer, json, expected) in [
            ("/t", "{}", Ok("1 true")),
            ("/t", r#"{"a":1}"#, Ok("1 false")),
            ("/m/t", r#"{"a":1,"m":{ }}"#, Ok("12 true")),
            ("/m/t", r#"{"a":1}"#, Err(NoSpot::NoParent)),
            ("/a/t", r#"{"a":1}"#, Err(NoSpot::NoParent)),
            ("/1", "[0]", Err(NoSpot::NoParent)),
            ("/t", "[0]", Err(NoSpot::NoParent)),
            ("/t", "hello", Err(NoSpot::NoParent)),
            ("/t", "{hello}", Err(NoSpot::NotJson)),
            ("/t", r#"{"a":1"#, Err(NoSpot::NotJson)),
            ("/t", r#"{"a":"#, Err(NoSpot::NotJson)),
            ("/t", r#"{"a\"#, Err(NoSpot::NotJson)),
            ("/t", "", Err(NoSpot::NotJson)),
            ("/t", &format!(r#"{{"a":{}"#, "[".repeat(1000)), Err(NoSpot::NotJson)),
        ] {
            assert_eq!(found(pointer, json), expected.map(ToOwned::to_owned), "{pointer} in {json}");
        }
    }

    #[test]
    fn a_pointer_names_a_field() {
        for text in ["", "t", "/"] {
            assert!(text.parse::<JsonPointer>().is_err(), "{text}");
        }
        assert_eq!("/a/b\"~1".parse::<JsonPointer>().unwrap().name(), r#""b\"/""#);
    }
}
