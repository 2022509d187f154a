//! Replaces Jinja in a build without the feature `jinja`.

use std::sync::{Arc, Mutex};

use super::drawer::Drawer;
use super::read::Files;
use super::table::{Name, Place};

/// Never exists in such a build.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Jinja {}

impl Jinja {
    pub(crate) fn compile(
        _: &str,
        _: Place,
        _: impl Fn(Name) -> Option<String>,
        _: Arc<Mutex<Files>>,
        _: fn(&str) -> Option<String>,
    ) -> Result<Self, String> {
        Err("this build has no Jinja templates: it lacks the cargo feature `jinja`".to_owned())
    }

    pub(crate) fn as_str(&self) -> &str {
        match *self {}
    }

    pub(crate) fn asks_for(&self, _: Name) -> bool {
        match *self {}
    }

    pub(crate) fn fill(&self, _: &mut Drawer, _: &mut String, _: impl FnMut(Name, &mut String)) {
        match *self {}
    }
}
