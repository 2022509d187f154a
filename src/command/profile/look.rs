//! Jobs that change nothing.

use std::io::Write;

use serde_json::json;

use super::desk::{Check, Desk};
use crate::config::profile::{
    Profile, Summary, effective as effective_values, flatten, is_path, masked_text, summaries,
};
use crate::error::{Error, ErrorKind, ExitStatus};
use crate::output::Columns;
use crate::settings::{ListShape, check_profile};

pub(super) fn list<W: Write>(desk: &mut Desk<'_, W>, shape: ListShape) -> Result<ExitStatus, Error> {
    if shape == ListShape::Names {
        let names = desk.store.names()?;
        desk.lines(&names.join("\n"))?;
        return Ok(ExitStatus::Done);
    }
    let all = summaries(&desk.store)?;
    if shape == ListShape::Json {
        let array = serde_json::Value::Array(all.iter().map(as_json).collect());
        desk.lines(&format!("{array:#}"))?;
        return Ok(ExitStatus::Done);
    }
    if all.is_empty() {
        desk.talk.success("no profiles: `mqttx-rs profile add NAME` creates one");
        return Ok(ExitStatus::Done);
    }
    let mut columns = Columns::default();
    columns.row(["", "NAME", "BROKER", "EXTENDS"]);
    for summary in all {
        let broker = summary.broker.unwrap_or_else(|problem| format!("broken: {problem}"));
        let mark = if summary.selected { "*" } else { "" };
        columns.row([mark, &summary.name, &broker, &summary.extends.unwrap_or_default()]);
    }
    for line in columns.lines(desk.terminal.stdout) {
        desk.written(|stdout| stdout.line(&line))?;
    }
    Ok(ExitStatus::Done)
}

fn as_json(summary: &Summary) -> serde_json::Value {
    json!({
        "name": summary.name,
        "path": summary.path,
        "selected": summary.selected,
        "broker": summary.broker.as_ref().ok(),
        "extends": summary.extends,
        "error": summary.broker.as_ref().err(),
    })
}

pub(super) fn show<W: Write>(desk: &mut Desk<'_, W>, name: Option<String>) -> Result<ExitStatus, Error> {
    let name = in_use(desk, name)?;
    let text = if is_path(&name) { read_file(&name)? } else { desk.store.read(&name)? };
    desk.lines(&masked_text(&name, &text)?)?;
    Ok(ExitStatus::Done)
}

fn read_file(path: &str) -> Result<String, Error> {
    std::fs::read_to_string(path).map_err(|error| Error::local(format!("{path}: {error}")))
}

/// The named profile, or the one that a run would use.
fn in_use<W: Write>(desk: &Desk<'_, W>, name: Option<String>) -> Result<String, Error> {
    let of_environment = || (desk.variable)("MQTTX_PROFILE").filter(|name| !name.is_empty());
    let name = match name.or_else(of_environment) {
        Some(name) => Some(name),
        None => desk.store.selected()?,
    };
    name.ok_or_else(|| {
        Error::usage("no profile is in use").with_hint("give its name: `mqttx-rs profile list` lists all")
    })
}

pub(super) fn effective<W: Write>(desk: &mut Desk<'_, W>, name: Option<&str>) -> Result<ExitStatus, Error> {
    let mut columns = Columns::default();
    columns.row(["KEY", "VALUE", "FROM"]);
    for value in effective_values(name, desk.variable)? {
        columns.row([value.key.path, &value.value, &value.origin]);
    }
    for line in columns.lines(desk.terminal.stdout) {
        desk.written(|stdout| stdout.line(&line))?;
    }
    Ok(ExitStatus::Done)
}

pub(super) fn path<W: Write>(desk: &mut Desk<'_, W>, name: Option<String>) -> Result<ExitStatus, Error> {
    let path = match name {
        Some(name) => {
            desk.store.read(&name)?;
            desk.store.path(&name)?
        }
        None => desk.store.profiles()?,
    };
    desk.written(|stdout| stdout.line(&path.to_string_lossy()))?;
    Ok(ExitStatus::Done)
}

pub(super) fn export<W: Write>(desk: &mut Desk<'_, W>, name: &str, with_secrets: bool) -> Result<ExitStatus, Error> {
    let mut profile = flatten(&desk.store, name)?;
    if !with_secrets {
        for path in take_secrets(&mut profile) {
            desk.talk
                .warning(format_args!("{path} is left out: it is a secret in plain text (--with-secrets includes it)"));
        }
    }
    desk.lines(&profile.to_toml())?;
    Ok(ExitStatus::Done)
}

/// Removes secrets in plain text from a profile, and returns their keys.
fn take_secrets(profile: &mut Profile) -> Vec<&'static str> {
    let paths = profile.plain_secrets();
    profile.values.retain(|path, _| !paths.contains(path));
    paths
}

/// Checks each, and continues after an invalid one.
///
/// # Errors
///
/// The folder of profiles cannot be read.
pub(super) fn validate<W: Write>(
    desk: &Desk<'_, W>,
    names: Vec<String>,
    connect: Option<&Check<'_>>,
) -> Result<ExitStatus, Error> {
    let names = if names.is_empty() { desk.store.names()? } else { names };
    let mut failure = None;
    for name in names {
        match check_profile(&name, desk.variable) {
            Ok(()) => desk.talk.success(format_args!("{name} is valid")),
            Err(error) => {
                failure.get_or_insert(ErrorKind::Usage);
                desk.talk.error(&error);
                continue;
            }
        }
        match connect.map(|connect| connect(&name)).transpose() {
            Ok(Some(ExitStatus::Interrupted(signal))) => return Ok(ExitStatus::Interrupted(signal)),
            Ok(_) => {}
            Err(error) => {
                failure.get_or_insert(error.kind());
                desk.talk.error(&error);
            }
        }
    }
    Ok(failure.map_or(ExitStatus::Done, ExitStatus::Partly))
}
