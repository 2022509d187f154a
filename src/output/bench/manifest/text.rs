//! What all jobs have in common: words of a shell, and the figures behind what a part is given.

use crate::bench::{Manifest, Takes};
use crate::output::bench::{number, rate};

/// A word for a shell, in quotes if it needs them.
pub(super) fn word(text: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./:,=+@%".contains(c);
    if !text.is_empty() && text.chars().all(is_plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', "'\\''"))
    }
}

pub(super) fn words(texts: &[String]) -> String {
    texts.iter().map(|text| word(text)).collect::<Vec<_>>().join(" ")
}

/// The options for the merge, each with a blank before it.
pub(super) fn thresholds(manifest: &Manifest) -> String {
    manifest.fail.iter().fold(String::new(), |options, condition| options + " --fail " + &word(condition))
}

/// By which figures a part is given what it is given.
pub(super) fn figures(takes: &Takes) -> String {
    let sends = takes.sends.map_or_else(|| "as much as it can".to_owned(), rate);
    format!("{} connections, sends {sends}, receives {}", number(takes.connections), rate(takes.receives))
}
