//! The names of placeholders, and where each can be used.

/// The meaning of a placeholder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Name {
    Random,
    Hex,
    Hostname,
    User,
    Profile,
    Pid,
    Client,
    ClientId,
    Username,
    Sequence,
    Run,
    Scenario,
}

/// The arguments after the colon.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Arguments {
    None,
    /// Two numbers, or as for `Digits` the number of digits.
    Range,
    Digits,
}

/// A row of the reference.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) name: Name,
    pub(super) word: &'static str,
    pub(super) arguments: Arguments,
    /// As written.
    pub(super) example: &'static str,
    /// The short form of MQTTX, or ours in the same style.
    pub(super) short: Option<&'static str>,
    /// The reference in the README, which a test compares.
    #[cfg_attr(not(test), expect(dead_code, reason = "the README has it"))]
    pub(super) meaning: &'static str,
}

impl Entry {
    /// Every placeholder, once.
    pub(super) const ALL: &[Self] = &[
        row(Name::Random, "random", "{random:1000..9999}", "random number, both ends included; also `{random:1-100}`"),
        row(Name::Hex, "hex", "{hex:8}", "random hexadecimal digits, 1 to 4096; also `{random:8}`"),
        row(Name::Hostname, "hostname", "{hostname}", "name of this machine"),
        row(Name::User, "user", "{user}", "user who runs the program"),
        row(Name::Profile, "profile", "{profile}", "name of the profile in use"),
        row(Name::Pid, "pid", "{pid}", "process id"),
        row(Name::Client, "client", "{client}", "number of the client in its group, from 1").short("%i"),
        row(Name::ClientId, "client_id", "{client_id}", "identifier of the client").short("%c"),
        row(Name::Username, "username", "{username}", "user name of the client").short("%u"),
        row(Name::Sequence, "sequence", "{sequence}", "number of the message, from 0; with `--topics`, of the topic")
            .short("%s"),
        row(Name::Run, "run", "{run}", "number of the run, to distinguish it from other runs"),
        row(Name::Scenario, "scenario", "{scenario}", "name of the scenario: its preset or file").short("%sc"),
    ];

    pub(super) fn of_word(word: &str) -> Option<&'static Self> {
        Self::ALL.iter().find(|entry| entry.word == word)
    }

    const fn short(mut self, short: &'static str) -> Self {
        self.short = Some(short);
        self
    }
}

const fn row(name: Name, word: &'static str, example: &'static str, meaning: &'static str) -> Entry {
    let arguments = match name {
        Name::Random => Arguments::Range,
        Name::Hex => Arguments::Digits,
        _ => Arguments::None,
    };
    Entry { name, word, arguments, example, short: None, meaning }
}

/// How a place treats a brace that does not begin a placeholder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Braces {
    /// As a mistake: it must be doubled.
    Doubled,
    /// As text; but anything in the form of a placeholder must be one.
    Text,
    /// As text, like everything else that is not offered.
    Data,
}

/// A place of use: what it offers, and how its braces and percent signs are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    offered: u16,
    pub(super) short_forms: bool,
    pub(super) braces: Braces,
}

const EVERYWHERE: u16 = set(&[Name::Random, Name::Hex, Name::Hostname, Name::User, Name::Profile, Name::Pid]);
const IN_BENCH: u16 = EVERYWHERE | set(&[Name::Client, Name::Run]);

impl Place {
    /// `--client-id`.
    pub(crate) const CLIENT_ID: Self = Self { offered: EVERYWHERE, short_forms: false, braces: Braces::Doubled };
    /// `--client-id` of a benchmark.
    pub(crate) const BENCH_CLIENT_ID: Self =
        Self { offered: IN_BENCH | set(&[Name::Username]), short_forms: true, braces: Braces::Doubled };
    /// `--username` of a benchmark.
    pub(crate) const USERNAME: Self =
        Self { offered: IN_BENCH | set(&[Name::ClientId]), short_forms: true, braces: Braces::Text };
    /// A filter, which is the same for all messages.
    pub(crate) const FILTER: Self = Self { offered: Self::USERNAME.offered | set(&[Name::Username]), ..Self::USERNAME };
    /// A topic of messages.
    pub(crate) const TOPIC: Self = Self { offered: Self::FILTER.offered | set(&[Name::Sequence]), ..Self::FILTER };
    /// A payload with `--template`.
    pub(crate) const PAYLOAD: Self = Self::TOPIC;
    /// Any other text of a scenario.
    pub(crate) const DATA: Self = Self { offered: set(&[Name::Run]), short_forms: false, braces: Braces::Data };

    /// The same place in a scenario's file.
    #[must_use]
    pub(crate) const fn of_scenario(self) -> Self {
        Self { offered: self.offered | set(&[Name::Scenario]), ..self }
    }

    pub(super) const fn offers(self, name: Name) -> bool {
        self.offered & set(&[name]) != 0
    }

    /// The placeholders it offers, in the order of the reference.
    pub(super) fn entries(self) -> impl Iterator<Item = &'static Entry> {
        Entry::ALL.iter().filter(move |entry| self.offers(entry.name))
    }
}

const fn set(names: &[Name]) -> u16 {
    let (mut bits, mut at) = (0, 0);
    while at < names.len() {
        bits |= 1 << names[at] as u16;
        at += 1;
    }
    bits
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use super::*;

    #[test]
    fn the_readme_has_the_table() {
        let places = [
            ("client ids", Place::CLIENT_ID),
            ("client ids of a benchmark", Place::BENCH_CLIENT_ID),
            ("user names of a benchmark", Place::USERNAME),
            ("filters", Place::FILTER),
            ("topics and payloads", Place::TOPIC),
            ("scenarios", Place::TOPIC.of_scenario()),
        ];
        let mut table = "| placeholder | short | value | where |\n|---|---|---|---|\n".to_owned();
        for Entry { name, example, meaning, short, .. } in Entry::ALL {
            let offering: Vec<_> =
                places.iter().filter(|(_, place)| place.offers(*name)).map(|(place, _)| *place).collect();
            let short = short.map(|short| format!("`{short}`")).unwrap_or_default();
            let offering = match offering.as_slice() {
                ["client ids", ..] => "all".to_owned(),
                ["client ids of a benchmark", "user names of a benchmark", ..] => "a benchmark".to_owned(),
                ["scenarios"] => "a scenario".to_owned(),
                some => some[..some.len() - 1].join(", "),
            };
            let _ = writeln!(table, "| `{example}` | {short} | {meaning} | {offering} |");
        }
        let readme = include_str!("../../../README.md");
        assert!(readme.contains(&table), "README.md should have:\n{table}");
    }

    #[test]
    fn every_name_is_one_row() {
        for (index, entry) in Entry::ALL.iter().enumerate() {
            assert_eq!(entry.name as usize, index);
            assert!(entry.example.starts_with(&format!("{{{}", entry.word)));
        }
    }
}
