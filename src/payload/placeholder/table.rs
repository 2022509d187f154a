//! The names of placeholders, and where each can be used.

/// The meaning of a placeholder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Name {
    Random,
    Hex,
    Float,
    Choice,
    Letters,
    Uuid,
    Time,
    Environment,
    Hostname,
    User,
    Profile,
    Pid,
    Client,
    ClientId,
    Username,
    Sequence,
    Counter,
    Walk,
    RandomTime,
    Once,
    Line,
    Csv,
    Topic,
    Payload,
    Pointer,
    Run,
    Scenario,
}

/// A row of the reference.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) name: Name,
    pub(super) word: &'static str,
    /// What behind the colon is wanted, of those that take something there.
    pub(super) wants: Option<&'static str>,
    /// As written.
    pub(super) example: &'static str,
    /// The short form of MQTTX, or ours in the same style.
    pub(super) short: Option<&'static str>,
    /// The reference, in help and in docs/guide.md.
    pub(super) meaning: &'static str,
}

impl Entry {
    /// Every placeholder, once.
    pub(super) const ALL: &[Self] = &[
        row(Name::Random, "random", "{random:1000..9999}", "random number, both ends included; also `{random:1-100}`")
            .wants("use {random:1000..9999} for a number, {hex:8} for digits"),
        row(Name::Hex, "hex", "{hex:8}", "random hexadecimal digits, 1 to 4096; also `{random:8}`")
            .wants("use {hex:N} with 1 to 4096 digits"),
        row(Name::Float, "float", "{float:20..30:0.1}", "random number in steps, by default 0.01")
            .wants("use {float:LOW..HIGH} or {float:LOW..HIGH:STEP}, for example {float:20..30:0.1}"),
        row(Name::Choice, "choice", "{choice:on|off}", "one of several texts")
            .wants("use {choice:A|B} with at least two texts"),
        row(Name::Letters, "string", "{string:8}", "random letters and digits, 1 to 4096; `{string:4..8}` for 4 to 8")
            .wants("use {string:N} or {string:LEAST..MOST} with 1 to 4096 characters"),
        row(Name::Uuid, "uuid", "{uuid}", "random UUID, version 4; `{uuid:7}` starts with the time")
            .wants("use {uuid}, or {uuid:7} for version 7"),
        row(
            Name::Time,
            "time",
            "{time}",
            "time in UTC, ISO 8601; `{time:unix}`, `{time:ms}`, `{time:us}` since 1970; `{time:%H:%M}` as in `strftime`",
        )
        .wants("use {time}, {time:unix}, {time:ms}, {time:us}, or a strftime format such as {time:%H:%M}"),
        row(Name::Environment, "env", "{env:NAME}", "environment variable").wants("use {env:NAME}"),
        row(Name::Hostname, "hostname", "{hostname}", "name of this machine"),
        row(Name::User, "user", "{user}", "user who runs the program"),
        row(Name::Profile, "profile", "{profile}", "name of the profile in use"),
        row(Name::Pid, "pid", "{pid}", "process id"),
        row(Name::Client, "client", "{client}", "number of the client in its group, from 1; `{client:4}` gives 0001")
            .short("%i")
            .wants("use {client}, or {client:N} for N digits"),
        row(Name::ClientId, "client_id", "{client_id}", "identifier of the client").short("%c"),
        row(Name::Username, "username", "{username}", "user name of the client").short("%u"),
        row(Name::Sequence, "sequence", "{sequence}", "number of the message, from 0; with `--topics`, of the topic")
            .short("%s")
            .wants("use {sequence}, or {sequence:N} for N digits"),
        row(
            Name::Counter,
            "counter",
            "{counter}",
            "number of the message, from 1; `{counter:100:5}` from 100 in steps of 5",
        )
        .wants("use {counter}, {counter:FIRST} or {counter:FIRST:STEP} with whole numbers"),
        row(
            Name::Walk,
            "walk",
            "{walk:20..30}",
            "random walk between two limits, separate for each client; `{walk:20..30:0.5}` in steps of at most 0.5",
        )
        .wants("use {walk:LOW..HIGH} or {walk:LOW..HIGH:STEP}, for example {walk:20..30:0.5}"),
        row(
            Name::RandomTime,
            "random_time",
            "{random_time:-30d..0d}",
            "random time, ISO 8601, between two offsets from now in `d`, `h`, `m` or `s`",
        )
        .wants("use {random_time:FROM..TO}, for example {random_time:-30d..0d} for the last 30 days"),
        row(
            Name::Once,
            "once",
            "{once:random:1..9}",
            "value of a random placeholder, drawn once for each client and the same in all its messages",
        )
        .wants("use {once:NAME:...} with a placeholder that is random, for example {once:random:1..9}"),
        row(Name::Line, "line", "{line:FILE}", "next line of a file").wants("use {line:FILE}"),
        row(
            Name::Csv,
            "csv",
            "{csv:FILE:COLUMN}",
            "column of the next row of a CSV file, whose first line names the columns",
        )
        .wants("use {csv:FILE:COLUMN}"),
        row(Name::Topic, "topic", "{topic}", "topic of the message, or of the request"),
        row(Name::Payload, "payload", "{payload}", "payload of the request"),
        row(Name::Pointer, "/json/pointer", "{/json/pointer}", "value at this pointer in the JSON of the request"),
        row(Name::Run, "run", "{run}", "number of the run, to distinguish it from other runs"),
        row(Name::Scenario, "scenario", "{scenario}", "name of the scenario: its preset or file").short("%sc"),
    ];

    pub(super) fn of_word(word: &str) -> Option<&'static Self> {
        Self::ALL.iter().find(|entry| entry.word == word)
    }

    #[cfg(feature = "jinja")]
    pub(super) fn of_name(name: Name) -> Option<&'static Self> {
        Self::ALL.iter().find(|entry| entry.name == name)
    }

    const fn short(mut self, short: &'static str) -> Self {
        self.short = Some(short);
        self
    }

    const fn wants(mut self, wants: &'static str) -> Self {
        self.wants = Some(wants);
        self
    }
}

const fn row(name: Name, word: &'static str, example: &'static str, meaning: &'static str) -> Entry {
    Entry { name, word, wants: None, example, short: None, meaning }
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
    offered: u32,
    pub(super) short_forms: bool,
    pub(super) braces: Braces,
}

const EVERYWHERE: u32 = set(&[
    Name::Random,
    Name::Hex,
    Name::Float,
    Name::Choice,
    Name::Letters,
    Name::Uuid,
    Name::Environment,
    Name::Hostname,
    Name::User,
    Name::Profile,
    Name::Pid,
]);
const IN_BENCH: u32 = EVERYWHERE | set(&[Name::Client, Name::Run]);
/// What has another value in each message.
const OF_MESSAGE: u32 =
    set(&[Name::Time, Name::Sequence, Name::Counter, Name::Walk, Name::RandomTime, Name::Once, Name::Line, Name::Csv]);
/// Where one client publishes.
const OF_ONE_CLIENT: u32 = EVERYWHERE | OF_MESSAGE | set(&[Name::Client, Name::ClientId, Name::Username, Name::Topic]);

impl Place {
    /// `--client-id`.
    pub(crate) const CLIENT_ID: Self =
        Self { offered: EVERYWHERE | set(&[Name::Time]), short_forms: false, braces: Braces::Doubled };
    /// `--client-id` of a benchmark.
    pub(crate) const BENCH_CLIENT_ID: Self =
        Self { offered: IN_BENCH | set(&[Name::Time, Name::Username]), short_forms: true, braces: Braces::Doubled };
    /// `--username` of a benchmark.
    pub(crate) const USERNAME: Self =
        Self { offered: IN_BENCH | set(&[Name::ClientId]), short_forms: true, braces: Braces::Text };
    /// A filter, which is the same for all messages.
    pub(crate) const FILTER: Self = Self { offered: Self::USERNAME.offered | set(&[Name::Username]), ..Self::USERNAME };
    /// A topic of messages.
    pub(crate) const TOPIC: Self = Self { offered: Self::FILTER.offered | OF_MESSAGE, ..Self::FILTER };
    /// A payload with `--template`, of a benchmark.
    pub(crate) const PAYLOAD: Self = Self::TOPIC;
    /// A payload of `pub --template`: what a benchmark's payload has, too, for one client.
    pub(crate) const MESSAGE: Self = Self { offered: OF_ONE_CLIENT, ..Self::TOPIC };
    /// An answer of `reply --template`.
    pub(crate) const ANSWER: Self =
        Self { offered: OF_ONE_CLIENT | set(&[Name::Payload, Name::Pointer]), ..Self::TOPIC };
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

const fn set(names: &[Name]) -> u32 {
    let (mut bits, mut at) = (0, 0);
    while at < names.len() {
        bits |= 1 << names[at] as u16;
        at += 1;
    }
    bits
}

/// A placeholder in words, for help and the reference.
#[derive(Debug)]
pub(crate) struct Described {
    /// As written.
    pub(crate) example: &'static str,
    /// The short form of MQTTX, or ours in the same style.
    pub(crate) short: Option<&'static str>,
    /// Its value.
    pub(crate) meaning: &'static str,
    /// Where it can be used.
    pub(crate) places: String,
}

/// All placeholders, in the order of the reference.
pub(crate) fn descriptions() -> impl Iterator<Item = Described> {
    Entry::ALL.iter().map(|Entry { name, example, short, meaning, .. }| Described {
        example,
        short: *short,
        meaning,
        places: places_of(*name),
    })
}

/// Where a placeholder can be used, in few words.
fn places_of(name: Name) -> String {
    let places = [
        ("client ids", Place::CLIENT_ID),
        ("client ids of a benchmark", Place::BENCH_CLIENT_ID),
        ("user names of a benchmark", Place::USERNAME),
        ("filters", Place::FILTER),
        ("topics and payloads of a benchmark", Place::TOPIC),
        ("scenarios", Place::TOPIC.of_scenario()),
        ("payloads of `pub`", Place::MESSAGE),
        ("answers", Place::ANSWER),
    ];
    let offering: Vec<_> = places.iter().filter(|(_, place)| place.offers(name)).map(|(place, _)| *place).collect();
    // A scenario has what a benchmark has.
    let offering = match offering.as_slice() {
        all if all.len() == places.len() => "all".to_owned(),
        ["client ids of a benchmark", "user names of a benchmark", rest @ ..] => {
            if rest.contains(&"answers") {
                "a benchmark, messages".to_owned()
            } else {
                "a benchmark".to_owned()
            }
        }
        ["client ids", ..] => "all but user names and filters".to_owned(),
        ["scenarios"] => "a scenario".to_owned(),
        ["topics and payloads of a benchmark", ..] => "messages".to_owned(),
        some => some.iter().filter(|place| **place != "scenarios").copied().collect::<Vec<_>>().join(", "),
    };
    offering.replace("topics and payloads of a benchmark, payloads of `pub`, answers", "messages")
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use super::*;

    #[test]
    fn the_readme_has_the_table() {
        let mut table = "| placeholder | short | value | where |\n|---|---|---|---|\n".to_owned();
        for Described { example, short, meaning, places } in descriptions() {
            let short = short.map(|short| format!("`{short}`")).unwrap_or_default();
            // A bar would end the cell.
            let (example, meaning) = (example.replace('|', r"\|"), meaning.replace('|', r"\|"));
            let _ = writeln!(table, "| `{example}` | {short} | {meaning} | {places} |");
        }
        let guide = include_str!("../../../docs/guide.md");
        assert!(guide.contains(&table), "docs/guide.md should have:\n{table}");
    }

    #[test]
    fn every_name_is_one_row() {
        for (index, entry) in Entry::ALL.iter().enumerate() {
            assert_eq!(entry.name as usize, index);
            assert!(entry.example.starts_with(&format!("{{{}", entry.word)));
        }
    }
}
