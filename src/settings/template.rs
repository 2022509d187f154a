//! Payload templates of a command with one client: what they are read with, and what they draw from.

use std::path::Path;

use super::pattern::Facts;
use crate::config::origin::Origins;
use crate::error::Error;
use crate::payload::placeholder::{Drawer, Place, Template};
use crate::session::ConnectOptions;

/// Reads the templates of a command.
#[derive(Debug, Clone)]
pub(crate) struct Templates {
    facts: Facts,
    place: Place,
    seed: Option<u64>,
}

impl Templates {
    /// For texts of a place of use, on a connection.
    pub(super) fn new(connect: &ConnectOptions, place: Place, seed: Option<u64>, origins: &Origins) -> Self {
        let facts = Facts::gather(origins).of_client(&connect.client_id, connect.user_name.as_deref());
        Self { facts, place, seed }
    }

    /// Reads a text with placeholders; `option` is what its error names.
    pub(crate) fn read(&self, option: &str, text: &[u8]) -> Result<Template, Error> {
        self.facts.read(option, utf8(option, text)?, self.place).map(Template::Pattern)
    }

    /// Reads what a file holds: placeholders, or Jinja by its name.
    pub(crate) fn read_file(&self, option: &str, path: &Path, text: &[u8]) -> Result<Template, Error> {
        if Template::is_jinja(path) {
            return self.facts.jinja(option, utf8(option, text)?, self.place).map(Template::Jinja);
        }
        self.read(option, text)
    }

    /// What they draw from.
    pub(crate) fn drawer(&self) -> Drawer {
        self.seed.map_or_else(Drawer::default, Drawer::seeded)
    }
}

fn utf8<'a>(option: &str, text: &'a [u8]) -> Result<&'a str, Error> {
    std::str::from_utf8(text).map_err(|_| Error::local(format!("{option}: --template needs a text payload")))
}
