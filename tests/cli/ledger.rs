//! The ledger of short options: one letter means one thing in all commands, and every short of several letters that
//! MQTTX has reaches the option that it means there.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;

use mqttx_rs::internals::{self as cli, shorts};

/// What each letter means. A new short option is a line here, in a review.
const LETTERS: &[(char, &str)] = &[
    ('C', "count"),
    ('E', "exit-after-suback"),
    ('F', "template"),
    ('M', "multiline"),
    ('P', "password"),
    ('R', "skip-retained"),
    ('S', "payload-size"),
    ('T', "filter-out"),
    ('U', "unsubscribe"),
    ('V', "mqtt-version"),
    ('d', "dup"),
    ('e', "message-expiry-interval"),
    ('f', "format"),
    ('h', "hostname"),
    ('i', "client-id"),
    ('k', "keepalive"),
    ('l', "protocol"),
    ('m', "message"),
    ('n', "null-message"),
    ('p', "port"),
    ('q', "qos"),
    ('r', "retain"),
    ('s', "stdin"),
    ('t', "topic"),
    ('u', "username"),
    ('v', "verbose"),
    ('x', "echo"),
];

/// Where a letter means another thing: the command, the letter, what it means there, and why.
const EXCEPTIONS: &[(&str, char, &str, &str)] = &[
    ("mqttx-rs", 'v', "version", "in MQTTX -v is the version of the program, and verbose in its commands"),
    ("simulate", 'f', "file", "as in MQTTX; its payload is a template, and has no format"),
    ("simulate", 'i', "interval", "as in bench, and in MQTTX"),
    ("simulate", 'I', "client-id", "as in bench, and in MQTTX"),
    ("simulate", 'c', "count", "as in bench, and in MQTTX"),
    ("simulate", 'L', "limit", "as in bench, and in MQTTX"),
];

/// Every short of several letters in MQTTX 1.13, with the option that it is short for.
const MQTTX: &[(&str, &str)] = &[
    // Connection
    ("-wh", "ws-headers"),
    ("-rp", "reconnect-period"),
    ("-se", "session-expiry-interval"),
    ("-Cup", "conn-user-properties"),
    ("-am", "authentication-method"),
    ("-so", "save-options"),
    ("-lo", "load-options"),
    // The will
    ("-Wt", "will-topic"),
    ("-Wm", "will-message"),
    ("-Wq", "will-qos"),
    ("-Wr", "will-retain"),
    ("-Wd", "will-delay-interval"),
    ("-Wpf", "will-payload-format-indicator"),
    ("-We", "will-message-expiry-interval"),
    ("-Wct", "will-content-type"),
    ("-Wrt", "will-response-topic"),
    ("-Wcd", "will-correlation-data"),
    ("-Wup", "will-user-properties"),
    // Publishing
    ("-pf", "payload-format-indicator"),
    ("-ta", "topic-alias"),
    ("-rt", "response-topic"),
    ("-cd", "correlation-data"),
    ("-up", "user-properties"),
    ("-si", "subscription-identifier"),
    ("-ct", "content-type"),
    ("-lm", "line-mode"),
    // Subscribing
    ("-nl", "no-local"),
    ("-rap", "retain-as-published"),
    ("-rh", "retain-handling"),
    // Schemas
    ("-Pp", "protobuf-path"),
    ("-Pmn", "protobuf-message-name"),
    ("-Ap", "avsc-path"),
    // Benchmarks and simulation
    ("-im", "message-interval"),
    ("-sc", "scenario"),
];

#[test]
fn a_letter_means_the_same_in_every_command() {
    let letters: BTreeMap<char, &str> = LETTERS.iter().copied().collect();
    let mut used = BTreeSet::new();
    for command in commands() {
        for option in command.get_arguments() {
            let Some(letter) = option.get_short() else { continue };
            let long = option.get_long().unwrap_or_default();
            let excepted = EXCEPTIONS
                .iter()
                .any(|(place, other, meaning, _)| (*place, *other, *meaning) == (command.get_name(), letter, long));
            if !excepted {
                assert_eq!(letters.get(&letter), Some(&long), "-{letter} of {}", command.get_name());
                used.insert(letter);
            }
        }
    }
    let unused: Vec<_> = letters.keys().filter(|letter| !used.contains(letter)).collect();
    assert!(unused.is_empty(), "no command has {unused:?}");
}

#[test]
fn the_table_has_every_short_of_mqttx_and_no_other() {
    let table: BTreeMap<_, _> = shorts::SHORTS.iter().copied().collect();
    let mqttx: BTreeMap<_, _> = MQTTX.iter().copied().collect();
    assert_eq!(table, mqttx);
    assert_eq!(shorts::SHORTS.len(), table.len(), "a short is twice in the table");
}

#[test]
fn every_short_of_mqttx_reaches_its_option() {
    let definition = cli::command();
    for (short, long) in MQTTX {
        let with_option: Vec<_> = commands()
            .into_iter()
            .filter(|command| command.get_arguments().any(|option| option.get_long() == Some(*long)))
            .collect();
        assert!(!with_option.is_empty(), "no command has --{long}");
        for command in with_option {
            let line = ["mqttx-rs", command.get_name(), short].map(OsString::from);
            let expanded = shorts::expand(&definition, line).tokens;
            assert_eq!(expanded[2], *format!("--{long}"), "{short} of {}", command.get_name());
        }
    }
}

#[test]
fn no_short_of_several_letters_hides_a_bundle_of_flags_of_one_command() {
    // `-rs` may mean `-r -s`; a short such as `-lm` is never a bundle, since `-l` takes a value.
    for command in commands() {
        let is_flag = |letter| {
            let mut options = command.get_arguments();
            options.any(|option| option.get_short() == Some(letter) && !option.get_action().takes_values())
        };
        for (short, long) in MQTTX {
            let in_command = command.get_arguments().any(|option| option.get_long() == Some(long));
            let is_bundle = short.chars().skip(1).all(is_flag);
            assert!(!(in_command && is_bundle), "{short} of {}", command.get_name());
        }
    }
}

/// The program itself and all its commands.
fn commands() -> Vec<clap::Command> {
    let root = cli::command();
    let mut all: Vec<_> = root.get_subcommands().cloned().collect();
    all.push(root);
    all
}
