//! Man pages and completions are made from the command line's definition and checked in: what is installed is what
//! was reviewed. `MQTTX_RS_BLESS=1 cargo test --test cli` writes them anew.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use mqttx_rs::internals::ErrorKind;
use mqttx_rs::internals::{self as cli, self as config};

use crate::completions;

#[test]
fn man_pages_are_up_to_date() {
    let mut root = cli::command();
    root.build();
    let mut pages = BTreeMap::new();
    let mut commands = vec![root];
    while let Some(command) = commands.pop() {
        commands.extend(command.get_subcommands().filter(|command| !command.is_hide_set()).cloned());
        let name = command.get_display_name().unwrap_or(command.get_name()).to_owned();
        let connects = command.get_arguments().any(|option| option.get_id() == "hostname");
        let mut page = Vec::new();
        let version = concat!("mqttx-rs ", env!("CARGO_PKG_VERSION"));
        clap_mangen::Man::new(command).source(version).render(&mut page).unwrap();
        if connects {
            page.extend(environment().into_bytes());
        }
        page.extend(exit_status().into_bytes());
        pages.insert(format!("{name}.1"), page);
    }
    compare("man", &pages);
}

/// The section of the variables, from the table that the program reads them by.
fn environment() -> String {
    let mut section = ".SH ENVIRONMENT\nA flag wins over its variable. A list has one value a line.\n".to_owned();
    for (variable, option) in config::variables() {
        let flag = option.replace('_', "\\-");
        writeln!(section, ".TP\n\\fB{variable}\\fR\n\\fB\\-\\-{flag}\\fR").unwrap();
    }
    section
}

/// The section of the exit codes, the same for all commands.
fn exit_status() -> String {
    let mut section = ".SH EXIT STATUS\n".to_owned();
    let errors = EXIT_STATUS.iter().map(|(kind, meaning)| (kind.code().to_string(), *meaning));
    let done = ("0".to_owned(), "done; an unbounded sub that was interrupted, too");
    let interrupted = ("130, 143".to_owned(), "interrupted before bounded work was done");
    for (code, meaning) in std::iter::once(done).chain(errors).chain([interrupted]) {
        writeln!(section, ".TP\n\\fB{code}\\fR\n{meaning}").unwrap();
    }
    section
}

const EXIT_STATUS: &[(ErrorKind, &str)] = &[
    (ErrorKind::Local, "local failure: a file, a pipe, a payload that cannot be encoded"),
    (ErrorKind::Usage, "usage: a bad option, topic or filter"),
    (ErrorKind::Connect, "cannot connect: DNS, refused, unreachable, TLS, WebSocket upgrade, proxy"),
    (ErrorKind::ConnectRefused, "the broker refused CONNECT"),
    (ErrorKind::PublishRefused, "the broker refused a publish"),
    (ErrorKind::SubscribeRefused, "the broker refused a subscription"),
    (ErrorKind::ConnectionLost, "the connection was lost and not recovered before the work was done"),
    (ErrorKind::TimedOut, "timed out"),
    (ErrorKind::Protocol, "the broker broke the protocol"),
    (ErrorKind::Threshold, "a threshold of a benchmark was missed"),
];

#[test]
fn completions_are_up_to_date() {
    let scripts = completions::scripts().into_iter().map(|(name, script)| (name, script.into_bytes())).collect();
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
    "run MQTTX_RS_BLESS=1 cargo test --test cli, and look at the difference"
}
