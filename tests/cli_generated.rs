//! Man pages and completions are made from the command line's definition and checked in: what is installed is what
//! was reviewed. `MQTTX_RS_BLESS=1 cargo test --test cli_generated` writes them anew.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use clap_complete::Shell;
use mqttx_rs::cli;

#[test]
fn man_pages_are_up_to_date() {
    let mut root = cli::command();
    root.build();
    let mut pages = BTreeMap::new();
    let mut commands = vec![root];
    while let Some(command) = commands.pop() {
        commands.extend(command.get_subcommands().filter(|command| !command.is_hide_set()).cloned());
        let name = command.get_display_name().unwrap_or(command.get_name()).to_owned();
        let mut page = Vec::new();
        clap_mangen::Man::new(command).render(&mut page).unwrap();
        pages.insert(format!("{name}.1"), page);
    }
    compare("man", &pages);
}

#[test]
fn completions_are_up_to_date() {
    let mut scripts = BTreeMap::new();
    for (shell, name) in [
        (Shell::Bash, "mqttx-rs.bash"),
        (Shell::Elvish, "mqttx-rs.elv"),
        (Shell::Fish, "mqttx-rs.fish"),
        (Shell::PowerShell, "_mqttx-rs.ps1"),
        (Shell::Zsh, "_mqttx-rs"),
    ] {
        let mut script = Vec::new();
        clap_complete::generate(shell, &mut cli::command(), "mqttx-rs", &mut script);
        scripts.insert(name.to_owned(), script);
    }
    compare("completions", &scripts);
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
    "run MQTTX_RS_BLESS=1 cargo test --test cli_generated, and look at the difference"
}
