//! How a word can be completed, and what the session must know for that.

use clap::{Arg, Command};

use crate::repl::line::quote;

/// What the session currently knows.
pub(crate) trait Live {
    /// Names of profiles.
    fn profiles(&self) -> Vec<String>;
    /// Names of connections.
    fn connections(&self) -> Vec<String>;
    /// Filters that the current connection is subscribed to.
    fn filters(&self) -> Vec<String>;
    /// Topics seen that begin with this.
    fn topics(&self, prefix: &str) -> Vec<String>;
    /// Names and values of variables.
    fn variables(&self) -> Vec<(String, String)>;
    /// Names of aliases and the text of each.
    fn aliases(&self) -> Vec<(String, String)>;
    /// Names of notes and the line of each.
    fn notes(&self) -> Vec<(String, String)>;
    /// Numbers of the jobs in the background and what each does.
    fn jobs(&self) -> Vec<(String, String)>;
    /// Paths that begin with this; folders end in a `/`.
    fn files(&self, prefix: &str) -> Vec<String>;
}

/// One candidate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Candidate {
    /// What is inserted, quoted where it has to be.
    pub text: String,
    /// What it is; empty where the text says it all.
    pub help: String,
    /// Whether a blank can follow: not behind a folder, or a level with others below it.
    pub is_whole: bool,
}

impl Candidate {
    pub(super) fn new(text: impl Into<String>, help: impl Into<String>) -> Self {
        Self { text: text.into(), help: help.into(), is_whole: true }
    }

    /// Of something whose name may have to be quoted.
    pub(super) fn named(name: &str, help: impl Into<String>) -> Self {
        Self::new(quote(name), help)
    }
}

/// Commands and aliases; the short forms of commands only where nothing else begins so.
pub(super) fn commands(root: &Command, partial: &str, live: &dyn Live) -> Vec<Candidate> {
    let about = |command: &Command| command.get_about().map(ToString::to_string).unwrap_or_default();
    let visible = || root.get_subcommands().filter(|command| !command.is_hide_set());
    let begins = |name: &&str| name.starts_with(partial);
    let names = visible().filter(|command| begins(&command.get_name()));
    let mut found: Vec<_> = names.map(|command| Candidate::new(command.get_name(), about(command))).collect();
    let aliases = live.aliases().into_iter().filter(|(name, _)| begins(&name.as_str()));
    found.extend(aliases.map(|(name, text)| Candidate::named(&name, text)));
    if found.is_empty() {
        for command in visible() {
            found.extend(command.get_all_aliases().filter(begins).map(|name| Candidate::new(name, about(command))));
        }
    }
    found
}

/// What an option is.
pub(super) fn help(option: &Arg) -> String {
    option.get_help().map(ToString::to_string).unwrap_or_default()
}
