//! Which lines are kept in the history, and where. The file itself is the line editor's.
//!
//! What looks like a secret is never stored. Looks are enough: a line too few in the history costs an arrow key, a
//! password too many is one more place from which it can be stolen.

use super::line::tokens;
use crate::cli::shorts::SHORTS;

/// How many lines a history holds; older ones are dropped.
pub(crate) const MAXIMUM_LINES: usize = 2_000;

/// The longest line that is stored, bytes: with [`MAXIMUM_LINES`] it bounds the file.
pub(crate) const MAXIMUM_LINE_BYTES: usize = 4_096;

/// Parts of names whose value is a secret.
const SECRET_NAMES: &[&str] = &[
    "passw",
    "passphrase",
    "pwd",
    "secret",
    "token",
    "credential",
    "cookie",
    "authorization",
    "apikey",
    "api_key",
    "api-key",
    "privatekey",
    "private_key",
    "private-key",
    "psk",
];

/// Whole words of names whose value is a secret; as parts they are in `compass` and `bypass`.
const SECRET_WORDS: &[&str] = &["pass", "pw"];

/// Options that only say where a secret is.
const PLACES: &[&str] = &["--password-file", "--password-env", "--ask-password", "--key-password-file"];

/// Whether a line goes to the history, given the one before it there. A blank at its beginning keeps it out too, as
/// in shells.
pub(crate) fn keeps(line: &str, previous: Option<&str>) -> bool {
    let trimmed = line.trim();
    !trimmed.is_empty()
        && !line.starts_with(char::is_whitespace)
        && line.len() <= MAXIMUM_LINE_BYTES
        && previous.is_none_or(|previous| previous.trim() != trimmed)
        && !holds_secret(line)
}

/// Whether a line appears to contain a secret; when in doubt, it does.
pub(crate) fn holds_secret(line: &str) -> bool {
    let words = match tokens(line) {
        Ok(tokens) => tokens.words.iter().map(super::line::Word::raw).collect(),
        Err(_) => Vec::new(),
    };
    // A word may hold a whole line, as that of an alias does; and the shell's part of a line is not cut into words.
    let parts = words.iter().flat_map(|word: &String| word.split_whitespace()).chain(line.split_whitespace());
    parts.map(unquoted).any(is_secret_flag)
        || has_credentials_in_url(line)
        || names_a_secret(line)
        || sets_a_secret(&words)
        || line.contains("PRIVATE KEY-----")
}

/// The file of a profile's history, within the program's folder; without a profile, the common one.
///
/// A profile can be named by a path, so that whatever cannot be in a name is written as its code.
pub(crate) fn file_name(profile: Option<&str>) -> String {
    let Some(profile) = profile else { return "history".to_owned() };
    let mut name = "history-".to_owned();
    for byte in profile.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' => name.push(char::from(byte)),
            _ => {
                name.push('%');
                name.push_str(&data_encoding::HEXUPPER.encode(&[byte]));
            }
        }
    }
    name
}

fn unquoted(word: &str) -> &str {
    word.trim_matches(['\'', '"'])
}

/// `-P`, alone, with its value or at the end of a bundle; `--password` and what is like it; headers.
fn is_secret_flag(word: &str) -> bool {
    if let Some(long) = word.strip_prefix("--") {
        let name = long.split('=').next().unwrap_or(long);
        let says_only_where = PLACES.iter().any(|place| place.trim_start_matches('-') == name);
        return !says_only_where && (is_secret_name(name) || name == "ws-headers");
    }
    let Some(bundle) = word.strip_prefix('-') else { return false };
    match SHORTS.iter().find(|(short, _)| *short == word) {
        Some((_, long)) => *long == "ws-headers",
        None => bundle.split('=').next().is_some_and(|letters| letters.contains('P')),
    }
}

fn is_secret_name(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    SECRET_NAMES.iter().any(|part| lower.contains(part)) || words_of(name).any(|word| SECRET_WORDS.contains(&&*word))
}

/// The words of `dbPass`, `db_pass` and `db-pass`, in small letters.
fn words_of(name: &str) -> impl Iterator<Item = String> {
    let mut words = vec![String::new()];
    let mut before = ' ';
    for character in name.chars() {
        if !character.is_alphanumeric() || (character.is_uppercase() && before.is_lowercase()) {
            words.push(String::new());
        }
        if let (Some(word), true) = (words.last_mut(), character.is_alphanumeric()) {
            word.extend(character.to_lowercase());
        }
        before = character;
    }
    words.into_iter()
}

/// `scheme://user:password@host`.
fn has_credentials_in_url(line: &str) -> bool {
    line.match_indices("://").any(|(at, _)| {
        let rest = &line[at + 3..];
        let url = &rest[..rest.find(char::is_whitespace).unwrap_or(rest.len())];
        url.rfind('@').is_some_and(|end| url[..end].contains(':'))
    })
}

/// A name of a secret with a value: `TOKEN=..`, `"password": ".."`, `Authorization: ..`.
fn names_a_secret(line: &str) -> bool {
    let is_name = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.');
    line.match_indices([':', '=']).any(|(at, _)| {
        let before = line[..at].trim_end_matches(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '\\'));
        let name = before.rsplit(|c: char| !is_name(c)).next().unwrap_or_default();
        is_secret_name(name) && !PLACES.contains(&name)
    })
}

/// `var NAME VALUE`, where the name is that of a secret.
fn sets_a_secret(words: &[String]) -> bool {
    let [command, name, ..] = words else { return false };
    let lower = name.to_ascii_lowercase();
    let is_key = lower == "key" || lower.ends_with("_key") || lower == "pin" || lower.contains("auth");
    matches!(command.as_str(), "var" | "set") && (is_key || is_secret_name(name) || lower.contains("pass"))
}

#[cfg(test)]
mod tests {
    use std::any::TypeId;

    use clap::Arg;
    use proptest::prelude::*;

    use super::*;
    use crate::cli::value::Secret;

    #[test]
    fn a_line_with_a_secret_is_never_kept() {
        for line in [
            "connect -u me -P hunter2",
            "connect -u me -Phunter2",
            "connect -rP hunter2",
            "connect -P=hunter2",
            "connect --password hunter2",
            "connect --password=hunter2",
            "connect '--password' x",
            "connect --key k.pem --key-password x",
            "connect --url mqtts://me:hunter2@host",
            "connect --url='mqtts://me:hun/ter2@host'",
            "connect -wh 'Authorization: Bearer abc'",
            "connect --ws-headers x-api-key:abc",
            "var password hunter2",
            "var API_KEY abc",
            "var dbPass abc",
            "alias in 'connect -u me -P hunter2'",
            "pub login '{\"user\": \"me\", \"password\": \"hunter2\"}'",
            "pub a b | curl -H 'Authorization: x' -d @- http://host",
            "!TOKEN=abc curl http://host",
            "!curl https://me:pw@host",
            "connect -P 'open quote",
            "connect \\\n  --password x",
            "pub login '{\"pass\": \"hunter2\"}'",
            "pub login '{\"psk\": \"c0ffee\"}'",
            "pub login '{\"private_key\": \"c0ffee\"}'",
            "pub login '{\"dbPass\": \"hunter2\"}'",
            "var pw hunter2",
            "pub key '-----BEGIN PRIVATE KEY-----'",
        ] {
            assert!(holds_secret(line) && !keeps(line, None), "{line}");
        }
    }

    #[test]
    fn what_only_says_where_a_secret_is_is_kept() {
        for line in [
            "sub car/# -q 1",
            "connect --url mqtts://me@host:8883 --ask-password",
            "connect -u me --password-file ~/.broker --profile plant",
            "connect --password-env BROKER_PASSWORD",
            "connect --cert c.pem --key k.pem --key-password-file phrase",
            "connect --url mqtt://host:1883/topic",
            "pub a -Pp x.proto -Pmn Car",
            "pub car/keys '{\"key\": 5}'",
            "var speed 5",
            "pub car '{\"compass\": 5, \"bypass\": true}'",
            "!ls -la",
        ] {
            assert!(keeps(line, None), "{line}");
        }
    }

    #[test]
    fn repeated_blank_and_hidden_lines_are_not_kept() {
        assert!(!keeps("sub a", Some("sub a")) && !keeps("sub a ", Some("sub a")) && keeps("sub a", Some("sub b")));
        assert!(!keeps("", None) && !keeps("  ", None) && !keeps(" sub a", None));
        assert!(!keeps(&"x".repeat(MAXIMUM_LINE_BYTES + 1), None));
    }

    #[test]
    fn each_profile_has_a_file_of_its_own() {
        assert_eq!(file_name(None), "history");
        assert_eq!(file_name(Some("plant")), "history-plant");
        assert_eq!(file_name(Some("../x/ü.toml")), "history-%2E%2E%2Fx%2F%C3%BC%2Etoml");
    }

    /// What clap knows to be secret, so that an option to come is not forgotten here.
    #[test]
    fn every_option_whose_value_is_a_secret_is_known() {
        let mut seen = 0;
        let mut commands = vec![crate::cli::command()];
        while let Some(command) = commands.pop() {
            for option in command.get_arguments().filter(|option| is_secret(option)) {
                seen += 1;
                let is_url = option.get_id() == "url" || option.get_id() == "proxy";
                let value = if is_url { "mqtt://a:b@c" } else { "x" };
                let written = [
                    option.get_long().map(|long| format!("connect --{long} {value}")),
                    option.get_long().map(|long| format!("connect --{long}={value}")),
                    option.get_short().map(|short| format!("connect -{short}{value}")),
                ];
                for line in written.into_iter().flatten() {
                    assert!(holds_secret(&line), "{line}");
                }
            }
            commands.extend(command.get_subcommands().cloned());
        }
        assert!(seen >= 4, "{seen}");
    }

    fn is_secret(option: &Arg) -> bool {
        let kind = option.get_value_parser().type_id();
        kind == TypeId::of::<Secret>() || kind == TypeId::of::<(String, Secret)>()
    }

    proptest! {
        #[test]
        fn a_secret_is_seen_wherever_it_stands(
            before in "[a-z#/ ]{0,20}",
            secret in prop::sample::select(vec!["-P x", "--password=x", "mqtt://u:p@h", "token=1", "-wh a:b"]),
            after in "[a-z#/ '\"]{0,20}",
        ) {
            let line = format!("{}{} {}{}", "connect ", before, secret, after);
            prop_assert!(holds_secret(&line.replace("  ", " ")));
        }
    }
}
