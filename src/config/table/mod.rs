//! The table of options: a row for each option of each command, with everything known about it besides its definition.
//!
//! clap's definition in [`crate::cli`] defines how an option is written and shown; its row defines where else a value may come from
//! (a variable, a key of a profile, MQTTX files), what it needs and what it excludes. All lists of options are derived
//! from it, so that a new option has to be entered in only one place.

mod general;
mod jobs;
mod key;
mod note;
mod row;
mod way;

use std::collections::BTreeSet;
use std::sync::LazyLock;

pub(crate) use key::key;
pub(crate) use key::{Key, Kind};
pub(crate) use note::{Choice, Desktop, Note};
pub(crate) use row::Row;

/// All rows; keys of profiles are in the order of a file.
pub(crate) fn rows() -> impl Iterator<Item = &'static Row> {
    [way::ROWS, jobs::ROWS, general::ROWS].into_iter().flatten()
}

/// The row of an option of a command.
pub(crate) fn row_of(command: &str, option: &str) -> Option<&'static Row> {
    rows().find(|row| row.option == option && row.is_of(command))
}

/// The options that a note is about.
pub(crate) fn noted(note: Note) -> impl Iterator<Item = &'static str> {
    rows().filter(move |row| row.has(note)).map(|row| row.option)
}

/// Whether a note is about an option, of whatever command.
pub(crate) fn is_noted(option: &str, note: Note) -> bool {
    noted(note).any(|other| other == option)
}

/// Every key of a profile, in the order of a file.
pub(crate) fn keys() -> impl Iterator<Item = &'static Key> {
    rows().filter_map(|row| row.key.as_ref())
}

/// What help says about an option besides its definition.
#[derive(Debug, Default)]
pub(crate) struct OptionFacts {
    /// Only MQTT 5.0 can carry it.
    pub needs_v5: bool,
    /// It has no effect without this option.
    pub needs: Option<&'static str>,
    /// The variables that set it.
    pub variables: Vec<&'static str>,
    /// Its key in a profile.
    pub key: Option<&'static Key>,
}

impl OptionFacts {
    /// What is known about an option of a command.
    pub(crate) fn of(command: &str, option: &str) -> Self {
        let Some(row) = row_of(command, option) else { return Self::default() };
        Self {
            needs_v5: row.has(Note::NeedsV5),
            needs: row.notes.iter().find_map(|note| if let Note::Needs(id) = note { Some(*id) } else { None }),
            variables: variable_rows().filter(|(_, other)| *other == row).map(|(variable, _)| variable).collect(),
            key: row.key.as_ref(),
        }
    }
}

/// The sections of a profile with the keys of each, for help.
pub(crate) fn profile_keys() -> Vec<(String, String)> {
    let mut sections: Vec<(String, String)> = Vec::new();
    for key in keys() {
        match sections.last_mut().filter(|(section, _)| section == key.section()) {
            Some((_, names)) => {
                names.push_str(", ");
                names.push_str(key.name());
            }
            None => sections.push((key.section().to_owned(), key.name().to_owned())),
        }
    }
    sections
}

impl Key {
    /// The names of all sections.
    pub(crate) fn sections() -> BTreeSet<&'static str> {
        keys().map(Self::section).collect()
    }

    /// The key of a path.
    pub(crate) fn find(path: &str) -> Option<&'static Self> {
        keys().find(|key| key.path == path)
    }
}

/// Whether a file may have only one of two keys, because they name the broker in different ways.
pub(crate) fn exclude_one_another(one: &str, other: &str) -> bool {
    let names_broker = |path: &str| is_whole_broker(path) || is_key_noted(path, Note::Broker);
    one != other && names_broker(one) && names_broker(other) && (is_whole_broker(one) || is_whole_broker(other))
}

/// Whether a key alone names a broker completely.
pub(crate) fn is_whole_broker(path: &str) -> bool {
    is_key_noted(path, Note::WholeBroker)
}

fn is_key_noted(path: &str, note: Note) -> bool {
    rows().any(|row| row.has(note) && row.key.is_some_and(|key| key.path == path))
}

/// The keys of a filter that is a table, besides `filter`: the name in the section, which is also the id of the option.
pub(crate) fn filter_options() -> impl Iterator<Item = &'static str> {
    rows().filter(|row| row.has(Note::OfFilter)).map(|row| row.option)
}

/// Every variable and its option; if an option has two variables, the first that is set is used.
pub fn variables() -> impl Iterator<Item = (&'static str, &'static str)> {
    variable_rows().map(|(variable, row)| (variable, row.option))
}

/// Every variable and the row of its option.
pub(crate) fn variable_rows() -> impl Iterator<Item = (&'static str, &'static Row)> {
    VARIABLES.iter().map(|(variable, row)| (variable.as_str(), *row))
}

static VARIABLES: LazyLock<Vec<(String, &'static Row)>> = LazyLock::new(|| {
    let of_row = |row: &'static Row| {
        let listed = row.notes.iter().flat_map(|note| match note {
            Note::Environment => vec![format!("MQTTX_{}", row.option.to_uppercase())],
            Note::Variables(names) => names.iter().map(|name| (*name).to_owned()).collect(),
            _ => Vec::new(),
        });
        listed.map(move |variable| (variable, row))
    };
    rows().flat_map(of_row).collect()
});

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli;

    /// The options of each command by its name, as in [`Row::commands`].
    fn options() -> BTreeSet<(String, String)> {
        fn collect(command: &clap::Command, name: &str, all: &mut BTreeSet<(String, String)>) {
            let options = command.get_arguments().filter(|option| option.get_long().is_some());
            let ids = options
                .map(|option| option.get_id().to_string())
                .filter(|id| !["help", "help_all", "version"].contains(&id.as_str()));
            all.extend(ids.map(|id| (name.to_owned(), id)));
            for inner in command.get_subcommands() {
                collect(inner, format!("{name} {}", inner.get_name()).trim(), all);
            }
        }
        let mut all = BTreeSet::new();
        collect(&cli::command(), "", &mut all);
        collect(&cli::repl::line_command(), ">", &mut all);
        assert!(all.len() > 500, "the options were not found");
        all
    }

    #[test]
    fn each_option_of_each_command_has_one_row_and_each_row_its_options() {
        let options = options();
        let mut wrong = Vec::new();
        for (command, option) in &options {
            let count = rows().filter(|row| row.option == option && row.is_of(command)).count();
            if count != 1 {
                wrong.push(format!("{command} {option}: {count} rows"));
            }
        }
        for row in rows() {
            for command in row.commands {
                if !options.contains(&((*command).to_owned(), row.option.to_owned())) {
                    wrong.push(format!("{command} {}: a row, and no option", row.option));
                }
            }
        }
        assert!(wrong.is_empty(), "src/config/table:\n{}", wrong.join("\n"));
    }

    #[test]
    fn every_option_of_a_connection_has_a_variable_and_a_key_or_is_excused() {
        let without_variable = ["embedded", "password_env", "ask_password", "trace", "save_options", "load_options"];
        for row in rows().filter(|row| row.is_of("pub") && row.is_of("repl")) {
            let has_variable = variables().any(|(_, option)| option == row.option);
            assert_ne!(has_variable, without_variable.contains(&row.option), "{}", row.option);
            let is_excused = row.notes.iter().any(|note| matches!(note, Note::Reference(..) | Note::NotInProfile(_)));
            assert_ne!(row.key.is_some(), is_excused, "{}", row.option);
        }
    }

    #[test]
    fn no_variable_and_no_key_is_of_two_options() {
        let names: Vec<_> = variables().map(|(variable, _)| variable).collect();
        assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len());
        let paths: Vec<_> = keys().map(|key| key.path).collect();
        assert_eq!(paths.iter().collect::<BTreeSet<_>>().len(), paths.len());
        assert!(names.contains(&"MQTTX_HOST") && names.contains(&"MQTTX_CLIENT_ID") && names.contains(&"no_proxy"));
    }

    #[test]
    fn what_an_option_needs_is_an_option_of_the_same_command() {
        for row in rows() {
            for needed in row.notes.iter().filter_map(|note| if let Note::Needs(id) = note { Some(id) } else { None }) {
                for command in row.commands {
                    assert!(row_of(command, needed).is_some(), "{command} {}: {needed}", row.option);
                }
            }
        }
    }

    #[test]
    fn every_key_of_a_command_is_an_option_of_it() {
        let root = cli::command();
        let commands = |section: &str| match section {
            "publish" => vec![root.find_subcommand("pub").unwrap()],
            "subscribe" | "output" => vec![root.find_subcommand("sub").unwrap()],
            "bench" => root.find_subcommand("bench").unwrap().get_subcommands().collect(),
            _ => root.get_subcommands().filter(|command| command.get_name() == "pub").collect(),
        };
        for key in keys() {
            let has = |command: &clap::Command| command.get_arguments().any(|option| option.get_id() == key.option);
            assert!(commands(key.section()).into_iter().any(has), "{}", key.path);
        }
    }

    #[test]
    fn a_url_and_a_socket_are_the_whole_of_a_broker() {
        assert!(exclude_one_another("connection.url", "connection.port"));
        assert!(exclude_one_another("connection.host", "connection.unix"));
        assert!(!exclude_one_another("connection.host", "connection.port"));
        assert!(!exclude_one_another("connection.url", "connection.username"));
    }
}
