//! Man pages: what `clap_mangen` makes of each command, with the sections that all of them share.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::io;

use clap::Command;

use crate::config;
use crate::error::ErrorKind;

/// What each exit code means, in the order of the codes.
const EXIT_STATUS: &[(ErrorKind, &str)] = &[
    (ErrorKind::Local, "local failure: a file, a pipe, a payload that cannot be encoded"),
    (ErrorKind::Usage, "usage: a bad option, topic or filter"),
    (ErrorKind::Connect, "cannot connect: DNS, refused, unreachable, TLS, WebSocket upgrade, proxy"),
    (ErrorKind::ConnectRefused, "the broker refused CONNECT"),
    (ErrorKind::PublishRefused, "the broker refused a publish"),
    (ErrorKind::SubscribeRefused, "the broker refused a subscription"),
    (ErrorKind::ConnectionLost, "the connection was lost and not restored before the work was done"),
    (ErrorKind::TimedOut, "timed out"),
    (ErrorKind::Protocol, "the broker broke the protocol"),
    (ErrorKind::Threshold, "a threshold of a benchmark failed"),
];

/// The page of each command that help shows, by its file's name.
pub(super) fn all(mut root: Command) -> io::Result<BTreeMap<String, String>> {
    root.build();
    let mut pages = BTreeMap::new();
    let mut commands = vec![root];
    while let Some(command) = commands.pop() {
        commands.extend(command.get_subcommands().filter(|command| !command.is_hide_set()).cloned());
        let name = command.get_display_name().unwrap_or(command.get_name()).to_owned();
        pages.insert(format!("{name}.1"), page(command)?);
    }
    Ok(pages)
}

/// The page of the program itself.
pub(super) fn main(mut root: Command) -> io::Result<String> {
    root.build();
    page(root)
}

fn page(command: Command) -> io::Result<String> {
    let connects = command.get_arguments().any(|option| option.get_id() == "hostname");
    let mut page = Vec::new();
    let source = concat!("mqttx-rs ", env!("CARGO_PKG_VERSION"));
    clap_mangen::Man::new(command).source(source).render(&mut page)?;
    let mut page = String::from_utf8(page).map_err(io::Error::other)?;
    if connects {
        push_environment(&mut page);
    }
    push_exit_status(&mut page);
    Ok(page)
}

/// The section of the variables, from the table that the program reads them by.
fn push_environment(page: &mut String) {
    page.push_str(".SH ENVIRONMENT\nAn option takes precedence over its variable. A list has one value per line.\n");
    for (variable, option) in config::variables() {
        let flag = option.replace('_', "\\-");
        // Writing to a string does not fail.
        let _ = writeln!(page, ".TP\n\\fB{variable}\\fR\n\\fB\\-\\-{flag}\\fR");
    }
}

/// The section of the exit codes, the same for all commands.
fn push_exit_status(page: &mut String) {
    page.push_str(".SH EXIT STATUS\n");
    let errors = EXIT_STATUS.iter().map(|(kind, meaning)| (kind.code().to_string(), *meaning));
    let done = ("0".to_owned(), "done; also an unbounded sub that was interrupted");
    let interrupted = ("130, 143".to_owned(), "interrupted before a limited task was done");
    for (code, meaning) in std::iter::once(done).chain(errors).chain([interrupted]) {
        let _ = writeln!(page, ".TP\n\\fB{code}\\fR\n{meaning}");
    }
}
