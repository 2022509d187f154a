//! Man pages and completions are what the program itself makes of the command line's definition, and are checked in:
//! what is installed is what was reviewed. `MQTTX_RS_BLESS=1 cargo test --test cli` writes them anew.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

#[test]
fn man_pages_are_up_to_date() {
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("man/man1");
    let said = run(&["man", target.to_str().unwrap()]);
    assert_eq!(String::from_utf8(said).unwrap(), "");
    let pages: BTreeMap<_, _> = present(&target)
        .iter()
        .map(|path| (path.file_name().unwrap().to_str().unwrap().to_owned(), fs::read(path).unwrap()))
        .collect();
    assert!(pages.contains_key("mqttx-rs-bench-pub.1"), "{:?}", pages.keys());
    assert_eq!(run(&["man"]), pages["mqttx-rs.1"]);
    compare("man", &pages);
}

#[test]
fn completions_are_up_to_date() {
    let scripts = [
        ("bash", "mqttx-rs.bash"),
        ("elvish", "mqttx-rs.elv"),
        ("fish", "mqttx-rs.fish"),
        ("powershell", "_mqttx-rs.ps1"),
        ("zsh", "_mqttx-rs"),
    ];
    let scripts = scripts.map(|(shell, name)| (name.to_owned(), run(&["completion", shell]))).into();
    compare("completions", &scripts);
}

/// What the program prints.
fn run(arguments: &[&str]) -> Vec<u8> {
    let ended = Command::new(env!("CARGO_BIN_EXE_mqttx-rs")).arg("--no-profile").args(arguments).output().unwrap();
    assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
    ended.stdout
}

/// Holds a folder to be exactly these files, or writes it.
fn compare(folder: &str, files: &BTreeMap<String, Vec<u8>>) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    if std::env::var_os("MQTTX_RS_BLESS").is_some() {
        fs::create_dir_all(&folder).unwrap();
        for path in present(&folder) {
            fs::remove_file(path).unwrap();
        }
        for (name, bytes) in files {
            fs::write(folder.join(name), bytes).unwrap();
        }
    }
    let names: Vec<_> = files.keys().map(|name| folder.join(name)).collect();
    assert_eq!(present(&folder), names, "{}", how_to_bless());
    for (name, bytes) in files {
        let checked_in = fs::read(folder.join(name)).unwrap();
        assert!(checked_in == *bytes, "{name} is not what the definition makes: {}", how_to_bless());
    }
}

fn present(folder: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<_> =
        fs::read_dir(folder).map(|entries| entries.map(|entry| entry.unwrap().path()).collect()).unwrap_or_default();
    paths.sort();
    paths
}

fn how_to_bless() -> &'static str {
    "run MQTTX_RS_BLESS=1 cargo test --test cli, and look at the difference"
}
