//! `docs/from-mqttx.md`: each option of MQTTX 1.13, what it is here, and what differs.

use super::{code, compare, long_of, row};
use crate::mqttx_options::{COMMANDS, Opt, read};

/// What differs in an option that is accepted in all its forms. First what it is of, `*` for all commands.
const DIFFERENCES: &[(&str, &str, &str)] = &[
    ("*", "--port", "the default follows the protocol: 1883, 8883, 8083 or 8084"),
    ("*", "--hostname", "also `--url mqtts://user@host:8883`"),
    (
        "*",
        "--password",
        "also from a file, a variable or a prompt: `--password-file`, `--password-env`, `--ask-password`",
    ),
    ("*", "--protocol", "a TLS option alone implies `mqtts`"),
    ("*", "--key", "may be encrypted: `--key-password-file`"),
    ("*", "--ca", "a file or a folder; by default, the authorities of the system"),
    ("*", "--reconnect-period", "doubles with each attempt"),
    ("*", "--maximum-reconnect-times", "counted anew in each outage; the misspelling is accepted too"),
    ("*", "--no-clean", "needs a client id"),
    ("*", "--save-options", "passwords are not written"),
    ("pub", "--subscription-identifier", "ignored with a warning: only a broker may publish with it [MQTT-3.3.4-6]"),
    ("bench pub", "--subscription-identifier", "ignored with a warning, as in `pub`"),
    ("simulate", "--subscription-identifier", "ignored with a warning, as in `pub`"),
    ("pub", "--format", "a payload that cannot be encoded is an error (exit code 1), not an empty message"),
    ("pub", "--line-mode", "all lines arrive, or the exit code says that they did not"),
    ("sub", "--format", "a payload that cannot be decoded is shown as it is, with a warning"),
    ("sub", "--output-mode", "also `raw` and `jsonl`"),
    ("bench conn", "--count", "also `--ramp 200/s`, `--duration`, `--fail`, `--report`"),
    ("bench pub", "--message-interval", "also `--rate 50000/s` for all clients together"),
    ("simulate", "--file", "a template (JSON, or `.j2` for Jinja), not a script in JavaScript"),
    ("check", "", "prints the version; it asks no server for a newer one"),
    ("init", "", "makes a profile and selects it; there is no `~/.mqttx-cli/config` (`profile import` reads one)"),
];

const BEHAVIOUR: &[(&str, &str, &str)] = &[
    ("exit code after a failure", "0", "one for each kind of failure"),
    ("default port", "1883", "follows the protocol: 1883, 8883, 8083, 8084"),
    ("status lines", "stdout", "stderr, so that stdout is data"),
    ("Ctrl-C", "the will fires", "DISCONNECT, the will does not fire"),
    (
        "`sub`, connection lost",
        "ends, or waits forever after one attempt",
        "resumes; at QoS 1 and 2 nothing published meanwhile is lost (in MQTT 3.1.1 with `-i ID --no-clean`)",
    ),
    (
        "`pub -lm` with many lines",
        "loses lines, exit code 0",
        "each line is sent; the last line says how many were acknowledged",
    ),
    ("`-f hex -m zz`", "publishes an empty message, exit code 0", "an error, exit code 1"),
    ("a payload that cannot be decoded", "ends the subscriber", "shown unchanged, with a warning"),
    ("`-q 5`, `-p 99999`", "a stack trace", "an error that names the option, exit code 2"),
    ("`-so`", "writes the password, readable by all", "leaves passwords out; the file is readable by its owner"),
    ("`%c` in `bench pub`", "the base of the client ids", "the client's own id"),
    (
        "`bench`",
        "runs forever, rates only",
        "counts, latencies, a verdict; `--duration`, `--limit`, `--fail` (exit code 99)",
    ),
    ("`simulate -f FILE`", "a script in JavaScript", "a template"),
    ("`pub -si N`", "sent", "ignored with a warning: a protocol error otherwise"),
    ("settings of `init`", "`~/.mqttx-cli/config`", "a profile; `profile import` reads that file"),
    ("`check`", "asks a server for a newer version", "prints the version, without a network"),
    (
        "key of a session",
        "`--no-clean` with a random id",
        "refused (in `pub` a warning): that session could never be resumed",
    ),
];

const HEAD: &str = "# Coming from MQTTX CLI

Replace `mqttx` with `mqttx-rs`: every command of MQTTX CLI 1.13 exists, and every option is accepted in each of its forms,
with the same default unless the table says otherwise. The tests give each one to the program.

```
mqttx pub -t hello -h broker.example -q 1 -m on -up 'site: a'
mqttx-rs pub -t hello -h broker.example -q 1 -m on -up 'site: a'
```

Connections saved in the desktop program or by MQTTX CLI become profiles with `mqttx-rs profile import FILE`.

## What differs on purpose

| | MQTTX CLI 1.13 | here |
|---|---|---|
";

/// Those of one command, with what differs.
fn section(command: &[&str], groups: &[&[Opt]], seen: &mut Vec<(&'static str, &'static str)>) -> String {
    let name = command.join(" ");
    let mut text = format!("\n## `{name}`\n\n");
    let difference = |option: &str, seen: &mut Vec<_>| {
        let exact = DIFFERENCES.iter().find(|(of, name_, _)| *of == name && *name_ == option);
        let found = exact.or_else(|| DIFFERENCES.iter().find(|(of, name_, _)| *of == "*" && *name_ == option));
        found.map_or("", |(of, option, text)| {
            seen.push((*of, *option));
            text
        })
    };
    let own = difference("", seen);
    if !own.is_empty() {
        text.extend(["It ", own, ".\n"]);
    }
    let mut rows = String::new();
    let mut before: &[&str] = &[];
    for (forms, values) in groups.iter().copied().flatten() {
        // An option that also works without its value is listed twice.
        if *forms == before {
            continue;
        }
        before = forms;
        let longs: Vec<String> = forms.iter().filter_map(|form| long_of(command, form)).collect();
        assert_eq!(longs.len(), forms.len(), "{name}: not each of {forms:?} is an option here");
        assert!(longs.iter().all(|long| *long == longs[0]), "{name}: {forms:?} are several options: {longs:?}");
        let main = format!("--{}", longs[0]);
        let option = forms.iter().find(|form| form.starts_with("--")).unwrap();
        let here = if forms.contains(&&*main) { "same".to_owned() } else { format!("accepted; main name `{main}`") };
        let value = if values.is_empty() { String::new() } else { format!(" `{}`", values.join(" ")) };
        rows += &row(&[&code(forms), &here, difference(option, seen), value.trim()]);
    }
    if !rows.is_empty() {
        text.extend(["| option | here | what differs | tried with |\n|---|---|---|---|\n", &rows]);
    }
    text
}

/// Placeholders: in which command they are tried, with what, and what differs.
const PLACEHOLDERS: &[(&str, &[&str], &str)] = &[
    (
        "%i",
        &["bench", "pub", "-t", "a/%i", "-I", "x%i", "-u", "u%i"],
        "number of the client, from 1; also in `-P`, wills and files",
    ),
    (
        "%c",
        &["bench", "pub", "-t", "a/%c", "-u", "u-%c"],
        "the client's own id; in `bench pub` of MQTTX, the base of the ids",
    ),
    ("%u", &["bench", "sub", "-t", "a/%u", "-u", "me"], "user name of the client"),
    ("%sc", &["simulate", "-sc", "tesla", "-t", "a/%sc"], "name of the scenario"),
];

fn placeholders() -> String {
    let mut text = "\n## Placeholders\n\n| placeholder | here | what differs |\n|---|---|---|\n".to_owned();
    for (name, line, differs) in PLACEHOLDERS {
        read(line).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert!(line.iter().any(|word| word.ends_with(name)), "{name} is not tried");
        text += &row(&[&code(&[name]), "same", differs]);
    }
    text + "\nPayloads take them with `--template`; all placeholders are in [placeholders.md](placeholders.md).\n"
}

#[test]
fn the_page_for_users_of_mqttx_agrees_with_the_program() {
    let mut text = HEAD.to_owned();
    for (what, there, here) in BEHAVIOUR {
        text += &row(&[what, there, here]);
    }
    let mut seen = Vec::new();
    for (command, needs, groups) in COMMANDS {
        read(&[*command, *needs].concat()).unwrap_or_else(|error| panic!("{command:?}: {error}"));
        if *command == ["ls"] {
            continue;
        }
        text += &section(command, groups, &mut seen);
    }
    text += "\n## `ls`\n\n| option | here |\n|---|---|\n| `-sc`, `--scenario` | same |\n";
    for (of, option, difference) in DIFFERENCES {
        assert!(difference.is_empty() || seen.contains(&(*of, *option)), "{of} {option}: there is no such option");
    }
    text += &placeholders();
    compare("from-mqttx.md", &text);
}

#[test]
fn the_readme_lists_each_deliberate_difference() {
    let readme = std::fs::read_to_string(std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).unwrap();
    for (what, there, here) in BEHAVIOUR {
        assert!(readme.contains(row(&[what, there, here]).trim()), "the README has no row for {what}");
    }
}
