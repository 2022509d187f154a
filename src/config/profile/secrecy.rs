//! Which values are secret, and how they are shown: the one place that decides it.

use std::path::PathBuf;

use super::document::{Profile, Value};
use crate::config::table::{Key, Kind, Note, is_noted};
use crate::transport::{MASK, redact, redact_header, redact_path};

/// What to do with a password in plain text.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) enum Secrets {
    /// It is not written; each run asks.
    #[default]
    Prompt,
    /// It is not written; this variable will hold it.
    Environment(String),
    /// It is not written; the first line of this file will hold it.
    File(PathBuf),
    /// It is written in plain text.
    Plain,
}

impl Key {
    /// The value as it may be shown: references to secrets stay, secrets do not.
    pub(crate) fn masked(&self, text: &str) -> String {
        match self.kind {
            Kind::Secret if is_reference(text) => text.to_owned(),
            Kind::Secret => MASK.to_owned(),
            Kind::Url => redact(text),
            _ if is_noted(self.option, Note::SecretQuery) => redact_path(text),
            _ if is_noted(self.option, Note::SecretHeader) => redact_header(text),
            _ => text.to_owned(),
        }
    }

    /// Whether a value is a secret in plain text.
    pub(crate) fn is_plain_secret(&self, text: &str) -> bool {
        self.masked(text) != text
    }
}

impl Profile {
    /// The keys whose values are secrets in plain text.
    pub(crate) fn plain_secrets(&self) -> Vec<&'static str> {
        let is_plain = |path: &str, value: &Value| {
            let (Some(key), Value::Texts(texts)) = (Key::find(path), value) else { return false };
            texts.iter().any(|text| key.is_plain_secret(text))
        };
        self.values.iter().filter(|(path, value)| is_plain(path, value)).map(|(path, _)| *path).collect()
    }
}

/// Whether a text refers to a secret instead of being one.
pub(crate) fn is_reference(text: &str) -> bool {
    text == "prompt" || ["env:", "file:", "keyring:"].iter().any(|form| text.starts_with(form))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn masked(path: &str, text: &str) -> String {
        Key::find(path).unwrap().masked(text)
    }

    #[test]
    fn every_form_of_a_secret_is_masked() {
        for (path, text, shown) in [
            ("connection.password", "hunter2", "***"),
            ("connection.password", "env:X", "env:X"),
            ("connection.password", "prompt", "prompt"),
            ("connection.url", "mqtt://u:hunter2@h:1/t", "mqtt://u:***@h:1/t"),
            ("connection.url", "mqtt://u@h/a:b@c", "mqtt://u@h/a:b@c"),
            ("connection.url", "mqtt://h:1883/a@b", "mqtt://h:1883/a@b"),
            ("connection.url", "mqtt://u:hunter2@h/a@b", "mqtt://u:***@h/a@b"),
            ("connection.url", "mqtt://u:hun/ter2@h", "mqtt://u:***@h"),
            ("connection.url", "u:hunter2@h", "u:***@h"),
            ("connection.url", "wss://h/mqtt?token=hunter2", "wss://h/mqtt?token=***"),
            ("network.proxy", "u:hunter2@p:3128", "u:***@p:3128"),
            ("network.proxy", "socks5h://p:1080", "socks5h://p:1080"),
            ("websocket.path", "/mqtt?token=hunter2", "/mqtt?token=***"),
            ("websocket.path", "/mqtt", "/mqtt"),
            ("websocket.headers", "Authorization: Bearer hunter2", "Authorization: ***"),
            ("websocket.headers", "Authorization:Bearer hunter2", "Authorization: ***"),
            ("websocket.headers", "hunter2", "***"),
            ("connection.username", "u:x@y", "u:x@y"),
        ] {
            assert_eq!(masked(path, text), shown);
        }
    }
}
