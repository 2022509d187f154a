//! No option is ignored in silence: each option of each command changes what servers receive, what is printed, the exit
//! code or the files that are written, or is refused or warned of.
//!
//! The options come from the definition of the command line, so that a new one without a row fails here. Each row is
//! run with and without its option; runs without it are repeated until two are equal, so that what differs by chance is
//! not taken for an effect.

mod rows;
mod run;
mod world;

use std::collections::{BTreeSet, HashMap};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use rows::{COMMANDS, EXEMPT, ROWS};
use run::{Observed, run};

/// On a loaded machine a limit of time may be over elsewhere than usual.
const ATTEMPTS: usize = 12;

/// Most of the time is spent in waiting.
const THREADS: usize = 8;

/// Each command without commands of its own, and the long names of its options.
fn options() -> Vec<(String, String)> {
    fn collect(command: &clap::Command, path: &str, all: &mut Vec<(String, String)>) {
        for inner in command.get_subcommands() {
            let path = format!("{path} {}", inner.get_name());
            let path = path.trim();
            if inner.has_subcommands() {
                collect(inner, path, all);
                continue;
            }
            let options = inner.get_arguments().filter_map(clap::Arg::get_long);
            all.extend(
                options
                    .filter(|long| !["help", "help-all"].contains(long))
                    .map(|long| (path.to_owned(), long.to_owned())),
            );
        }
    }
    let mut root = mqttx_rs::internals::command();
    root.build();
    let mut all = Vec::new();
    collect(&root, "", &mut all);
    assert!(all.len() > 500, "the options were not found");
    all
}

#[test]
fn every_option_of_every_command_has_a_row() {
    let mut missing = Vec::new();
    let options = options();
    for (command, option) in &options {
        let command = command.as_str();
        let has_row = ROWS.iter().any(|row| row.option == option && row.commands.contains(&command));
        let is_exempt = EXEMPT.iter().any(|(commands, exempt, _)| exempt == option && commands.contains(&command));
        if has_row == is_exempt {
            missing.push(format!("{command} --{option}"));
        }
    }
    assert!(missing.is_empty(), "no row of the table, or a row and an exemption:\n{}", missing.join("\n"));
    for row in ROWS {
        for command in row.commands {
            let is_there = options.iter().any(|(known, option)| known == command && option == row.option);
            assert!(is_there, "a row for {command} --{}, which is not there", row.option);
        }
    }
}

#[test]
fn every_option_of_every_command_has_an_effect() {
    let only = std::env::var("MQTTX_EFFECTS").unwrap_or_default();
    let mut jobs = Vec::new();
    for row in ROWS {
        for command in row.commands {
            let (_, line) = COMMANDS.iter().find(|(name, _)| name == command).expect("a line for each command");
            let name = format!("{command} --{}", row.option);
            // The lean build has none.
            let is_built = *command != "broker" || cfg!(feature = "broker");
            if is_built && name.contains(&only) {
                jobs.push((name, arranged(line, row.base), arranged(&arranged(line, row.base), row.with), row.world));
            }
        }
    }
    let bases: BTreeSet<_> = jobs.iter().map(|(_, base, _, world)| (base.clone(), *world)).collect();
    let bases: Vec<_> = bases.into_iter().collect();
    let found = Mutex::new(Vec::new());
    let without: HashMap<_, _> = in_parallel(&bases, |(base, world)| {
        let mut seen = vec![run(base, *world)];
        for _ in 0..ATTEMPTS {
            let again = run(base, *world);
            let is_known = seen.contains(&again);
            seen.push(again);
            if is_known {
                return ((base.clone(), *world), seen);
            }
        }
        let shown: Vec<_> = seen.iter().map(ToString::to_string).collect();
        found.lock().unwrap().push(format!("by chance: {base}\n{}", shown.join("\n")));
        ((base.clone(), *world), seen)
    })
    .into_iter()
    .collect();
    in_parallel(&jobs, |(name, base, with, world)| {
        let observed = run(with, *world);
        let before: &[Observed] = &without[&(base.clone(), *world)];
        if before.contains(&observed) {
            found.lock().unwrap().push(format!("no effect: {name}: {with}\n{observed}"));
        } else if std::env::var_os("MQTTX_EFFECTS").is_some() {
            eprintln!("{name}: {with}\n{}\n{observed}", before[0]);
        }
    });
    let found = found.into_inner().unwrap();
    assert!(found.is_empty(), "{} of {}:\n{}", found.len(), jobs.len(), found.join("\n"));
}

/// A line with more options, before the command that it runs around; or another line, behind `=`.
fn arranged(line: &str, more: &str) -> String {
    if let Some(other) = more.strip_prefix("= ") {
        return other.to_owned();
    }
    match line.split_once(" -- ") {
        Some((own, around)) => format!("{own} {more} -- {around}"),
        None => format!("{line} {more}"),
    }
}

fn in_parallel<T: Sync, R: Send>(jobs: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let next = AtomicUsize::new(0);
    let results = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                while let Some(job) = jobs.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let result = work(job);
                    results.lock().unwrap().push(result);
                }
            });
        }
    });
    results.into_inner().unwrap()
}
