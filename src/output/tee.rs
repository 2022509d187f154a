use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use super::append::append_records;

/// A file that gets what is printed too, while somebody wants that.
#[derive(Debug, Default)]
pub(super) struct Tee(Mutex<Option<File>>);

impl Tee {
    /// Appends to a file from now on, or no longer.
    pub(super) fn set(&self, path: Option<&Path>) -> io::Result<()> {
        let file = path.map(open).transpose()?;
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = file;
        Ok(())
    }

    /// Takes lines. A file that cannot be written any more is let go.
    pub(super) fn append(&self, lines: &[u8]) {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(file) = held.as_mut() else { return };
        let text = without_colour(lines);
        if append_records(file, &text, &[text.len()]).is_err() {
            _ = writeln!(file, "... the rest could not be written");
            *held = None;
        }
    }
}

fn open(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.create(true).append(true);
    // Topics and payloads are nobody else's business.
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// Without what a terminal takes for colours (`ESC [ ... m` and its like).
fn without_colour(lines: &[u8]) -> Vec<u8> {
    let mut text = Vec::with_capacity(lines.len());
    let mut rest = lines;
    while let Some(at) = memchr::memmem::find(rest, b"\x1b[") {
        text.extend_from_slice(&rest[..at]);
        let behind = &rest[at + 2..];
        let end = behind.iter().position(|byte| (0x40..=0x7e).contains(byte)).map_or(behind.len(), |end| end + 1);
        rest = &behind[end..];
    }
    text.extend_from_slice(rest);
    text
}

#[cfg(test)]
mod tests {
    use super::without_colour;

    #[test]
    fn colours_are_left_out_and_all_else_is_kept() {
        assert_eq!(without_colour(b"\x1b[32m\xe2\x9c\x94\x1b[0m on \x1b]0;x\n\x1b["), b"\xe2\x9c\x94 on \x1b]0;x\n");
    }
}
