use std::io;
use std::path::Path;

use crate::error::Error;

pub(super) fn cannot_write(path: &Path, error: &io::Error) -> Error {
    Error::local(format!("`{}` cannot be written: {error}", path.display()))
}

pub(super) fn cannot_read(path: &Path, error: &io::Error) -> Error {
    Error::local(format!("`{}` cannot be read: {error}", path.display()))
}
