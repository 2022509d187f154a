//! The page of the program, and the whole page of a command.

use clap::{Arg, Command};

use super::layout::Layout;
use super::option::{meaning, short_name, written};
use super::topic;

/// The commands by what they are for.
const GROUPS: &[(&str, &[&str])] = &[
    ("Messages", &["pub", "sub", "wait", "request", "reply", "record", "replay", "clean-retained"]),
    ("Look around", &["watch", "repl", "conn", "probe", "topic"]),
    ("Load and simulation", &["bench", "simulate", "ls"]),
    ("Broker", &["broker"]),
    ("Settings and manuals", &["init", "profile", "completion", "man", "help", "check"]),
];

const EXAMPLES: &str = "\
Examples:
  mqttx-rs sub -t 'car/#'
  mqttx-rs pub -t car/1/speed -m 52
  mqttx-rs sub -t 'car/#' --url mqtts://me@broker.example --ask-password";

/// What holds for values of all commands that connect.
const VALUES: &str = "\
SEC is in seconds and MS in milliseconds; both also take units: 15m, 1.5s, 200ms. Connection options can also come from a
profile, and from the environment: MQTTX_HOST, MQTTX_PORT, ...";

/// The page of the program: all commands, and where to read on.
pub(super) fn program(root: &Command, whole: bool, layout: &mut Layout) {
    layout.paragraph(&about(root));
    layout.labelled("Usage", "mqttx-rs <COMMAND> [OPTIONS]");
    grouped(root, GROUPS, whole, layout);
    if whole {
        let options: Vec<&Arg> = root.get_arguments().filter(|option| !option.is_hide_set()).collect();
        section("Options of every command", &options, layout);
        layout.heading("Topics");
        let rows = topic::all().map(|topic| (topic.name.to_owned(), topic.about.to_owned()));
        layout.rows(&rows.collect::<Vec<_>>());
    }
    layout.gap();
    layout.prose(EXAMPLES);
    layout.gap();
    layout.rows(&[
        ("mqttx-rs COMMAND --help".to_owned(), "the most used options of a command".to_owned()),
        ("mqttx-rs COMMAND --help-all".to_owned(), "all options; the same as `mqttx-rs help COMMAND`".to_owned()),
        ("mqttx-rs help TOPIC".to_owned(), format!("a page about {}", topic::names().collect::<Vec<_>>().join(", "))),
    ]);
}

/// The commands in groups; one that is in none comes last, with a heading of its own.
pub(super) fn grouped(root: &Command, groups: &[(&str, &[&str])], whole: bool, layout: &mut Layout) {
    for (heading, names) in groups {
        let found: Vec<&Command> = names.iter().filter_map(|name| root.find_subcommand(name)).collect();
        commands(heading, &found, whole, layout);
    }
    let is_listed = |name: &str| groups.iter().any(|(_, names)| names.contains(&name));
    let others: Vec<&Command> = shown(root).filter(|command| !is_listed(command.get_name())).collect();
    commands("Other", &others, whole, layout);
}

/// The rows of some commands, with those below them if all are wanted.
fn commands(heading: &str, commands: &[&Command], whole: bool, layout: &mut Layout) {
    if commands.is_empty() {
        return;
    }
    layout.heading(heading);
    let mut rows = Vec::new();
    for command in commands {
        let alias = command.get_visible_aliases().next().map(|alias| format!(", {alias}")).unwrap_or_default();
        rows.push((format!("{:<10}", format!("{}{alias}", command.get_name())), about(command)));
        if whole {
            for inner in shown(command) {
                rows.push((format!("{} {}", command.get_name(), inner.get_name()), about(inner)));
            }
        }
    }
    layout.rows(&rows);
}

/// The whole page of a command.
pub(super) fn whole(command: &mut Command, layout: &mut Layout) {
    head(command, layout);
    let command = &*command;
    subcommands(command, layout);
    let shown: Vec<&Arg> = command.get_arguments().filter(|option| !option.is_hide_set()).collect();
    let (arguments, options): (Vec<&Arg>, Vec<&Arg>) = shown.into_iter().partition(|option| option.is_positional());
    section("Arguments", &arguments, layout);
    let mut headings: Vec<&str> = Vec::new();
    for option in &options {
        let heading = heading_of(option);
        if !headings.contains(&heading) {
            headings.push(heading);
        }
    }
    for heading in headings {
        let of_it: Vec<&Arg> = options.iter().copied().filter(|option| heading_of(option) == heading).collect();
        section(heading, &of_it, layout);
    }
    if connects(command) {
        layout.gap();
        layout.prose(VALUES);
    }
    if let Some(text) = command.get_after_help() {
        layout.gap();
        layout.prose(&text.to_string());
    }
}

/// What a command does, and how it is called.
pub(super) fn head(command: &mut Command, layout: &mut Layout) {
    layout.paragraph(&about(command));
    let usage = command.render_usage().to_string();
    layout.labelled("Usage", usage.trim_start_matches("Usage:").trim());
}

/// The commands below a command.
pub(super) fn subcommands(command: &Command, layout: &mut Layout) {
    if command.has_subcommands() {
        layout.heading("Commands");
        let rows = shown(command).map(|inner| (inner.get_name().to_owned(), about(inner)));
        layout.rows(&rows.collect::<Vec<_>>());
    }
}

/// Options or arguments below a heading.
pub(super) fn section(heading: &str, options: &[&Arg], layout: &mut Layout) {
    if options.is_empty() {
        return;
    }
    layout.heading(heading);
    rows(options, &meaning, layout);
}

/// The rows of options.
pub(super) fn rows(options: &[&Arg], meaning: &dyn Fn(&Arg) -> String, layout: &mut Layout) {
    let named = || options.iter().filter(|option| !option.is_positional());
    let room = named().map(|option| short_name(option).len()).max().unwrap_or_default();
    // A column for `-t` even where no option has a short name, so that all sections align.
    let room = if named().next().is_some() { room.max(2) } else { 0 };
    let rows = options.iter().map(|option| (written(option, room), meaning(option)));
    layout.rows(&rows.collect::<Vec<_>>());
}

/// Whether a command connects to a broker.
pub(super) fn connects(command: &Command) -> bool {
    command.get_arguments().any(|option| option.get_id() == "hostname")
}

/// The heading that an option is listed under.
pub(super) fn heading_of(option: &Arg) -> &str {
    option.get_help_heading().unwrap_or("Options")
}

fn shown(command: &Command) -> impl Iterator<Item = &Command> {
    command.get_subcommands().filter(|command| !command.is_hide_set())
}

fn about(command: &Command) -> String {
    command.get_about().map(ToString::to_string).unwrap_or_default()
}
