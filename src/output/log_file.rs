use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;

use crate::error::Error;

/// `--log-file`: what goes to stderr, each line with its time, and traces and diagnostics instead of stderr.
#[derive(Debug)]
pub struct LogFile(Mutex<File>);

impl LogFile {
    /// Opens it, to append. It lasts as long as the process, as what is talked about does.
    ///
    /// # Errors
    ///
    /// It cannot be opened.
    pub fn open(path: &Path) -> Result<&'static Self, Error> {
        let mut options = OpenOptions::new();
        options.create(true).append(true);
        // Topics and payloads are nobody else's business.
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options
            .open(path)
            .map_err(|error| Error::local(format!("--log-file: {} cannot be opened: {error}", path.display())))?;
        Ok(Box::leak(Box::new(Self(Mutex::new(file)))))
    }

    /// Appends lines. That it fails is no reason to end what is logged.
    pub(super) fn append(&self, lines: &[u8]) {
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
        _ = self.0.lock().unwrap_or_else(PoisonError::into_inner).write_all(&text);
    }
}
