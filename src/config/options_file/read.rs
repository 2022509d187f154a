//! A section of an options file: the values of the options of its command.

use std::fs;
use std::path::Path;

use clap::{Arg, Command};

use super::{Remark, is_inverted, option_of, section_of};
use crate::config::origin::{Layer, LayerValue, Origin};
use crate::config::profile::is_readable_by_others;
use crate::config::table::{Choice, Note, filter_options, is_noted};
use crate::config::tree::{Content, Node};
use crate::error::Error;
use crate::payload::placeholder::{Pattern, Place, literal};

/// An option and its values, as they would follow the flag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Said {
    pub(crate) line: usize,
    /// As written in the file.
    pub(crate) field: String,
    /// Its id.
    pub(crate) option: String,
    pub(crate) values: Vec<String>,
}

/// The options of a command in a file, as a layer, and the other entries; `file` is its index among the files of the
/// origins.
///
/// # Errors
///
/// The file cannot be read, or has no section for the command.
pub(crate) fn load(path: &Path, names: &[&str], command: &Command, file: usize) -> Result<(Layer, Vec<String>), Error> {
    let shown = path.display();
    let text = fs::read_to_string(path)
        .map_err(|error| Error::local(format!("--load-options: cannot read {shown}: {error}")))?;
    let documents = Node::documents(&text).map_err(|error| error.with_context(&format!("--load-options: {shown}")))?;
    let sections = || documents.iter().flat_map(Node::entries);
    let section = section_of(names, "--load-options")?;
    let Some((_, node)) = sections().find(|(name, _)| name == section) else {
        let error = Error::usage(format!("--load-options: {shown} has no section `{section}`"));
        let others: Vec<_> = sections().map(|(name, _)| name.as_str()).collect();
        return Err(match others.as_slice() {
            [] => error.with_hint("--save-options writes such a file"),
            others => error.with_hint(format!("it has {}", others.join(", "))),
        });
    };
    let (said, remarks) = read(section, node, command);
    let mut warnings: Vec<_> = remarks.iter().map(|remark| format!("{shown}, {remark}")).collect();
    if said.iter().any(|said| said.option == "password") && is_readable_by_others(path) {
        warnings.push(format!("the password is in plain text and other users can read {shown}: chmod 600"));
    }
    let mut layer = Layer::default();
    let has_other_source = said.iter().any(|said| is_source(&said.option));
    for Said { option, values, .. } in said {
        if matches!(option.as_str(), "message" | "text") && has_other_source && values == ["Hello From MQTTX CLI"] {
            continue;
        }
        // MQTTX has no templates, so braces that are not placeholders here are text.
        let is_bench = matches!(names, ["bench" | "simulate", ..]);
        let place = if is_bench { Place::BENCH_CLIENT_ID } else { Place::CLIENT_ID };
        let is_template = |text: &String| Pattern::parse(text, place).is_ok();
        let values = match option.as_str() {
            "client_id" if !values.iter().all(is_template) => values.iter().map(|text| literal(text)).collect(),
            _ => values,
        };
        // What pairs with the filters by position goes with them.
        let is_paired = filter_options().any(|other| other == option) && values.len() > 1;
        let alone = is_paired.then(Vec::new);
        layer.options.insert(option, LayerValue { origin: Origin::OptionsFile(file), values, alone });
    }
    Ok((layer, warnings))
}

/// Whether the file sets payloads, besides the text that MQTTX writes into every file.
fn is_source(option: &str) -> bool {
    option != "message" && is_noted(option, Note::Alternative(Choice::Payload))
}

/// Reads a section for its command. Empty or null values and unknown switches that are off are ignored.
pub(crate) fn read(section: &str, node: &Node, command: &Command) -> (Vec<Said>, Vec<Remark>) {
    let (mut said, mut remarks) = (Vec::new(), Vec::new());
    for (field, value) in node.entries().iter().filter(|(_, value)| !value.is_empty()) {
        // Fields that MQTTX itself leaves out.
        if field == "saveOptions" || field == "loadOptions" {
            continue;
        }
        // Its default, which means no value.
        if field == "limit" && value.text() == Some("0") {
            continue;
        }
        let option = option_of(section, field);
        let definition = command.get_arguments().find(|definition| *definition.get_id() == *option);
        let message = match definition.map(|definition| values(field, value, definition)) {
            Some(Some(values)) => {
                said.push(Said { line: value.line, field: field.clone(), option, values });
                continue;
            }
            Some(None) => "this form of the value is not supported".to_owned(),
            None if value.text() == Some("false") => continue,
            None if field == "debug" => "ignored: give --debug on the command line".to_owned(),
            None => format!("ignored: `{}` does not have this option", command.get_name()),
        };
        remarks.push(Remark { line: value.line, key: format!("{section}.{field}"), message });
    }
    (said, remarks)
}

fn values(field: &str, node: &Node, definition: &Arg) -> Option<Vec<String>> {
    if is_pairs(definition) {
        return pairs(node);
    }
    let texts = match &node.content {
        Content::List(items) => items.iter().map(|item| item.text().map(ToOwned::to_owned)).collect::<Option<_>>()?,
        _ => vec![node.text()?.to_owned()],
    };
    let as_option = |text: String| match (field, text.as_str()) {
        ("mqttVersion", "3") => "3.1".to_owned(),
        ("mqttVersion", "4") => "3.1.1".to_owned(),
        ("split", "true") => ",".to_owned(),
        (_, "true") if is_inverted(field) => "false".to_owned(),
        (_, "false") if is_inverted(field) => "true".to_owned(),
        _ => text,
    };
    Some(texts.into_iter().map(as_option).collect())
}

/// Whether an option takes pairs, which a file has as a map.
pub(super) fn is_pairs(definition: &Arg) -> bool {
    definition.get_value_names().is_some_and(|names| names.iter().any(|name| name.as_str() == "PAIR"))
}

/// `{ name: value, other: [one, two] }`, or a list of `name: value`.
pub(crate) fn pairs(node: &Node) -> Option<Vec<String>> {
    let mut texts = Vec::new();
    if let Content::List(items) = &node.content {
        return items.iter().map(|item| item.text().map(ToOwned::to_owned)).collect();
    }
    for (name, value) in node.entries() {
        let values = match &value.content {
            Content::List(items) => items.iter().map(Node::text).collect::<Option<Vec<_>>>()?,
            Content::Null => vec![""],
            _ => vec![value.text()?],
        };
        texts.extend(values.into_iter().map(|value| format!("{name}: {value}")));
    }
    (!texts.is_empty()).then_some(texts)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli;

    fn said(section: &str, text: &str) -> (Vec<String>, Vec<String>) {
        let root = cli::command();
        let path = super::super::command_of(section).unwrap();
        let command = path.iter().try_fold(&root, |command, name| command.find_subcommand(name)).unwrap();
        let (said, remarks) = read(section, &Node::documents(text).unwrap()[0], command);
        let said = said.iter().map(|said| format!("{}={}", said.option, said.values.join("|")));
        (said.collect(), remarks.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn fields_become_options_with_values_as_behind_their_flags() {
        let (said, remarks) = said(
            "sub",
            r#"{"mqttVersion": 4, "clean": false, "reqProblemInfo": true, "topic": ["a", "b"], "qos": [0, 1],
                "userProperties": {"a": "b", "c": ["d", "e"]}, "username": "", "password": null, "debug": false,
                "loadOptions": true}"#,
        );
        let expected = [
            "mqtt_version=3.1.1",
            "no_clean=true",
            "no_req_problem_info=false",
            "topic=a|b",
            "qos=0|1",
            "user_properties=a: b|c: d|c: e",
        ];
        assert_eq!(said, expected);
        assert!(remarks.is_empty(), "{remarks:?}");
    }

    #[test]
    fn what_is_not_known_is_told_with_its_line() {
        let (said, remarks) = said("benchPub", "message: hi\nsplit: true\nscenario: IEM\ndebug: true\ntopic: {a: b}\n");
        assert_eq!(said, ["text=hi", "split=,"]);
        assert_eq!(
            remarks,
            [
                "line 3: benchPub.scenario: ignored: `pub` does not have this option",
                "line 4: benchPub.debug: ignored: give --debug on the command line",
                "line 5: benchPub.topic: this form of the value is not supported",
            ]
        );
    }
}
