//! Jobs that write. Each reads and writes under one lock, so that concurrent processes do not lose changes.

use std::io::Write;

use super::desk::Desk;
use crate::command::question::{ask, is_agreed};
use crate::config::Key;
use crate::config::profile::{Profile, Value, edit as edit_text};
use crate::error::{Error, ExitStatus};
use crate::settings::check_profile;

pub(super) fn add<W: Write>(
    desk: &Desk<'_, W>,
    name: &str,
    profile: Profile,
    force: bool,
) -> Result<ExitStatus, Error> {
    let unasked = || {
        let hint = format!("for example mqttx-rs profile add {name} --url mqtts://broker.example -u me");
        Error::usage("the profile would be empty").with_hint(hint)
    };
    create(desk, name, profile, force, &QUESTIONS, unasked)?;
    desk.talk.success(format_args!("created profile {name}: mqttx-rs --profile {name} sub"));
    Ok(ExitStatus::Done)
}

/// `init`: MQTTX's questions, and the profile is selected.
pub(super) fn init<W: Write>(
    desk: &Desk<'_, W>,
    name: &str,
    profile: Profile,
    force: bool,
) -> Result<ExitStatus, Error> {
    let unasked = || {
        let hint = "give the values with --set, for example --set connection.host=broker.example";
        Error::usage("cannot prompt without a terminal").with_hint(hint)
    };
    create(desk, name, profile, force, &QUESTIONS_OF_MQTTX, unasked)?;
    desk.talk.success(format_args!("created profile {name}"));
    select(desk, Some(name))
}

/// Writes a new profile. If the options left it empty, the questions fill it; `unasked` is the error where there is nobody
/// to ask.
fn create<W: Write>(
    desk: &Desk<'_, W>,
    name: &str,
    mut profile: Profile,
    force: bool,
    questions: &[(&'static str, &str)],
    unasked: impl FnOnce() -> Error,
) -> Result<(), Error> {
    desk.refuse_taken(name, force)?;
    if profile == Profile::default() {
        if !desk.terminal.stderr.terminal {
            return Err(unasked());
        }
        profile = asked(desk, questions)?;
    }
    for key in profile.plain_secrets() {
        let advice = "env:NAME, file:PATH or prompt keep it out of the profile";
        let what = if key == "connection.password" { "the password" } else { key };
        desk.talk.warning(format_args!("{what} is in plain text in the profile: {advice}"));
    }
    write_checked(desk, name, &profile.to_toml(), force)
}

/// The questions of `profile add`, each with the key of its answer.
const QUESTIONS: [(&str, &str); 6] = [
    ("connection.url", "Broker, for example mqtts://broker.example:8883 [mqtt://localhost]"),
    ("connection.client_id", "Client id, for example monitor.{hostname}.{random:1000..9999} [random]"),
    ("connection.username", "User name [none]"),
    ("connection.password", "Password: env:NAME, file:PATH or prompt [none]"),
    ("publish.topic", "Topic that pub publishes to [none]"),
    ("subscribe.filters", "Filters that sub subscribes to, separated by spaces [none]"),
];

/// The questions of `init`.
const QUESTIONS_OF_MQTTX: [(&str, &str); 6] = [
    ("connection.protocol", "Protocol: mqtt, mqtts, ws or wss [mqtt]"),
    ("connection.host", "Host [localhost]"),
    ("connection.port", "Port [by the protocol]"),
    ("connection.maximum_reconnect_times", "Maximum of reconnects in a row [10]"),
    ("connection.username", "User name [none]"),
    ("connection.password", "Password: env:NAME, file:PATH or prompt [none]"),
];

/// The answers of the user; an empty one leaves the value out.
fn asked<W: Write>(desk: &Desk<'_, W>, questions: &[(&'static str, &str)]) -> Result<Profile, Error> {
    let mut profile = Profile::default();
    for (path, question) in questions.iter().copied() {
        let answer = ask(desk.talk, question)?;
        let value = match (path, answer.as_str()) {
            ("connection.url", "") => Value::text("mqtt://localhost"),
            ("connection.host", "") => Value::text("localhost"),
            (_, "") => continue,
            ("subscribe.filters", filters) => {
                Value::Filters(filters.split_whitespace().map(crate::config::profile::FilterEntry::new).collect())
            }
            (_, answer) => Value::text(answer),
        };
        profile.values.insert(path, value);
    }
    Ok(profile)
}

/// Writes a new profile if every command would accept it, otherwise nothing.
pub(super) fn write_checked<W: Write>(desk: &Desk<'_, W>, name: &str, text: &str, force: bool) -> Result<(), Error> {
    let lock = desk.store.lock()?;
    desk.refuse_taken(name, force)?;
    check_text(desk, name, text)?;
    desk.store.write(&lock, name, text)
}

/// Checks whether a text would be valid as the profile of this name.
pub(super) fn check_text<W: Write>(desk: &Desk<'_, W>, name: &str, text: &str) -> Result<(), Error> {
    Profile::parse(&format!("profile `{name}`"), text)?;
    // In the same folder, so that the profiles it extends are found.
    let draft = desk.store.profiles()?.join(format!(".{:016x}.toml", fastrand::u64(..)));
    crate::config::profile::write_private(&draft, text)?;
    let checked = check_profile(&draft.to_string_lossy(), desk.variable);
    _ = std::fs::remove_file(&draft);
    checked.map_err(|error| error.about(&draft.to_string_lossy(), &format!("profile `{name}`")))
}

pub(super) fn edit<W: Write>(
    desk: &Desk<'_, W>,
    name: &str,
    changes: &[(&'static Key, Option<Value>)],
) -> Result<ExitStatus, Error> {
    let lock = desk.store.lock()?;
    let text = edit_text(&desk.store.read(name)?, changes)?;
    check_text(desk, name, &text)?;
    desk.store.write(&lock, name, &text)?;
    desk.talk.success(format_args!("changed profile {name}"));
    Ok(ExitStatus::Done)
}

pub(super) fn copy<W: Write>(desk: &Desk<'_, W>, name: &str, new: &str) -> Result<ExitStatus, Error> {
    let lock = desk.store.lock()?;
    desk.refuse_taken(new, false)?;
    desk.store.write(&lock, new, &desk.store.read(name)?)?;
    desk.talk.success(format_args!("created profile {new}"));
    Ok(ExitStatus::Done)
}

pub(super) fn rename<W: Write>(desk: &Desk<'_, W>, name: &str, new: &str) -> Result<ExitStatus, Error> {
    let lock = desk.store.lock()?;
    desk.refuse_taken(new, false)?;
    let text = desk.store.read(name)?;
    desk.store.write(&lock, new, &text)?;
    if desk.store.selected()?.as_deref() == Some(name) {
        desk.store.select(&lock, Some(new))?;
    }
    desk.store.remove(&lock, name)?;
    desk.talk.success(format_args!("renamed profile {name} to {new}"));
    for dependent in dependents(desk, name)? {
        desk.talk.warning(format_args!("profile {dependent} still extends {name}"));
    }
    Ok(ExitStatus::Done)
}

pub(super) fn remove<W: Write>(desk: &Desk<'_, W>, name: &str, yes: bool) -> Result<ExitStatus, Error> {
    desk.store.read(name)?;
    if !yes {
        if !desk.terminal.stderr.terminal {
            return Err(Error::usage("cannot prompt without a terminal").with_hint("--yes removes it without asking"));
        }
        if !is_agreed(desk.talk, &format!("Remove profile {name}?"))? {
            desk.talk.failure("nothing removed");
            return Ok(ExitStatus::Done);
        }
    }
    let lock = desk.store.lock()?;
    if desk.store.selected()?.as_deref() == Some(name) {
        let error = Error::usage(format!("profile `{name}` is the selected one"));
        return Err(error.with_hint("`mqttx-rs profile unuse` first"));
    }
    if let Some(dependent) = dependents(desk, name)?.first() {
        return Err(Error::usage(format!("profile `{dependent}` extends `{name}`")));
    }
    desk.store.remove(&lock, name)?;
    desk.talk.success(format_args!("removed profile {name}"));
    Ok(ExitStatus::Done)
}

/// The profiles that extend one.
fn dependents<W: Write>(desk: &Desk<'_, W>, name: &str) -> Result<Vec<String>, Error> {
    let mut names = desk.store.names()?;
    names.retain(|other| {
        let profile = desk.store.read(other).and_then(|text| Profile::parse(other, &text));
        profile.is_ok_and(|profile| profile.extends.as_deref() == Some(name))
    });
    Ok(names)
}

pub(super) fn select<W: Write>(desk: &Desk<'_, W>, name: Option<&str>) -> Result<ExitStatus, Error> {
    let lock = desk.store.lock()?;
    if let Some(name) = name {
        Profile::parse(&format!("profile `{name}`"), &desk.store.read(name)?)?;
    }
    desk.store.select(&lock, name)?;
    match name {
        Some(name) => desk.talk.success(format_args!("selected profile {name}, used where no other is named")),
        None => desk.talk.success("no profile is selected"),
    }
    Ok(ExitStatus::Done)
}
