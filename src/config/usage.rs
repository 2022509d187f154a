//! The errors of clap in the form of this program: which flag, what is wrong, what to write instead.

use std::error::Error as _;

use clap::error::{ContextKind, ContextValue, ErrorKind};

use super::foreign;
use super::origin::Origins;
use super::table::{Note, Row, rows};
use crate::cli;
use crate::error::{Error, nearest};
use crate::mqtt::TopicError;

/// The error for a command line that clap refuses.
pub(crate) fn usage_error(error: &clap::Error, origins: &Origins) -> Error {
    let text = |kind| match error.get(kind) {
        Some(ContextValue::String(text)) => Some(text.as_str()),
        // clap puts the most similar suggestion last.
        Some(ContextValue::Strings(texts)) => texts.last().map(String::as_str),
        _ => None,
    };
    let option = text(ContextKind::InvalidArg).unwrap_or_default();
    let name = given_name(option, origins);
    let value = text(ContextKind::InvalidValue).unwrap_or_default();
    match error.kind() {
        ErrorKind::ValueValidation => match error.source() {
            Some(source) => match source.downcast_ref::<TopicError>() {
                Some(topic_error) => Error::topic(&name, value, topic_error),
                None => Error::usage(format!("{name}: {source}")),
            },
            None => Error::usage(format!("{name}: `{value}` is not valid")),
        },
        ErrorKind::InvalidValue | ErrorKind::TooFewValues | ErrorKind::WrongNumberOfValues if value.is_empty() => {
            let hint = match (flag(option), foreign::hint_at_value(flag(option), "")) {
                (_, Some(hint)) => hint.to_owned(),
                ("--hostname", _) => "-h is the host name; --help prints the help".to_owned(),
                (flag, _) => format!("a value that begins with a dash is written as {flag}=VALUE"),
            };
            Error::usage(format!("{name} needs a value{}", one_of(error))).with_hint(hint)
        }
        ErrorKind::InvalidValue => {
            let refused = Error::usage(format!("{name}: `{value}` is not a valid value{}", one_of(error)));
            let foreign = foreign::hint_at_value(flag(option), value);
            match (foreign, text(ContextKind::SuggestedValue)) {
                (Some(hint), _) => refused.with_hint(hint),
                (None, Some(similar)) => refused.with_hint(format!("did you mean `{similar}`?")),
                (None, None) => refused,
            }
        }
        // Known to users of mosquitto_pub.
        ErrorKind::UnknownArgument if matches!(flag(option), "--psk" | "--psk-identity") => {
            let refused = Error::usage(format!("{option}: pre-shared keys are not supported"));
            refused.with_hint(
                "the TLS library rustls does not have them; --cert and --key identify this client to the broker",
            )
        }
        ErrorKind::UnknownArgument if option.starts_with('-') => {
            let options = options_of(error);
            let similar = || nearest(flag(option).trim_start_matches('-'), options.iter().map(String::as_str));
            let hint = match foreign::hint(flag(option), &options) {
                Some(hint) => hint,
                None => match similar() {
                    Some(similar) => format!("did you mean `--{similar}`?"),
                    None => format!("`{}` lists the options", help_command(error)),
                },
            };
            Error::usage(format!("unknown option `{option}`")).with_hint(hint)
        }
        ErrorKind::UnknownArgument => {
            let hint = match command_meant(error).map(|command| command.get_name().to_owned()).as_deref() {
                Some("sub" | "record") => format!("filters need -t, for example -t {option}"),
                _ => "text with spaces needs quotes, for example -m \"two words\"".to_owned(),
            };
            Error::usage(format!("unexpected argument `{option}`")).with_hint(hint)
        }
        ErrorKind::InvalidSubcommand => {
            let command = text(ContextKind::InvalidSubcommand).unwrap_or_default();
            let known = command_meant(error);
            let known = known.iter().flat_map(clap::Command::get_subcommands).filter(|known| !known.is_hide_set());
            let hint = match nearest(command, known.map(clap::Command::get_name)) {
                Some(similar) => format!("did you mean `{similar}`?"),
                None => format!("`{}` lists the commands", help_command(error)),
            };
            Error::usage(format!("unknown command `{command}`")).with_hint(hint)
        }
        ErrorKind::MissingSubcommand | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            Error::usage("no command given").with_hint(format!("`{}` lists the commands", help_command(error)))
        }
        ErrorKind::ArgumentConflict => match text(ContextKind::PriorArg) {
            Some(other) if flag(other) != flag(option) => {
                Error::usage(format!("{name} and {} cannot be used together", given_name(other, origins)))
            }
            _ => Error::usage(format!("{name} can be given only once")),
        },
        ErrorKind::MissingRequiredArgument => missing(&name, origins),
        ErrorKind::TooManyValues if option.starts_with('-') => {
            Error::usage(format!("{name} does not take a value, got `{value}`"))
        }
        ErrorKind::TooManyValues => Error::usage(format!("unexpected argument `{value}`")),
        _ => Error::usage(first_line(error)),
    }
}

/// A missing option, and the one that needs it.
fn missing(name: &str, origins: &Origins) -> Error {
    let flag = |option: &str| format!("--{}", option.replace('_', "-"));
    let needs_it = |row: &&Row| row.notes.iter().any(|note| matches!(note, Note::Needs(id) if flag(id) == name));
    match rows().filter(needs_it).map(|row| row.option).find(|option| origins.given(option)) {
        Some(option) => Error::usage(format!("{name} is missing: {} needs it", origins.name(option))),
        None => Error::usage(format!("{name} is missing")),
    }
}

/// `--qos` of clap's `--qos <QOS>...`, `--trace` of its `--trace[=<FORMAT>]`.
fn flag(option: &str) -> &str {
    let end = if option.starts_with('-') { option.find([' ', '[', '=']) } else { option.find(' ') };
    end.map_or(option, |end| &option[..end])
}

/// The flag, or the variable or key that the value came from.
fn given_name(option: &str, origins: &Origins) -> String {
    let flag = flag(option);
    match flag.strip_prefix("--") {
        Some(long) => origins.name(&long.replace('-', "_")),
        None => flag.trim_matches(['<', '>', '[', ']', '.']).to_owned(),
    }
}

fn one_of(error: &clap::Error) -> String {
    match error.get(ContextKind::ValidValue) {
        Some(ContextValue::Strings(values)) if !values.is_empty() => format!(": use {}", or_list(values)),
        _ => String::new(),
    }
}

fn or_list(values: &[String]) -> String {
    match values {
        [] => String::new(),
        [one] => one.clone(),
        [rest @ .., last] => format!("{} or {last}", rest.join(", ")),
    }
}

/// `mqttx-rs pub --help`, from the usage line that clap attaches.
fn help_command(error: &clap::Error) -> String {
    let usage = error.get(ContextKind::Usage).map(ToString::to_string).unwrap_or_default();
    let words = usage.trim_start_matches("Usage:").split_whitespace();
    let command: Vec<_> = words.take_while(|word| !word.starts_with(['[', '<', '-'])).collect();
    if command.is_empty() { "mqttx-rs --help".to_owned() } else { format!("{} --help", command.join(" ")) }
}

/// The command with the error, from the usage line that clap attaches; `None` outside the command line.
fn command_meant(error: &clap::Error) -> Option<clap::Command> {
    let help = help_command(error);
    let mut command = cli::command();
    // Hands the general options down.
    command.build();
    let words = help.split(' ').skip(1).take_while(|word| !word.starts_with('-'));
    words.into_iter().try_fold(command, |command, word| command.find_subcommand(word).cloned())
}

/// The long options of the command with the error.
fn options_of(error: &clap::Error) -> Vec<String> {
    command_meant(error).map(|command| long_options(&command)).unwrap_or_default()
}

fn long_options(command: &clap::Command) -> Vec<String> {
    let shown = command.get_arguments().filter(|argument| !argument.is_hide_set());
    shown.filter_map(clap::Arg::get_long).map(ToOwned::to_owned).collect()
}

fn first_line(error: &clap::Error) -> String {
    let text = error.to_string();
    let line = text.lines().next().unwrap_or_default();
    line.strip_prefix("error: ").unwrap_or(line).to_owned()
}
