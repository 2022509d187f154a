//! Where profiles are stored: one file each, private to their owner, written completely or not at all.
//!
//! ```text
//! $XDG_CONFIG_HOME/mqttx-rs/            (~/.config where it is not set; %APPDATA% on Windows)
//! ├── profiles/NAME.toml
//! ├── selected                          the name of the profile that `profile use` chose
//! └── lock                              held while any of them changes
//! ```

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::error::{Error, nearest};

/// The folder of the configuration.
#[derive(Debug, Clone)]
pub(crate) struct Store {
    folder: Option<PathBuf>,
}

/// A lock on the stored profiles; released when dropped.
#[derive(Debug)]
#[must_use = "changes are safe only while it is held"]
pub(crate) struct Lock {
    _file: File,
}

impl Store {
    /// The folder that the environment names.
    pub(crate) fn locate(variable: impl Fn(&str) -> Option<String>) -> Self {
        let absolute = |name: &str| variable(name).map(PathBuf::from).filter(|path| path.is_absolute());
        let base = match absolute("XDG_CONFIG_HOME") {
            Some(folder) => Some(folder),
            None if cfg!(windows) => absolute("APPDATA"),
            None => absolute("HOME").map(|home| home.join(".config")),
        };
        Self { folder: base.map(|base| base.join("mqttx-rs")) }
    }

    /// The folder of the profiles.
    ///
    /// # Errors
    ///
    /// The environment does not name a home folder.
    pub(crate) fn profiles(&self) -> Result<PathBuf, Error> {
        Ok(self.folder()?.join("profiles"))
    }

    fn folder(&self) -> Result<&Path, Error> {
        self.folder.as_deref().ok_or_else(|| {
            Error::local("no folder for profiles: HOME is not set").with_hint("set HOME or XDG_CONFIG_HOME")
        })
    }

    /// The file of a profile, which need not exist.
    ///
    /// # Errors
    ///
    /// An invalid profile name.
    pub(crate) fn path(&self, name: &str) -> Result<PathBuf, Error> {
        check_name(name)?;
        Ok(self.profiles()?.join(format!("{name}.toml")))
    }

    /// The names of all profiles, sorted.
    ///
    /// # Errors
    ///
    /// The folder cannot be read; one that does not exist is empty.
    pub(crate) fn names(&self) -> Result<Vec<String>, Error> {
        let folder = self.profiles()?;
        let cannot_read = |error| cannot("read", &folder, &error);
        let entries = match fs::read_dir(&folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries.map_err(cannot_read)?,
        };
        let mut names = Vec::new();
        for entry in entries {
            let Ok(name) = entry.map_err(cannot_read)?.file_name().into_string() else { continue };
            names.extend(name.strip_suffix(".toml").filter(|name| check_name(name).is_ok()).map(ToOwned::to_owned));
        }
        names.sort();
        Ok(names)
    }

    /// The text of a profile.
    ///
    /// # Errors
    ///
    /// There is none with this name: the error lists similar ones and the folder.
    pub(crate) fn read(&self, name: &str) -> Result<String, Error> {
        let path = self.path(name)?;
        match fs::read_to_string(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Err(self.missing(name)),
            Err(error) => Err(cannot("read", &path, &error)),
            Ok(text) => Ok(text),
        }
    }

    fn missing(&self, name: &str) -> Error {
        let folder = self.profiles().unwrap_or_default();
        // Only for the hint.
        let names = self.names().unwrap_or_default();
        let error = Error::usage(format!("no profile `{name}` in {}", folder.display()));
        match nearest(name, names.iter().map(String::as_str)) {
            Some(similar) => error.with_hint(format!("did you mean `{similar}`?")),
            None if names.is_empty() => error.with_hint(format!("`mqttx-rs profile add {name}` creates it")),
            None => error.with_hint(format!("available: {}", names.join(", "))),
        }
    }

    /// The name of the selected profile.
    ///
    /// # Errors
    ///
    /// There is a selection that cannot be read; ignoring it would silently send a run to another broker.
    pub(crate) fn selected(&self) -> Result<Option<String>, Error> {
        let Some(folder) = &self.folder else { return Ok(None) };
        let path = folder.join("selected");
        match fs::read_to_string(&path) {
            Ok(text) => Ok(Some(text.trim_start_matches('\u{feff}').trim().to_owned()).filter(|name| !name.is_empty())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(cannot("read", &path, &error)
                .with_hint("this file names the selected profile; --no-profile ignores it")),
        }
    }

    /// Waits for the lock, and keeps other processes from changing anything until it is dropped.
    ///
    /// # Errors
    ///
    /// The folder cannot be written.
    pub(crate) fn lock(&self) -> Result<Lock, Error> {
        let folder = self.folder()?;
        make_private_folder(folder)?;
        make_private_folder(&self.profiles()?)?;
        let path = folder.join("lock");
        let file = private(OpenOptions::new().create(true).write(true).truncate(false)).open(&path);
        let file = file.and_then(|file| file.lock().map(|()| file));
        Ok(Lock { _file: file.map_err(|error| cannot("lock", &path, &error))? })
    }

    /// Writes a profile, completely or not at all.
    ///
    /// # Errors
    ///
    /// The file cannot be written.
    pub(crate) fn write(&self, _lock: &Lock, name: &str, text: &str) -> Result<(), Error> {
        write_private(&self.path(name)?, text)
    }

    /// Removes a profile.
    ///
    /// # Errors
    ///
    /// There is none with this name.
    pub(crate) fn remove(&self, _lock: &Lock, name: &str) -> Result<(), Error> {
        let path = self.path(name)?;
        fs::remove_file(&path).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => self.missing(name),
            _ => cannot("remove", &path, &error),
        })
    }

    /// Selects a profile, or none.
    ///
    /// # Errors
    ///
    /// The file cannot be written.
    pub(crate) fn select(&self, _lock: &Lock, name: Option<&str>) -> Result<(), Error> {
        let path = self.folder()?.join("selected");
        match name {
            Some(name) => write_private(&path, &format!("{name}\n")),
            None => match fs::remove_file(&path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => Err(cannot("remove", &path, &error)),
                _ => Ok(()),
            },
        }
    }
}

/// Checks whether a text can be the name of a profile, and so of a file.
///
/// # Errors
///
/// It cannot; the error lists the allowed characters.
pub(crate) fn check_name(name: &str) -> Result<(), Error> {
    let is_path = Path::new(name).extension().is_some_and(|extension| extension == "toml");
    let allowed = |character: char| character.is_alphanumeric() || matches!(character, '-' | '_' | '.' | '@');
    if !name.is_empty() && !is_path && name.len() <= 100 && !name.starts_with(['.', '-']) && name.chars().all(allowed) {
        return Ok(());
    }
    Err(Error::usage(format!("`{name}` is not a valid profile name: use letters, digits, `-`, `_`, `.` and `@`")))
}

/// Writes a file that only its owner can read: into a temporary file first, so that it is always old or new.
///
/// # Errors
///
/// It cannot be written.
pub(crate) fn write_private(path: &Path, text: &str) -> Result<(), Error> {
    // A profile may be a link into a folder of dotfiles; its target is written.
    let path = &fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let draft = path.with_file_name(format!(".{:016x}.new", fastrand::u64(..)));
    let written = (|| {
        let mut file = private(OpenOptions::new().create_new(true).write(true)).open(&draft)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::rename(&draft, path)
    })();
    written.map_err(|error| {
        _ = fs::remove_file(&draft);
        cannot("write", path, &error)
    })
}

/// Whether a text means a file and not the name of a profile: a path has a separator or ends in `.toml`.
pub(crate) fn is_path(name: &str) -> bool {
    name.contains(std::path::is_separator) || Path::new(name).extension().is_some_and(|extension| extension == "toml")
}

#[cfg(unix)]
pub(crate) fn is_readable_by_others(path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;

    fs::metadata(path).is_ok_and(|metadata| metadata.mode() & 0o077 != 0)
}

#[cfg(not(unix))]
pub(crate) fn is_readable_by_others(_path: &Path) -> bool {
    false
}

fn make_private_folder(path: &Path) -> Result<(), Error> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path).map_err(|error| cannot("make", path, &error))
}

fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
    options
}

fn cannot(what: &str, path: &Path, error: &io::Error) -> Error {
    Error::local(format!("cannot {what} {}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_folder_follows_the_environment() {
        let located = |variables: &[(&str, &str)]| {
            let find = |name: &str| variables.iter().find(|(n, _)| *n == name).map(|(_, v)| (*v).to_owned());
            Store::locate(find).folder
        };
        assert_eq!(located(&[("XDG_CONFIG_HOME", "/x"), ("HOME", "/h")]), Some("/x/mqttx-rs".into()));
        assert_eq!(located(&[]), None);
        #[cfg(unix)]
        {
            assert_eq!(located(&[("HOME", "/h")]), Some("/h/.config/mqttx-rs".into()));
            assert_eq!(located(&[("XDG_CONFIG_HOME", "relative"), ("HOME", "/h")]), Some("/h/.config/mqttx-rs".into()));
        }
    }

    #[test]
    fn a_name_never_leaves_the_folder() {
        for name in ["", ".", "..", "a/b", "../a", "a b", "-a", ".a", "a\0", "a\n", "a.toml"] {
            assert!(check_name(name).is_err(), "{name:?}");
        }
        for name in ["task", "task-2", "v1.2", "me@work", "汽车"] {
            assert!(check_name(name).is_ok(), "{name:?}");
        }
    }
}
