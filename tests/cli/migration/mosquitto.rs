//! `docs/from-mosquitto.md`: what the program prints as `mosquitto_pub --help` and so on, and whether our own command
//! has the option under the same name.

use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

use super::{compare, long_of, row};
use crate::mqttx_options::read;

const TOOLS: &[(&str, &str)] = &[("mosquitto_pub", "pub"), ("mosquitto_sub", "sub"), ("mosquitto_rr", "request")];

const HEAD: &str = "# Coming from mosquitto_pub, mosquitto_sub and mosquitto_rr

Scripts need no change: called by the name of one of them, the program accepts the options of mosquitto 2.0's client,
reads its file in `~/.config`, prints what it prints and exits with its codes where scripts look at them. A link is enough:

```
ln -s \"$(command -v mqttx-rs)\" mosquitto_sub
./mosquitto_sub -t 'car/#' -C 1
```

If you call `mqttx-rs` directly, the tables give for each option: `same` (the same letter or name means the same), its name
here, or why it does not exist. What differs in behaviour:

| | mosquitto's clients | here |
|---|---|---|
| version of MQTT | 3.1.1 | 5.0 (3.1.1 by the other name) |
| a publish that the broker refuses at QoS 1 or 2 | exit code 0, a warning | exit code 5 (1 by the other name) |
| `-l` at the end of input | may lose lines | all are acknowledged first |
| `-C N` on a persistent session | the last message can come again | N messages are taken, no more |
| `-q 1`, connection lost | `pub` ends, `sub` tries forever | both resume; ten attempts, or `--maximum-reconnect-times` |
| keep alive | 60 s | 30 s (60 s by the other name) |
| status lines | none | on stderr, unless `--quiet` |
| what `sub` prints | the payload | topic and properties, then the payload; `--output-mode raw` is the payload |

The tables are what the program itself prints for `mosquitto_pub --help`; the tests compare.
";

/// Remarks where one letter means two things.
const OTHER_MEANING: &[(&str, &str, &str)] = &[
    ("*", "-d", "`-d` is the DUP flag of `pub` here"),
    ("pub", "-f", "`-f` is the format of the payload here"),
    ("request", "-f", "`-f` is the format of the payload here"),
    ("pub", "-M", "`-M` is `--multiline` here"),
    ("pub", "-l", "`-l` is the protocol here; `-lm` is short"),
    ("request", "-e", "`-e` is the message expiry here"),
    ("*", "-V", "the same letter, `5`, `3.1.1` or `3.1`"),
];

fn table(tool: &str, command: &str, folder: &Path) -> String {
    let link = folder.join(tool);
    symlink(env!("CARGO_BIN_EXE_mqttx-rs"), &link).unwrap();
    let ended = Command::new(&link).arg("--help").output().unwrap();
    assert!(ended.status.success());
    let help = String::from_utf8(ended.stdout).unwrap();
    let mut text = format!("\n## `{tool}` and `mqttx-rs {command}`\n\n| {tool} | here | remark |\n|---|---|---|\n");
    let mut count = 0;
    for line in help.lines().filter(|line| line.starts_with("  -")) {
        let (names, here) = line.trim().split_once("  ").unwrap();
        let names: Vec<&str> = names.split(", ").collect();
        let (here, of_help) = here.trim().split_once(": ").unwrap_or((here.trim(), ""));
        let same: Vec<&str> = names
            .iter()
            .copied()
            .filter(|name| {
                here.strip_prefix("--").is_some_and(|long| long_of(&[command], name).as_deref() == Some(long))
            })
            .collect();
        if let (Some(name), Some(long)) = (same.first(), here.strip_prefix("--")) {
            accept(command, name, long);
        }
        let remark = OTHER_MEANING
            .iter()
            .find(|(only, name, _)| names.contains(name) && (*only == "*" || *only == command))
            .map_or(of_help, |(_, _, remark)| remark);
        let code = |text: &str| format!("`{text}`");
        let shown = match here {
            _ if same.len() == names.len() => "same".to_owned(),
            "not supported" => "not here".to_owned(),
            "the default" | "the default, pem" => "always".to_owned(),
            _ if same.contains(&here) => format!("`{here}`"),
            _ if !same.is_empty() => format!("`{}` is the same, long name `{here}`", same[0]),
            _ if here.starts_with('-') => here.split_once(", ").map_or_else(|| code(here), |(name, _)| code(name)),
            _ => here.to_owned(),
        };
        let names = names.iter().map(|name| code(name)).collect::<Vec<_>>().join(", ");
        text += &row(&[&names, &shown, remark]);
        count += 1;
    }
    assert!(count >= 40, "{tool} --help lists only {count} options");
    text
}

/// The name is given to our command, with a value if it takes one.
fn accept(command: &str, name: &str, long: &str) {
    let values: &[&str] = match long {
        "no-clean" => &["-i", "me"],
        "will-qos" => &["1", "--will-topic", "w"],
        "will-retain" => &["--will-topic", "w"],
        "cert" => &["c.pem", "--key", "k.pem"],
        "key" => &["k.pem", "--cert", "c.pem"],
        "url" => &["mqtt://localhost/t"],
        "mqtt-version" => &["5"],
        "tls-min-version" => &["1.2"],
        "qos"
        | "session-expiry-interval"
        | "inflight"
        | "count"
        | "repeat"
        | "keepalive"
        | "port"
        | "timeout"
        | "repeat-delay" => &["1"],
        "proxy" => &["socks5h://localhost:1080"],
        "bind" => &["127.0.0.1"],
        "template" => &["%p"],
        "insecure" | "retain" | "stdin" | "null-message" | "exit-after-suback" | "skip-retained" | "debug"
        | "retained-only" | "remove-retained" | "line-mode" => &[],
        _ => &["x"],
    };
    let topic: &[&str] = if matches!(long, "topic" | "url") { &[] } else { &["-t", "t"] };
    let line = [&[command], topic, &[name], values].concat();
    read(&line).unwrap_or_else(|error| panic!("{line:?}: {error}"));
}

#[test]
fn the_page_for_users_of_mosquitto_agrees_with_the_program() {
    let folder = tempfile::tempdir().unwrap();
    let tables: String = TOOLS.iter().map(|(tool, command)| table(tool, command, folder.path())).collect();
    compare("from-mosquitto.md", &format!("{HEAD}{tables}"));
}
