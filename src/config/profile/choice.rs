//! What somebody says about profiles, before any is read.

/// What the command line says about profiles.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(in crate::config) struct Choice {
    /// `--profile`.
    pub(in crate::config) named: Option<String>,
    /// `--no-profile`: none, and no project's file either.
    pub(in crate::config) none: bool,
    /// No project's file, whatever folder this is.
    pub(in crate::config) without_project: bool,
    /// A file of options stands in the profile's place.
    pub(in crate::config) replaced: bool,
}

impl Choice {
    /// What is said later, if it says anything.
    pub(in crate::config) fn or(&self, said: Self) -> Self {
        if said.named.is_some() || said.none { said } else { self.clone() }
    }
}
