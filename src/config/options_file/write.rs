//! What `--save-options` writes: the options of a run in the section of its command, other sections as they were.

use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use clap::{Arg, ArgAction, Command};
use serde_json::{Map, Value, json};

use super::read::is_pairs;
use super::{field_of, is_inverted, section_of};
use crate::cli::value;
use crate::config::profile::write_private;
use crate::config::table::{Kind, Note, Row, row_of};
use crate::config::tree::Node;
use crate::error::Error;
use crate::transport::without_password;

/// The options of a run, without its secrets, and where they go.
#[derive(Debug, Clone)]
pub struct SavedOptions {
    path: PathBuf,
    section: &'static str,
    fields: Map<String, Value>,
    warnings: Vec<String>,
}

impl SavedOptions {
    /// `written` has the options as on the command line, including those of other layers.
    ///
    /// # Errors
    ///
    /// Options files have no section for the command.
    pub(crate) fn new(
        path: PathBuf,
        names: &[&str],
        command: &Command,
        written: &BTreeMap<String, Vec<String>>,
    ) -> Result<Self, Error> {
        let section = section_of(names, "--save-options")?;
        let (mut fields, mut warnings) = (Map::new(), Vec::new());
        for definition in command.get_arguments() {
            let id = definition.get_id().as_str();
            let Some(texts) = written.get(id).filter(|_| !matches!(id, "save_options" | "load_options")) else {
                continue;
            };
            let row = row_of(&names.join(" "), id);
            let is_secret = |text: &String| {
                let text = if id == "url" { without_password(text) } else { text.clone() };
                row.and_then(|row| row.key).is_some_and(|key| key.is_plain_secret(&text))
            };
            if row.is_some_and(is_always_secret) || texts.iter().any(is_secret) {
                let flag = definition.get_long().unwrap_or(id);
                warnings.push(format!("--{flag} is not written to {}: give it again in each run", path.display()));
                continue;
            }
            if id == "url" && texts.iter().any(|text| without_password(text) != *text) {
                warnings.push(format!("the password in --url is not written to {}", path.display()));
            }
            let field = field_of(section, id);
            let value = field_value(&field, row.map(|row| row.kind), definition, texts);
            fields.insert(field, value);
        }
        Ok(Self { path, section, fields, warnings })
    }

    /// Its path.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What is left out.
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// Writes the file, or the section of an existing file: YAML if its name says so, else JSON.
    ///
    /// # Errors
    ///
    /// The file cannot be written, or exists and is not an options file.
    pub fn write(&self) -> Result<(), Error> {
        let shown = self.path.display();
        let existing = match fs::read_to_string(&self.path) {
            Ok(text) => Some(text).filter(|text| !text.trim().is_empty()),
            Err(error) if error.kind() == ErrorKind::NotFound => None,
            Err(error) => return Err(Error::local(format!("--save-options: cannot read {shown}: {error}"))),
        };
        let has_yaml_name = self.path.extension().is_some_and(|ending| ending == "yaml" || ending == "yml");
        let is_yaml = has_yaml_name && existing.as_ref().is_none_or(|text| !text.trim_start().starts_with('{'));
        let text = if is_yaml { self.yaml(existing.as_deref()) } else { self.json(existing.as_deref()) };
        let refused = |error: Error| {
            let context = format!("--save-options: {shown} is not changed");
            error.with_context(&context).with_hint("choose another file, or remove this one")
        };
        write_private(&self.path, &text.map_err(refused)?)
    }

    fn json(&self, existing: Option<&str>) -> Result<String, Error> {
        let mut sections: Map<String, Value> = match existing {
            Some(text) => serde_json::from_str(text).map_err(|error| Error::usage(error.to_string()))?,
            None => Map::new(),
        };
        sections.insert(self.section.to_owned(), Value::Object(self.fields.clone()));
        Ok(format!("{:#}\n", Value::Object(sections)))
    }

    /// The lines of the other sections stay as they are, comments too.
    fn yaml(&self, existing: Option<&str>) -> Result<String, Error> {
        let existing = existing.unwrap_or_default();
        let documents = Node::documents(existing)?;
        if documents.len() > 1 || documents.iter().any(|node| node.entries().is_empty() && !node.is_empty()) {
            return Err(Error::usage("it has no sections"));
        }
        let sections: Vec<_> = documents.iter().flat_map(Node::entries).map(|(name, node)| (name, node.line)).collect();
        let own = sections.iter().position(|(name, _)| *name == self.section);
        let end = own.and_then(|at| sections.get(at + 1)).map(|(_, line)| *line);
        let lines: Vec<_> = existing.lines().collect();
        // A value in JSON is one in YAML, too.
        let fields = self.fields.iter().map(|(field, value)| format!("  {field}: {value}\n"));
        let section = format!(
            "{}:{}\n{}",
            self.section,
            if self.fields.is_empty() { " {}" } else { "" },
            fields.collect::<String>()
        );
        let (before, after) = match own {
            Some(at) => {
                let first = sections[at].1 - 1;
                let last = end.map_or(lines.len(), |line| line - 1);
                // Comments before the next section belong to it.
                let is_said = |line: &&str| !line.trim().is_empty() && !line.trim_start().starts_with('#');
                let last = first + lines[first..last].iter().rposition(is_said).map_or(0, |at| at + 1);
                (&lines[..first], &lines[last..])
            }
            None => (&lines[..], &[][..]),
        };
        let joined = |lines: &[&str]| lines.iter().flat_map(|line| [line, "\n"]).collect::<String>();
        Ok(joined(before) + &section + &joined(after))
    }
}

/// Whether the whole value of the option may be secret, as only profiles can hold references.
fn is_always_secret(row: &Row) -> bool {
    row.kind == Kind::Secret || row.has(Note::SecretHeader)
}

/// The value in the form of MQTTX.
fn field_value(field: &str, kind: Option<Kind>, definition: &Arg, texts: &[String]) -> Value {
    let id = definition.get_id().as_str();
    if !definition.get_action().takes_values() {
        return json!(!is_inverted(field));
    }
    if is_pairs(definition) {
        return pairs(texts);
    }
    let one = |text: &String| match text.as_str() {
        _ if id == "mqtt_version" => json!(version(text)),
        _ if kind == Some(Kind::Number) => text.parse::<u64>().map_or_else(|_| json!(text), |number| json!(number)),
        _ if kind == Some(Kind::Seconds) => {
            whole(value::seconds(text).ok().map(|time| (time.as_secs(), time.subsec_nanos())), text)
        }
        _ if kind == Some(Kind::Milliseconds) => {
            let split = |time: std::time::Duration| {
                (u64::try_from(time.as_millis()).unwrap_or(u64::MAX), time.subsec_nanos() % 1_000_000)
            };
            whole(value::milliseconds(text).ok().map(split), text)
        }
        "true" | "false" => json!(text == "true"),
        _ if id == "url" => json!(without_password(text)),
        _ => json!(text),
    };
    let is_list = definition.get_num_args().is_some_and(|range| range.max_values() > 1);
    match (texts, definition.get_action()) {
        ([text], ArgAction::Set) => one(text),
        ([text], _) if !is_list => one(text),
        (texts, _) => Value::Array(texts.iter().map(one).collect()),
    }
}

fn whole(time: Option<(u64, u32)>, text: &str) -> Value {
    match time {
        Some((number, 0)) => json!(number),
        _ => json!(text),
    }
}

fn version(text: &str) -> u8 {
    match text {
        "3.1" => 3,
        "3.1.1" => 4,
        _ => 5,
    }
}

/// `{ name: value }`, a list of values where a name comes more than once.
fn pairs(texts: &[String]) -> Value {
    let mut map = Map::new();
    for (name, value) in texts.iter().filter_map(|text| value::key_value(text).ok()) {
        match map.get_mut(&name) {
            None => _ = map.insert(name, json!(value)),
            Some(Value::Array(values)) => values.push(json!(value)),
            Some(first) => *first = json!([first.clone(), value]),
        }
    }
    Value::Object(map)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{CommandLine, read};

    fn saved(line: &str) -> SavedOptions {
        let arguments = ["mqttx-rs"].into_iter().chain(line.split(' ')).map(Into::into);
        match read(arguments, |_| None).unwrap() {
            CommandLine::Run(invocation) => *invocation.save.unwrap(),
            CommandLine::Print(_) | CommandLine::Help(_) => panic!("no help is asked for"),
        }
    }

    #[test]
    fn values_have_the_form_that_mqttx_gives_them() {
        let saved = saved(
            "sub -so o.json -h h -p 1884 -V 3.1.1 --no-clean -k 2m -rp 1.5s -t a b -q 1 -nl -up x=1 x=2 y=z -u 12 \
             --connect-timeout 1.5",
        );
        let expected = json!({
            "topic": ["a", "b"], "qos": [1], "no_local": [true], "userProperties": {"x": ["1", "2"], "y": "z"},
            "hostname": "h", "port": 1884, "username": "12", "mqttVersion": 4, "clean": false, "keepalive": 120,
            "connectTimeout": "1.5", "reconnectPeriod": 1500,
        });
        assert_eq!(Value::Object(saved.fields), expected);
        assert!(saved.warnings.is_empty());
    }

    #[test]
    fn numbers_and_times_that_mqttx_does_not_know_are_numbers_too() {
        let saved = saved("pub -so o.json -t a --inflight 7 --connect-timeout 2 --repeat-delay 250ms -up n=12");
        let expected = json!({
            "topic": "a", "inflight": 7, "connectTimeout": 2, "repeatDelay": "250ms",
            "userProperties": {"n": "12"},
        });
        assert_eq!(Value::Object(saved.fields), expected);
    }

    #[test]
    fn no_secret_is_written() {
        let line = "pub -so o.json -t a -u u -P hunter2 --url mqtt://v:hunter2@h/t -wh Authorization=hunter2 \
                    --proxy http://p:hunter2@proxy:1";
        let saved = saved(line);
        let text = saved.json(None).unwrap();
        assert!(!text.contains("hunter2") && text.contains("mqtt://v@h/t"), "{text}");
        assert_eq!(saved.warnings.len(), 4);
    }

    #[test]
    fn other_sections_stay() {
        let saved = saved("conn -so o.yaml -h h -up a=b");
        let section = "conn:\n  hostname: \"h\"\n  userProperties: {\"a\":\"b\"}\n";
        assert_eq!(saved.yaml(None).unwrap(), section);
        let before = "# ours\npub:\n  topic: a # here\n";
        assert_eq!(saved.yaml(Some(before)).unwrap(), format!("{before}{section}"));
        let both = format!("{before}conn:\n  port: 1\n\n# of sub\nsub:\n  topic: [b]\n");
        assert_eq!(saved.yaml(Some(&both)).unwrap(), format!("{before}{section}\n# of sub\nsub:\n  topic: [b]\n"));
        let json: Value = serde_json::from_str(&saved.json(Some("{\"pub\": {\"port\": 1}}")).unwrap()).unwrap();
        assert_eq!(json, json!({"pub": {"port": 1}, "conn": {"userProperties": {"a": "b"}, "hostname": "h"}}));
        for broken in ["pub: [", "- a\n", "text"] {
            assert!(saved.yaml(Some(broken)).is_err(), "{broken}");
        }
        assert!(saved.json(Some("[]")).is_err());
    }
}
