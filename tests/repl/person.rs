//! A person at a terminal of `repl`.

use std::fs;
use std::path::Path;

use tempfile::TempDir;

use crate::support::screen::key;
use crate::support::wire::{connack, suback};
use crate::support::{Link, Program, Screen, ScriptedBroker};

/// A person at a terminal, whose files are in a folder of their own.
pub(crate) struct Person {
    pub(crate) home: TempDir,
    pub(crate) broker: ScriptedBroker,
}

impl Person {
    pub(crate) fn new() -> Self {
        Self { home: tempfile::tempdir().unwrap(), broker: ScriptedBroker::start() }
    }

    pub(crate) fn program(&self) -> Program {
        Program::new(["repl", "-i", "me", "--reconnect-period", "10ms"]).port(self.broker.port()).home(self.home.path())
    }

    /// A session that is connected, and waits for a line.
    pub(crate) fn sits_down(&self) -> (Screen, Link) {
        self.sits_down_at(24, 80)
    }

    pub(crate) fn sits_down_at(&self, rows: u16, columns: u16) -> (Screen, Link) {
        let mut screen = self.program().on_screen(rows, columns);
        let (link, _) = self.broker.accept_session(connack());
        screen.wait_for("✔ Connected");
        screen.wait_until("a prompt", is_waiting);
        (screen, link)
    }

    /// Everything that is written below the home.
    pub(crate) fn files(&self) -> String {
        fn read(folder: &Path, into: &mut String) {
            for entry in fs::read_dir(folder).unwrap().flatten() {
                if entry.path().is_dir() {
                    read(&entry.path(), into);
                } else {
                    into.push_str(&fs::read_to_string(entry.path()).unwrap());
                }
            }
        }
        let mut all = String::new();
        read(self.home.path(), &mut all);
        all
    }
}

/// The cursor is after an empty prompt.
pub(crate) fn is_waiting(screen: &Screen) -> bool {
    let line = screen.cursor_line();
    // What is suggested behind a typed line may end so too.
    line.ends_with('>') && !line.contains("> ") && !screen.shows_input()
}

/// What is typed behind the prompt.
pub(crate) fn typed(screen: &Screen) -> String {
    screen.cursor_line().split_once("> ").map_or_else(String::new, |(_, typed)| typed.to_owned())
}

/// Types a line, sees it, and enters it: from then on there is no prompt until its command is done.
pub(crate) fn enter(screen: &mut Screen, line: &str) {
    screen.type_keys(line);
    screen.wait_until(&format!("`{line}` typed"), |screen| typed(screen).starts_with(line));
    screen.type_keys(key::ENTER);
}

/// Subscribes, and waits for the next prompt.
pub(crate) fn subscribe(screen: &mut Screen, link: &mut Link, filter: &str) {
    enter(screen, &format!("sub {filter}"));
    let subscribe = link.expect_subscribe();
    link.send(suback(subscribe.id, [0]));
    screen.wait_for_line(&format!("✔ Subscribed to {filter}"));
    screen.wait_until("a prompt", is_waiting);
}
