//! What somebody says about profiles, before any is read.

/// What the command line says about profiles.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Choice {
    /// `--profile`.
    pub(crate) named: Option<String>,
    /// `--no-profile`: none, and no project's file either.
    pub(crate) none: bool,
    /// No project's file, whatever folder this is.
    pub(crate) without_project: bool,
    /// A file of options stands in the profile's place.
    pub(crate) replaced: bool,
}

impl Choice {
    /// What is said later, if it says anything.
    pub(crate) fn or(&self, said: Self) -> Self {
        if said.named.is_some() || said.none { said } else { self.clone() }
    }
}
