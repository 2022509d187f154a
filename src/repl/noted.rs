//! The file of notes.

use std::io::ErrorKind;
use std::path::Path;

use toml_edit::DocumentMut;

use crate::error::{Error, nearest};

/// What is written above the notes of a new file.
const HEAD: &str = "# Notes of `mqttx-rs repl`: `note NAME` runs the line of that name.\n";

/// The notes of a file, with its comments.
pub(super) fn read(path: &Path) -> Result<DocumentMut, Error> {
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => HEAD.to_owned(),
        Err(error) => return Err(Error::local(format!("{} cannot be read: {error}", path.display()))),
    };
    text.parse().map_err(|error| Error::local(format!("{} is not a file of notes: {error}", path.display())))
}

pub(super) fn notes(document: &DocumentMut) -> impl Iterator<Item = (&str, &str)> {
    document.iter().filter_map(|(name, text)| Some((name, text.as_str()?)))
}

/// Puts a file in the place of the one before, so that nobody reads half of it, with the rights of that one.
pub(super) fn write(path: &Path, document: &DocumentMut) -> Result<(), Error> {
    // Through a link to the file that it is for.
    let target = std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let draft = target.with_file_name(format!(".{:016x}.new", fastrand::u64(..)));
    let written = (|| {
        if let Some(folder) = target.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            std::fs::create_dir_all(folder)?;
        }
        std::fs::write(&draft, document.to_string())?;
        if let Ok(before) = std::fs::metadata(&target) {
            std::fs::set_permissions(&draft, before.permissions())?;
        }
        std::fs::rename(&draft, &target)
    })();
    written.map_err(|error: std::io::Error| {
        _ = std::fs::remove_file(&draft);
        Error::local(format!("{} cannot be written: {error}", path.display()))
    })
}

pub(super) fn unknown(name: &str, document: &DocumentMut) -> Error {
    let error = Error::usage(format!("there is no note `{name}`"));
    match nearest(name, notes(document).map(|(known, _)| known)) {
        Some(near) => error.with_hint(format!("did you mean `{near}`?")),
        None => error.with_hint("`note` lists them, `note save NAME pub ...` makes one"),
    }
}

/// The notes of a file; none if it cannot be read.
pub(super) fn notes_in(path: &Path) -> Vec<(String, String)> {
    let document = read(path).unwrap_or_default();
    notes(&document).map(|(name, text)| (name.to_owned(), text.to_owned())).collect()
}
