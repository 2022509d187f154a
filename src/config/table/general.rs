//! Options of all commands, and of those that make no connection of their own or only within `repl`.

use super::key::Kind::{List, Number, Path, Seconds, Switch, Text};
use super::row::{Row, row};

pub(super) const ROWS: &[Row] = &[
    row("color", &[""], Text, &[]),
    row("error_format", &[""], Text, &[]),
    row("profile", &["", "> connect"], Text, &[]),
    row("no_profile", &["", "> connect"], Switch, &[]),
    row("quiet", &[""], Switch, &[]),
    row("debug", &[""], Switch, &[]),
    row("log_file", &[""], Path, &[]),
    // `repl`
    row("script", &["repl"], Path, &[]),
    row("echo", &["repl"], Switch, &[]),
    row("keep_going", &["repl"], Switch, &[]),
    row("all", &["> unsub"], Switch, &[]),
    row("contains", &["> wait", "> expect"], Text, &[]),
    row("json", &["> wait", "> expect"], List, &[]),
    row("none", &["> expect"], Switch, &[]),
    row("timeout", &["> wait", "> expect"], Seconds, &[]),
    row("on", &["> last"], Text, &[]),
    row("depth", &["> topics"], Number, &[]),
    // `broker`
    row("port", &["broker"], Number, &[]),
    row("bind", &["broker"], Text, &[]),
    row("ws_port", &["broker"], Number, &[]),
    row("users", &["broker"], List, &[]),
    row("shared_strategy", &["broker"], Text, &[]),
    // `profile`
    row("json", &["profile list"], Switch, &[]),
    row("names", &["profile list"], Switch, &[]),
    row("effective", &["profile show"], Switch, &[]),
    row("set", &["profile add", "profile edit"], List, &[]),
    row("extends", &["profile add"], Text, &[]),
    row("force", &["profile add", "profile import"], Switch, &[]),
    row("unset", &["profile edit"], List, &[]),
    row("yes", &["profile remove"], Switch, &[]),
    row("connect", &["profile validate"], Switch, &[]),
    row("with_secrets", &["profile export", "profile import"], Switch, &[]),
    row("name", &["profile import"], Text, &[]),
    row("format", &["profile import"], Text, &[]),
    row("password_env", &["profile import"], Text, &[]),
    row("password_file", &["profile import"], Path, &[]),
    row("dry_run", &["profile import"], Switch, &[]),
];
