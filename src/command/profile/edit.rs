//! A profile in the user's editor.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::Command;

use super::change::check_text;
use super::desk::Desk;
use crate::command::question::ask;
use crate::config::profile::{check_name, template, write_private};
use crate::error::{Error, ErrorKind, ExitStatus};

/// Below this line of a draft there is only help.
const HELP: &str = "# ---- All keys of a profile. Everything from this line on is discarded. ----";

/// Opens a draft in the editor, and saves it if it is valid and the profile has not been changed by another process.
pub(super) fn in_editor<W: Write>(desk: &Desk<'_, W>, name: &str) -> Result<ExitStatus, Error> {
    check_name(name)?;
    let before = if desk.store.path(name)?.exists() { Some(desk.store.read(name)?) } else { None };
    drop(desk.store.lock()?);
    let draft = desk.store.profiles()?.join(format!(".{name}.{:08x}.draft", fastrand::u32(..)));
    let begun = before.clone().unwrap_or_else(|| format!("# Profile {name}\n"));
    let offered = format!("{begun}\n{HELP}\n{}", template());
    write_private(&draft, &offered)?;
    let hint = format!("your draft is in {}", draft.display());
    loop {
        let text = edited(desk, &draft).map_err(|error| {
            // What was typed is nowhere else.
            if fs::read(&draft).is_ok_and(|text| text != offered.as_bytes()) {
                return error.with_hint(hint.clone());
            }
            _ = fs::remove_file(&draft);
            error
        })?;
        if Some(&text) == before.as_ref() || (before.is_none() && text == begun) {
            _ = fs::remove_file(&draft);
            desk.talk.success("nothing changed");
            return Ok(ExitStatus::Done);
        }
        match kept(desk, name, &text, before.as_deref()) {
            Ok(()) => {
                _ = fs::remove_file(&draft);
                desk.talk.success(format_args!("changed profile {name}"));
                return Ok(ExitStatus::Done);
            }
            Err(error) => {
                if !desk.terminal.stderr.terminal || error.kind() != ErrorKind::Usage {
                    return Err(error.with_hint(hint));
                }
                desk.talk.error(&error);
                if ask(desk.talk, "Edit again? [Y/n]")?.to_lowercase().starts_with('n') {
                    return Err(Error::usage("the profile is unchanged").with_hint(hint));
                }
            }
        }
    }
}

/// The draft after the editor has ended.
fn edited<W: Write>(desk: &Desk<'_, W>, draft: &Path) -> Result<String, Error> {
    let set = |name: &str| (desk.variable)(name).filter(|text| !text.trim().is_empty());
    let fallback = if cfg!(windows) { "notepad" } else { "vi" };
    let editor = set("VISUAL").or_else(|| set("EDITOR")).unwrap_or_else(|| fallback.to_owned());
    let mut words = editor.split_whitespace();
    let Some(program) = words.next() else { return Err(Error::usage("EDITOR is empty")) };
    let ended = Command::new(program).args(words).arg(draft).status();
    match ended {
        Ok(status) if status.success() => {}
        Ok(status) => return Err(Error::local(format!("the editor `{editor}` failed: {status}"))),
        Err(error) => {
            let refused = Error::local(format!("cannot start the editor `{editor}`: {error}"));
            return Err(
                refused.with_hint("set EDITOR to another editor; `profile edit NAME --set KEY=VALUE` needs none")
            );
        }
    }
    let text = fs::read_to_string(draft);
    let text = text.map_err(|error| Error::local(format!("{}: {error}", draft.display())))?;
    let own = text.split_once(HELP).map_or(text.as_str(), |(own, _)| own);
    Ok(format!("{}\n", own.trim_end()))
}

fn kept<W: Write>(desk: &Desk<'_, W>, name: &str, text: &str, before: Option<&str>) -> Result<(), Error> {
    let lock = desk.store.lock()?;
    let now = if desk.store.path(name)?.exists() { Some(desk.store.read(name)?) } else { None };
    if now.as_deref() != before {
        return Err(Error::local(format!("profile `{name}` was changed by another program in the meantime")));
    }
    check_text(desk, name, text)?;
    desk.store.write(&lock, name, text)
}
