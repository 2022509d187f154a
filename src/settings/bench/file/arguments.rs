//! A table of a group as the command line of the command that does the same.

use std::path::Path;

use clap::FromArgMatches;
use clap::error::ContextKind;

use super::document::Table;
use crate::cli::bench::BenchCommand;
use crate::cli::{self, Cli, Command};
use crate::config::origin::Origins;
use crate::config::table::Kind;
use crate::config::usage::usage_error;
use crate::error::Error;
use crate::settings::bench::words::Words;

/// Keys that are read by themselves, and not as options of the command.
const OWN: [&str; 9] =
    ["hostname", "port", "mqtt_version", "username", "password", "cert", "key", "clients_csv", "rows"];

/// A table as the arguments of `bench pub`, `bench sub` or `bench conn`.
pub(super) fn as_command(words: &Words, name: &str, table: &Table<'_>, folder: &Path) -> Result<BenchCommand, Error> {
    let root = cli::command();
    let command = root.find_subcommand("bench").and_then(|bench| bench.find_subcommand(name));
    let long_of = |option: &str| {
        let option = command?.get_arguments().find(|argument| argument.get_id() == option)?;
        Some((option.get_long()?.to_owned(), option.get_action().takes_values()))
    };
    let mut tokens = vec!["mqttx-rs".to_owned(), "bench".to_owned(), name.to_owned()];
    let mut flags = Vec::new();
    let is_pattern = |option: &str| option == "topic" || (option == "text" && table.text("template") == Some("true"));
    for (name, given) in &table.values {
        if OWN.contains(name) {
            continue;
        }
        let Some((long, takes_values)) = long_of(given.key.option) else { continue };
        for text in &given.texts {
            match (given.key.kind, takes_values) {
                (Kind::Path, _) => tokens.push(format!("--{long}={}", folder.join(text).display())),
                // The file behind the filter.
                (Kind::Schemas, _) if text.contains('=') => {
                    let (filter, file) = text.split_once('=').unwrap_or_default();
                    tokens.push(format!("--{long}={filter}={}", folder.join(file).display()));
                }
                (_, true) if is_pattern(given.key.option) => tokens.push(format!("--{long}={text}")),
                (_, true) => {
                    let text = words.data(name, text)?;
                    tokens.push(format!("--{long}={text}"));
                }
                (_, false) if text == "true" => tokens.push(format!("--{long}")),
                (_, false) => {}
            }
        }
        flags.push((format!("--{long}"), *name));
    }
    let name_of = |flag: &str| {
        let flag = flag.split([' ', '=']).next().unwrap_or(flag);
        flags.iter().find(|(known, _)| known == flag).map(|(_, name)| *name)
    };
    let parsed = root.clone().try_get_matches_from(tokens).and_then(|matches| Cli::from_arg_matches(&matches));
    match parsed {
        Ok(Cli { command: Command::Bench(bench), .. }) => Ok(bench.command),
        Ok(_) => Err(table.fault("", "this is no group")),
        Err(error) => {
            let argument = error.get(ContextKind::InvalidArg).map(ToString::to_string).unwrap_or_default();
            let refused = usage_error(&error, &Origins::default());
            let message = flags
                .iter()
                .fold(refused.message().to_owned(), |message, (flag, name)| message.replacen(flag.as_str(), name, 1));
            let key = name_of(&argument).unwrap_or_default();
            let message = message.strip_prefix(&format!("{key}: ")).unwrap_or(&message);
            Err(table.fault(key, message))
        }
    }
}
