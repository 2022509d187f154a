//! Profiles of another program's file.

use std::fs;
use std::io::{self, Read, Write};
use std::path::Path;

use super::change::check_text;
use super::desk::Desk;
use crate::config::profile::masked_text;
use crate::error::{Error, ErrorKind, ExitStatus};
use crate::import::{ImportOptions, Imported, import as imported};

pub(super) fn import<W: Write>(
    desk: &mut Desk<'_, W>,
    path: Option<&Path>,
    options: &ImportOptions,
    dry_run: bool,
    force: bool,
) -> Result<ExitStatus, Error> {
    let called = path.map_or_else(|| "stdin".to_owned(), |path| path.display().to_string());
    let Imported { profiles, remarks, secrets } =
        imported(&read(path, &called)?, options).map_err(|error| error.with_context(&called))?;
    let mut made = Ok(());
    if dry_run {
        for (name, profile) in &profiles {
            let text = masked_text(name, &profile.to_toml())?;
            desk.lines(&format!("# {}\n{text}", desk.store.path(name)?.display()))?;
        }
    } else {
        let lock = desk.store.lock()?;
        for (name, _) in &profiles {
            desk.refuse_taken(name, force).map_err(|error| taken(error, name))?;
        }
        // One after the other: the first is what the others may extend.
        made = profiles.iter().try_for_each(|(name, profile)| {
            let text = profile.to_toml();
            check_text(desk, name, &text).map_err(|error| error.with_context(&called))?;
            desk.store.write(&lock, name, &text)?;
            desk.talk.success(format_args!("created profile {name}: mqttx-rs --profile {name} sub"));
            Ok(())
        });
    }
    for secret in secrets {
        desk.talk.warning(secret);
    }
    for remark in remarks {
        desk.talk.warning(format_args!("{called}, {remark}"));
    }
    made.map(|()| ExitStatus::Done)
}

/// What a name is made of when the file says none.
pub(super) fn stem(path: Option<&Path>) -> String {
    path.and_then(Path::file_stem).map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default()
}

fn read(path: Option<&Path>, called: &str) -> Result<String, Error> {
    let of_stdin = || {
        let mut bytes = Vec::new();
        io::stdin().read_to_end(&mut bytes).map(|_| bytes)
    };
    let bytes = path.map_or_else(of_stdin, fs::read);
    let bytes = bytes.map_err(|error| Error::local(format!("cannot read {called}: {error}")))?;
    String::from_utf8(bytes).map_err(|_| Error::usage(format!("{called} is no text in UTF-8")))
}

fn taken(error: Error, name: &str) -> Error {
    let hint = format!("--force replaces it, --name calls the new one otherwise than {name}");
    if error.kind() == ErrorKind::Usage { error.with_hint(hint) } else { error }
}
