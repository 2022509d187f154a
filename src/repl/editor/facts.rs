use std::collections::BTreeSet;
use std::fs;
use std::path::{MAIN_SEPARATOR, Path, PathBuf};

use crate::repl::complete::Live;
use crate::repl::line::{Aliases, Variables};
use crate::repl::noted::notes_in;

/// Topics that completion knows.
const MAXIMUM_TOPICS: usize = 10_000;

/// The most files that are offered; topics are offered by level.
const OFFERED: usize = 100;

/// What the session knows at present, as far as completion asks for it: a copy, since the editor has its own thread.
#[derive(Debug, Default)]
pub(in crate::repl) struct Facts {
    pub(in crate::repl) profiles: Vec<String>,
    pub(in crate::repl) connections: Vec<String>,
    pub(in crate::repl) filters: Vec<String>,
    pub(in crate::repl) variables: Variables,
    pub(in crate::repl) aliases: Aliases,
    pub(in crate::repl) jobs: Vec<(String, String)>,
    /// The file of notes, which is read when they are asked for.
    pub(in crate::repl) notes: Option<PathBuf>,
    topics: BTreeSet<String>,
}

impl Facts {
    /// Remembers a topic, if there is room.
    pub(in crate::repl) fn saw(&mut self, topic: &str) {
        if self.topics.len() < MAXIMUM_TOPICS && !self.topics.contains(topic) {
            self.topics.insert(topic.to_owned());
        }
    }
}

impl Live for Facts {
    fn profiles(&self) -> Vec<String> {
        self.profiles.clone()
    }

    fn connections(&self) -> Vec<String> {
        self.connections.clone()
    }

    fn filters(&self) -> Vec<String> {
        self.filters.clone()
    }

    fn topics(&self, prefix: &str) -> Vec<String> {
        let from = self.topics.range(prefix.to_owned()..);
        from.take_while(|topic| topic.starts_with(prefix)).cloned().collect()
    }

    fn variables(&self) -> Vec<(String, String)> {
        self.variables.iter().map(|(name, value)| (name.clone(), value.clone())).collect()
    }

    fn aliases(&self) -> Vec<(String, String)> {
        self.aliases.iter().map(|(name, text)| (name.clone(), text.clone())).collect()
    }

    fn notes(&self) -> Vec<(String, String)> {
        self.notes.as_deref().map(notes_in).unwrap_or_default()
    }

    fn jobs(&self) -> Vec<(String, String)> {
        self.jobs.clone()
    }

    fn files(&self, prefix: &str) -> Vec<String> {
        let (folder, begin) = match prefix.rfind(MAIN_SEPARATOR) {
            Some(at) => prefix.split_at(at + 1),
            None => ("", prefix),
        };
        let Ok(entries) = fs::read_dir(if folder.is_empty() { Path::new(".") } else { Path::new(folder) }) else {
            return Vec::new();
        };
        let mut found = Vec::new();
        for entry in entries.flatten() {
            let Ok(name) = entry.file_name().into_string() else { continue };
            // Hidden ones only for who asks for them.
            if name.starts_with(begin) && (begin.starts_with('.') || !name.starts_with('.')) {
                let slash = if entry.path().is_dir() { "/" } else { "" };
                found.push(format!("{folder}{name}{slash}"));
            }
        }
        found.sort();
        found.truncate(OFFERED);
        found
    }
}
