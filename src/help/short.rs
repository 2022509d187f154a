//! The short page of a command: the options that most people need, in the order of their use.

use clap::{Arg, Command};

use super::layout::Layout;
use super::option::meaning;
use super::page::{connects, head, heading_of, rows, section, subcommands};

/// What the short page of a command shows.
struct Short {
    /// The command, and below which heading its options are listed.
    path: &'static str,
    /// The ids of its options.
    options: &'static [&'static str],
    /// The topics to read next.
    topics: &'static [&'static str],
}

/// Options of every command that connects.
const CONNECTION: &[&str] = &["hostname", "port", "url", "username", "password", "ca", "embedded"];

/// Help in fewer words than on the whole page, where one line is enough to remember the option by.
const BRIEF: &[(&str, &str)] = &[
    ("hostname", "Broker [default: localhost]"),
    ("port", "Port [default: 1883, with TLS 8883]"),
    ("url", "All in one: mqtts://me@broker.example:8883"),
    ("password", "Password; --ask-password prompts for it"),
    ("ca", "CA certificates to trust; implies TLS"),
    ("embedded", "Start a broker in this program, to try things"),
    ("retain", "Keep the message for later subscribers"),
    ("line_mode", "Publish each line of stdin"),
    ("null_message", "Empty payload; with -r, remove the retained one"),
    ("format", "json, hex, base64, cbor ... [default: plain]"),
    ("repeat", "Publish N times [default: 1]"),
    ("queue", "Keep messages on disk until delivered"),
    ("duration", "End after this time, for example 30s"),
    ("payload_size", "Random payload of this size, for example 1KB"),
    ("limit", "End after N messages of all clients"),
    ("ramp", "Connects per second, for example 200/s"),
    ("fail", "Exit code 99 if this holds: 'p99>100ms'"),
    ("report", "Write all results as JSON"),
    ("find_max", "Search for the highest rate that meets these"),
    ("message_interval", "Delay between messages of a client [default: 1s]"),
    ("rate", "Messages of all clients, for example 5000/s"),
    ("warmup", "Time to leave out at the beginning"),
    ("keepalive", "Keep Alive interval [default: 30s]"),
];

/// The same for options that mean something else in another command.
const BRIEF_OF: &[(&str, &str, &str)] = &[
    ("pub", "template", "Fill placeholders: {time} {counter} {walk:20..30}"),
    ("reply", "template", "Fill placeholders: {payload} {topic} {/a/b}"),
    ("sub", "template", "Shape of a line, for example \"%I %t %p\""),
    ("sub", "qos", "Highest QoS, for each filter or all [default: 0]"),
    ("bench pub", "text", "Payload; --template fills placeholders"),
    ("conn", "output_mode", "default, or jsonl: one JSON object"),
    ("conn", "check", "Print what the broker announces, then exit"),
    ("broker", "port", "Port; 0 picks a free one [default: 1883]"),
    ("broker", "bind", "Address to listen on [default: 127.0.0.1]"),
    ("broker", "tls_port", "Port for MQTT over TLS"),
    ("broker", "ws_port", "Port for MQTT over WebSocket"),
    ("broker", "users", "User who may connect; repeatable"),
    ("broker", "acl_file", "Access rules, in mosquitto's syntax"),
    ("broker", "no_anonymous", "Refuse clients without a user name"),
    ("broker", "faults", "Inject a fault: 'drop puback 10%'; repeatable"),
    ("broker", "trace", "Print each packet on stderr"),
    ("broker", "prometheus", "Serve metrics for Prometheus"),
    ("replay", "retain", "Retain flag of all messages [default: as recorded]"),
    ("repl", "script", "Run the commands of files, as tests"),
];

/// Commands whose options do not fit a screen.
const SHORT: &[Short] = &[
    Short {
        path: "conn",
        options: &["check", "output_mode", "client_id", "mqtt_version", "keepalive", "will_topic", "will_message"],
        topics: &["connection", "tls", "profiles"],
    },
    Short {
        path: "pub",
        options: &[
            "topic",
            "message",
            "qos",
            "retain",
            "line_mode",
            "file_read",
            "null_message",
            "format",
            "template",
            "repeat",
            "repeat_delay",
            "user_properties",
            "queue",
        ],
        topics: &["connection", "formats", "placeholders", "topics"],
    },
    Short {
        path: "sub",
        options: &[
            "topic",
            "qos",
            "count",
            "timeout",
            "output_mode",
            "template",
            "verbose",
            "format",
            "skip_retained",
            "filter_out",
            "file_save",
            "exec",
        ],
        topics: &["connection", "topics", "formats", "exit-codes"],
    },
    Short {
        path: "wait",
        options: &[
            "filters",
            "pattern",
            "json",
            "count",
            "timeout",
            "idle_timeout",
            "qos",
            "skip_retained",
            "output_mode",
            "format",
        ],
        topics: &["topics", "formats", "exit-codes", "scripts"],
    },
    Short {
        path: "request",
        options: &[
            "topic",
            "message",
            "file_read",
            "qos",
            "count",
            "timeout",
            "response_topic",
            "reply_topic",
            "output_mode",
            "format",
        ],
        topics: &["connection", "formats", "exit-codes"],
    },
    Short {
        path: "reply",
        options: &[
            "filters",
            "message",
            "file_read",
            "template",
            "rules",
            "echo",
            "exec",
            "qos",
            "count",
            "reply_topic",
        ],
        topics: &["connection", "placeholders", "topics"],
    },
    Short {
        path: "record",
        options: &["file", "topic", "qos", "count", "duration", "idle_timeout", "skip_retained", "rotate", "resume"],
        topics: &["connection", "topics"],
    },
    Short {
        path: "replay",
        options: &["files", "speed", "rounds", "map", "only", "qos", "retain"],
        topics: &["connection", "topics"],
    },
    Short {
        path: "clean-retained",
        options: &["filters", "filter_out", "dry_run", "yes", "idle_timeout"],
        topics: &["connection", "topics"],
    },
    Short {
        path: "probe",
        options: &["require", "only", "json", "timeout", "tls_port", "ws_port"],
        topics: &["connection", "tls", "exit-codes"],
    },
    Short { path: "watch", options: &["filters", "qos"], topics: &["connection", "topics"] },
    Short {
        path: "repl",
        options: &["script", "echo", "keep_going", "junit", "no_rc"],
        topics: &["scripts", "connection", "topics"],
    },
    Short {
        path: "bench conn",
        options: &["count", "ramp", "interval", "duration", "reconnect", "fail", "report", "html"],
        topics: &["thresholds", "connection"],
    },
    Short {
        path: "bench pub",
        options: &[
            "count",
            "topic",
            "text",
            "payload_size",
            "qos",
            "rate",
            "message_interval",
            "unpaced",
            "limit",
            "duration",
            "ramp",
            "fail",
            "report",
            "html",
        ],
        topics: &["thresholds", "placeholders", "connection"],
    },
    Short {
        path: "bench sub",
        options: &["count", "topic", "qos", "limit", "duration", "ramp", "fail", "report", "html"],
        topics: &["thresholds", "topics", "connection"],
    },
    Short {
        path: "bench e2e",
        options: &[
            "shape",
            "count",
            "publishers",
            "subscribers",
            "topic",
            "payload_size",
            "qos",
            "rate",
            "find_max",
            "duration",
            "warmup",
            "fail",
            "report",
            "html",
        ],
        topics: &["thresholds", "connection"],
    },
    Short {
        path: "bench run",
        options: &["scenario", "scale", "duration", "warmup", "seed", "shard", "fail", "report", "html"],
        topics: &["thresholds", "placeholders", "connection"],
    },
    Short {
        path: "simulate",
        options: &[
            "scenario",
            "show",
            "count",
            "topic",
            "qos",
            "rate",
            "message_interval",
            "limit",
            "duration",
            "report",
        ],
        topics: &["placeholders", "thresholds", "connection"],
    },
    Short {
        path: "broker",
        options: &[
            "port",
            "bind",
            "tls_port",
            "ws_port",
            "users",
            "acl_file",
            "no_anonymous",
            "max_connections",
            "maximum_qos",
            "faults",
            "trace",
            "prometheus",
            "command",
        ],
        topics: &["tls", "topics"],
    },
    Short {
        path: "profile add",
        options: &["name", "set", "extends", "force"],
        topics: &["profiles", "connection", "tls"],
    },
];

/// The page; the path is that of the command, `bench pub`.
pub(super) fn page(command: &mut Command, path: &str, layout: &mut Layout) {
    head(command, layout);
    let command = &*command;
    subcommands(command, layout);
    let chosen = SHORT.iter().find(|short| short.path == path);
    let all: Vec<&Arg> = command.get_arguments().filter(|option| !option.is_hide_set()).collect();
    let find = |ids: &[&str]| -> Vec<&Arg> {
        ids.iter().filter_map(|id| all.iter().copied().find(|option| option.get_id() == id)).collect()
    };
    let brief = |option: &Arg| match chosen {
        Some(_) => brief_meaning(option, path),
        None => meaning(option),
    };
    let own = match chosen {
        Some(short) => find(short.options),
        None => all.iter().copied().filter(|option| heading_of(option) != "General").collect(),
    };
    let (arguments, options): (Vec<&Arg>, Vec<&Arg>) = own.iter().partition(|option| option.is_positional());
    section("Arguments", &arguments, layout);
    if !options.is_empty() {
        layout.gap();
        rows(&options, &brief, layout);
    }
    if chosen.is_some() && connects(command) {
        let connection = find(CONNECTION);
        layout.heading("Connection");
        rows(&connection, &brief, layout);
    }
    if let Some(text) = command.get_after_help().map(ToString::to_string)
        && let Some(at) = text.find("Examples:\n")
    {
        let end = text[at..].find("\n\n").map_or(text.len(), |end| at + end);
        layout.gap();
        layout.prose(&text[at..end]);
    }
    layout.gap();
    let Some(short) = chosen else {
        layout
            .paragraph(&format!("`mqttx-rs help {path}` shows the general options too: --color, --quiet, --debug ..."));
        return;
    };
    layout.paragraph(&format!("All {} options: mqttx-rs {path} --help-all", all.len()));
    layout.paragraph(&format!("More: mqttx-rs help {}", short.topics.join(" | ")));
}

/// The help of an option in few words.
fn brief_meaning(option: &Arg, path: &str) -> String {
    let id = option.get_id().as_str();
    let here = BRIEF_OF.iter().find(|(command, of, _)| *command == path && *of == id).map(|(.., text)| *text);
    let anywhere = || BRIEF.iter().find(|(of, _)| *of == id).map(|(_, text)| *text);
    here.or_else(anywhere).map_or_else(|| meaning(option), String::from)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli;

    fn command_of<'a>(root: &'a Command, path: &str) -> &'a Command {
        path.split(' ').fold(root, |command, name| command.find_subcommand(name).expect(path))
    }

    #[test]
    fn each_option_of_a_short_page_is_one_of_its_command() {
        let root = cli::command();
        for short in SHORT {
            let command = command_of(&root, short.path);
            let briefs = BRIEF_OF.iter().filter(|(path, ..)| *path == short.path).map(|(_, id, _)| id);
            for id in short.options.iter().chain(briefs) {
                assert!(command.get_arguments().any(|option| option.get_id() == id), "{}: {id}", short.path);
            }
            for topic in short.topics {
                assert!(super::super::topic::find(topic).is_some(), "{}: {topic}", short.path);
            }
        }
    }
}
