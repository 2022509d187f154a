use std::fmt;

use super::table::{Entry, Place};
use crate::payload::caret;

/// Why a text is not a valid pattern, and where.
#[derive(Debug)]
pub(crate) struct PlaceholderError {
    what: String,
    caret: String,
    /// The word that is not a placeholder, for a suggestion.
    unknown: Option<String>,
    /// What can be done instead of using another one.
    escape: Option<String>,
    place: Place,
    is_local: bool,
}

/// The fault at a position of the text.
#[derive(Debug)]
pub(super) enum Fault {
    /// A single brace.
    Brace(char),
    /// The form of a placeholder with an unknown name.
    Unknown { written: String, word: String },
    /// A placeholder that is not available here.
    Misplaced(String),
    /// A placeholder with invalid arguments after its colon.
    Arguments { entry: Option<&'static Entry>, written: String },
    /// A variable that is not set.
    Environment(String),
    /// A file that is not what is wanted: its name, and why.
    File(String, String),
}

impl PlaceholderError {
    pub(super) fn at(text: &str, at: usize, place: Place, fault: Fault) -> Self {
        let (before, after) = text.split_at(at);
        let line = (before.rsplit('\n').next().unwrap_or_default(), after.split('\n').next().unwrap_or_default());
        let doubled = |written: &str| Some(format!("{{{written}}} is the text {written}"));
        let (mut unknown, mut escape) = (None, None);
        let is_local = matches!(fault, Fault::File(..));
        let what = match fault {
            Fault::Brace(brace) => {
                format!("a single `{brace}` is not a placeholder: write {brace}{brace} for the text")
            }
            Fault::Unknown { written, word } => {
                (unknown, escape) = (Some(word), doubled(&written));
                format!("`{written}` is not a placeholder")
            }
            Fault::Misplaced(written) => {
                escape = match written.strip_prefix('%') {
                    Some(letter) => Some(format!("%%{letter} is the text {written}")),
                    None => doubled(&written),
                };
                format!("`{written}` cannot be used here")
            }
            Fault::Arguments { entry, written } => {
                let wanted = match entry {
                    Some(Entry { wants: Some(wants), .. }) => (*wants).to_owned(),
                    Some(Entry { example, .. }) => format!("use {example}"),
                    None => String::new(),
                };
                let shown: String = written.chars().take(40).collect();
                format!("`{shown}` is not a placeholder: {wanted}")
            }
            Fault::Environment(name) => not_set(&name),
            Fault::File(name, why) => not_readable(&name, &why),
        };
        Self { what, caret: caret(line.0, line.1), unknown, escape, place, is_local }
    }

    /// The text with a caret below the position.
    pub(crate) fn caret(&self) -> &str {
        &self.caret
    }

    /// Whether a file is to blame, and not the text.
    pub(crate) fn is_local(&self) -> bool {
        self.is_local
    }

    /// The name that does not exist.
    pub(crate) fn unknown(&self) -> Option<&str> {
        self.unknown.as_deref()
    }

    /// The names available in its place.
    pub(crate) fn offered(&self) -> impl Iterator<Item = &'static str> {
        self.place.entries().map(|entry| entry.word)
    }

    /// The placeholders available in its place, as written, and how to write the text itself.
    pub(crate) fn reference(&self) -> String {
        let written = self.place.entries().map(|entry| match entry.short.filter(|_| self.place.short_forms) {
            Some(short) => format!("{} ({short})", entry.example),
            None => entry.example.to_owned(),
        });
        let offered = written.collect::<Vec<_>>().join(", ");
        match &self.escape {
            Some(escape) => format!("available: {offered}; {escape}"),
            None => format!("available: {offered}"),
        }
    }
}

impl Fault {
    /// What is wrong outside of the text.
    #[cfg(feature = "jinja")]
    pub(super) fn outside(&self) -> Option<String> {
        match self {
            Self::Environment(name) => Some(not_set(name)),
            Self::File(name, why) => Some(not_readable(name, why)),
            _ => None,
        }
    }
}

fn not_set(name: &str) -> String {
    format!("the environment variable `{name}` is not set")
}

fn not_readable(name: &str, why: &str) -> String {
    format!("{name}: {why}")
}

impl fmt::Display for PlaceholderError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)
    }
}

impl std::error::Error for PlaceholderError {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::payload::placeholder::Pattern;

    #[test]
    fn what_is_wrong_is_shown_with_its_place() {
        for (text, place, what, caret) in [
            ("a{nothing}", Place::CLIENT_ID, "`{nothing}` is not a placeholder", "a{nothing}\n ^"),
            ("汽车{client}", Place::CLIENT_ID, "`{client}` cannot be used here", "汽车{client}\n    ^"),
            ("x%c", Place::BENCH_CLIENT_ID, "`%c` cannot be used here", "x%c\n ^"),
            ("a/%s", Place::FILTER, "`%s` cannot be used here", "a/%s\n  ^"),
            ("a}b", Place::CLIENT_ID, "a single `}` is not a placeholder: write }} for the text", "a}b\n ^"),
            ("a\n{randm:8}", Place::PAYLOAD, "`{randm:8}` is not a placeholder", "{randm:8}\n^"),
        ] {
            let error = Pattern::parse(text, place).unwrap_err();
            assert_eq!((error.to_string().as_str(), error.caret()), (what, caret));
        }
    }

    #[test]
    fn what_is_not_a_placeholder_is_refused() {
        for text in ["{", "}", "a{pid", "a}b", "{nothing}", "{random:9..1}", "{random}", "{hex:0}", "{hex}", "{pid:1}"]
        {
            assert!(Pattern::parse(text, Place::CLIENT_ID).is_err(), "{text}");
        }
        for text in ["{random:}", "{random:x}", "{random:5-1}", "{random:0}", "{random:3", "{random:{x}}", "{hex:5000}"]
        {
            assert!(Pattern::parse(text, Place::TOPIC).is_err(), "{text}");
        }
        for text in [
            "{float:1}",
            "{float:2..1}",
            "{float:0..1:0}",
            "{choice:on}",
            "{choice}",
            "{string:0}",
            "{string:9..8}",
            "{uuid:5}",
            "{time:now}",
            "{env:}",
            "{client:0}",
            "{client:x}",
            "{counter:x}",
            "{counter:1:2:3}",
            "{walk:20}",
            "{random_time:1d..0d}",
            "{once}",
            "{once:random}",
            "{once:client}",
            "{once:walk:1..2}",
            "{once:once:hex:8}",
            "{line}",
            "{csv:file}",
            "{payload}",
            "{topic}",
        ] {
            assert!(Pattern::parse(text, Place::TOPIC).is_err(), "{text}");
        }
        assert!(Pattern::parse("{/}", Place::ANSWER).is_ok() && Pattern::parse("{/a}", Place::MESSAGE).is_ok());
    }

    #[test]
    fn each_place_lists_what_it_offers_and_how_to_write_the_text() {
        let error = Pattern::parse("{client_id}", Place::CLIENT_ID).unwrap_err();
        assert_eq!(
            error.reference(),
            "available: {random:1000..9999}, {hex:8}, {float:20..30:0.1}, {choice:on|off}, {string:8}, {uuid}, {time}, \
             {env:NAME}, {hostname}, {user}, {profile}, {pid}; {{client_id}} is the text {client_id}"
        );
        let error = Pattern::parse("{scenario}", Place::TOPIC).unwrap_err();
        assert!(error.reference().contains("{sequence} (%s)") && !error.offered().any(|name| name == "scenario"));
    }
}
