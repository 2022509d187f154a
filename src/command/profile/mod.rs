//! `profile`: works with the files of profiles.

mod change;
mod desk;
mod edit;
mod import;
mod look;

use crate::config::profile::Store;
use crate::error::{Error, ExitStatus};
use crate::import::ImportOptions;
use crate::output::{Stdout, Talk, Terminal};
use crate::settings::ProfileJob;
use desk::{Check, Desk};

/// Does the job; `variable` looks in the environment, and `connect` is what `conn --check` does with a profile.
pub(crate) fn run(
    job: ProfileJob,
    terminal: Terminal,
    talk: Talk,
    variable: &dyn Fn(&str) -> Option<String>,
    connect: &Check<'_>,
) -> Result<ExitStatus, Error> {
    let store = Store::locate(variable);
    let mut desk = Desk { store, stdout: Stdout::new(terminal.stdout), talk, terminal, variable };
    let status = match job {
        ProfileJob::List(shape) => look::list(&mut desk, shape)?,
        ProfileJob::Show { name, effective: true } => look::effective(&mut desk, name.as_deref())?,
        ProfileJob::Show { name, effective: false } => look::show(&mut desk, name)?,
        ProfileJob::Path(name) => look::path(&mut desk, name)?,
        ProfileJob::Export { name, with_secrets } => look::export(&mut desk, &name, with_secrets)?,
        ProfileJob::Validate { names, connect: false } => look::validate(&desk, names, None)?,
        ProfileJob::Validate { names, connect: true } => look::validate(&desk, names, Some(connect))?,
        ProfileJob::Import { path, format, name, secrets, dry_run, force } => {
            let options = ImportOptions { format, name, stem: import::stem(path.as_deref()), secrets };
            import::import(&mut desk, path.as_deref(), &options, dry_run, force)?
        }
        ProfileJob::Add { name, profile, force } => change::add(&desk, &name, profile, force)?,
        ProfileJob::Init { name, profile, force } => change::init(&desk, &name, profile, force)?,
        ProfileJob::Copy(name, new) => change::copy(&desk, &name, &new)?,
        ProfileJob::Rename(name, new) => change::rename(&desk, &name, &new)?,
        ProfileJob::Remove { name, yes } => change::remove(&desk, &name, yes)?,
        ProfileJob::Select(name) => change::select(&desk, name.as_deref())?,
        ProfileJob::Edit { name, changes } if changes.is_empty() => edit::in_editor(&desk, &name)?,
        ProfileJob::Edit { name, changes } => change::edit(&desk, &name, &changes)?,
    };
    desk.written(Stdout::flush)?;
    Ok(status)
}
