//! Which profile a run uses, and the content of it and of the project file.

use std::fs;
use std::path::{Path, PathBuf};

use super::choice::Choice;
use super::document::Profile;
use super::layer::{Chain, Origination, Scope};
use super::project::{self, Fence};
use super::store::{Store, is_path, is_readable_by_others};
use crate::config::origin::{Layer, Origin};
use crate::error::{Error, nearest};

/// How many files may extend each other.
const LONGEST_CHAIN: usize = 16;

/// The layers of files, from strongest to weakest.
#[derive(Debug, Default)]
pub(crate) struct Loaded {
    pub(crate) layers: Vec<Layer>,
    /// The name of each file, by the index in [`crate::config::origin::Place`].
    pub(crate) files: Vec<String>,
    /// The profile's name.
    pub(crate) profile: Option<String>,
    pub(crate) warnings: Vec<String>,
}

/// Reads only the files that a run uses, so that a broken one affects only runs that need it.
pub(crate) fn load(choice: &Choice, scope: Scope, variable: impl Fn(&str) -> Option<String>) -> Result<Loaded, Error> {
    if choice.none {
        return Ok(Loaded::default());
    }
    let set = |name: &str| variable(name).filter(|text| !text.is_empty());
    let home = variable("HOME").map(PathBuf::from);
    let store = Store::locate(&variable);
    let mut reader = Reader { store: &store, files: Vec::new(), warnings: Vec::new() };
    let mut layers = Vec::new();
    let (name, named_by) = match (&choice.named, set("MQTTX_PROFILE")) {
        _ if choice.replaced => (None, NamedBy::Flag),
        (Some(name), _) => (Some(name.clone()), NamedBy::Flag),
        (None, Some(name)) => (Some(name), NamedBy::Variable),
        (None, None) => (store.selected()?, NamedBy::Selection),
    };
    if let Some(name) = &name {
        let chain = reader.chain(name).map_err(|error| named_by.blame(error))?;
        layers.push((chain, Origin::Profile as fn(_) -> _));
    }
    if let Some(path) = project::find().filter(|_| !choice.without_project) {
        let called = path.to_string_lossy().into_owned();
        match project::read(&path)? {
            Some(text) => {
                let path = fs::canonicalize(&path).unwrap_or(path);
                let fence = Fence::around(&path, home.as_deref());
                let chain = reader.chain_from(Opened { path, called, text }, Some(&fence))?;
                layers.push((chain, Origin::Project as fn(_) -> _));
            }
            None => reader.warnings.push(format!("{called} belongs to another user: ignored")),
        }
    }
    let layers = layers.iter().map(|(chain, origin)| chain.layer(scope, &reader.files, home.as_deref(), *origin));
    Ok(Loaded {
        layers: layers.collect(),
        files: reader.files.into_iter().map(|file| file.name).collect(),
        profile: name.map(|name| {
            if !is_path(&name) {
                return name;
            }
            Path::new(&name).file_stem().unwrap_or_default().to_string_lossy().into_owned()
        }),
        warnings: reader.warnings,
    })
}

/// A profile merged with all that it extends, with absolute paths.
///
/// # Errors
///
/// One of them is missing or broken.
pub(crate) fn flatten(store: &Store, name: &str) -> Result<Profile, Error> {
    let mut reader = Reader { store, files: Vec::new(), warnings: Vec::new() };
    let chain = reader.chain(name)?;
    Ok(chain.flatten(&reader.files))
}

#[derive(Debug, Clone, Copy)]
enum NamedBy {
    Flag,
    Variable,
    Selection,
}

impl NamedBy {
    fn blame(self, error: Error) -> Error {
        match self {
            Self::Flag => error,
            Self::Variable => error.with_context("MQTTX_PROFILE"),
            Self::Selection => {
                error.with_context("the selected profile").with_hint("`mqttx-rs profile unuse`, or --no-profile")
            }
        }
    }
}

struct Reader<'a> {
    store: &'a Store,
    files: Vec<Origination>,
    warnings: Vec<String>,
}

/// A file to read.
struct Opened {
    path: PathBuf,
    /// Its name in messages.
    called: String,
    text: String,
}

impl Reader<'_> {
    /// A profile and those that it extends.
    fn chain(&mut self, name: &str) -> Result<Chain, Error> {
        let first = self.read(name, Path::new(""))?;
        self.chain_from(first, None)
    }

    /// A file and those that it extends, none of which may leave the fence.
    fn chain_from(&mut self, first: Opened, fence: Option<&Fence<'_>>) -> Result<Chain, Error> {
        let mut chain = Chain::default();
        let mut next = Some(first);
        let mut seen = Vec::new();
        while let Some(Opened { path, called, text }) = next.take() {
            if seen.contains(&path) || seen.len() >= LONGEST_CHAIN {
                return Err(Error::usage(format!("{called} extends itself (directly or through other profiles)")));
            }
            let profile = Profile::parse(&called, &text)?;
            let folder = path.parent().unwrap_or(Path::new("")).to_owned();
            if let Some(fence) = fence {
                fence.check(&profile, &called, &folder)?;
            }
            let base = profile.extends.clone();
            chain.extend(profile, self.files.len());
            self.files.push(Origination { name: called, folder: folder.clone() });
            if is_readable_by_others(&path) {
                self.warn_of_plain_secrets(&chain, &path);
            }
            seen.push(path);
            next = base.map(|base| self.read(&base, &folder)).transpose()?;
        }

        Ok(chain)
    }

    fn warn_of_plain_secrets(&mut self, chain: &Chain, path: &Path) {
        let last = self.files.len() - 1;
        for (key, _) in chain.plain_secrets().filter(|(_, file)| *file == last) {
            let path = path.display();
            self.warnings
                .push(format!("{key} is in plain text and other users can read {path}: chmod 600, or env:NAME"));
        }
    }

    /// A profile by its name, or a file by its path, which is relative to `folder`.
    fn read(&self, name: &str, folder: &Path) -> Result<Opened, Error> {
        if !is_path(name) {
            let called = format!("profile `{name}`");
            return Ok(Opened { path: self.store.path(name)?, called, text: self.store.read(name)? });
        }
        let path = folder.join(name);
        let path = std::path::absolute(&path).unwrap_or(path);
        match fs::read_to_string(&path) {
            Ok(text) => Ok(Opened { path: fs::canonicalize(&path).unwrap_or(path), called: name.to_owned(), text }),
            Err(error) => {
                let refused = Error::usage(format!("profile {}: {error}", path.display()));
                let names = self.store.names().unwrap_or_default();
                match nearest(name.trim_end_matches(".toml"), names.iter().map(String::as_str)) {
                    Some(similar) => Err(refused.with_hint(format!("did you mean `{similar}`?"))),
                    None => Err(refused),
                }
            }
        }
    }
}
