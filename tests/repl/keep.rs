//! What stays: retained messages, notes, settings, the log of a session.

use std::fs;

use crate::person::{Person, enter, is_waiting, subscribe};
use crate::support::wire::{connack, puback, publish, suback, unsuback};
use crate::support::{Ended, Link, Program, ScriptedBroker};

/// A script against a broker that the test plays.
fn script(broker: &ScriptedBroker, lines: &str) -> Program {
    Program::new(["repl", "-i", "me"]).port(broker.port()).stdin(lines)
}

/// Answers a `retained` with two messages and one that is live.
fn serve_retained(link: &mut Link) {
    let asked = link.expect_subscribe();
    link.send(suback(asked.id, [0]));
    link.send(publish("car/2", r#"{"on": true}"#).retain());
    link.send(publish("car/1", "parked\x1b[2J").retain());
    link.send(publish("car/3", "live"));
    let ended = link.expect_unsubscribe();
    link.send(unsuback(ended.id, [0]));
}

/// Runs a script whose first line is a `retained`.
fn run(lines: &str, then: impl FnOnce(&mut Link)) -> Ended {
    let broker = ScriptedBroker::start();
    let running = script(&broker, lines).start_with_stdin();
    let (mut link, _) = broker.accept_session(connack());
    serve_retained(&mut link);
    then(&mut link);
    link.expect_goodbye();
    link.close();
    running.wait()
}

#[test]
fn retained_messages_are_listed_and_are_no_messages_of_the_session() {
    let ended = run("retained car/# --idle-timeout 2\ncount\n", |_| {}).expect_code(0);
    let lines: Vec<_> =
        ended.text().lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
    assert_eq!(lines, [r"car/1 10 bytes parked\x1b[2J", r#"car/2 12 bytes {"on": true}"#, "0"]);
}

#[test]
fn retained_messages_are_removed_only_with_yes_in_a_script() {
    let refused = run("retained clear car/# --idle-timeout 2\n", |_| {}).expect_code(2);
    assert!(refused.stderr.contains("--yes removes them"), "{}", refused.stderr);
    let dry = run("retained clear car/# --dry-run --idle-timeout 2\n", |_| {}).expect_code(0);
    assert!(dry.stderr.contains("Would remove 2 retained messages"), "{}", dry.stderr);
    let removed = run("retained clear car/# --yes --idle-timeout 2\n", |link| {
        for topic in ["car/1", "car/2"] {
            let removal = link.expect_publish();
            assert_eq!((removal.topic.as_str(), removal.text(), removal.retain), (topic, "", true));
            link.send(puback(removal.id));
        }
    });
    assert!(removed.expect_code(0).stderr.contains("✔ 2 retained messages removed"));
}

#[test]
fn a_person_is_asked_before_retained_messages_are_removed() {
    let person = Person::new();
    let (mut screen, mut link) = person.sits_down();
    enter(&mut screen, "retained clear car/# --idle-timeout 2");
    serve_retained(&mut link);
    screen.wait_for("Remove 2 retained messages? [y/N]");
    screen.type_keys("n");
    screen.wait_for("Nothing is removed");
    screen.wait_until("a prompt", is_waiting);
    enter(&mut screen, "retained clear car/# --idle-timeout 2");
    serve_retained(&mut link);
    screen.wait_until("the second question", |screen| screen.contents().matches("[y/N]").count() == 2);
    screen.type_keys("y");
    for _ in 0..2 {
        let removal = link.expect_publish();
        link.send(puback(removal.id));
    }
    screen.wait_for("✔ 2 retained messages removed");
    screen.wait_until("a prompt", is_waiting);
}

#[test]
fn a_note_is_a_line_with_a_name_in_a_file_that_can_be_shared() {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("team.toml");
    fs::write(&file, "# ours\ndim = 'pub lamp/1 $level'\n").unwrap();
    let lines =
        "note file team.toml\nnote save on pub 'lamp/1 a' 'o n' -q 1\nvar level 7\nnote dim\nnote on --retain\nnote\n";
    let broker = ScriptedBroker::start();
    let running = script(&broker, lines).directory(home.path()).home(home.path()).start_with_stdin();
    let (mut link, _) = broker.accept_session(connack());
    let dimmed = link.expect_publish();
    assert_eq!((dimmed.topic.as_str(), dimmed.text()), ("lamp/1", "7"));
    let on = link.expect_publish();
    assert_eq!((on.topic.as_str(), on.text(), on.retain), ("lamp/1 a", "o n", true));
    link.send(puback(on.id));
    link.expect_goodbye();
    link.close();
    let ended = running.wait().expect_code(0);
    let rows: Vec<_> = ended.text().lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
    assert_eq!(rows, ["dim pub lamp/1 $level", "on pub 'lamp/1 a' 'o n' -q 1"]);
    let written = fs::read_to_string(&file).unwrap();
    assert!(written.starts_with("# ours\n"), "{written}");
    for (line, wanted) in [
        ("note onn", "did you mean `on`?"),
        ("note save login pub a -P x", "holds a secret"),
        ("note save save pub a x", "cannot name a note"),
        ("note save loop note loop\nnote loop", "runs itself"),
    ] {
        let lines = format!("note file team.toml\n{line}\n");
        let ended = Program::new(["repl"]).stdin(lines).directory(home.path()).home(home.path()).run().expect_code(2);
        assert!(ended.stderr.contains(wanted), "{line}: {}", ended.stderr);
    }
}

#[test]
fn a_session_begins_with_what_was_saved_and_with_the_lines_of_the_start_up_file() {
    let person = Person::new();
    let folder = person.home.path().join(".config/mqttx-rs");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("replrc"), "nonsense\nvar town 'New York'\n").unwrap();
    let (mut screen, mut link) = person.sits_down();
    screen.wait_for("replrc:1: unknown command `nonsense`");
    for line in ["alias go 'pub car/go $town'", "var api_key hunter2", "set qos 1", "set template '%t is %p'"] {
        enter(&mut screen, line);
        screen.wait_until("a prompt", is_waiting);
    }
    enter(&mut screen, "save-settings");
    screen.wait_for("`var api_key` is not saved");
    screen.wait_until("a prompt", is_waiting);
    enter(&mut screen, "exit");
    link.expect_goodbye();
    link.close();
    assert_eq!(screen.wait_for_end(), 0);
    assert!(!person.files().contains("hunter2"), "{}", person.files());
    let (mut screen, mut link) = person.sits_down();
    enter(&mut screen, "go");
    let went = link.expect_publish();
    assert_eq!((went.topic.as_str(), went.text(), went.qos), ("car/go", "New York", 1));
    link.send(puback(went.id));
    screen.wait_until("a prompt", is_waiting);
    let mut without = person.program().arg("--no-rc").on_screen(24, 80);
    let (_link, _) = person.broker.accept_session(connack());
    without.wait_until("a prompt", is_waiting);
    enter(&mut without, "alias");
    without.wait_for("No aliases");
    assert!(!without.contents().contains("nonsense"), "{}", without.contents());
}

#[test]
fn what_is_shown_and_typed_goes_to_a_file_without_colours_and_secrets() {
    let person = Person::new();
    let log = person.home.path().join("session.log");
    let (mut screen, mut link) = person.sits_down();
    enter(&mut screen, &format!("tee {}", log.display()));
    screen.wait_until("a prompt", is_waiting);
    subscribe(&mut screen, &mut link, "#");
    link.send(publish("car/1", "fast"));
    screen.wait_for("car/1: fast");
    enter(&mut screen, "var password hunter2");
    screen.wait_until("a prompt", is_waiting);
    enter(&mut screen, "tee off");
    screen.wait_until("a prompt", is_waiting);
    enter(&mut screen, "count");
    screen.wait_until("a prompt", is_waiting);
    let text = fs::read_to_string(&log).unwrap();
    let lines: Vec<_> = text.lines().skip(1).collect();
    let secret = "> var ... (not shown: it holds a secret)";
    assert_eq!(lines, ["> sub #", "✔ Subscribed to #", "#1 car/1: fast", secret, "> tee off"], "{text}");
}
