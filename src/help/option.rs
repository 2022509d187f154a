//! One option: its names, its meaning, and what else is known about it.

use clap::Arg;

use super::layout::Layout;
use crate::cli::shorts::short_of;
use crate::config::{Key, OptionFacts};

/// The option of a command that has a name, with or without dashes.
pub(super) fn find<'a>(command: &'a clap::Command, name: &str) -> Option<&'a Arg> {
    let name = name.trim_start_matches('-');
    let mut options = command.get_arguments();
    options.find(|option| {
        let long = option.get_long();
        let short = option.get_short().map(String::from);
        long == Some(name)
            || short.as_deref() == Some(name)
            || long.and_then(short_of).is_some_and(|short| short.trim_start_matches('-') == name)
            || option.get_all_aliases().is_some_and(|aliases| aliases.contains(&name))
    })
}

/// The name of an option that help begins with: `-t`, `-up` or nothing.
pub(super) fn short_name(option: &Arg) -> String {
    let short = option.get_short().map(|short| format!("-{short}"));
    short.or_else(|| option.get_long().and_then(short_of).map(String::from)).unwrap_or_default()
}

/// The option as written, `-t, --topic <TOPIC>`, with so much room for the short name.
pub(super) fn written(option: &Arg, room: usize) -> String {
    if option.is_positional() {
        return option.to_string();
    }
    match (short_name(option), room) {
        (short, 0) if short.is_empty() => option.to_string(),
        (short, 0) => format!("{short}, {option}"),
        (short, room) if short.is_empty() => format!("{:room$}  {option}", ""),
        (short, room) => format!("{:<room$} {option}", format!("{short},"), room = room + 1),
    }
}

/// Its help in one line, with its default and its values.
pub(super) fn meaning(option: &Arg) -> String {
    let help = option.get_help().map(ToString::to_string).unwrap_or_default();
    let default = default(option).map(|default| format!(" [default: {default}]")).unwrap_or_default();
    let values = values(option).map(|values| format!(" [values: {}]", values.join(", "))).unwrap_or_default();
    format!("{help}{default}{values}")
}

/// The default, with the unit if it is a number of seconds or milliseconds.
pub(super) fn default(option: &Arg) -> Option<String> {
    if option.is_hide_default_value_set() || !option.get_action().takes_values() {
        return None;
    }
    let values = option.get_default_values();
    let text = values.iter().map(|value| value.to_string_lossy()).collect::<Vec<_>>().join(" ");
    let is_number = !text.is_empty() && text != "0" && text.chars().all(|character| character.is_ascii_digit());
    let unit = if is_number { unit(option) } else { "" };
    (!text.is_empty()).then(|| format!("{text}{unit}"))
}

/// The unit of a number without one.
fn unit(option: &Arg) -> &'static str {
    let name = option.get_value_names().and_then(|names| names.first()).map(clap::builder::Str::as_str);
    let help = option.get_help().map(ToString::to_string).unwrap_or_default();
    match name {
        Some("MS") => "ms",
        Some("DURATION") if help.contains("milliseconds") => "ms",
        Some("SEC" | "DURATION") => "s",
        _ => "",
    }
}

/// The values that can be chosen from, if they are not in the help itself.
fn values(option: &Arg) -> Option<Vec<String>> {
    if option.is_hide_possible_values_set() || !option.get_action().takes_values() {
        return None;
    }
    let values = option.get_possible_values();
    let names: Vec<_> =
        values.iter().filter(|value| !value.is_hide_set()).map(|value| value.get_name().to_owned()).collect();
    (!names.is_empty() && names != ["true", "false"]).then_some(names)
}

/// The page of one option of a command.
pub(super) fn page(option: &Arg, command: &str, layout: &mut Layout) {
    layout.labelled(command, &written(option, 0));
    layout.gap();
    let text = option.get_long_help().or_else(|| option.get_help()).map(ToString::to_string).unwrap_or_default();
    layout.prose(&text);
    let facts = OptionFacts::of(command, option.get_id().as_str());
    let mut rows = Vec::new();
    let mut row = |name: &str, text: String| rows.push((name.to_owned(), text));
    if let Some(default) = default(option) {
        row("Default", default);
    }
    if let Some(values) = values(option) {
        row("Values", values.join(", "));
    }
    if facts.needs_v5 {
        row("MQTT", "5.0 only".to_owned());
    }
    if let Some(needed) = facts.needs {
        row("Needs", format!("--{}", needed.replace('_', "-")));
    }
    if !facts.variables.is_empty() {
        row("Variable", facts.variables.join(", "));
    }
    if let Some(Key { path, .. }) = facts.key {
        row("Profile key", (*path).to_owned());
    }
    if !rows.is_empty() {
        layout.gap();
        layout.rows(&rows);
    }
}
