//! The project file: found, not named, and possibly written by a stranger whose repository was cloned.
//!
//! So it may hold less than a profile: it cannot refer to the secrets of the user, or every run in its folder could send
//! them to the broker that it names.

use std::fs::{self, File};
use std::io::Read;
use std::path::{Component, Path, PathBuf};

use super::document::{Profile, Value};
use super::layer::as_option;
use super::store::is_path;
use crate::config::table::{Key, Kind};
use crate::error::Error;

/// Looked for in the working folder and those above it.
const NAME: &str = ".mqttx-rs.toml";

pub(super) fn find() -> Option<PathBuf> {
    let folder = std::env::current_dir().ok()?;
    folder.ancestors().map(|folder| folder.join(NAME)).find(|path| path.is_file())
}

/// Its text; `None` if it belongs to another user, whose file above the working folder, as in /tmp, could send this
/// user's messages elsewhere. The owner is that of the opened file, even if the name refers to another one meanwhile.
pub(super) fn read(path: &Path) -> Result<Option<String>, Error> {
    let cannot = |error| Error::usage(format!("{}: {error}", path.display()));
    let mut file = File::open(path).map_err(cannot)?;
    if belongs_to_another(&file) {
        return Ok(None);
    }
    let mut text = String::new();
    file.read_to_string(&mut text).map_err(cannot)?;
    Ok(Some(text))
}

#[cfg(unix)]
fn belongs_to_another(file: &File) -> bool {
    use std::os::unix::fs::MetadataExt;

    let owner = file.metadata().map(|metadata| metadata.uid());
    owner.is_ok_and(|owner| owner != 0 && owner != rustix::process::geteuid().as_raw())
}

#[cfg(not(unix))]
fn belongs_to_another(_file: &File) -> bool {
    false
}

/// What the project file, and those that it extends, may refer to.
pub(super) struct Fence<'a> {
    /// The folder, with links resolved.
    folder: PathBuf,
    home: Option<&'a Path>,
}

impl<'a> Fence<'a> {
    /// Around the folder of a file, whose path has no links.
    pub(super) fn around(file: &Path, home: Option<&'a Path>) -> Self {
        Self { folder: file.parent().unwrap_or(Path::new("")).to_owned(), home }
    }

    /// Refuses references that lead outside; relative paths are relative to `folder`.
    pub(super) fn check(&self, profile: &Profile, called: &str, folder: &Path) -> Result<(), Error> {
        if let Some(base) = &profile.extends
            && !(is_path(base) && self.holds(&folder.join(base)))
        {
            let error =
                Error::usage(format!("{called}: extends: a project file can extend only files in its own folder"));
            return Err(error.with_hint("to use your own profile, give --profile or MQTTX_PROFILE"));
        }
        for (path, value) in &profile.values {
            let (Some(key), Value::Texts(texts)) = (Key::find(path), value) else { continue };
            if let Some(fault) = texts.iter().find_map(|text| self.fault(key, text, folder)) {
                let error = Error::usage(format!("{called}: {path}: a project file {fault}"));
                return Err(error.with_hint(match key.kind {
                    Kind::Secret => "write \"prompt\", or keep the secret in your own profile: `mqttx-rs profile add`",
                    _ => "name it in your own profile: `mqttx-rs profile add`",
                }));
            }
        }
        Ok(())
    }

    fn fault(&self, key: &Key, text: &str, folder: &Path) -> Option<&'static str> {
        let placed = as_option(key.kind, text, folder, self.home);
        let path = match (key.kind, placed.split_once(':')) {
            (Kind::Secret, Some(("env", _))) => return Some("cannot take secrets from the environment"),
            (Kind::Secret, Some(("keyring", _))) => return Some("cannot take secrets from the keyring"),
            (Kind::Secret, Some(("file", path))) => path,
            (Kind::Path, _) if key.option == "key" => &placed,
            _ => return None,
        };
        (!self.holds(Path::new(path))).then_some("can take secrets only from files in its own folder")
    }

    /// Whether a path stays inside, links followed.
    fn holds(&self, path: &Path) -> bool {
        match fs::canonicalize(path) {
            Ok(path) => path.starts_with(&self.folder),
            // The file does not exist; the message should still be about the right problem.
            Err(_) => path.starts_with(&self.folder) && !path.components().any(|part| part == Component::ParentDir),
        }
    }
}
