//! The file of `record`: complete JSON lines, however the program ends; split into parts on request.

mod fault;
mod parts;
mod resume;

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;

use fault::{cannot_read, cannot_write};
pub(crate) use parts::is_zstd;

use super::append::append_records;
use crate::error::Error;
use crate::payload::{Record, write_json_line, zstd_frame};

/// How many bytes are written at once, and the largest zstd frame before compression.
const FULL: usize = 256 * 1024;

/// How to record.
#[derive(Debug, Clone)]
pub(crate) struct RecordingOptions {
    /// The file; compressed if its name ends in `.zst`.
    pub(crate) path: PathBuf,
    /// Append to a file that exists; without it that is an error.
    pub(crate) resume: bool,
    /// Start a new file before this one grows larger, in bytes.
    pub(crate) rotate_size: Option<u64>,
    /// Start a new file when the first message of this one is this old.
    pub(crate) rotate_period: Option<Duration>,
    /// How many full files to keep.
    pub(crate) keep: Option<u64>,
}

/// An open recording. Its file is locked against other processes.
#[derive(Debug)]
pub(crate) struct Recording {
    options: RecordingOptions,
    file: File,
    compressed: bool,
    /// Lines not written yet, and where each of them ends.
    buffer: Vec<u8>,
    ends: Vec<usize>,
    /// Size of the file in bytes.
    size: u64,
    /// When the first message of the file arrived.
    first_at: Option<Timestamp>,
    /// Messages written by this run.
    written: u64,
    earlier: u64,
    cut: u64,
}

impl Recording {
    /// Opens the file and reads what it contains: `earlier` gets each message with its number; messages with numbers above
    /// [`Self::earlier`] are in a frame that is cut off. The messages of the newest full part come first, with number 0.
    pub(crate) fn open(options: RecordingOptions, earlier: &mut dyn FnMut(u64, Record)) -> Result<Self, Error> {
        let path = options.path.clone();
        if options.resume
            && let Some((_, part)) = parts::of(&path).pop()
        {
            let mut file = File::open(&part).map_err(|error| cannot_read(&part, &error))?;
            resume::scan(&part, &mut file, &mut |_, record| earlier(0, record))?;
        }
        let opened =
            File::options().read(true).append(true).create(options.resume).create_new(!options.resume).open(&path);
        let mut file = match opened {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                let error = Error::local(format!("`{}` already exists", path.display()));
                return Err(error.with_hint("--resume appends to it"));
            }
            opened => opened.map_err(|error| cannot_write(&path, &error))?,
        };
        // What is written to a pipe or a device cannot be read again and cut.
        if options.resume && !file.metadata().map_err(|error| cannot_read(&path, &error))?.is_file() {
            return Err(Error::local(format!(
                "`{}` is not a regular file: --resume cannot continue it",
                path.display()
            )));
        }
        lock(&file, &path)?;
        let found = resume::scan(&path, &mut file, earlier)?;
        if found.torn > 0 {
            file.set_len(found.whole).map_err(|error| cannot_write(&path, &error))?;
        }
        Ok(Self {
            compressed: is_zstd(&path),
            options,
            file,
            buffer: Vec::new(),
            ends: Vec::new(),
            size: found.whole,
            first_at: found.first_at,
            written: 0,
            earlier: found.count,
            cut: found.torn,
        })
    }

    /// How many messages the file contained before.
    pub(crate) fn earlier(&self) -> u64 {
        self.earlier
    }

    /// How many bytes of an incomplete line were cut off.
    pub(crate) fn cut(&self) -> u64 {
        self.cut
    }

    /// How many messages this run has written, to all files.
    pub(crate) fn written(&self) -> u64 {
        self.written
    }

    /// The file.
    pub(crate) fn path(&self) -> &Path {
        &self.options.path
    }

    /// Whether there are messages to write.
    pub(crate) fn is_waiting(&self) -> bool {
        !self.ends.is_empty()
    }

    /// Whether waiting for more messages makes the file smaller.
    pub(crate) fn gains_by_waiting(&self) -> bool {
        self.compressed
    }

    /// Adds a message, which is in the file after the next [`Self::flush`].
    pub(crate) fn push(&mut self, record: &Record) -> Result<(), Error> {
        let start = self.buffer.len();
        write_json_line(record, &mut self.buffer);
        let line = self.buffer.split_off(start);
        if self.is_full(line.len(), record.received_at) {
            self.flush()?;
            self.begin_another()?;
        }
        if self.first_at.is_none() {
            self.first_at = record.received_at;
        }
        self.buffer.extend_from_slice(&line);
        self.ends.push(self.buffer.len());
        if self.buffer.len() >= FULL { self.flush() } else { Ok(()) }
    }

    /// Writes the waiting messages. After an error the file contains only complete messages.
    pub(crate) fn flush(&mut self) -> Result<(), Error> {
        if self.ends.is_empty() {
            return Ok(());
        }
        let result = if self.compressed { self.write_frame() } else { self.write_lines() };
        self.buffer.clear();
        self.ends.clear();
        // Free the memory of one huge message.
        self.buffer.shrink_to(4 * FULL);
        result
    }

    /// Writes the waiting messages and syncs the file to disk.
    pub(crate) fn finish(&mut self) -> Result<(), Error> {
        self.flush()?;
        self.sync()
    }

    /// Has the system write what it keeps in memory, which is when some file systems notice that the disk is full.
    fn sync(&self) -> Result<(), Error> {
        match self.file.sync_data() {
            Err(error) if !cannot_be_synced(&error) => Err(cannot_write(&self.options.path, &error)),
            _ => Ok(()),
        }
    }

    fn write_lines(&mut self) -> Result<(), Error> {
        let result = append_records(&mut self.file, &self.buffer, &self.ends);
        let written = match &result {
            Ok(()) => self.buffer.len(),
            Err(_) => self
                .file
                .metadata()
                .map_or(0, |metadata| usize::try_from(metadata.len().saturating_sub(self.size)).unwrap_or(usize::MAX)),
        };
        self.size += written as u64;
        self.written += self.ends.iter().filter(|end| **end <= written).count() as u64;
        result.map_err(|error| cannot_write(&self.options.path, &error))
    }

    fn write_frame(&mut self) -> Result<(), Error> {
        let frame = zstd_frame(&self.buffer).map_err(Error::local)?;
        append_records(&mut self.file, &frame, &[frame.len()])
            .map_err(|error| cannot_write(&self.options.path, &error))?;
        self.size += frame.len() as u64;
        self.written += self.ends.len() as u64;
        Ok(())
    }

    /// Whether one more line needs a new file.
    fn is_full(&self, line: usize, at: Option<Timestamp>) -> bool {
        let is_empty = self.size == 0 && self.buffer.is_empty();
        let is_large = self.options.rotate_size.is_some_and(|limit| {
            // The compressed size of a line is known only after its frame is written.
            let all = self.size + (self.buffer.len() + line) as u64;
            if self.compressed { self.size >= limit } else { all > limit }
        });
        let is_old = match (self.options.rotate_period, self.first_at, at) {
            (Some(period), Some(first), Some(at)) => {
                Duration::try_from(at.duration_since(first)).is_ok_and(|age| age >= period)
            }
            _ => false,
        };
        !is_empty && (is_large || is_old)
    }

    /// Renames the file to a numbered part, and starts a new one under its name.
    fn begin_another(&mut self) -> Result<(), Error> {
        let path = &self.options.path;
        self.sync()?;
        let mut earlier = parts::of(path);
        let number = earlier.last().map_or(1, |(number, _)| number + 1);
        let part = parts::name(path, number);
        fs::rename(path, &part).map_err(|error| cannot_write(&part, &error))?;
        let file = File::options().read(true).append(true).create_new(true).open(path);
        self.file = file.map_err(|error| cannot_write(path, &error))?;
        lock(&self.file, path)?;
        self.size = 0;
        self.first_at = None;
        earlier.push((number, part));
        if let Some(keep) = self.options.keep {
            let surplus = earlier.len().saturating_sub(usize::try_from(keep).unwrap_or(usize::MAX));
            for (_, part) in &earlier[..surplus] {
                fs::remove_file(part).map_err(|error| cannot_write(part, &error))?;
            }
        }
        Ok(())
    }
}

/// Whether the file is one that has nothing to sync, such as a pipe, and not one that could not be written.
fn cannot_be_synced(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::InvalidInput | io::ErrorKind::Unsupported | io::ErrorKind::ReadOnlyFilesystem)
}

fn lock(file: &File, path: &Path) -> Result<(), Error> {
    match file.try_lock() {
        Err(TryLockError::WouldBlock) => {
            Err(Error::local(format!("another process is recording to `{}`", path.display())))
        }
        // Some file systems do not support locks.
        Ok(()) | Err(TryLockError::Error(_)) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mqtt::Message;

    fn record(payload: &str, second: i64) -> Record {
        let message = Message::new("a".parse().unwrap(), payload.to_owned());
        Record { received_at: Some(Timestamp::from_second(second).unwrap()), ..Record::new(message) }
    }

    fn options(path: &Path) -> RecordingOptions {
        RecordingOptions { path: path.to_owned(), resume: true, rotate_size: None, rotate_period: None, keep: None }
    }

    fn recorded(options: RecordingOptions, records: impl IntoIterator<Item = Record>) -> Recording {
        let mut recording = Recording::open(options, &mut |_, _| {}).unwrap();
        for record in records {
            recording.push(&record).unwrap();
            recording.flush().unwrap();
        }
        recording
    }

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<_> = entries.collect();
        names.sort();
        names
    }

    #[test]
    fn wherever_a_crash_tears_the_file_it_is_gone_on_with_after_the_last_whole_message() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["plain.jsonl", "packed.jsonl.zst"] {
            if is_zstd(Path::new(name)) && cfg!(not(feature = "compression")) {
                continue;
            }
            let path = folder.path().join(name);
            let sizes: Vec<_> = {
                let mut recording = Recording::open(options(&path), &mut |_, _| {}).unwrap();
                let sizes = ["one", "two", "three"].map(|payload| {
                    recording.push(&record(payload, 0)).unwrap();
                    recording.flush().unwrap();
                    recording.size
                });
                sizes.into()
            };
            let whole = fs::read(&path).unwrap();
            for length in 0..=whole.len() {
                fs::write(&path, &whole[..length]).unwrap();
                let mut seen = Vec::new();
                let mut recording =
                    Recording::open(options(&path), &mut |number, record| seen.push((number, record))).unwrap();
                let count = sizes.iter().filter(|size| **size <= length as u64).count();
                assert_eq!(recording.earlier(), count as u64, "{name} {length}");
                seen.truncate(count);
                let payloads: Vec<_> = seen.iter().map(|(_, record)| record.message.payload.clone()).collect();
                assert_eq!(payloads, ["one", "two", "three"][..count]);
                recording.push(&record("more", 0)).unwrap();
                recording.flush().unwrap();
                drop(recording);
                let again = Recording::open(options(&path), &mut |_, _| {}).unwrap();
                assert_eq!((again.earlier(), again.cut()), (count as u64 + 1, 0), "{name} {length}");
            }
        }
    }

    #[test]
    fn what_is_not_a_recording_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["notes", "notes.zst"] {
            let path = folder.path().join(name);
            fs::write(&path, "not ours\nat all\n").unwrap();
            let error = Recording::open(options(&path), &mut |_, _| {}).unwrap_err();
            assert!(error.message().contains(name), "{error}");
            assert_eq!(fs::read(&path).unwrap(), b"not ours\nat all\n");
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn only_a_file_that_has_nothing_to_sync_may_fail_to() {
        // EINVAL, ENOTSUP and EROFS; ENOSPC, EIO and EDQUOT.
        for (number, may_fail) in [(22, true), (95, true), (30, true), (28, false), (5, false), (122, false)] {
            assert_eq!(cannot_be_synced(&io::Error::from_raw_os_error(number)), may_fail, "{number}");
        }
    }

    #[test]
    fn a_file_is_recorded_to_by_one_at_a_time_and_never_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.jsonl");
        let recording = recorded(options(&path), [record("x", 0)]);
        let error = Recording::open(options(&path), &mut |_, _| {}).unwrap_err();
        assert!(error.message().starts_with("another process is recording to `"), "{error}");
        drop(recording);
        let fresh = RecordingOptions { resume: false, ..options(&path) };
        let error = Recording::open(fresh, &mut |_, _| {}).unwrap_err();
        assert!(error.message().ends_with("already exists"), "{error}");
    }

    #[test]
    fn parts_are_no_larger_than_allowed_and_only_the_newest_are_kept() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.jsonl");
        let mut line = Vec::new();
        write_json_line(&record("message 0", 0), &mut line);
        // Two messages, and not quite a third.
        let limit = 3 * line.len() as u64 - 1;
        let limited = RecordingOptions { rotate_size: Some(limit), keep: Some(2), ..options(&path) };
        let recording = recorded(limited, (0..10).map(|number| record(&format!("message {number}"), 0)));
        assert_eq!(recording.written(), 10);
        let names = names(folder.path());
        assert_eq!(names[0], "a-000003.jsonl");
        assert_eq!(names.len(), 3, "{names:?}");
        assert_eq!(names[2], "a.jsonl");
        let text: String = names.iter().map(|name| fs::read_to_string(folder.path().join(name)).unwrap()).collect();
        for name in &names {
            assert!(fs::metadata(folder.path().join(name)).unwrap().len() <= limit);
        }
        assert!(text.contains("message 9") && !text.contains("message 0"), "{text}");
        // A message that is larger than a part has one of its own.
        let tiny = RecordingOptions { rotate_size: Some(1), ..options(&folder.path().join("b.jsonl")) };
        recorded(tiny, [record("x", 0), record("y", 0)]);
        assert!(self::names(folder.path()).contains(&"b-000001.jsonl".to_owned()));
    }

    #[test]
    fn a_part_ends_when_its_first_message_is_old_also_after_a_pause() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.jsonl");
        let hourly = RecordingOptions { rotate_period: Some(Duration::from_hours(1)), ..options(&path) };
        recorded(hourly.clone(), [record("one", 0), record("two", 3599)]);
        recorded(hourly, [record("three", 3600), record("four", 7199)]);
        assert_eq!(names(folder.path()), ["a-000001.jsonl", "a.jsonl"]);
        let first = fs::read_to_string(folder.path().join("a-000001.jsonl")).unwrap();
        assert!(first.contains("two") && !first.contains("three"), "{first}");
    }
}
