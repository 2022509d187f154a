use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

use super::append::append_records;
use crate::error::Error;

/// How much is written at once.
const FULL: usize = 64 * 1024;

/// Where `sub` writes payloads besides stdout.
#[derive(Debug)]
pub struct MessageFile {
    path: PathBuf,
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    /// `--file-write`: the file, open at its end, the records to be written and where each of them ends.
    Append { file: File, buffer: Vec<u8>, ends: Vec<usize> },
    /// `--file-save`: the next number to try (0 has none in its name) and the file written last.
    Numbered { next: u64, last: PathBuf },
}

impl MessageFile {
    /// `--file-write`: payloads are appended to one file, each followed by the delimiter.
    pub fn append(path: &Path) -> Result<Self, Error> {
        let file = File::options().append(true).create(true).open(path).map_err(|error| cannot_write(path, &error))?;
        Ok(Self { path: path.to_owned(), kind: Kind::Append { file, buffer: Vec::new(), ends: Vec::new() } })
    }

    /// `--file-save`: a file each, `name.ext`, then `name(1).ext`, `name(2).ext`; none is ever overwritten.
    pub fn numbered(path: &Path) -> Result<Self, Error> {
        let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let is_directory = fs::metadata(directory).map_err(|error| cannot_write(path, &error))?.is_dir();
        if !is_directory || path.file_name().is_none() {
            return Err(Error::local(format!("`{}` cannot be written: not a file in a directory", path.display())));
        }
        Ok(Self { path: path.to_owned(), kind: Kind::Numbered { next: 0, last: PathBuf::new() } })
    }

    /// Writes a payload; returns what was done to which file, as in MQTTX. On a full disk, nothing of it is left in the
    /// file.
    pub(super) fn write(&mut self, payload: &[u8], delimiter: &[u8]) -> Result<(&'static str, &Path), Error> {
        match &mut self.kind {
            Kind::Append { file, buffer, ends } => {
                buffer.extend_from_slice(payload);
                buffer.extend_from_slice(delimiter);
                ends.push(buffer.len());
                if buffer.len() >= FULL {
                    write_out(file, buffer, ends).map_err(|error| cannot_write(&self.path, &error))?;
                }
                Ok(("Appended to file", &self.path))
            }
            Kind::Numbered { next, last } => {
                let mut file = loop {
                    *last = numbered(&self.path, *next);
                    *next += 1;
                    match File::create_new(&last) {
                        Ok(file) => break file,
                        Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
                        Err(error) => return Err(cannot_write(last, &error)),
                    }
                };
                if let Err(error) = file.write_all(payload) {
                    // The file is only ours; part of a payload is worse than nothing.
                    _ = fs::remove_file(&last);
                    return Err(cannot_write(last, &error));
                }
                Ok(("Saved to file", last))
            }
        }
    }

    pub(super) fn flush(&mut self) -> Result<(), Error> {
        match &mut self.kind {
            Kind::Append { file, buffer, ends } => {
                write_out(file, buffer, ends).map_err(|error| cannot_write(&self.path, &error))
            }
            Kind::Numbered { .. } => Ok(()),
        }
    }
}

fn write_out(file: &mut File, buffer: &mut Vec<u8>, ends: &mut Vec<usize>) -> io::Result<()> {
    let written = append_records(file, buffer, ends);
    buffer.clear();
    ends.clear();
    // The memory of one huge message must not be kept forever.
    buffer.shrink_to(4 * FULL);
    written
}

/// `name.ext`, `name(1).ext`, `name(2).ext`: MQTTX's names.
fn numbered(path: &Path, number: u64) -> PathBuf {
    if number == 0 {
        return path.to_owned();
    }
    let mut name = OsString::from(path.file_stem().unwrap_or_default());
    name.push(format!("({number})"));
    if let Some(extension) = path.extension() {
        name.push(".");
        name.push(extension);
    }
    path.with_file_name(name)
}

fn cannot_write(path: &Path, error: &io::Error) -> Error {
    Error::local(format!("`{}` cannot be written: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn appends_to_what_is_there() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("log");
        fs::write(&path, "before\n").unwrap();
        let mut file = MessageFile::append(&path).unwrap();
        file.write(b"a\xff", b"\0").unwrap();
        assert_eq!(file.write(b"", b"\0").unwrap(), ("Appended to file", path.as_path()));
        file.flush().unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"before\na\xff\0\0");
    }

    #[test]
    fn numbers_files_and_overwrites_none() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("car.tar.gz");
        fs::write(directory.path().join("car.tar(1).gz"), "precious").unwrap();
        let mut file = MessageFile::numbered(&path).unwrap();
        let names: Vec<PathBuf> =
            [b"0", b"1"].iter().map(|payload| file.write(*payload, b"\n").unwrap().1.to_owned()).collect();
        assert_eq!(names, [path, directory.path().join("car.tar(2).gz")]);
        assert_eq!(fs::read(&names[1]).unwrap(), b"1");
        assert_eq!(fs::read(directory.path().join("car.tar(1).gz")).unwrap(), b"precious");
    }

    #[test]
    fn a_file_that_cannot_be_written_is_known_before_the_first_message() {
        let directory = tempfile::tempdir().unwrap();
        let nowhere = directory.path().join("missing").join("file");
        for error in [MessageFile::append(&nowhere).unwrap_err(), MessageFile::numbered(&nowhere).unwrap_err()] {
            assert!(error.message().contains("missing/file` cannot be written: "), "{}", error.message());
        }
        assert!(MessageFile::append(directory.path()).is_err());
        assert!(MessageFile::numbered(&directory.path().join("..")).is_err());
    }
}
