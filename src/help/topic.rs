//! Pages about topics: texts, with tables that the program itself uses in place of `{{name}}`.

use super::layout::Layout;
use crate::bench::{Counts, Measure, Threshold};
use crate::config::profile_keys;
use crate::error::exit_codes;
use crate::output::Template;
use crate::payload::PayloadFormat;
use crate::payload::placeholder::{Described, descriptions};

/// A page about something that several commands have.
#[derive(Debug)]
pub(super) struct Topic {
    /// The word of `help`.
    pub(super) name: &'static str,
    /// What it is about.
    pub(super) about: &'static str,
    text: &'static str,
}

const TOPICS: &[Topic] = &[
    Topic {
        name: "connection",
        about: "Addresses, credentials, sessions and reconnecting",
        text: include_str!("topics/connection.txt"),
    },
    Topic { name: "tls", about: "Encrypted connections and certificates", text: include_str!("topics/tls.txt") },
    Topic {
        name: "topics",
        about: "Topics, filters, shared subscriptions, delayed and retained messages",
        text: include_str!("topics/topics.txt"),
    },
    Topic {
        name: "formats",
        about: "How payloads are written and shown, and the letters of -F",
        text: include_str!("topics/formats.txt"),
    },
    Topic {
        name: "placeholders",
        about: "{time}, {random:1..9} and others in ids, topics and payloads",
        text: include_str!("topics/placeholders.txt"),
    },
    Topic {
        name: "thresholds",
        about: "What --fail and --find-max of bench can measure",
        text: include_str!("topics/thresholds.txt"),
    },
    Topic { name: "exit-codes", about: "Exit codes and errors", text: include_str!("topics/exit-codes.txt") },
    Topic {
        name: "profiles",
        about: "Saved connections, and which value wins",
        text: include_str!("topics/profiles.txt"),
    },
    Topic { name: "scripts", about: "mqttx-rs in scripts and tests", text: include_str!("topics/scripts.txt") },
];

pub(super) fn all() -> impl Iterator<Item = &'static Topic> {
    TOPICS.iter()
}

pub(super) fn names() -> impl Iterator<Item = &'static str> {
    TOPICS.iter().map(|topic| topic.name)
}

pub(super) fn find(name: &str) -> Option<&'static Topic> {
    TOPICS.iter().find(|topic| topic.name == name)
}

impl Topic {
    pub(super) fn page(&self, layout: &mut Layout) {
        layout.paragraph(self.about);
        layout.gap();
        let mut rest = self.text;
        while let Some((before, name, after)) = next_table(rest) {
            layout.prose(before);
            if let Some(rows) = table(name) {
                layout.rows(&rows);
            }
            rest = after;
        }
        layout.prose(rest);
    }
}

/// The text up to a line `{{name}}`, the name, and what follows the line.
fn next_table(text: &str) -> Option<(&str, &str, &str)> {
    let begin = text.find("\n{{")? + 1;
    let end = begin + text[begin..].find("}}\n")?;
    Some((&text[..begin], &text[begin + 2..end], &text[end + 3..]))
}

/// The rows of a table.
fn table(name: &str) -> Option<Vec<(String, String)>> {
    Some(match name {
        "exit-codes" => exit_codes().into_iter().map(|(code, _, meaning)| (code, meaning.to_owned())).collect(),
        "formats" => PayloadFormat::ALL.map(|format| (format.name().to_owned(), format.meaning().to_owned())).into(),
        "letters" => Template::letters().map(|(letter, meaning)| (format!("%{letter}"), meaning.to_owned())).collect(),
        "placeholders" => descriptions().map(|described| placeholder(&described)).collect(),
        "measures" => Measure::ALL.map(|measure| (measure.name().to_owned(), measure.meaning().to_owned())).into(),
        "rates" => Threshold::RATES.map(|(name, meaning, _)| (name.to_owned(), meaning.replace('`', ""))).into(),
        "counts" => {
            let meanings = Counts::NAMES.iter().zip(Counts::MEANINGS);
            meanings.map(|(name, meaning)| ((*name).to_owned(), lower(meaning))).collect()
        }
        "profile-keys" => profile_keys(),
        _ => return None,
    })
}

fn placeholder(described: &Described) -> (String, String) {
    let short = described.short.map(|short| format!(" or {short}")).unwrap_or_default();
    let places = match described.places.as_str() {
        "all" => String::new(),
        places => format!(" ({places})"),
    };
    let meaning = format!("{}{places}", described.meaning).replace('`', "");
    (format!("{}{short}", described.example), meaning)
}

/// A doc comment as the meaning in a row: `connections that were begun`, but `CONNACK with a refusal`.
fn lower(meaning: &str) -> String {
    let text = meaning.trim().trim_end_matches('.');
    let mut characters = text.chars();
    match (characters.next(), characters.next()) {
        (Some(first), Some(second)) if !second.is_uppercase() => {
            format!("{}{}", first.to_lowercase(), &text[first.len_utf8()..])
        }
        _ => text.to_owned(),
    }
}
