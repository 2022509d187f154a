//! Options of all commands, the environment, exit codes.

use clap::{Arg, Command};

use super::page::{Page, code, table};
use crate::cli::{self, shorts::short_of};
use crate::config::{OptionFacts, variables};
use crate::error;

pub(super) fn options() -> Page {
    let mut root = cli::command();
    root.build();
    let (conn, shared) = (root.find_subcommand("conn").unwrap(), root.find_subcommand("pub").unwrap());
    let is_of_conn = |option: &&Arg| conn.get_arguments().any(|other| other.get_id() == option.get_id());
    let of_all: Vec<_> = shared.get_arguments().filter(is_of_conn).map(|option| row(option, "pub")).collect();
    // The same option under another name, as `-I` of a benchmark, is an option of its own.
    let is_shared =
        |option: &Arg| of_all.iter().any(|known| known[0] == code_of(option) && known[1] == help_of(option));
    let mut text =
        "Short options of several letters, such as `-up`, are one word: `-up 'site: plant-7'`. Values in SEC are \
                    seconds and in MS\nmilliseconds; both also take units: `15m`, `1.5s`, `200ms`.\n\n\
                    ## Options of every command that connects\n\n\
                    The part \"General\" applies to all commands.\n"
            .to_owned();
    text.push_str(&sections(shared, "pub", &is_shared));
    let mut commands = Vec::new();
    collect(&root, "", &mut commands);
    for (path, command) in commands {
        text.extend([format!(
            "\n## `{path}`\n\n{}.\n",
            command.get_about().map(ToString::to_string).unwrap_or_default()
        )]);
        if command.get_arguments().any(|option| option.get_id() == "hostname") {
            text.push_str("\nAnd the options of every command that connects.\n");
        }
        text.push_str(&sections(command, &path, &|option| !is_shared(option)));
    }
    Page { file: "options.md", title: "Options", about: "All options of all commands", text }
}

/// The commands that have no commands below them, by their names.
fn collect<'a>(command: &'a Command, path: &str, all: &mut Vec<(String, &'a Command)>) {
    for inner in command.get_subcommands() {
        let path = format!("{path} {}", inner.get_name()).trim().to_owned();
        if inner.has_subcommands() {
            collect(inner, &path, all);
        } else {
            all.push((path, inner));
        }
    }
}

/// The options that are wanted, a table for each heading.
fn sections(command: &Command, path: &str, is_wanted: &dyn Fn(&Arg) -> bool) -> String {
    let mut sections: Vec<(&str, Vec<Vec<String>>)> = Vec::new();
    for option in command.get_arguments().filter(|option| !option.is_hide_set() && is_wanted(option)) {
        let heading = option.get_help_heading().unwrap_or("Options");
        let heading = if option.is_positional() { "Arguments" } else { heading };
        match sections.iter_mut().find(|(known, _)| *known == heading) {
            Some((_, rows)) => rows.push(row(option, path)),
            None => sections.push((heading, vec![row(option, path)])),
        }
    }
    let head = ["option", "meaning", "default", "variable, profile key"];
    let tables = sections.into_iter().map(|(heading, rows)| format!("\n### {heading}\n\n{}", table(&head, rows)));
    tables.collect()
}

/// The option as written.
fn code_of(option: &Arg) -> String {
    let short = option.get_short().map(|short| format!("-{short}"));
    let short = short.or_else(|| option.get_long().and_then(short_of).map(String::from));
    let name = short.map(|short| format!("{short}, ")).unwrap_or_default();
    code(format!("{name}{option}"))
}

fn help_of(option: &Arg) -> String {
    let help = option.get_long_help().or_else(|| option.get_help()).map(ToString::to_string).unwrap_or_default();
    help.replace("\n\n", "<br>")
}

fn row(option: &Arg, path: &str) -> Vec<String> {
    let takes = option.get_action().takes_values() && !option.is_hide_default_value_set();
    let default: Vec<_> =
        option.get_default_values().iter().map(|value| value.to_string_lossy().into_owned()).collect();
    let default = if takes && !default.is_empty() { code(default.join(" ")) } else { String::new() };
    let facts = OptionFacts::of(path, option.get_id().as_str());
    let keys = facts.key.map(|key| code(key.path));
    let elsewhere: Vec<_> = facts.variables.iter().map(code).chain(keys).collect();
    vec![code_of(option), help_of(option), default, elsewhere.join(", ")]
}

pub(super) fn environment() -> Page {
    let of_options = variables().map(|(variable, option)| {
        let option = format!("--{}", option.replace('_', "-"));
        vec![code(variable), code(option)]
    });
    let mut text =
        "An option on the command line takes precedence over its variable, and a variable over a profile. A list \
                    has one value per\nline; an empty variable counts as unset.\n\n"
            .to_owned();
    text.push_str(&table(&["variable", "option"], of_options.collect()));
    text.push_str("\nOthers:\n\n");
    let others = [
        ("MQTTX_PROFILE", "name of the profile to use; `--profile` takes precedence"),
        ("NO_COLOR", "if set, no colour; `--color` takes precedence"),
        ("CLICOLOR, CLICOLOR_FORCE", "`CLICOLOR=0`: no colour; `CLICOLOR_FORCE=1`: colour in a pipe too"),
        ("COLUMNS", "width of help in a pipe"),
        ("LC_ALL, LC_CTYPE, LANG", "whether a terminal shows more than ASCII"),
        ("HOME, XDG_CONFIG_HOME, XDG_STATE_HOME", "where profiles, settings and the history of `repl` are"),
        ("EDITOR, VISUAL, PAGER", "programs for `profile edit` and for long texts in `repl`"),
        ("SSLKEYLOGFILE", "file to which the keys of TLS connections are written, for Wireshark"),
    ];
    let others = others.map(|(variable, meaning)| vec![code(variable), meaning.to_owned()]);
    text.push_str(&table(&["variable", "meaning"], others.to_vec()));
    text.push_str("\n```console\n$ MQTTX_HOST=127.0.0.1 MQTTX_MQTT_VERSION=3.1.1 mqttx-rs pub -t car/1 -m 52 -q 1 --quiet; echo \"exit code $?\"\nexit code 0\n```\n");
    Page { file: "environment.md", title: "Environment", about: "Variables that set options, and others", text }
}

pub(super) fn exit_codes() -> Page {
    let rows = exit_codes_rows();
    let text = format!(
        "{}\nIn `bench`, a condition about failures decides about them: with `--fail 'refused>25%'` refused messages make the exit\n\
         code 0 up to a quarter and 99 above it, not 5.\n\n`broker -- COMMAND` ends with the exit code of that command. With `--error-format json` an error is one JSON \
         object on\nstderr, with the name in the second column:\n\n```console\n$ mqttx-rs pub -t 'car/#' --error-format json; echo \"exit code $?\"\n\
         {{\"level\":\"error\",\"code\":2,\"name\":\"usage\",[..]\nexit code 2\n$ mqttx-rs sub -t car/1/state -C 1 --timeout 0.1s --quiet; echo \"exit code $?\"\n...\nexit code 8\n```\n",
        table(&["code", "name", "meaning"], rows)
    );
    Page { file: "exit-codes.md", title: "Exit codes", about: "What each exit code means", text }
}

fn exit_codes_rows() -> Vec<Vec<String>> {
    let row = |(code, name, meaning): (String, &str, &str)| {
        let name = if name.is_empty() { String::new() } else { format!("`{name}`") };
        vec![code, name, meaning.to_owned()]
    };
    error::exit_codes().into_iter().map(row).collect()
}
