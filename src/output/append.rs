//! Appends whole records to a file: if the disk is full, an incomplete record is removed again.

use std::fs::File;
use std::io::{self, ErrorKind, Seek, Write};

/// Writes bytes in which records end at `ends`, in ascending order. After an error, the file has the records before the
/// one that did not fit, and nothing of that one.
pub(super) fn append_records(file: &mut File, bytes: &[u8], ends: &[usize]) -> io::Result<()> {
    let mut written = 0;
    while written < bytes.len() {
        match file.write(&bytes[written..]) {
            Ok(0) => return take_back(file, written, ends).and(Err(ErrorKind::WriteZero.into())),
            Ok(length) => written += length,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return take_back(file, written, ends).and(Err(error)),
        }
    }
    Ok(())
}

/// Cuts off what was written after the last whole record.
fn take_back(file: &mut File, written: usize, ends: &[usize]) -> io::Result<()> {
    let whole = ends.iter().copied().take_while(|end| *end <= written).last().unwrap_or_default();
    let metadata = file.metadata()?;
    if written == whole || !metadata.is_file() {
        return Ok(());
    }
    // When appending, the position is where our last byte ended; another process may have appended after it.
    let position = file.stream_position()?;
    if position == metadata.len() { file.set_len(position - (written - whole) as u64) } else { Ok(()) }
}
