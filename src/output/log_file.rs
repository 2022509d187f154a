use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;

use super::append::append_records;
use crate::error::Error;

/// `--log-file`: a copy of stderr, each line with its time, and traces and diagnostics instead of stderr.
#[derive(Debug)]
pub struct LogFile {
    path: PathBuf,
    file: Mutex<File>,
    has_failed: AtomicBool,
}

impl LogFile {
    /// Opens it for appending. It lives as long as the process.
    ///
    /// # Errors
    ///
    /// It cannot be opened.
    pub fn open(path: &Path) -> Result<&'static Self, Error> {
        let mut options = OpenOptions::new();
        options.create(true).append(true);
        // Topics and payloads are private.
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options
            .open(path)
            .map_err(|error| Error::local(format!("--log-file: {} cannot be opened: {error}", path.display())))?;
        let (path, file, has_failed) = (path.to_owned(), Mutex::new(file), AtomicBool::new(false));
        Ok(Box::leak(Box::new(Self { path, file, has_failed })))
    }

    /// Appends lines. A failure does not end the command; the first time, a warning to be shown is returned.
    pub(super) fn append(&self, lines: &[u8]) -> Option<String> {
        let mut text = Vec::with_capacity(lines.len() + 32);
        let time = Timestamp::now();
        for line in lines.split_inclusive(|byte| *byte == b'\n') {
            // A record that is an object stays one.
            if !line.starts_with(b"{") {
                // Writing to a vector does not fail.
                _ = write!(text, "{time:.6} ");
            }
            text.extend_from_slice(line);
        }
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        let error = append_records(&mut file, &text, &[text.len()]).err()?;
        self.warn_once(&error)
    }

    fn warn_once(&self, error: &io::Error) -> Option<String> {
        let path = self.path.display();
        let is_first = !self.has_failed.swap(true, Ordering::Relaxed);
        is_first.then(|| format!("--log-file: {path} cannot be written, lines are missing: {error}"))
    }
}
