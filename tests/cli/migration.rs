//! The pages for people who come from another program, `docs/from-*.md`: made of tables, option by option, and each
//! option that they call the same is given to the program. `MQTTX_RS_BLESS=1 cargo test --test cli` writes them anew.

#[path = "migration/emqtt_bench.rs"]
mod emqtt_bench;
#[path = "migration/mosquitto.rs"]
mod mosquitto;
#[path = "migration/mqttx.rs"]
mod mqttx;

use std::fs;
use std::path::Path;

use mqttx_rs::internals::{command as command_line, shorts};

/// The long name of the option that a token means to a command: its own, not one of its other names.
fn long_of(command: &[&str], token: &str) -> Option<String> {
    let mut parser = command_line();
    parser.build();
    let parser = command.iter().try_fold(&parser, |parser, name| parser.find_subcommand(name))?;
    let long = match token.strip_prefix("--") {
        Some(long) => long.to_owned(),
        None => match token.strip_prefix('-')? {
            letter if letter.len() == 1 => {
                let letter = letter.chars().next()?;
                let known = parser.get_arguments().find(|argument| {
                    argument.get_short() == Some(letter)
                        || argument.get_all_short_aliases().unwrap_or_default().contains(&letter)
                })?;
                return known.get_long().map(str::to_owned);
            }
            _ => {
                let known = shorts::SHORTS.iter().find(|(short, _)| *short == token)?;
                known.1.to_owned()
            }
        },
    };
    let known = parser.get_arguments().find(|argument| {
        argument.get_long() == Some(&long) || argument.get_all_aliases().unwrap_or_default().contains(&&*long)
    })?;
    known.get_long().map(str::to_owned)
}

/// A row of a table, with `|` escaped.
fn row(cells: &[&str]) -> String {
    let cells = cells.iter().map(|cell| cell.replace('|', "\\|"));
    format!("| {} |\n", cells.collect::<Vec<_>>().join(" | "))
}

/// Names as code, separated by commas.
fn code(names: &[&str]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

/// Holds a page to be this text, or writes it.
fn compare(name: &str, text: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs").join(name);
    if std::env::var_os("MQTTX_RS_BLESS").is_some() {
        fs::write(&path, text).unwrap();
    }
    let checked_in = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        checked_in == text,
        "docs/{name} differs from its table: run MQTTX_RS_BLESS=1 cargo test --test cli, and look at the difference"
    );
}
