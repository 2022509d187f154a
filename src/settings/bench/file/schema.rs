//! The keys of a scenario file: those in the table of options, and those that are not options.

use crate::config::table::{Key, Kind, key, rows};

/// Keys above the first section that are not options.
const OF_RUN: &[Key] = &[
    key("title", "title", Kind::Text, r#""fan-out""#),
    key("measures", "measures", Kind::Text, r#""what the run is meant to show""#),
];

/// Keys of every group that are not options.
const OF_GROUP: &[Key] = &[
    key("groups.name", "name", Kind::Text, r#""sensors""#),
    key("groups.role", "role", Kind::Text, r#""pub"  # sub, conn, request, reply"#),
    key("groups.clean_start", "clean_start", Kind::Switch, "true"),
];

/// Keys of messages that are requests.
const OF_REQUESTS: &[Key] = &[key("groups.response_timeout", "response_timeout", Kind::Seconds, r#""5s""#)];

/// Keys of a group that subscribes that are not options.
const OF_SUBSCRIPTIONS: &[Key] = &[
    key("groups.rate", "rate", Kind::Text, r#""100/s""#),
    key("groups.stay", "stay", Kind::Seconds, r#""1s""#),
    key("groups.processing_time", "processing_time", Kind::Seconds, r#""50ms""#),
];

/// Keys of a group that answers requests, besides those of one that subscribes.
const OF_REPLIES: &[Key] = &[
    key("groups.response_topic", "reply_topic", Kind::Text, r#""res/+""#),
    key("groups.message", "reply_message", Kind::Text, r#""ok""#),
];

/// Keys of a flow that are not options.
const OF_FLOW: &[Key] = &[key("publish.name", "name", Kind::Text, r#""alarms""#)];

/// Keys of a group that publishes that are of the connection, or of all of its flows together.
const OF_ALL_FLOWS: [&str; 1] = ["inflight"];

/// Keys of a group that only connects, besides those of every group; with a rate its clients come and go.
const OF_CONNECTIONS: &[Key] =
    &[key("groups.rate", "rate", Kind::Text, r#""100/s""#), key("groups.stay", "stay", Kind::Seconds, r#""1s""#)];

/// Keys of a phase.
const OF_PHASE: &[Key] = &[
    key("phases.name", "name", Kind::Text, r#""steady""#),
    key("phases.duration", "duration", Kind::Seconds, r#""30s""#),
    key("phases.rate", "rate", Kind::Number, "0.1"),
    key("phases.rate_at_end", "rate_at_end", Kind::Number, "1.0"),
    key("phases.groups", "groups", Kind::List, r#"["sensors"]"#),
    key("phases.connect", "connect", Kind::List, r#"["sensors"]"#),
    key("phases.disconnect", "disconnect", Kind::List, r#"["sensors"]"#),
    key("phases.drop", "drop", Kind::List, r#"["sensors"]"#),
];

/// Keys above the first section.
pub(super) fn run_keys() -> Vec<&'static Key> {
    OF_RUN.iter().chain(options("bench run", "")).collect()
}

/// Keys of a group that publishes.
pub(super) fn publish_keys() -> Vec<&'static Key> {
    OF_GROUP.iter().chain(options("bench pub", "groups")).chain(OF_REQUESTS).collect()
}

/// Keys of a group that answers requests.
pub(super) fn reply_keys() -> Vec<&'static Key> {
    let of_subscriptions = OF_SUBSCRIPTIONS.iter().filter(|key| !matches!(key.name(), "rate" | "stay"));
    OF_GROUP.iter().chain(options("bench sub", "groups")).chain(of_subscriptions).chain(OF_REPLIES).collect()
}

/// Keys of one flow of several in a group that publishes: what is not of its connection.
pub(super) fn flow_keys() -> Vec<&'static Key> {
    let of_connection: Vec<_> = OF_GROUP.iter().chain(options("bench conn", "groups")).map(Key::name).collect();
    let is_own = |key: &&Key| !of_connection.contains(&key.name()) && !OF_ALL_FLOWS.contains(&key.name());
    OF_FLOW.iter().chain(options("bench pub", "groups").filter(is_own)).chain(OF_REQUESTS).collect()
}

/// Keys of a group that subscribes.
pub(super) fn subscribe_keys() -> Vec<&'static Key> {
    OF_GROUP.iter().chain(options("bench sub", "groups")).chain(OF_SUBSCRIPTIONS).collect()
}

/// Keys of a group that only connects.
pub(super) fn connect_keys() -> Vec<&'static Key> {
    OF_GROUP.iter().chain(options("bench conn", "groups")).chain(OF_CONNECTIONS).collect()
}

/// Keys of a phase.
pub(super) fn phase_keys() -> Vec<&'static Key> {
    OF_PHASE.iter().collect()
}

/// The keys of a command's options in a section.
fn options(command: &'static str, section: &'static str) -> impl Iterator<Item = &'static Key> {
    let of_command = rows().filter(move |row| row.commands.contains(&command));
    let keys = of_command.filter_map(|row| row.scenario.as_ref());
    keys.filter(move |key| key.path.split_once('.').map_or("", |(of, _)| of) == section)
}

/// Every place of a scenario and its keys, for the reference.
#[cfg(all(test, feature = "broker"))]
pub(crate) fn places() -> Vec<(&'static str, Vec<&'static Key>)> {
    vec![
        ("Above the first section", run_keys()),
        ("`[[groups]]` with `role = \"pub\"` or `role = \"request\"`", publish_keys()),
        ("`[[groups.publish]]`, for each of several flows over the same connections", flow_keys()),
        ("`[[groups]]` with `role = \"sub\"`", subscribe_keys()),
        ("`[[groups]]` with `role = \"reply\"`", reply_keys()),
        ("`[[groups]]` with `role = \"conn\"`", connect_keys()),
        ("`[[phases]]`", phase_keys()),
    ]
}
