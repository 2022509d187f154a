use std::fs::File;
use std::io::BufWriter;
use std::path::{Path, PathBuf};

use crate::error::Error;

/// Where `sub` puts payloads beside stdout.
#[derive(Debug)]
pub enum MessageFile {
    /// `--file-write`: appended to one file, each with the delimiter behind it.
    Append {
        /// The file, created when it is not there.
        path: PathBuf,
        /// Open at its end.
        file: BufWriter<File>,
    },
    /// `--file-save`: a file each, `name.ext`, then `name(1).ext`, `name(2).ext`; none is ever overwritten.
    Numbered {
        /// The first one's path.
        path: PathBuf,
        /// The next number to try; 0 has none in its name.
        next: u64,
    },
}

impl MessageFile {
    /// Opens `--file-write`.
    pub fn append(_path: &Path) -> Result<Self, Error> {
        unimplemented!()
    }

    /// Prepares `--file-save`: its directory must be there.
    pub fn numbered(_path: &Path) -> Result<Self, Error> {
        unimplemented!()
    }
}
