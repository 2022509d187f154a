//! `clean-retained`: removes exactly what it prints, and nothing without consent.

use crate::support::wire::{Packet, Publish, connack, puback, publish, suback};
use crate::support::{Link, Program, Running, ScriptedBroker};

/// A broker that has sent retained messages of `a/1` to `a/3`.
fn begun(arguments: &[&str]) -> (ScriptedBroker, Link, Running) {
    let broker = ScriptedBroker::start();
    let running = Program::new(["clean-retained", "a/#"]).port(broker.port()).arg_all(arguments).start();
    let (mut link, _) = broker.accept_session(connack());
    let id = link.expect_subscribe().id;
    let kept = (1..=3).map(|number| publish(&format!("a/{number}"), "kept").retain().into());
    let live = [publish("a/live", "x").into(), publish("a/1", "again").retain().into()];
    link.send_together(std::iter::once(Packet::from(suback(id, [0]))).chain(kept).chain(live));
    (broker, link, running)
}

fn removal(link: &mut Link) -> Publish {
    let removal = link.expect_publish();
    assert_eq!((removal.retain, removal.payload.len(), removal.qos), (true, 0, 1), "{removal:?}");
    removal
}

#[test]
fn a_dry_run_lists_each_topic_once_and_removes_nothing() {
    let (_broker, mut link, running) = begun(&["--dry-run", "--idle-timeout", "0.3", "-T", "a/2"]);
    link.expect_goodbye();
    link.close();
    let ended = running.wait().expect_code(0);
    assert_eq!(ended.text(), "a/1\na/3\n");
    assert!(ended.stderr.ends_with("✔ 2 retained messages would be removed\n"), "{}", ended.stderr);
}

#[test]
fn what_is_removed_is_printed_when_the_broker_has_acknowledged_it() {
    let (_broker, mut link, running) = begun(&["--yes", "--idle-timeout", "0.3"]);
    let topics: Vec<_> = (0..3)
        .map(|number| {
            let Publish { topic, id, .. } = removal(&mut link);
            link.send(puback(id).reason(if number == 1 { 0x87 } else { 0 }));
            topic
        })
        .collect();
    assert_eq!(topics, ["a/1", "a/2", "a/3"]);
    link.expect_goodbye();
    link.close();
    let ended = running.wait().expect_code(5);
    assert_eq!(ended.text(), "a/1\na/3\n");
    assert!(
        ended.stderr.contains("the broker refused the removal of the retained message on `a/2`"),
        "{}",
        ended.stderr
    );
    assert!(ended.stderr.ends_with("✔ 2 retained messages removed\n"), "{}", ended.stderr);
}

#[test]
#[cfg(unix)]
fn on_a_terminal_it_asks_and_anything_but_yes_is_no() {
    for (answer, is_removed) in [("n", false), ("y", true)] {
        let broker = ScriptedBroker::start();
        let program = Program::new(["clean-retained", "a/#", "--idle-timeout", "0.3"]).port(broker.port());
        let mut screen = program.on_screen(24, 80);
        let (mut link, _) = broker.accept_session(connack());
        let id = link.expect_subscribe().id;
        link.send(suback(id, [0]));
        link.send(publish("a/1", "kept").retain());
        screen.wait_for("Remove 1 retained message from");
        screen.enter(answer);
        if is_removed {
            let id = removal(&mut link).id;
            link.send(puback(id));
        }
        link.expect_goodbye();
        link.close();
        screen.wait_for(if is_removed { "1 retained message removed" } else { "nothing removed" });
        assert_eq!(screen.wait_for_end(), 0);
    }
}

#[test]
fn without_consent_and_for_topics_of_the_broker_it_is_a_usage_error() {
    for (arguments, message) in [
        (&["a/#"][..], "cannot prompt: stdin is not a terminal\nhint: --yes removes without asking"),
        (&["--yes"], "FILTER is missing"),
        (&["$SYS/#", "--yes"], "`$SYS/#`: topics below $SYS belong to the broker"),
        (&["$share/g/a", "--yes"], "a shared subscription does not receive retained messages"),
        (&["a", "--yes", "--dry-run"], "--yes and --dry-run cannot be used together"),
    ] {
        let ended = Program::new(["clean-retained"]).arg_all(arguments).port(1).run().expect_code(2);
        assert!(ended.stderr.contains(message), "{}", ended.stderr);
    }
}
