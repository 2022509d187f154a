//! `profile ...` as settings: the job, with names and values checked.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::cli::profile::{
    ImportFormat, InitArgs, ProfileAddArgs, ProfileArgs, ProfileCommand, ProfileEditArgs, ProfileImportArgs,
};
use crate::config::profile::{Profile, Secrets, Value, check_name, value_of_text};
use crate::config::table::{Key, Kind, Note, keys, rows};
use crate::error::{Error, nearest};

/// What `profile` does.
#[derive(Debug, Clone)]
pub(crate) enum ProfileJob {
    /// List all profiles.
    List(ListShape),
    /// Print one; the name is of the one in use unless it is given.
    Show {
        /// Which.
        name: Option<String>,
        /// With where each value comes from.
        effective: bool,
    },
    /// Create one.
    Add {
        /// Its name.
        name: String,
        /// Its content; without any, the user is asked on the terminal.
        profile: Profile,
        /// Replace one of this name.
        force: bool,
    },
    /// Make one and select it; what says nothing asks on the terminal, as MQTTX does.
    Init {
        /// Its name.
        name: String,
        /// What it says.
        profile: Profile,
        /// Replace one of this name.
        force: bool,
    },
    /// Change one, in an editor if no changes are given.
    Edit {
        /// Which.
        name: String,
        /// Keys with their values; none removes.
        changes: Vec<(&'static Key, Option<Value>)>,
    },
    /// Copy one.
    Copy(String, String),
    /// Rename one.
    Rename(String, String),
    /// Remove one.
    Remove {
        /// Which.
        name: String,
        /// Do not ask.
        yes: bool,
    },
    /// Select one, or none.
    Select(Option<String>),
    /// Check some, or all.
    Validate {
        /// Names or paths; empty for all.
        names: Vec<String>,
        /// Connect to the broker too.
        connect: bool,
    },
    /// Print where it is.
    Path(Option<String>),
    /// Print one merged with those it extends.
    Export {
        /// Which.
        name: String,
        /// Plain secrets too.
        with_secrets: bool,
    },
    /// Import some from another program's file.
    Import {
        /// The file; `None` for stdin.
        path: Option<PathBuf>,
        /// Its format; `None`: detected from its content.
        format: Option<ImportFormat>,
        /// The profile's name; of several, their common prefix. `None`: from the content or the name of the file.
        name: Option<String>,
        /// What to do with a password in plain text.
        secrets: Secrets,
        /// Only show them.
        dry_run: bool,
        /// Replace those of the same names.
        force: bool,
    },
}

/// How profiles are listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ListShape {
    /// As a table.
    Table,
    /// A JSON array.
    Json,
    /// One name per line.
    Names,
}

impl ProfileJob {
    /// Settles the job; `given` has the options on the command line as they are written there.
    ///
    /// # Errors
    ///
    /// An invalid profile name, an unknown key, or a value that the key cannot have.
    pub(crate) fn resolve(arguments: ProfileArgs, given: &BTreeMap<String, Vec<String>>) -> Result<Self, Error> {
        Ok(match arguments.command {
            ProfileCommand::List(list) => Self::List(match (list.json, list.names) {
                (true, _) => ListShape::Json,
                (_, true) => ListShape::Names,
                _ => ListShape::Table,
            }),
            ProfileCommand::Show(show) => Self::Show { name: show.name, effective: show.effective },
            ProfileCommand::Add(add) => {
                check_name(&add.name)?;
                let profile = added(&add, given)?;
                Self::Add { name: add.name, profile, force: add.force }
            }
            ProfileCommand::Edit(edit) => Self::Edit { changes: changes(&edit)?, name: edit.name },
            ProfileCommand::Copy(pair) => {
                check_name(&pair.new_name)?;
                Self::Copy(pair.name, pair.new_name)
            }
            ProfileCommand::Rename(pair) => {
                check_name(&pair.new_name)?;
                Self::Rename(pair.name, pair.new_name)
            }
            ProfileCommand::Remove(remove) => Self::Remove { name: remove.name, yes: remove.yes },
            ProfileCommand::Use(one) => Self::Select(Some(one.name)),
            ProfileCommand::Unuse => Self::Select(None),
            ProfileCommand::Validate(validate) => Self::Validate { names: validate.names, connect: validate.connect },
            ProfileCommand::Path(one) => Self::Path(one.name),
            ProfileCommand::Export(export) => Self::Export { name: export.name, with_secrets: export.with_secrets },
            ProfileCommand::Import(import) => imported(import)?,
        })
    }
}

impl ProfileJob {
    /// Settles `init`.
    ///
    /// # Errors
    ///
    /// The same as of [`ProfileJob::resolve`].
    pub(crate) fn resolve_init(arguments: InitArgs) -> Result<Self, Error> {
        check_name(&arguments.name)?;
        let mut profile = Profile::default();
        for assignment in &arguments.set {
            let (key, value) = assigned(assignment)?;
            profile.values.insert(key.path, value);
        }
        let profile = Profile::parse("the profile", &profile.to_toml())?;
        Ok(Self::Init { name: arguments.name, profile, force: arguments.force })
    }
}

/// Connection options as a profile.
fn added(arguments: &ProfileAddArgs, given: &BTreeMap<String, Vec<String>>) -> Result<Profile, Error> {
    for row in rows().filter(|row| given.contains_key(row.option)) {
        if let Some(Note::NotInProfile(advice)) = row.notes.iter().find(|note| matches!(note, Note::NotInProfile(_))) {
            let flag = format!("--{}", row.option.replace('_', "-"));
            return Err(Error::usage(format!("{flag} cannot be used with profile add")).with_hint(*advice));
        }
    }
    if given.get("password").is_some_and(|texts| texts.iter().any(|text| text == "-")) {
        let error = Error::usage("--password - cannot be used with profile add");
        return Err(error.with_hint(
            "--ask-password prompts in each run; --password-file and --password-env name where the password is",
        ));
    }
    let mut profile = Profile { extends: arguments.extends.clone(), values: BTreeMap::new() };
    let of_connection = |key: &&Key| !["publish", "subscribe", "output", "bench"].contains(&key.section());
    for key in keys().filter(of_connection) {
        let Some(texts) = given.get(key.option) else { continue };
        let value = match (key.kind, texts.as_slice()) {
            (Kind::List | Kind::Schemas | Kind::Pairs, texts) => Value::Texts(texts.to_vec()),
            (Kind::SwitchOff, _) => Value::text("false"),
            (Kind::Switch, _) => Value::text("true"),
            (Kind::Path, [.., path]) => Value::text(absolute(path)),
            (_, [.., text]) => Value::text(text),
            (_, []) => continue,
        };
        profile.values.insert(key.path, value);
    }
    for row in rows() {
        let Some(texts) = given.get(row.option) else { continue };
        for note in row.notes {
            let Note::Reference(path, form) = *note else { continue };
            let text = match (row.kind, texts.last()) {
                (Kind::Path, Some(text)) => absolute(text),
                (Kind::Text, Some(text)) => text.clone(),
                _ => String::new(),
            };
            profile.values.insert(path, Value::text(format!("{form}{text}")));
        }
    }
    for assignment in &arguments.set {
        let (key, value) = assigned(assignment)?;
        profile.values.insert(key.path, value);
    }
    // It has its own messages for options that cannot be used together.
    Profile::parse("the profile", &profile.to_toml())
}

/// What is to be imported, and how.
fn imported(arguments: ProfileImportArgs) -> Result<ProfileJob, Error> {
    if let Some(name) = &arguments.name {
        check_name(name)?;
    }
    let secrets = match (arguments.password_env, arguments.password_file) {
        (Some(name), _) => Secrets::Environment(name),
        (None, Some(path)) => Secrets::File(std::path::absolute(&path).unwrap_or(path)),
        (None, None) if arguments.with_secrets => Secrets::Plain,
        (None, None) => Secrets::Prompt,
    };
    let path = Some(arguments.path).filter(|path| path != Path::new("-"));
    let (format, name) = (arguments.format, arguments.name);
    Ok(ProfileJob::Import { path, format, name, secrets, dry_run: arguments.dry_run, force: arguments.force })
}

fn absolute(path: &str) -> String {
    std::path::absolute(path).map_or_else(|_| path.to_owned(), |path| path.to_string_lossy().into_owned())
}

fn changes(arguments: &ProfileEditArgs) -> Result<Vec<(&'static Key, Option<Value>)>, Error> {
    let set = arguments.set.iter().map(|assignment| assigned(assignment).map(|(key, value)| (key, Some(value))));
    let unset = arguments.unset.iter().map(|path| find(path, "--unset").map(|key| (key, None)));
    set.chain(unset).collect()
}

fn assigned(assignment: &str) -> Result<(&'static Key, Value), Error> {
    let Some((path, text)) = assignment.split_once('=') else {
        let error = Error::usage(format!("--set: `{assignment}` has no `=`"));
        return Err(error.with_hint("for example --set publish.topic=car/ac"));
    };
    let key = find(path.trim(), "--set")?;
    Ok((key, value_of_text(key, text.trim())?))
}

fn find(path: &str, flag: &str) -> Result<&'static Key, Error> {
    Key::find(path).ok_or_else(|| {
        let error = Error::usage(format!("{flag}: unknown key `{path}`"));
        let by_name = keys().find(|key| key.name() == path || key.option == path).map(|key| key.path);
        match by_name.or_else(|| nearest(path, keys().map(|key| key.path))) {
            Some(similar) => error.with_hint(format!("did you mean `{similar}`?")),
            None => error,
        }
    })
}
