//! Reads a recording that is to be continued.

use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::Path;

use jiff::Timestamp;

use super::fault::cannot_read;
use super::parts::is_zstd;
use crate::error::Error;
use crate::payload::{Record, ZstdFrames, read_json_line};

/// The beginning of each line.
const BEGINNING: &[u8] = b"{\"topic\":";

/// The content of a file.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// Complete messages.
    pub(super) count: u64,
    /// Their size in bytes.
    pub(super) whole: u64,
    /// Bytes after them, which a crash left of a message or a frame.
    pub(super) torn: u64,
    /// When the first message arrived.
    pub(super) first_at: Option<Timestamp>,
}

/// Reads all messages; `each` gets them with their numbers, from 1 on. Messages with numbers above the returned count are
/// in an incomplete frame.
pub(super) fn scan(path: &Path, file: &mut File, each: &mut dyn FnMut(u64, Record)) -> Result<Found, Error> {
    let length = file.metadata().map_err(|error| cannot_read(path, &error))?.len();
    let mut found = Found::default();
    if is_zstd(path) {
        let mut lines = BufReader::new(ZstdFrames::new(BufReader::new(&mut *file)));
        let mut count = 0;
        loop {
            let mut line = Vec::new();
            let read = lines.read_until(b'\n', &mut line);
            // A frame has complete lines only: when it is finished, this line belongs to the next one.
            if lines.get_ref().whole() > found.whole {
                found.whole = lines.get_ref().whole();
                found.count = count;
            }
            match read {
                Ok(0) => break,
                Ok(_) => take(path, &line, &mut count, &mut found.first_at, each)?,
                Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => break,
                Err(error) => return Err(cannot_read(path, &error)),
            }
        }
    } else {
        let mut lines = BufReader::new(&mut *file);
        loop {
            let mut line = Vec::new();
            lines.read_until(b'\n', &mut line).map_err(|error| cannot_read(path, &error))?;
            if !line.ends_with(b"\n") {
                // Never cut off anything that `record` did not write.
                let common = line.len().min(BEGINNING.len());
                if line[..common] != BEGINNING[..common] {
                    return Err(not_recorded(path, found.count + 1, "it does not start like one"));
                }
                break;
            }
            take(path, &line, &mut found.count, &mut found.first_at, each)?;
            found.whole += line.len() as u64;
        }
    }
    found.torn = length.saturating_sub(found.whole);
    if found.count == 0 {
        found.first_at = None;
    }
    Ok(found)
}

fn take(
    path: &Path,
    line: &[u8],
    count: &mut u64,
    first_at: &mut Option<Timestamp>,
    each: &mut dyn FnMut(u64, Record),
) -> Result<(), Error> {
    let record = read_json_line(line.trim_ascii_end(), None);
    let record = record.map_err(|error| not_recorded(path, *count + 1, &error.to_string()))?;
    *count += 1;
    if first_at.is_none() {
        *first_at = record.received_at;
    }
    each(*count, record);
    Ok(())
}

fn not_recorded(path: &Path, line: u64, why: &str) -> Error {
    Error::local(format!("line {line} of `{}` is not a recorded message: {why}", path.display()))
}
