//! Holds that `cargo test` builds no dependency anew that `cargo run` has built: a dependency of tests switches on no
//! feature of a crate that the program uses.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

/// Of each crate and version, the sets of features that it is built with.
fn features(edges: &str) -> BTreeMap<String, BTreeSet<String>> {
    let tree = Command::new(env!("CARGO"))
        .args(["tree", "--offline", "--locked", "--prefix", "none", "--format", "{p}|{f}", "--edges", edges])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo runs");
    assert!(tree.status.success(), "{}", String::from_utf8_lossy(&tree.stderr));
    let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for line in String::from_utf8(tree.stdout).expect("text").lines() {
        // A crate that came before has a mark.
        let line = line.replace(" (*)", "");
        let Some((name, features)) = line.split_once('|') else { continue };
        found.entry(name.to_owned()).or_default().insert(features.trim().to_owned());
    }
    assert!(found.len() > 100, "the tree was not read: {found:?}");
    found
}

#[test]
fn dependencies_of_tests_switch_on_nothing_in_those_of_the_program() {
    let (run, test) = (features("normal,build"), features("normal,build,dev"));
    let own = env!("CARGO_PKG_NAME");
    let changed: Vec<_> = run
        .iter()
        .filter(|(name, features)| !name.starts_with(own) && test.get(*name) != Some(features))
        .map(|(name, features)| format!("{name}: {features:?} to run, {:?} to test", test.get(name)))
        .collect();
    assert!(changed.is_empty(), "built twice:\n{}", changed.join("\n"));
}
