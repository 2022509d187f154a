//! Names of the parts of a recording: `car.jsonl` is the newest, `car-000001.jsonl` the oldest.

use std::fs;
use std::path::{Path, PathBuf};

/// Digits of a part's number, so that sorting by name is sorting by age.
const DIGITS: usize = 6;

/// Whether a name says that the file is compressed.
pub(crate) fn is_zstd(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("zst"))
}

/// The name of a part.
pub(super) fn name(path: &Path, number: u64) -> PathBuf {
    let (stem, ending) = split(path);
    path.with_file_name(format!("{stem}-{number:0DIGITS$}{ending}"))
}

/// The existing parts, the oldest first.
pub(super) fn of(path: &Path) -> Vec<(u64, PathBuf)> {
    let (stem, ending) = split(path);
    let folder = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let parts = entries.filter_map(|entry| {
        let name = entry.file_name().into_string().ok()?;
        let number = name.strip_prefix(&stem)?.strip_prefix('-')?.strip_suffix(&ending)?;
        let is_number = number.len() >= DIGITS && number.bytes().all(|byte| byte.is_ascii_digit());
        Some((number.parse().ok().filter(|_| is_number)?, path.with_file_name(&name)))
    });
    let mut parts: Vec<_> = parts.collect();
    parts.sort();
    parts
}

/// `car` and `.jsonl.zst`.
fn split(path: &Path) -> (String, String) {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let bare = name.strip_suffix(".zst").unwrap_or(&name);
    let stem = bare.rfind('.').filter(|at| *at > 0).map_or(bare, |at| &bare[..at]);
    (stem.to_owned(), name[stem.len()..].to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_is_before_the_ending() {
        for (path, part) in [
            ("x/car.jsonl", "x/car-000007.jsonl"),
            ("car.jsonl.zst", "car-000007.jsonl.zst"),
            ("car.zst", "car-000007.zst"),
            ("car", "car-000007"),
            (".car", ".car-000007"),
        ] {
            assert_eq!(name(Path::new(path), 7), Path::new(part));
        }
    }

    #[test]
    fn parts_are_found_in_their_order_and_nothing_else_is() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["a.jsonl", "a-000010.jsonl", "a-000009.jsonl", "a-x.jsonl", "a-1.jsonl", "b-000001.jsonl"] {
            fs::write(folder.path().join(name), "").unwrap();
        }
        let numbers: Vec<_> = of(&folder.path().join("a.jsonl")).into_iter().map(|(number, _)| number).collect();
        assert_eq!(numbers, [9, 10]);
    }
}
