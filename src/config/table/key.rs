//! The keys of files: profiles and scenarios.

/// A key of a profile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Key {
    /// Section and name, for example `connection.host`.
    pub path: &'static str,
    /// The id of the option, for example `hostname`.
    pub option: &'static str,
    /// The type of the value.
    pub kind: Kind,
    /// An example, for the template that `profile edit` opens.
    pub example: &'static str,
}

/// The type of the value of an option, and its form in TOML.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A string.
    Text,
    /// A string that may hold a password between `//` and `@`.
    Url,
    /// A number, or a string as the option takes it, such as "5.0" or "1KB".
    Number,
    /// Seconds: a number, or a string such as "15m".
    Seconds,
    /// Milliseconds: a number, or a string such as "1s".
    Milliseconds,
    /// true or false.
    Switch,
    /// true or false, with the opposite meaning of the option.
    SwitchOff,
    /// A string; relative to the file's folder, `~/` to the home folder.
    Path,
    /// A string or a list of strings.
    List,
    /// A string `FILTER=FILE` or a list of them; a file is relative like [`Self::Path`].
    Schemas,
    /// A table of names and values, or a list of "name: value" where a name comes twice.
    Pairs,
    /// A string: `env:NAME`, `file:PATH`, `keyring:SERVICE/USER`, `prompt`, or the secret itself.
    Secret,
    /// Topic filters, each a string or a table with its own options.
    Filters,
}

#[cfg(all(test, feature = "broker"))]
impl Kind {
    /// The value in TOML, for the reference.
    pub(crate) const fn meaning(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Url => "text: a URL",
            Self::Number => "number, or text as the option takes it",
            Self::Seconds => "seconds, or text: `\"15m\"`",
            Self::Milliseconds => "milliseconds, or text: `\"1s\"`",
            Self::Switch | Self::SwitchOff => "true or false",
            Self::Path => "path, relative to the file's folder; `~/` is the home folder",
            Self::List => "text or list",
            Self::Schemas => "`\"FILTER=FILE\"` or a list of them",
            Self::Pairs => "table of names and values, or list of `\"name: value\"`",
            Self::Secret => {
                "`\"env:NAME\"`, `\"file:PATH\"`, `\"keyring:SERVICE/USER\"`, `\"prompt\"`, or the secret itself"
            }
            Self::Filters => "list of filters, each text or a table with its own options",
        }
    }
}

impl Key {
    /// The section, for example `connection`.
    pub(crate) fn section(&self) -> &'static str {
        self.path.split_once('.').map_or(self.path, |(section, _)| section)
    }

    /// The name within the section, for example `host`.
    pub(crate) fn name(&self) -> &'static str {
        self.path.split_once('.').map_or(self.path, |(_, name)| name)
    }
}

pub(crate) const fn key(path: &'static str, option: &'static str, kind: Kind, example: &'static str) -> Key {
    Key { path, option, kind, example }
}
