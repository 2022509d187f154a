//! Which file uses which, read from the text of the sources: `use` lines and paths such as `super::status::tell`.
//!
//! A name is followed through re-exports to the file that defines it, so that a `mod.rs` that only passes names on uses
//! none of its files, and who takes a name from it uses the file behind. Not seen: methods, which need no path, and
//! names that a macro makes.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// A path of Rust, in parts.
type Names = Vec<String>;

/// How many re-exports a name is followed through.
const MAXIMUM_STEPS: usize = 8;

/// The sources of the library, by module: `client::driver` has the key `["client", "driver"]`.
pub(crate) struct Files(BTreeMap<Names, File>);

struct File {
    /// Below `src`.
    path: String,
    /// What it imports and re-exports, by the name here.
    imports: BTreeMap<String, Names>,
    /// What it uses.
    used: Vec<Names>,
}

impl Files {
    /// Reads all that is compiled into the product.
    pub(crate) fn read() -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
        let product = sources(&root).into_iter().filter_map(|path| {
            let below = path.strip_prefix(&root).unwrap().to_string_lossy().into_owned();
            let mut module: Names = below.trim_end_matches(".rs").split('/').map(String::from).collect();
            if module == ["lib"] || module.iter().any(|part| part == "tests") {
                return None;
            }
            if module.last().is_some_and(|last| last == "mod") {
                module.pop();
            }
            let text = code_of(&path);
            Some((module, File::parse(below, text.split("#[cfg(test)]\nmod tests").next().unwrap_or_default())))
        });
        Self(product.collect())
    }

    /// Each file with those that it uses.
    pub(crate) fn arrows(&self) -> BTreeMap<&str, BTreeSet<&str>> {
        let arrows = self.0.iter().map(|(module, file)| {
            let used = file.used.iter().filter_map(|names| self.definition(&self.absolute(names, module)?, 0));
            (file.path.as_str(), used.filter(|used| *used != file.path).collect())
        });
        arrows.collect()
    }

    /// A path from the root of the crate; `None`: it begins with another crate, a type or a variable.
    fn absolute(&self, names: &[String], module: &[String]) -> Option<Names> {
        let rest = &names[1..];
        let joined = |start: &[String]| Some([start, rest].concat());
        match names[0].as_str() {
            "crate" | "mqttx_rs" => joined(&[]),
            "self" => joined(module),
            "super" => {
                let levels = names.iter().take_while(|name| *name == "super").count();
                let above = module.get(..module.len().checked_sub(levels)?)?;
                Some([above, &names[levels..]].concat())
            }
            first => {
                let child = [module, &[first.to_owned()]].concat();
                if self.0.contains_key(&child) {
                    return joined(&child);
                }
                let import = self.0[module].imports.get(first).filter(|import| import[0] != first)?;
                joined(&self.absolute(import, module)?)
            }
        }
    }

    /// The file that defines what a path names. The name of a module alone is not a use of it; an item from it is.
    fn definition(&self, names: &[String], steps: usize) -> Option<&str> {
        let length = (1..names.len()).rev().find(|length| self.0.contains_key(&names[..*length]))?;
        let (module, rest) = names.split_at(length);
        let file = &self.0[module];
        if self.0.contains_key(names) {
            return None;
        }
        let passed_on = file.imports.get(&rest[0]).filter(|_| steps < MAXIMUM_STEPS);
        let origin = passed_on.and_then(|import| self.absolute(import, module));
        match origin.map(|origin| [&origin, &rest[1..]].concat()) {
            Some(origin) if origin != names => self.definition(&origin, steps + 1),
            _ => Some(&file.path),
        }
    }
}

impl File {
    fn parse(path: String, code: &str) -> Self {
        let (mut imports, mut used) = (BTreeMap::new(), Vec::new());
        let mut other = String::new();
        let mut lines = code.lines();
        while let Some(line) = lines.next() {
            let Some((is_passed_on, start)) = import(line) else {
                other.push_str(line);
                other.push('\n');
                continue;
            };
            let mut tree = start.to_owned();
            while !tree.contains(';') {
                tree.push_str(lines.next().unwrap_or(";").trim());
            }
            for (names, name) in expand(tree.split(';').next().unwrap_or_default()) {
                if !is_passed_on {
                    used.push(names.clone());
                }
                imports.insert(name, names);
            }
        }
        used.extend(paths(&other));
        Self { path, imports, used }
    }
}

/// The files whose uses lead back to themselves, in groups of which each file reaches each other.
pub(crate) fn circles<'a>(arrows: &BTreeMap<&'a str, BTreeSet<&'a str>>) -> BTreeSet<BTreeSet<&'a str>> {
    let reached: BTreeMap<&str, BTreeSet<&str>> = arrows
        .keys()
        .map(|file| {
            let (mut reached, mut next) = (BTreeSet::new(), vec![*file]);
            while let Some(file) = next.pop() {
                next.extend(arrows.get(file).into_iter().flatten().filter(|used| reached.insert(**used)));
            }
            (*file, reached)
        })
        .collect();
    let on_circles = reached.iter().filter(|(file, reached)| reached.contains(*file));
    on_circles.map(|(file, all)| all.iter().copied().filter(|other| reached[other].contains(file)).collect()).collect()
}

/// All files of Rust in a folder and those below.
pub(crate) fn sources(root: &Path) -> Vec<PathBuf> {
    let (mut found, mut folders) = (Vec::new(), vec![root.to_owned()]);
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// The file without comment lines.
pub(crate) fn code_of(path: &Path) -> String {
    let text = fs::read_to_string(path).unwrap();
    text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

/// What follows `use` in a line that begins an import, and whether the import is passed on by `pub`.
fn import(line: &str) -> Option<(bool, &str)> {
    let line = line.trim_start();
    if let Some(tree) = line.strip_prefix("use ") {
        return Some((false, tree));
    }
    let (visibility, tree) = line.split_once("use ")?;
    let visibility = visibility.trim_end();
    let is_visibility = visibility == "pub" || (visibility.starts_with("pub(") && visibility.ends_with(')'));
    is_visibility.then_some((true, tree))
}

/// The paths of an import tree, each with the name that it has here.
fn expand(tree: &str) -> Vec<(Names, String)> {
    let tree = tree.trim();
    let Some((start, group)) = tree.split_once('{') else {
        let (path, alias) = tree.split_once(" as ").map_or((tree, None), |(path, alias)| (path, Some(alias.trim())));
        let names: Names = path.split("::").map(|name| name.trim().to_owned()).collect();
        let name = alias.map(String::from).or_else(|| names.last().cloned());
        return name.map(|name| (names, name)).into_iter().collect();
    };
    let group = group.rsplit_once('}').map_or(group, |(group, _)| group);
    let start: Names = start.split("::").map(str::trim).filter(|name| !name.is_empty()).map(String::from).collect();
    let mut all = Vec::new();
    for (names, name) in branches(group).into_iter().flat_map(expand) {
        if names == ["self"] {
            all.extend(start.last().map(|last| (start.clone(), last.clone())));
        } else {
            all.push(([start.clone(), names].concat(), name));
        }
    }
    all
}

/// The parts of an import group, at its top level.
fn branches(group: &str) -> Vec<&str> {
    let mut depth = 0;
    let parts = group.split(|character| {
        match character {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        character == ',' && depth == 0
    });
    parts.filter(|part| !part.trim().is_empty()).collect()
}

/// Paths in code that begin with a module or a keyword, as both do, in lower case.
fn paths(code: &str) -> Vec<Names> {
    let is_part = |character: char| character.is_alphanumeric() || character == '_' || character == ':';
    let words = code.split(|character| !is_part(character)).filter(|word| word.contains("::"));
    let paths = words.filter(|word| word.starts_with(|first: char| first.is_lowercase() || first == '_'));
    paths.map(|word| word.split("::").filter(|name| !name.is_empty()).map(String::from).collect()).collect()
}

#[test]
fn import_trees_are_expanded() {
    let expanded = expand("crate::{mqtt::{self, QoS as Q}, session}");
    let expected = [("crate mqtt", "mqtt"), ("crate mqtt QoS", "Q"), ("crate session", "session")];
    let expanded: Vec<_> = expanded.iter().map(|(names, name)| (names.join(" "), name.as_str())).collect();
    assert_eq!(expanded, expected.map(|(names, name)| (names.to_owned(), name)));
}

#[test]
fn a_circle_is_found_over_other_files() {
    let arrows = [("a", vec!["b"]), ("b", vec!["c"]), ("c", vec!["a", "d"]), ("d", vec![]), ("e", vec!["a"])];
    let arrows = arrows.into_iter().map(|(file, used)| (file, used.into_iter().collect())).collect();
    assert_eq!(circles(&arrows), BTreeSet::from([BTreeSet::from(["a", "b", "c"])]));
}
