//! Which profile to use, before any is read.

/// The profile options of the command line.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Choice {
    /// `--profile`.
    pub(crate) named: Option<String>,
    /// `--no-profile`: neither a profile nor a project file.
    pub(crate) none: bool,
    /// No project file, in any folder.
    pub(crate) without_project: bool,
    /// An options file is used in place of the profile.
    pub(crate) replaced: bool,
}

impl Choice {
    /// The later choice, unless it is empty.
    pub(crate) fn or(&self, said: Self) -> Self {
        if said.named.is_some() || said.none { said } else { self.clone() }
    }
}
