//! Holds the house: which module may use which (the map in `src/lib.rs`, the reasons in its modules' docs), and that no
//! file uses one that uses it.

#[path = "house/circles.rs"]
mod circles;
#[path = "house/conformance.rs"]
mod conformance;
#[path = "house/files.rs"]
mod files;
#[path = "house/map.rs"]
mod map;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use files::code_of;

/// Each module and what it may name of ours. Data, so that a new arrow is a line in a review.
const ARROWS: &[(&str, &[&str])] = &[
    ("main", &["app"]),
    ("app", &["cli", "command", "config", "error", "help", "output", "repl", "settings"]),
    (
        "command",
        &[
            "bench",
            "broker",
            "client",
            "config",
            "error",
            "import",
            "mqtt",
            "outbox",
            "output",
            "payload",
            "session",
            "settings",
            "trace",
            "transport",
        ],
    ),
    (
        "repl",
        &[
            "cli",
            "client",
            "command",
            "config",
            "error",
            "help",
            "mqtt",
            "output",
            "payload",
            "session",
            "settings",
            "transport",
        ],
    ),
    ("reference", &["bench", "broker", "cli", "config", "error", "mqtt", "output", "payload", "settings"]),
    ("help", &["bench", "cli", "config", "error", "output", "payload"]),
    ("settings", &["bench", "cli", "client", "config", "error", "mqtt", "payload", "session", "transport"]),
    ("import", &["cli", "config", "error", "payload", "transport"]),
    ("config", &["cli", "error", "mqtt", "payload", "transport"]),
    ("cli", &["mqtt", "output", "payload", "transport"]),
    ("output", &["bench", "error", "mqtt", "payload", "trace"]),
    ("error", &["client", "mqtt", "session", "transport"]),
    ("bench", &["mqtt", "payload", "session", "transport"]),
    ("client", &["mqtt", "session", "transport"]),
    ("broker", &["error", "mqtt", "session", "transport"]),
    ("outbox", &["mqtt", "session"]),
    ("payload", &["mqtt"]),
    ("session", &["mqtt"]),
    ("trace", &["mqtt", "session"]),
    ("transport", &[]),
    ("mqtt", &[]),
];

/// What the engine must not know: it is driven with bytes and instants.
const FORBIDDEN_IN_SESSION: &[&str] = &["tokio", "std::net", "Instant::now", "SystemTime", "fastrand"];

#[test]
fn modules_use_only_what_their_arrows_allow() {
    let allowed_by: BTreeMap<&str, &[&str]> = ARROWS.iter().copied().collect();
    let mut wrong = Vec::new();
    let mut in_use = BTreeSet::new();
    for (module, path) in sources() {
        let Some(allowed) = allowed_by.get(module.as_str()) else {
            panic!("{}: module `{module}` has no line in ARROWS", path.display());
        };
        for used in modules_named_in(&code_of(&path)) {
            if used != module && !allowed.contains(&used.as_str()) {
                wrong.push(format!("{}: `{module}` may not use `{used}`", path.display()));
            }
            in_use.insert((module.clone(), used));
        }
    }
    for (module, allowed) in ARROWS {
        let unused = allowed.iter().filter(|used| !in_use.contains(&((*module).to_owned(), (**used).to_owned())));
        wrong.extend(unused.map(|used| format!("ARROWS: `{module}` does not use `{used}` any more")));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_session_knows_no_runtime_no_clock_and_no_socket() {
    for (module, path) in sources() {
        // Files under `tests` are compiled for tests only; those may take a clock's reading to begin with.
        if module != "session" || path.components().any(|part| part.as_os_str() == "tests") {
            continue;
        }
        let code = code_of(&path);
        let product = code.split("#[cfg(test)]").next().unwrap_or_default();
        for word in FORBIDDEN_IN_SESSION {
            assert!(!product.contains(word), "{} names `{word}`", path.display());
        }
    }
}

#[test]
fn only_the_codec_names_the_codec_crates_and_only_output_prints() {
    for (module, path) in sources() {
        let code = code_of(&path);
        if code.contains("rumqttc") {
            let inside = path.to_string_lossy().contains("session/codec");
            assert!(inside, "{} names rumqttc outside session::codec", path.display());
        }
        if code.contains("io::stdout") || code.contains("io::stderr") {
            assert_eq!(module, "output", "{} takes a standard stream", path.display());
        }
    }
}

/// Every source file with its module.
fn sources() -> Vec<(String, PathBuf)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let found = files::sources(&root).into_iter().map(|path| {
        let first = path.strip_prefix(&root).unwrap().components().next().unwrap();
        (first.as_os_str().to_string_lossy().trim_end_matches(".rs").to_owned(), path)
    });
    let found: Vec<_> = found.filter(|(module, _)| module != "lib").collect();
    assert!(found.len() > 10, "the sources were not found");
    found
}

/// The first segment of each `crate::x` and `mqttx_rs::x`, also inside `crate::{x, y::z}`.
fn modules_named_in(code: &str) -> BTreeSet<String> {
    let mut named = BTreeSet::new();
    for root in ["crate::", "mqttx_rs::"] {
        for (at, _) in code.match_indices(root) {
            let rest = &code[at + root.len()..];
            match rest.strip_prefix('{') {
                Some(group) => named.extend(top_level_names(group)),
                None => named.extend(leading_identifier(rest)),
            }
        }
    }
    named
}

/// The names at the top level of an import group, up to its closing brace.
fn top_level_names(group: &str) -> Vec<String> {
    let (mut names, mut depth, mut start) = (Vec::new(), 0, true);
    for (at, character) in group.char_indices() {
        match character {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => start = true,
            _ if depth == 0 && start && !character.is_whitespace() => {
                names.extend(leading_identifier(&group[at..]));
                start = false;
            }
            _ => {}
        }
    }
    names
}

fn leading_identifier(text: &str) -> Option<String> {
    let name: String = text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
    (!name.is_empty()).then_some(name)
}

#[test]
fn import_groups_are_read_at_their_top_level() {
    let named = modules_named_in("use crate::{\n    mqtt::{QoS, TopicName},\n    session,\n};\nlet x = crate::cli::y;");
    assert_eq!(named, ["cli", "mqtt", "session"].map(String::from).into());
}
