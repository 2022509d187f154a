//! The result files of a `bench` run, which are complete at any time, also during the run.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::bench::{Observer, Report, Snapshot};
use crate::error::Error;
use crate::output::{Stdout, Terminal, WriteError, bench_csv, bench_hdr_log, bench_html, bench_junit, bench_summary};
use crate::settings::ResultFiles;

/// Means stdout.
const STDOUT: &str = "-";

/// The content of a file.
type Text = fn(&Report) -> String;

impl ResultFiles {
    /// Each file with its content.
    fn each(&self) -> [(Option<&Path>, Text); 5] {
        let (summary, is_junit) = self.summary().unzip();
        let summarize: Text = if is_junit == Some(true) { bench_junit } else { bench_summary };
        [
            (self.report.as_deref(), Report::to_json),
            (self.csv.as_deref(), bench_csv),
            (self.html.as_deref(), bench_html),
            (self.hdr_log.as_deref(), bench_hdr_log),
            (summary, summarize),
        ]
    }

    fn paths(&self) -> impl Iterator<Item = &Path> {
        self.each().into_iter().filter_map(|(path, _)| path)
    }

    /// Whether there are any files.
    pub(super) fn any(&self) -> bool {
        self.paths().next().is_some()
    }

    /// Whether one of them is stdout, which then gets nothing else.
    pub(super) fn takes_stdout(&self) -> bool {
        self.paths().any(|path| path == Path::new(STDOUT))
    }

    /// Finds out before the run whether its results can be written, and removes those of an earlier one: an hour-long
    /// run must not fail because of a typo, and an old report must not be mistaken for the new one.
    pub(super) fn prepare(&self) -> Result<(), Error> {
        if self.paths().filter(|path| *path == Path::new(STDOUT)).count() > 1 {
            return Err(Error::usage("only one of --report, --csv, --html, --hdr-log and --summary can go to stdout"));
        }
        for path in self.paths().filter(|path| is_replaced(path)) {
            let temporary = temporary(path);
            let opened = std::fs::File::create(&temporary).and_then(|_| std::fs::remove_file(&temporary));
            opened.map_err(|error| cannot_write(path, &error))?;
            match std::fs::remove_file(path) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(cannot_write(path, &error)),
                _ => {}
            }
        }
        Ok(())
    }

    /// Writes all of them. A failure does not affect the others.
    pub(super) fn keep(&self, report: &Report, terminal: Terminal) -> Vec<Error> {
        let write = |path: &Path, text: &str| {
            if path == Path::new(STDOUT) {
                return match Stdout::new(terminal.stdout).text(text) {
                    Ok(()) | Err(WriteError::Closed) => Ok(()),
                    Err(WriteError::Failed(error)) => Err(error),
                };
            }
            replace(path, text).map_err(|error| cannot_write(path, &error))
        };
        let kept = self.each().into_iter().filter_map(|(path, text)| Some(write(path?, &text(report))));
        kept.filter_map(Result::err).collect()
    }

    /// Writes those that are files, during a run.
    pub(super) fn keep_interim(&self, report: &Report) {
        for (path, text) in self.each() {
            if let Some(path) = path.filter(|path| is_replaced(path)) {
                // An error is reported at the end, when it is tried again.
                let _ = replace(path, &text(report));
            }
        }
    }
}

/// Whether it is a file, or will be: not a pipe, which is written once.
fn is_replaced(path: &Path) -> bool {
    path != Path::new(STDOUT) && std::fs::metadata(path).map_or(true, |existing| existing.is_file())
}

/// Beside the file itself, so that it can be renamed to it.
fn temporary(path: &Path) -> PathBuf {
    let mut name = std::ffi::OsString::from(".");
    name.push(path.file_name().unwrap_or_default());
    name.push(format!(".{}", std::process::id()));
    path.with_file_name(name)
}

/// Readers find either the old text or the new one, never a part.
fn replace(path: &Path, text: &str) -> std::io::Result<()> {
    if !is_replaced(path) {
        return std::fs::write(path, text);
    }
    // The target of a link, not the link itself.
    let path = std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let temporary = temporary(&path);
    let written = std::fs::File::create(&temporary).and_then(|mut file| {
        file.write_all(text.as_bytes())?;
        file.sync_data()
    });
    let renamed = written.and_then(|()| std::fs::rename(&temporary, &path));
    if renamed.is_err() {
        // An incomplete file is useless.
        let _ = std::fs::remove_file(&temporary);
    }
    renamed
}

fn cannot_write(path: &Path, error: &std::io::Error) -> Error {
    Error::local(format!("cannot write {}: {error}", path.display()))
}

/// Writes the results during a run.
pub(super) struct Keeping<'a> {
    /// The next observer.
    pub(super) observer: &'a mut dyn Observer,
    pub(super) results: &'a ResultFiles,
}

impl Observer for Keeping<'_> {
    fn connected(&mut self, snapshot: &Snapshot) {
        self.observer.connected(snapshot);
    }

    fn second(&mut self, snapshot: &Snapshot) {
        self.observer.second(snapshot);
    }

    fn moment(&mut self, snapshot: &Snapshot) {
        self.observer.moment(snapshot);
    }

    fn stopping(&mut self, snapshot: &Snapshot, drain: Duration) {
        self.observer.stopping(snapshot, drain);
    }

    fn cut_short(&mut self, snapshot: &Snapshot) {
        self.observer.cut_short(snapshot);
    }

    fn interim(&mut self, report: &Report) {
        self.results.keep_interim(report);
    }
}
