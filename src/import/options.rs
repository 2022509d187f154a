//! MQTTX CLI's options files as profiles.
//!
//! A file has a section for each command, each with all connection options. Sections that do not contradict each other
//! become one profile; the others become one profile each.

use std::collections::BTreeMap;

use super::draft::Draft;
use crate::cli;
use crate::config::options_file::{self, Remark, Said};
use crate::config::profile::{FilterEntry, Scope, Value};
use crate::config::table::{Key, Kind, Note, filter_options, is_noted, keys};
use crate::config::tree::Node;

pub(super) fn is_one(document: &Node) -> bool {
    let is_section =
        |(name, node): &(String, Node)| options_file::command_of(name).is_some() && !node.entries().is_empty();
    document.entries().iter().any(is_section)
}

pub(super) fn read(document: &Node, remarks: &mut Vec<Remark>) -> Vec<Draft> {
    let root = cli::command();
    let mut drafts: Vec<Draft> = Vec::new();
    for (name, node) in document.entries() {
        let path = options_file::command_of(name);
        let command = path.and_then(|path| path.iter().try_fold(&root, |command, name| command.find_subcommand(name)));
        let (Some(path), Some(command)) = (path, command) else {
            let message = "left out: this command has no options file here".to_owned();
            remarks.push(Remark { line: node.line, key: name.clone(), message });
            continue;
        };
        let (said, mut of_section) = options_file::read(name, node, command);
        remarks.append(&mut of_section);
        let draft = draft(name, &said, Scope::of(path), remarks).labelled(name);
        match drafts.iter_mut().find(|other| agree(other, &draft)) {
            Some(other) => {
                other.profile.values.extend(draft.profile.values);
                other.password = other.password.take().or(draft.password);
            }
            None => drafts.push(draft),
        }
    }
    drafts
}

/// Whether two drafts agree on all values that both have.
fn agree(one: &Draft, other: &Draft) -> bool {
    let same = |(path, value): (&&str, &Value)| one.profile.values.get(*path).is_none_or(|own| own == value);
    let passwords_agree = one.password.is_none() || other.password.is_none() || one.password == other.password;
    other.profile.values.iter().all(same) && passwords_agree
}

fn draft(section: &str, said: &[Said], scope: Scope, remarks: &mut Vec<Remark>) -> Draft {
    let mut draft = Draft::default();
    let texts: BTreeMap<&str, &Said> = said.iter().map(|said| (said.option.as_str(), said)).collect();
    let filters = texts.get("topic").filter(|_| scope == Scope::Subscribe);
    for said in said {
        let key = keys().find(|key| key.option == said.option && scope.includes(key.section()));
        let name = format!("{section}.{}", said.field);
        match (said.option.as_str(), key) {
            ("password", _) => draft.password = said.values.first().cloned(),
            ("client_id", Some(_)) => {
                let text = said.values.first().map_or("", String::as_str);
                draft.set_client_id(text, said.line, &name, remarks);
            }
            // With the filters, below.
            (option, Some(_)) if filters.is_some() && is_of_filters(option) && said.values.len() > 1 => {}
            (_, Some(Key { kind: Kind::Filters, .. })) => {}
            // The default text.
            ("message" | "text", None) if said.values == ["Hello From MQTTX CLI"] => {}
            // Switches are off by default.
            (_, None) if said.values == ["false"] => {}
            (_, Some(key)) => draft.set_all(key.path, as_value(key, &said.values)),
            (_, None) => {
                let message = "left out: it cannot be in a profile, give it on the command line".to_owned();
                remarks.push(Remark { line: said.line, key: name, message });
            }
        }
    }
    let is_on = |said: &&Said| said.option != "insecure" || said.values != ["false"];
    let tls = said.iter().filter(is_on).find(|said| is_noted(&said.option, Note::Tls));
    // MQTT.js too uses TLS if there is a certificate, with any protocol name.
    if let (Some(tls), Some(protocol)) = (tls, texts.get("protocol")) {
        let message = match protocol.values.first().map(String::as_str) {
            Some("mqtt") => {
                draft.profile.values.remove("connection.protocol");
                format!("left out: MQTTX writes it into every file, and {} means mqtts", tls.field)
            }
            Some("ws") => {
                draft.set("connection.protocol", "wss");
                format!("wss instead of ws, as {} needs TLS", tls.field)
            }
            _ => String::new(),
        };
        if !message.is_empty() {
            remarks.push(Remark { line: protocol.line, key: format!("{section}.protocol"), message });
        }
    }
    if let Some(topics) = filters {
        draft.set_filters(entries(&topics.values, &texts));
    }
    draft
}

fn is_of_filters(option: &str) -> bool {
    option == "topic" || filter_options().any(|other| other == option)
}

/// The value in the form of the key, from what would follow the option.
fn as_value(key: &Key, texts: &[String]) -> Vec<String> {
    let inverted = |text: &String| match (key.kind, text.as_str()) {
        (Kind::SwitchOff, "true") => "false".to_owned(),
        (Kind::SwitchOff, "false") => "true".to_owned(),
        _ => text.clone(),
    };
    texts.iter().map(inverted).collect()
}

/// Filters with the options that pair with them by position; a single one applies to all and belongs to the section.
fn entries(topics: &[String], said: &BTreeMap<&str, &Said>) -> Vec<FilterEntry> {
    let of = |index: usize| {
        let own = |option: &'static str| {
            let values = &said.get(option)?.values;
            (values.len() > 1).then(|| values.get(index).or(values.first()).cloned())?.map(|value| (option, value))
        };
        filter_options().filter_map(own).collect()
    };
    let entry = |(index, topic): (usize, &String)| FilterEntry { filter: topic.clone(), options: of(index) };
    topics.iter().enumerate().map(entry).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn imported(text: &str) -> (Vec<(String, String)>, Vec<String>) {
        let mut remarks = Vec::new();
        let drafts = read(&Node::documents(text).unwrap()[0], &mut remarks);
        let drafts = drafts.into_iter().map(|draft| (draft.label.unwrap_or_default(), draft.profile.to_toml()));
        (drafts.collect(), remarks.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn sections_that_agree_are_one_profile() {
        let text = r#"{
            "pub": {"hostname": "h", "port": 1883, "clientId": "mqttx_0a1b2c3d", "clean": true, "topic": "p", "qos": 2,
                    "message": "Hello From MQTTX CLI", "retain": false, "stdin": true},
            "sub": {"hostname": "h", "port": 1883, "clientId": "mqttx_99999999", "clean": true,
                    "topic": ["$queue/a", "b"], "qos": [2, 1], "no_local": [true], "outputMode": "clean"},
            "simulate": {"scenario": "IEM"}}"#;
        let (profiles, remarks) = imported(text);
        let toml = "[connection]\nhost = \"h\"\nport = 1883\nclean_start = true\n\n[publish]\ntopic = \"p\"\nqos = 2\n\
                    retain = false\n\n[subscribe]\nfilters = [{ filter = \"$queue/a\", qos = 2 }, { filter = \"b\", \
                    qos = 1 }]\nno_local = true\n\n[output]\nmode = \"clean\"\n";
        assert_eq!(profiles, [("pub".to_owned(), toml.to_owned())]);
        assert_eq!(
            remarks,
            [
                "line 2: pub.clientId: left out: it is random, and each run here chooses a random one too",
                "line 3: pub.stdin: left out: it cannot be in a profile, give it on the command line",
                "line 4: sub.clientId: left out: it is random, and each run here chooses a random one too",
                "line 6: simulate.scenario: left out: it cannot be in a profile, give it on the command line",
            ]
        );
    }

    #[test]
    fn the_protocol_that_mqttx_writes_into_every_file_does_not_contradict_a_certificate() {
        let (profiles, remarks) = imported("pub: {hostname: h, protocol: mqtt, insecure: false, ca: ca.pem}\n");
        let toml = "[connection]\nhost = \"h\"\n\n[tls]\nca = \"ca.pem\"\ninsecure = false\n";
        assert_eq!(profiles, [("pub".to_owned(), toml.to_owned())]);
        assert_eq!(remarks, ["line 1: pub.protocol: left out: MQTTX writes it into every file, and ca means mqtts"]);
        let (profiles, remarks) = imported("pub: {hostname: h, protocol: ws, ca: ca.pem}\n");
        assert!(profiles[0].1.contains("protocol = \"wss\""), "{profiles:?}");
        assert_eq!(remarks, ["line 1: pub.protocol: wss instead of ws, as ca needs TLS"]);
        let (profiles, remarks) = imported("pub: {hostname: h, protocol: mqtt, insecure: false}\n");
        assert!(profiles[0].1.contains("protocol = \"mqtt\"") && remarks.is_empty(), "{profiles:?}");
    }

    #[test]
    fn sections_that_contradict_one_another_are_profiles_of_their_own() {
        let (profiles, _) =
            imported("pub: {hostname: a, clientId: 'x{1}'}\nsub: {hostname: b}\nbenchPub: {hostname: a, count: 5}\n");
        assert_eq!(
            profiles,
            [
                (
                    "pub".to_owned(),
                    "[connection]\nhost = \"a\"\nclient_id = \"x{{1}}\"\n\n[bench]\ncount = 5\n".to_owned()
                ),
                ("sub".to_owned(), "[connection]\nhost = \"b\"\n".to_owned()),
            ]
        );
    }
}
