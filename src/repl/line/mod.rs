//! The language of a line: words, quotes, variables and what goes to the shell. No command is known here.
//!
//! It is the shell's where people expect that, and departs where a topic would be torn:
//!
//! - `'..'` is taken as it is; in `".."` a backslash counts before `"`, `\`, `$` and the end of a line; elsewhere it
//!   makes any character an ordinary one, and at the end of a line joins the next. `$'..'` knows the escapes of shells,
//!   `\\n`, `\\x1b` and `\\u{202e}`, for what cannot be typed.
//! - `$name` and `${name}` are the variable's value, always within one word. `$name` **without** a value is itself
//!   at the beginning of a word when a `/` follows (`$aws/things/#`), and an error everywhere else. `$SYS`, `$share`,
//!   `$queue`, `$exclusive` and `$delayed` are never variables. A `$` before anything but a name is itself.
//! - `#` begins a comment only where a command would begin. Inside a word it is itself (`car/#`, `#ff0000`). Alone it
//!   is the filter of all topics where the line ends or an option follows (`sub #`, `sub # -q 1`), and an error
//!   before any other word, which could be a comment's.
//! - `<<EOF` makes the lines until one that is only `EOF` the command's last word, without the last newline; its
//!   variables are expanded, unless it is written `<<'EOF'`.
//! - What follows an unquoted `|`, and all of a line that begins with `!`, is the shell's, verbatim.

mod alias;
mod assembler;
mod block;
mod error;
mod escape;
mod joined;
mod tokens;

use std::collections::BTreeMap;

pub(crate) use alias::{Aliases, expand_alias};
pub(crate) use assembler::{Assembler, commands, is_complete};
pub(crate) use block::{Block, Body};
pub(crate) use error::LineError;
use error::Problem;
pub(super) use escape::printable;
pub(super) use tokens::{Open, Piece, Tokens, VariableKind, Word, tokens};

use crate::payload::is_unsafe_on_terminal;

/// The variables and their values.
pub(crate) type Variables = BTreeMap<String, String>;

/// Names of topic prefixes, which no variable can have.
const RESERVED: &[&str] = &["SYS", "share", "queue", "exclusive", "delayed"];

/// A line that can be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Line {
    /// Nothing, or a comment.
    Empty,
    /// `!cmd`: a command of the shell, without the `!`.
    Shell(String),
    /// A command.
    Command(CommandLine),
}

/// A command's words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CommandLine {
    /// At least one; quotes are off and variables expanded.
    pub words: Vec<String>,
    /// The shell's command that takes the output: what follows `|`.
    pub tail: Option<String>,
    /// A word that looks like JSON, as it was written: its double quotes were taken as quotes of a word.
    pub torn: Option<String>,
}

impl Line {
    /// Reads one command, which may have several lines.
    ///
    /// # Errors
    ///
    /// Says the column and what to write instead.
    pub(crate) fn parse(text: &str, variables: &Variables) -> Result<Self, LineError> {
        let tokens = tokens(text)?;
        if let Some(open) = tokens.open {
            return Err(match open {
                Open::Quote { quote, at } => LineError::new(text, at, Problem::Quote(quote)),
                Open::Backslash => LineError::new(text, text.len().saturating_sub(1), Problem::Backslash),
                Open::Heredoc { delimiter, at } => LineError::new(text, at, Problem::Heredoc(delimiter)),
            });
        }
        if let Some(command) = tokens.shell {
            return Ok(Self::Shell(command));
        }
        check_hashes(text, &tokens)?;
        let mut words = Vec::with_capacity(tokens.words.len() + 1);
        for word in &tokens.words {
            words.push(expand(&word.pieces, variables, Problem::Unset, text)?);
        }
        let written = tokens.words.iter().map(|word| &text[word.start..word.end]);
        let is_torn = |(source, word): &(&str, &String)| {
            source.starts_with(['{', '[']) && word.matches('"').count() < source.matches('"').count()
        };
        let torn = written.zip(&words).find(is_torn).map(|(source, _)| source.to_owned());
        if let Some(body) = &tokens.heredoc {
            words.push(expand(body, variables, Problem::UnsetInHeredoc, text)?);
        }
        if tokens.words.is_empty() {
            return if tokens.tail.is_none() && words.is_empty() {
                Ok(Self::Empty)
            } else {
                Err(LineError::new(text, 0, Problem::NoCommand))
            };
        }
        Ok(Self::Command(CommandLine { words, tail: tokens.tail, torn }))
    }
}

/// Whether a variable can have this name.
pub(crate) fn check_name(name: &str) -> Result<(), LineError> {
    if name.is_empty() || tokens::name_length(name) != name.len() {
        return Err(LineError::new(name, 0, Problem::NoName(name.to_owned())));
    }
    if RESERVED.contains(&name) {
        return Err(LineError::new(name, 0, Problem::Reserved(name.to_owned())));
    }
    Ok(())
}

/// A word as it has to be typed, so that it is read as itself.
pub(crate) fn quote(word: &str) -> String {
    if word.contains(is_unsafe_on_terminal) {
        return escape::escaped(word);
    }
    let plain = |c: char| !c.is_whitespace() && !matches!(c, '\'' | '"' | '\\' | '$' | '|');
    let begins_plainly = !word.is_empty() && !word.starts_with(['!', '#']) && !word.starts_with("<<");
    // `$SYS/` is never a variable.
    let prefix = RESERVED.iter().find_map(|name| word.strip_prefix('$')?.strip_prefix(name)?.strip_prefix('/'));
    if begins_plainly && prefix.unwrap_or(word).chars().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

/// Refuses a lone `#` that may be the beginning of a comment.
fn check_hashes(text: &str, tokens: &Tokens) -> Result<(), LineError> {
    for pair in tokens.words.windows(2) {
        let [hash, next] = pair else { continue };
        if hash.bare && hash.raw() == "#" && !next.raw().starts_with('-') {
            return Err(LineError::new(text, hash.start, Problem::Hash));
        }
    }
    Ok(())
}

fn expand(
    pieces: &[Piece],
    variables: &Variables,
    unset: fn(String) -> Problem,
    text: &str,
) -> Result<String, LineError> {
    let mut expanded = String::new();
    for piece in pieces {
        match piece {
            Piece::Text(part) => expanded.push_str(part),
            Piece::Variable { name, at, kind } => {
                let reserved = RESERVED.contains(&name.as_str());
                match variables.get(name).filter(|_| !reserved) {
                    Some(value) => expanded.push_str(value),
                    None if *kind == VariableKind::Level || (reserved && *kind == VariableKind::Plain) => {
                        expanded.push('$');
                        expanded.push_str(name);
                    }
                    None => return Err(LineError::new(text, *at, unset(name.clone()))),
                }
            }
        }
    }
    Ok(expanded)
}

#[cfg(test)]
mod tests;
