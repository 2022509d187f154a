//! Passwords and passphrases: from an option, a file or a variable, whichever is in the strongest layer.

use std::cmp::Ordering;
use std::fs::File;
use std::io;
use std::path::Path;

use super::Secret;
use crate::cli::group::{ConnectionArgs, TlsArgs};
use crate::config::origin::{Origin, Origins};
use crate::config::passwords;
use crate::error::Error;
use crate::payload::{read_at_most, without_bom};

/// The password, and the layer it comes from.
pub(super) fn password(options: &ConnectionArgs, origins: &Origins) -> Result<(Option<Secret>, Origin), Error> {
    let Some(option) = strongest(passwords(), origins)? else {
        return Ok((None, Origin::Default));
    };
    let secret = match option {
        "password_file" => {
            options.password_file.as_deref().map(|path| first_line(path, option, origins)).transpose()?
        }
        "password_env" => options.password_env.as_deref().map(|name| variable(name, origins)).transpose()?,
        "ask_password" => Some(ask("--ask-password", options.username.as_deref())?),
        _ if is_on_stdin(options, origins) => Some(line_of_stdin()?),
        _ => {
            let text = options.password.as_ref();
            text.map(|text| said(text, option, options.username.as_deref(), origins)).transpose()?
        }
    };
    Ok((secret, origins.of(option)))
}

/// Whether the password is the first line of stdin. A variable holds the password itself, even `-`.
pub(super) fn is_on_stdin(options: &ConnectionArgs, origins: &Origins) -> bool {
    let is_dash = options.password.as_ref().is_some_and(|secret| secret.expose() == "-");
    is_dash && origins.of("password") == Origin::Flag
}

fn line_of_stdin() -> Result<Secret, Error> {
    let mut line = String::new();
    let read = io::stdin().read_line(&mut line);
    read.map_err(|error| Error::local(format!("--password -: cannot read stdin: {error}")))?;
    if line.is_empty() {
        return Err(Error::usage("--password -: stdin is empty"));
    }
    Ok(Secret::new(line.trim_end_matches(['\r', '\n'])))
}

/// Prompts for the value of an option or a key; the input is not shown.
fn ask(option: &str, username: Option<&str>) -> Result<Secret, Error> {
    let prompt = match username {
        // It goes to a terminal.
        Some(name) => format!("Password of {}: ", name.escape_debug()),
        None => "Password: ".to_owned(),
    };
    rpassword::prompt_password(prompt).map(Secret::new).map_err(|error| match error.kind() {
        // Ctrl-C, if it does not end the program, and Ctrl-D.
        io::ErrorKind::Interrupted | io::ErrorKind::UnexpectedEof => {
            Error::usage(format!("{option}: no password was given"))
        }
        _ => Error::usage(format!("{option}: cannot prompt without a terminal: {error}"))
            .with_hint("in a script, use --password-file, --password-env or --password -"),
    })
}

/// The passphrase of an encrypted key.
pub(super) fn key_password(options: &TlsArgs, origins: &Origins) -> Result<Option<Secret>, Error> {
    let option = strongest(["key_password", "key_password_file"], origins)?;
    if option == Some("key_password_file") {
        let path = options.key_password_file.as_deref();
        return path.map(|path| first_line(path, "key_password_file", origins)).transpose();
    }
    let whose = options.key.as_deref().map(Path::to_string_lossy);
    let text = options.key_password.as_ref();
    text.map(|text| said(text, "key_password", whose.as_deref(), origins)).transpose()
}

/// A secret on the command line or in a variable is literal; in a profile it may refer to where the secret is.
fn said(text: &Secret, option: &str, whose: Option<&str>, origins: &Origins) -> Result<Secret, Error> {
    if !matches!(origins.of(option), Origin::Profile(_) | Origin::Project(_)) {
        return Ok(text.clone());
    }
    let name = || origins.name(option);
    match text.expose().split_once(':') {
        Some(("env", variable)) => match std::env::var(variable) {
            Ok(text) => Ok(Secret::new(text)),
            Err(_) => Err(Error::usage(format!("{}: the environment variable {variable} is not set", name()))),
        },
        Some(("file", path)) => first_line(Path::new(path), option, origins),
        Some(("keyring", place)) => keyring(place, option, origins),
        None if text.expose() == "prompt" => ask(&name(), whose),
        _ => Ok(text.clone()),
    }
}

/// `SERVICE/USER` in the desktop's or the system's keyring.
#[cfg(feature = "keyring")]
fn keyring(place: &str, option: &str, origins: &Origins) -> Result<Secret, Error> {
    let Some((service, user)) = place.split_once('/') else {
        return Err(Error::usage(format!("{}: write keyring:SERVICE/USER", origins.name(option))));
    };
    let found = keyring::Entry::new(service, user).and_then(|entry| entry.get_password());
    found.map(Secret::new).map_err(|error| Error::local(format!("{}: {error}", origins.name(option))))
}

#[cfg(not(feature = "keyring"))]
fn keyring(_place: &str, option: &str, origins: &Origins) -> Result<Secret, Error> {
    let error = Error::usage(format!("{}: this program was built without keyring support", origins.name(option)));
    Err(error.with_hint("build it with --features keyring, or use env: or file:"))
}

/// The option of the strongest layer among equivalent ones; two in one layer are an error.
fn strongest(
    options: impl IntoIterator<Item = &'static str>,
    origins: &Origins,
) -> Result<Option<&'static str>, Error> {
    let mut strongest: Option<&'static str> = None;
    for option in options.into_iter().filter(|option| origins.given(option)) {
        let Some(other) = strongest else {
            strongest = Some(option);
            continue;
        };
        match origins.of(option).compare(origins.of(other)) {
            Ordering::Less => {}
            Ordering::Greater => strongest = Some(option),
            Ordering::Equal => return Err(Error::exclude_one_another(&origins.name(other), &origins.name(option))),
        }
    }
    Ok(strongest)
}

/// A password can have at most 65,535 bytes; the rest of its file may hold notes.
const LARGEST_FILE: u64 = 1 << 20;

/// The first line of a file, without its end.
fn first_line(path: &Path, option: &str, origins: &Origins) -> Result<Secret, Error> {
    let refused = |why: &dyn std::fmt::Display| {
        Error::local(format!("{}: cannot read {}: {why}", origins.name(option), path.display()))
    };
    let read = File::open(path).and_then(|file| read_at_most(file, LARGEST_FILE)).map_err(|error| refused(&error))?;
    let bytes = read.ok_or_else(|| refused(&"it is too long for a password"))?;
    let first = without_bom(&bytes).split(|byte| *byte == b'\n').next().unwrap_or_default();
    let line = std::str::from_utf8(first).map_err(|_| refused(&"its first line is not valid UTF-8"))?;
    Ok(Secret::new(line.strip_suffix('\r').unwrap_or(line)))
}

fn variable(name: &str, origins: &Origins) -> Result<Secret, Error> {
    match std::env::var(name) {
        Ok(text) => Ok(Secret::new(text)),
        Err(_) => {
            Err(Error::usage(format!("{}: the environment variable {name} is not set", origins.name("password_env"))))
        }
    }
}
