//! A row of the table.

use super::key::{Key, Kind};
use super::note::Note;

/// The commands that have an option, by their names: `pub`, `bench pub`; `> pub` is a line of `repl`, and the empty name
/// means all.
pub(crate) type Commands = &'static [&'static str];

/// An option of some commands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Row {
    /// Its id, for example `client_id`.
    pub option: &'static str,
    /// Where it can be given. Another row may have the same option for other commands.
    pub commands: Commands,
    /// The type of its value.
    pub kind: Kind,
    /// The equivalent key of a profile.
    pub key: Option<Key>,
    /// The equivalent key of a group or a scenario.
    pub scenario: Option<Key>,
    /// Its other properties.
    pub notes: &'static [Note],
}

pub(super) const fn row(option: &'static str, commands: Commands, kind: Kind, notes: &'static [Note]) -> Row {
    Row { option, commands, kind, key: None, scenario: None, notes }
}

impl Row {
    /// With a key of a profile, and an example of its value in TOML.
    pub(super) const fn key(self, path: &'static str, example: &'static str) -> Self {
        Self { key: Some(Key { path, option: self.option, kind: self.kind, example }), ..self }
    }

    /// With a key of a scenario's file.
    pub(super) const fn scenario(self, path: &'static str) -> Self {
        Self { scenario: Some(Key { path, option: self.option, kind: self.kind, example: "" }), ..self }
    }

    pub(crate) fn has(&self, note: Note) -> bool {
        self.notes.contains(&note)
    }

    pub(super) fn is_of(&self, command: &str) -> bool {
        self.commands.contains(&command)
    }
}
