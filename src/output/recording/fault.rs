use std::io;
use std::path::Path;

use crate::error::Error;

pub(super) fn cannot_write(path: &Path, error: &io::Error) -> Error {
    Error::local(format!("cannot write `{}`: {error}", path.display()))
}

pub(super) fn cannot_read(path: &Path, error: &io::Error) -> Error {
    Error::local(format!("cannot read `{}`: {error}", path.display()))
}
