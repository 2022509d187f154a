//! MQTTX CLI's options files: what `-so/--save-options` writes and `-lo/--load-options` reads.
//!
//! ```text
//! { "sub": { "hostname": "broker.example", "clean": false, "topic": ["a/#"], "qos": [1] }, "pub": { ... } }
//! ```
//!
//! A section is a command, a field one of its options in camel case. The options are not listed here
//! again, but taken from the definition of the command, so that files can hold every option of this program too.

mod read;
mod write;

use std::fmt;

use super::table::{Kind, Note, rows};
use crate::error::Error;

pub(crate) use read::{Said, load, pairs, read};
pub(crate) use write::SavedOptions;

/// The commands that have a section, by their names on the command line.
const SECTIONS: &[(&str, &[&str])] = &[
    ("conn", &["conn"]),
    ("pub", &["pub"]),
    ("sub", &["sub"]),
    ("benchConn", &["bench", "conn"]),
    ("benchPub", &["bench", "pub"]),
    ("benchSub", &["bench", "sub"]),
    ("benchE2e", &["bench", "e2e"]),
    ("simulate", &["simulate"]),
];

/// An entry of a file that is not used, and its position.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Remark {
    /// From 1.
    pub line: usize,
    /// The key, for example `sub.debug`.
    pub key: String,
    /// What happens to it.
    pub message: String,
}

impl fmt::Display for Remark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}: {}", self.line, self.key, self.message)
    }
}

/// The command of a section, by its names.
pub(crate) fn command_of(section: &str) -> Option<&'static [&'static str]> {
    SECTIONS.iter().find(|(name, _)| *name == section).map(|(_, path)| *path)
}

/// The section of a command, for a flag of it.
fn section_of(path: &[&str], flag: &str) -> Result<&'static str, Error> {
    let section = SECTIONS.iter().find(|(_, names)| *names == path).map(|(section, _)| *section);
    section.ok_or_else(|| {
        Error::usage(format!("{flag} works with conn, pub, sub, bench and simulate, not with {}", path.join(" ")))
    })
}

/// The option's id for a field.
fn option_of(section: &str, field: &str) -> String {
    // In `conn`, user properties can only be those of CONNECT.
    if field == "userProperties" && is_conn(section) {
        return "conn_user_properties".to_owned();
    }
    let command = command_of(section).unwrap_or_default().join(" ");
    let is_called_so = |note: &Note| matches!(note, Note::Field(name) | Note::OldField(name) if *name == field);
    let mut of_command = rows().filter(|row| row.commands.contains(&command.as_str()));
    match of_command.find(|row| row.notes.iter().any(is_called_so)) {
        Some(row) => row.option.to_owned(),
        None => snake_case(field),
    }
}

/// Whether a field is the opposite of its option.
fn is_inverted(field: &str) -> bool {
    rows().any(|row| {
        row.kind == Kind::SwitchOff && row.notes.iter().any(|note| matches!(note, Note::Field(name) if *name == field))
    })
}

/// The field of an option's id.
pub(crate) fn field_of(section: &str, option: &str) -> String {
    if option == "conn_user_properties" && is_conn(section) {
        return "userProperties".to_owned();
    }
    let fields = rows().filter(|row| row.option == option).flat_map(|row| row.notes);
    let field = fields.into_iter().find_map(|note| if let Note::Field(field) = note { Some(*field) } else { None });
    field.map_or_else(|| camel_case(option), ToOwned::to_owned)
}

fn is_conn(section: &str) -> bool {
    matches!(section, "conn" | "benchConn")
}

fn snake_case(field: &str) -> String {
    let mut id = String::new();
    for letter in field.chars() {
        if letter.is_ascii_uppercase() {
            id.push('_');
        }
        id.push(letter.to_ascii_lowercase());
    }
    id
}

fn camel_case(option: &str) -> String {
    let mut field = String::new();
    let mut words = option.split('_');
    field.extend(words.next());
    for word in words {
        let mut letters = word.chars();
        field.extend(letters.next().map(|letter| letter.to_ascii_uppercase()));
        field.push_str(letters.as_str());
    }
    field
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli;

    #[test]
    fn every_option_has_a_field_that_leads_back_to_it() {
        let root = cli::command();
        for (section, path) in SECTIONS {
            let command = path.iter().try_fold(&root, |command, name| command.find_subcommand(name)).unwrap();
            for option in command.get_arguments() {
                let id = option.get_id().as_str();
                assert_eq!(option_of(section, &field_of(section, id)), id, "{section}");
            }
        }
    }

    /// As written by MQTTX CLI 1.13.
    #[test]
    fn the_fields_of_mqttx_are_options_here() {
        let root = cli::command();
        let connect = "mqttVersion hostname port clientId clean keepalive username password protocol path wsHeaders key \
                       cert ca insecure alpn reconnectPeriod maximumReconnectTimes sessionExpiryInterval \
                       receiveMaximum maximumPacketSize topicAliasMaximum reqResponseInfo reqProblemInfo \
                       authenticationMethod willTopic willMessage willQos willRetain willDelayInterval \
                       willPayloadFormatIndicator willMessageExpiryInterval willContentType willResponseTopic \
                       willCorrelationData willUserProperties";
        let message = "topic message qos retain dup fileRead payloadFormatIndicator messageExpiryInterval topicAlias \
                       responseTopic correlationData userProperties subscriptionIdentifier contentType \
                       connUserProperties payloadSize";
        let publish = "stdin multiline lineMode format protobufPath protobufMessageName avscPath";
        let filters = "topic qos no_local retainAsPublished retainHandling subscriptionIdentifier userProperties \
                       connUserProperties verbose";
        let output = "format outputMode fileWrite fileSave delimiter protobufPath protobufMessageName avscPath";
        for (section, groups) in [
            ("conn", vec![connect, "userProperties"]),
            ("pub", vec![connect, message, publish]),
            ("sub", vec![connect, filters, output]),
            ("benchConn", vec![connect, "userProperties count interval"]),
            ("benchPub", vec![connect, message, "count interval messageInterval limit verbose split"]),
            ("benchSub", vec![connect, filters, "count interval"]),
            (
                "simulate",
                vec![connect, "topic qos retain dup count interval messageInterval limit verbose scenario file"],
            ),
        ] {
            let path = command_of(section).unwrap();
            let command = path.iter().try_fold(&root, |command, name| command.find_subcommand(name)).unwrap();
            for field in groups.iter().flat_map(|group| group.split_whitespace()) {
                let option = option_of(section, field);
                assert!(command.get_arguments().any(|arg| *arg.get_id() == *option), "{section}.{field}: {option}");
            }
        }
    }
}
