//! A profile that is being built.

use crate::config::options_file::Remark;
use crate::config::profile::{FilterEntry, Profile, Value};
use crate::config::table::Key;
use crate::payload::placeholder::literal;

/// A profile and what remains to be decided about it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Draft {
    pub(super) profile: Profile,
    /// In plain text, as in the file.
    pub(super) password: Option<String>,
    /// Its name in the file.
    pub(super) name: Option<String>,
    /// What distinguishes it from the other profiles of the file.
    pub(super) label: Option<String>,
    /// It keeps its name without the label.
    pub(super) is_main: bool,
    /// It contains only what differs from the first one in the file.
    pub(super) extends_main: bool,
}

impl Draft {
    pub(super) fn is_empty(&self) -> bool {
        self.profile.values.is_empty() && self.password.is_none()
    }

    /// Sets a key to one text, as it would follow the option.
    pub(super) fn set(&mut self, path: &'static str, text: impl Into<String>) {
        debug_assert!(Key::find(path).is_some(), "{path}");
        self.profile.values.insert(path, Value::text(text));
    }

    /// Sets a key to several texts.
    pub(super) fn set_all(&mut self, path: &'static str, texts: Vec<String>) {
        debug_assert!(Key::find(path).is_some(), "{path}");
        self.profile.values.insert(path, Value::Texts(texts));
    }

    pub(super) fn set_filters(&mut self, filters: Vec<FilterEntry>) {
        self.profile.values.insert("subscribe.filters", Value::Filters(filters));
    }

    /// A client identifier as a template, unless MQTTX generated it.
    pub(super) fn set_client_id(&mut self, text: &str, line: usize, key: &str, remarks: &mut Vec<Remark>) {
        let made_up = text.strip_prefix("mqttx_");
        if made_up.is_some_and(|hex| hex.len() == 8 && hex.bytes().all(|byte| byte.is_ascii_hexdigit())) {
            let message = "left out: it is random, and each run here chooses a random one too".to_owned();
            remarks.push(Remark { line, key: key.to_owned(), message });
            return;
        }
        self.set("connection.client_id", literal(text));
    }

    /// A label, which is part of the name.
    pub(super) fn labelled(mut self, label: &str) -> Self {
        self.label = Some(slug(label));
        self
    }
}

/// A valid profile name from any text.
pub(super) fn slug(text: &str) -> String {
    const LONGEST: usize = 60;
    let mut name = String::new();
    for character in text.chars() {
        if name.len() + character.len_utf8() > LONGEST {
            break;
        }
        if character.is_alphanumeric() || (matches!(character, '_' | '.' | '@') && !name.is_empty()) {
            name.push(character);
        } else if !name.is_empty() && !name.ends_with('-') {
            name.push('-');
        }
    }
    let name = name.trim_end_matches(".toml").trim_end_matches(['-', '.']);
    if name.is_empty() { "imported".to_owned() } else { name.to_owned() }
}
