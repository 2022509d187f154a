//! A text that is filled in: with placeholders, or a template of Jinja.

use std::path::Path;
use std::sync::Arc;

use super::drawer::Drawer;
use super::jinja::Jinja;
use super::pattern::Pattern;
use super::table::Name;

/// A text that is filled in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Template {
    /// With placeholders.
    Pattern(Pattern),
    /// Of a file that ends in `.j2`.
    Jinja(Arc<Jinja>),
}

impl Template {
    /// Whether a file holds a template of Jinja.
    pub(crate) fn is_jinja(path: &Path) -> bool {
        path.extension().is_some_and(|extension| ["j2", "jinja", "jinja2"].iter().any(|known| extension == *known))
    }

    /// As it was written, with what is bound in its place.
    pub(crate) fn as_str(&self) -> &str {
        match self {
            Self::Pattern(pattern) => pattern.as_str(),
            Self::Jinja(jinja) => jinja.as_str(),
        }
    }

    /// Appends the text; `value` writes the value of a name. Errors are kept by the drawer.
    pub(crate) fn fill(&self, drawer: &mut Drawer, out: &mut String, value: impl FnMut(Name, &mut String)) {
        match self {
            Self::Pattern(pattern) => pattern.fill(drawer, out, value),
            Self::Jinja(jinja) => jinja.fill(drawer, out, value),
        }
    }
}
