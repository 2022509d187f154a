//! Profiles from another program's file.

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
        // In order, as the others may extend the first.
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

/// The name to use if the file has none.
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
    String::from_utf8(bytes).map_err(|_| Error::usage(format!("{called} is not UTF-8 text")))
}

fn taken(error: Error, name: &str) -> Error {
    let hint = format!("--force replaces it; --name gives the new one another name than {name}");
    if error.kind() == ErrorKind::Usage { error.with_hint(hint) } else { error }
}
