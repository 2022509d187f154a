//! Which profile a run uses, and what it and the project's file say.

use std::fs;
use std::path::{Path, PathBuf};

use super::document::Profile;
use super::fault::nearest;
use super::layer::{Chain, Origination, Scope};
use super::store::Store;
use crate::config::binding::TRUST;
use crate::config::origin::{BROKER, Layer, Origin};
use crate::error::Error;

/// The project's file, looked for in the working folder and those above it.
const PROJECT_FILE: &str = ".mqttx-rs.toml";

/// So many files may extend one another.
const LONGEST_CHAIN: usize = 16;

/// What the command line says about profiles.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(in crate::config) struct Choice {
    /// `--profile`.
    pub(in crate::config) named: Option<String>,
    /// `--no-profile`: none, and no project's file either.
    pub(in crate::config) none: bool,
    /// No project's file, whatever folder this is.
    pub(in crate::config) without_project: bool,
    /// A file of options stands in the profile's place.
    pub(in crate::config) replaced: bool,
}

impl Choice {
    /// What is said later, if it says anything.
    pub(in crate::config) fn or(&self, said: Self) -> Self {
        if said.named.is_some() || said.none { said } else { self.clone() }
    }
}

/// The layers of files, strongest first.
#[derive(Debug, Default)]
pub(in crate::config) struct Loaded {
    pub(in crate::config) layers: Vec<Layer>,
    /// What each file is called, by the number in [`crate::config::origin::Place`].
    pub(in crate::config) files: Vec<String>,
    /// The profile's name.
    pub(in crate::config) profile: Option<String>,
    pub(in crate::config) warnings: Vec<String>,
}

/// Reads the files that a run uses, and no other: one that is broken stops only who needs it.
pub(in crate::config) fn load(
    choice: &Choice,
    scope: Scope,
    variable: impl Fn(&str) -> Option<String>,
) -> Result<Loaded, Error> {
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
        (None, None) => (store.selected(), NamedBy::Selection),
    };
    if let Some(name) = &name {
        let chain = reader.chain(name, Path::new("")).map_err(|error| named_by.blame(error))?;
        layers.push((chain, Origin::Profile as fn(_) -> _));
    }
    if let Some(path) = find_project_file().filter(|_| !choice.without_project) {
        if belongs_to_another(&path) {
            reader.warnings.push(format!("{} belongs to another user: left out", path.display()));
        } else {
            let first = reader.files.len();
            let chain = reader.chain(&path.to_string_lossy(), Path::new(""))?;
            reader.refuse_to_reach_out(&chain, &path, first)?;
            layers.push((chain, Origin::Project as fn(_) -> _));
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

/// A profile with all that it extends as one, its paths absolute.
///
/// # Errors
///
/// One of them is missing or broken.
pub fn flatten(store: &Store, name: &str) -> Result<Profile, Error> {
    let mut reader = Reader { store, files: Vec::new(), warnings: Vec::new() };
    let chain = reader.chain(name, Path::new(""))?;
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

impl Reader<'_> {
    /// A profile and those that it extends; a path is relative to `folder`.
    fn chain(&mut self, name: &str, folder: &Path) -> Result<Chain, Error> {
        let mut chain = Chain::default();
        let mut next = Some((name.to_owned(), folder.to_owned()));
        let mut seen = Vec::new();
        while let Some((name, folder)) = next.take() {
            let (path, called, text) = self.read(&name, &folder)?;
            if seen.contains(&path) || seen.len() >= LONGEST_CHAIN {
                return Err(Error::usage(format!("{called} extends itself, by way of others or not")));
            }
            seen.push(path.clone());
            let profile = Profile::parse(&called, &text)?;
            let folder = path.parent().unwrap_or(Path::new("")).to_owned();
            next = profile.extends.clone().map(|base| (base, folder.clone()));
            chain.extend(profile, self.files.len());
            self.files.push(Origination { name: called, folder });
            if is_readable_by_others(&path) {
                self.warn_of_plain_secrets(&chain, &path);
            }
        }

        Ok(chain)
    }

    /// A project's file may be anybody's: it takes nothing of its reader's from elsewhere, to send it to a broker that
    /// it names itself.
    fn refuse_to_reach_out(&self, chain: &Chain, path: &Path, first: usize) -> Result<(), Error> {
        let own = path.parent().and_then(|folder| fs::canonicalize(folder).ok()).unwrap_or_default();
        let is_inside = |path: &Path| fs::canonicalize(path).is_ok_and(|path| path.starts_with(&own));
        let shown = path.display();
        let is_own = |file: usize| self.files.get(file).is_some_and(|file| file.folder.starts_with(&own));
        let extends_outside = (first..self.files.len()).any(|file| !is_own(file));
        let leads = |option: &str| BROKER.contains(&option) || TRUST.contains(&option);
        if let Some(key) = chain.keys().find(|(key, file)| extends_outside && is_own(*file) && leads(key.option)) {
            let message = format!("{shown}: {} leads elsewhere what the file extends", key.0.path);
            let hint = "a project's file that extends your profile leaves broker, proxy and TLS as they are";
            return Err(Error::usage(message).with_hint(hint));
        }
        for (key, text) in chain.secrets() {
            let is_allowed = match text.split_once(':') {
                Some(("env", name)) => name.starts_with("MQTT"),
                Some(("file", name)) => is_inside(&own.join(name)),
                Some(("keyring", _)) => false,
                _ => true,
            };
            if !is_allowed {
                let message = format!("{shown}: a project's file cannot take {key} from {text}");
                let allowed = "it may be in a variable that begins with MQTT, or in a file of the project";
                return Err(Error::usage(message).with_hint(allowed));
            }
        }
        Ok(())
    }

    fn warn_of_plain_secrets(&mut self, chain: &Chain, path: &Path) {
        let last = self.files.len() - 1;
        for (key, _) in chain.plain_secrets().filter(|(_, file)| *file == last) {
            let path = path.display();
            self.warnings.push(format!("{key} is in plain text and others can read {path}: chmod 600, or env:NAME"));
        }
    }

    /// Path, name for messages, text.
    fn read(&self, name: &str, folder: &Path) -> Result<(PathBuf, String, String), Error> {
        if !is_path(name) {
            return Ok((self.store.path(name)?, format!("profile `{name}`"), self.store.read(name)?));
        }
        let path = folder.join(name);
        let path = std::path::absolute(&path).unwrap_or(path);
        match fs::read_to_string(&path) {
            Ok(text) => Ok((fs::canonicalize(&path).unwrap_or(path), name.to_owned(), text)),
            Err(error) => {
                let refused = Error::usage(format!("profile {}: {error}", path.display()));
                let names = self.store.names();
                match nearest(name.trim_end_matches(".toml"), names.iter().map(String::as_str)) {
                    Some(similar) => Err(refused.with_hint(format!("did you mean `{similar}`?"))),
                    None => Err(refused),
                }
            }
        }
    }
}

/// Whether a profile is meant by its file and not by its name: a path has a separator or ends in `.toml`.
pub fn is_path(name: &str) -> bool {
    name.contains(std::path::is_separator) || Path::new(name).extension().is_some_and(|extension| extension == "toml")
}

fn find_project_file() -> Option<PathBuf> {
    let folder = std::env::current_dir().ok()?;
    folder.ancestors().map(|folder| folder.join(PROJECT_FILE)).find(|path| path.is_file())
}

/// A file above the working folder, as in /tmp, could send this user's messages and passwords elsewhere.
#[cfg(unix)]
fn belongs_to_another(path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;

    let owner = fs::metadata(path).map(|metadata| metadata.uid());
    owner.is_ok_and(|owner| owner != 0 && owner != rustix::process::geteuid().as_raw())
}

#[cfg(not(unix))]
fn belongs_to_another(_path: &Path) -> bool {
    false
}

#[cfg(unix)]
pub(in crate::config) fn is_readable_by_others(path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;

    fs::metadata(path).is_ok_and(|metadata| metadata.mode() & 0o077 != 0)
}

#[cfg(not(unix))]
pub(in crate::config) fn is_readable_by_others(_path: &Path) -> bool {
    false
}
