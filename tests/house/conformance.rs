//! `docs/conformance.md` names tests that exist, and all of those that are there for it.

use std::collections::BTreeSet;
use std::path::Path;

/// Where a file of tests may lie.
const FOLDERS: [&str; 3] = ["tests/broker/conformance", "tests/broker", "src/broker/core/tests"];

#[test]
fn the_table_of_conformance_names_tests_that_exist() {
    let document = std::fs::read_to_string("docs/conformance.md").unwrap();
    let mut wrong = Vec::new();
    for name in names(&document) {
        let (file, test) = name.split_once("::").unwrap();
        let mut paths = FOLDERS.iter().map(|folder| Path::new(folder).join(file).with_extension("rs"));
        if !paths.any(|path| path.exists() && tests(&path).contains(test)) {
            wrong.push(name);
        }
    }
    assert!(wrong.is_empty(), "docs/conformance.md names tests that do not exist:\n{}", wrong.join("\n"));
}

#[test]
fn each_statement_has_a_test_or_the_reason_why_not() {
    let document = std::fs::read_to_string("docs/conformance.md").unwrap();
    let rows: Vec<&str> = document.lines().filter(|line| line.starts_with("| MQTT-")).collect();
    assert!(rows.len() > 300, "{} statements", rows.len());
    for row in rows {
        let shown_by = row.split('|').nth(3).unwrap();
        let has_reason = shown_by.trim().strip_prefix("not applicable: ").is_some_and(|why| !why.is_empty());
        assert!(has_reason || names(shown_by).next().is_some(), "{row}");
    }
}

#[test]
fn each_test_of_conformance_is_in_the_table() {
    let document = std::fs::read_to_string("docs/conformance.md").unwrap();
    let named: BTreeSet<&str> = names(&document).collect();
    let mut missing = Vec::new();
    for entry in std::fs::read_dir(FOLDERS[0]).unwrap() {
        let path = entry.unwrap().path();
        let file = path.file_stem().unwrap().to_str().unwrap();
        let tests = tests(&path).into_iter().map(|test| format!("{file}::{test}"));
        missing.extend(tests.filter(|name| !named.contains(name.as_str())));
    }
    assert!(missing.is_empty(), "docs/conformance.md lacks:\n{}", missing.join("\n"));
}

/// What is in backquotes and has a path.
fn names(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2).filter(|name| name.contains("::"))
}

/// The functions of a file that have `#[test]`.
fn tests(path: &Path) -> BTreeSet<String> {
    let source = std::fs::read_to_string(path).unwrap();
    let parts = source.split("#[test]").skip(1);
    parts.filter_map(|part| Some(part.split_once("fn ")?.1.split_once('(')?.0.to_owned())).collect()
}
