//! `note`: lines with names, in a file that several people can share.

use std::path::PathBuf;

use toml_edit::{Item, value};

use super::history::holds_secret;
use super::line::quote;
use super::noted::{notes, read, unknown, write};
use super::shell::{Shell, Stop};
use crate::cli::repl::NoteLine;
use crate::error::Error;
use crate::output::Columns;

/// Words that are no names.
const WORDS: [&str; 3] = ["save", "remove", "file"];

impl Shell<'_> {
    /// `note`.
    pub(super) async fn note(&mut self, line: &NoteLine) -> Result<(), Stop> {
        let words: Vec<&str> = line.words.iter().map(String::as_str).collect();
        match words.as_slice() {
            [] => self.list_notes(),
            ["save", name, text @ ..] if !text.is_empty() => self.save_note(name, &line.words[2..]),
            ["save", ..] => {
                let error = Error::usage("note save: the name or the line is missing");
                Err(error.with_hint("for example note save on pub lamp/1/set on -q 1").into())
            }
            ["remove", name] => {
                let path = self.notes_file()?;
                let mut document = read(&path)?;
                document.remove(name).ok_or_else(|| unknown(name, &document))?;
                write(&path, &document)?;
                self.talk.success(format_args!("Removed {name}"));
                Ok(())
            }
            ["remove", ..] => Err(Error::usage("note remove: use one name").into()),
            ["file"] => {
                let path = self.notes_file()?;
                Ok(self.printer.line(&path.display().to_string())?)
            }
            ["file", path] => {
                self.notes = Some(PathBuf::from(path));
                Ok(())
            }
            [name, more @ ..] => {
                let document = read(&self.notes_file()?)?;
                let text = document.get(name).and_then(Item::as_str).ok_or_else(|| unknown(name, &document))?;
                let more = more.iter().fold(String::new(), |line, word| line + " " + &quote(word));
                if self.depth >= super::outside::DEEPEST {
                    return Err(
                        Error::usage(format!("the note `{name}` runs itself, directly or through others")).into()
                    );
                }
                self.depth += 1;
                let ended = Box::pin(self.run(&format!("{text}{more}"))).await;
                self.depth -= 1;
                ended
            }
        }
    }

    fn list_notes(&mut self) -> Result<(), Stop> {
        let path = self.notes_file()?;
        let document = read(&path)?;
        if notes(&document).next().is_none() {
            self.talk.plain(&format!("No notes in {}: `note save NAME pub ...` makes one", path.display()));
        }
        let mut rows = Columns::default();
        notes(&document).for_each(|(name, text)| rows.row([name, text]));
        self.print_rows(&rows)
    }

    /// A line as it is to be typed, if it is one word, else its words.
    fn save_note(&mut self, name: &str, words: &[String]) -> Result<(), Stop> {
        if WORDS.contains(&name) || name.starts_with('-') || name.contains(char::is_whitespace) {
            return Err(Error::usage(format!("note save: `{name}` cannot name a note")).into());
        }
        let text = match words {
            [line] => line.clone(),
            words => words.iter().map(|word| quote(word)).collect::<Vec<_>>().join(" "),
        };
        if holds_secret(&text) {
            let error = Error::usage("note save: the line holds a secret, and the file may be shared");
            return Err(error.with_hint("write $name for it in single quotes, and set it by `var name`").into());
        }
        let path = self.notes_file()?;
        let mut document = read(&path)?;
        let is_new = document.insert(name, value(text)).is_none();
        write(&path, &document)?;
        let verb = if is_new { "Saved" } else { "Replaced" };
        self.talk.success(format_args!("{verb} {name} in {}", path.display()));
        Ok(())
    }

    /// What `note file` said, or a file in the folder of the program's configuration.
    pub(super) fn notes_file(&self) -> Result<PathBuf, Error> {
        match &self.notes {
            Some(path) => Ok(path.clone()),
            None => Ok(self.configuration()?.join("notes.toml")),
        }
    }
}
