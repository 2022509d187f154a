//! `sub --remove-retained`: what is printed as removed is removed, whatever ends it.

use nix::sys::signal::Signal;

use crate::support::wire::property::Value;
use crate::support::wire::{Packet, Publish, connack, puback, publish, suback};
use crate::support::{Link, Program, Running, ScriptedBroker};

/// A broker that has sent messages of `a/1` to `a/5`, which it keeps.
fn begun(arguments: &[&str]) -> (ScriptedBroker, Link, Running) {
    let broker = ScriptedBroker::start();
    let program = Program::new(["sub", "-t", "a/#", "--remove-retained", "-F", "removed %t"]).port(broker.port());
    let running = program.arg_all(arguments).start();
    let (mut link, _) = broker.accept_session(connack());
    let id = link.expect_subscribe().id;
    let kept = (1..=5).map(|number| publish(&format!("a/{number}"), "kept").retain().into());
    link.send_together(std::iter::once(Packet::from(suback(id, [0]))).chain(kept));
    (broker, link, running)
}

/// The next removal, which is one.
fn removal(link: &mut Link) -> Publish {
    let removal = link.expect_publish();
    assert_eq!((removal.retain, removal.payload.len(), removal.qos), (true, 0, 1), "{removal:?}");
    removal
}

fn remove(link: &mut Link, count: usize) -> String {
    (0..count).fold(String::new(), |lines, _| {
        let Publish { topic, id, .. } = removal(link);
        link.send(puback(id));
        lines + "removed " + &topic + "\n"
    })
}

fn ended_in_order(mut link: Link) {
    link.expect_goodbye();
    link.close();
}

#[test]
fn a_count_removes_as_many_as_it_prints() {
    for (count, length) in [("3", 3), ("5", 5)] {
        let (_broker, mut link, running) = begun(&["-C", count]);
        let lines = remove(&mut link, length);
        ended_in_order(link);
        let ended = running.wait().expect_code(0);
        assert_eq!(ended.text(), lines);
        assert!(ended.stderr.ends_with(&format!("✔ {count} retained messages removed\n")), "{}", ended.stderr);
    }
}

#[test]
fn live_messages_do_not_put_off_the_end() {
    let (_broker, mut link, running) = begun(&[]);
    let lines = remove(&mut link, 5);
    let mut writer = link.writer();
    // As fast as they are read: until the end, there is no silence at all.
    let live = std::thread::spawn(move || {
        let message = Packet::from(publish("a/live", "live")).encode(writer.version());
        while writer.send_until_stuck(&message, 1) == 1 {
            std::thread::yield_now();
        }
    });
    link.expect_goodbye();
    drop(link);
    assert_eq!(running.wait().expect_code(0).text(), lines);
    live.join().unwrap();
}

#[test]
fn a_signal_leaves_no_line_of_what_is_not_removed() {
    for signal in [Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP] {
        let (_broker, mut link, mut running) = begun(&[]);
        let first = remove(&mut link, 1);
        running.wait_for_stdout(first.trim());
        let under_way: Vec<_> = (0..4).map(|_| removal(&mut link)).collect();
        running.signal(signal);
        // The answers still count, those that come; the others are neither removed nor printed.
        for removal in &under_way {
            link.send(puback(removal.id));
        }
        ended_in_order(link);
        let ended = running.wait().expect_code(0);
        let lines = under_way.iter().fold(first, |lines, removal| lines + "removed " + &removal.topic + "\n");
        assert_eq!(ended.text(), lines);
    }
}

#[test]
fn a_timeout_and_an_idle_one_leave_no_line_of_what_is_not_removed() {
    // Without --idle-timeout a removal ends 2 s after the last message.
    for (arguments, code) in [(&["--timeout", "4s", "--idle-timeout", "600s"][..], 8), (&["--idle-timeout", "4s"], 0)] {
        let (_broker, mut link, running) = begun(arguments);
        let lines = remove(&mut link, 5);
        ended_in_order(link);
        assert_eq!(running.wait().expect_code(code).text(), lines);
    }
}

#[test]
fn a_removal_that_is_not_answered_is_not_printed() {
    let (_broker, mut link, running) = begun(&["--timeout", "4s"]);
    let lines = remove(&mut link, 2);
    for _ in 0..3 {
        removal(&mut link);
    }
    ended_in_order(link);
    assert_eq!(running.wait().expect_code(8).text(), lines);
}

#[test]
fn a_removal_that_is_refused_is_not_printed_and_exits_5() {
    let (_broker, mut link, running) = begun(&["-C", "3"]);
    let first = removal(&mut link);
    link.send(puback(first.id).reason(0x87));
    let lines = remove(&mut link, 2);
    ended_in_order(link);
    let ended = running.wait().expect_code(5);
    assert_eq!(ended.text(), lines);
    let says = "error: the broker refused the removal of the retained message on `a/1`: Not authorized (0x87)";
    assert!(ended.stderr.contains(says), "{}", ended.stderr);
}

#[test]
fn a_broker_that_keeps_nothing_is_not_asked_to_remove() {
    let broker = ScriptedBroker::start();
    let program = Program::new(["sub", "-t", "a", "--remove-retained", "-C", "1", "-F", "removed %t"]);
    let running = program.port(broker.port()).start();
    let retain_available = (0x25, Value::Byte(0));
    let (mut link, _) = broker.accept_session(connack().with(retain_available));
    let id = link.expect_subscribe().id;
    link.send(suback(id, [0]));
    link.send(publish("a", "kept").retain());
    ended_in_order(link);
    assert_eq!(running.wait().expect_code(5).text(), "");
}

#[test]
fn a_removal_that_is_lost_with_its_connection_is_sent_again() {
    let (broker, mut link, running) = begun(&["-rp", "1"]);
    let lines = remove(&mut link, 2);
    for _ in 0..3 {
        removal(&mut link);
    }
    link.cut();
    let (mut link, _) = broker.accept_session(connack());
    let mut again = String::new();
    loop {
        match link.receive() {
            Packet::Subscribe(subscribe) => link.send(suback(subscribe.id, [0])),
            Packet::Publish(publish) => {
                again = again + "removed " + &publish.topic + "\n";
                link.send(puback(publish.id));
            }
            other => {
                assert!(matches!(other, Packet::Disconnect(_)), "{other:?}");
                break;
            }
        }
    }
    link.close();
    assert_eq!(again.lines().count(), 3);
    assert_eq!(running.wait().expect_code(0).text(), lines + &again);
}

#[test]
fn a_message_that_comes_twice_is_removed_once() {
    let (_broker, mut link, running) = begun(&["--idle-timeout", "4s"]);
    let lines = remove(&mut link, 5);
    // Of a second filter; and our own removal, as Retain As Published sends it back.
    link.send(publish("a/1", "kept").retain());
    link.send(publish("a/2", "").retain());
    ended_in_order(link);
    assert_eq!(running.wait().expect_code(0).text(), lines);
}

#[test]
fn a_reader_that_has_gone_ends_it() {
    let broker = ScriptedBroker::start();
    let program = Program::new(["sub", "-t", "a/#", "--remove-retained"]).port(broker.port());
    let running = program.without_reader().start();
    let (mut link, _) = broker.accept_session(connack());
    let id = link.expect_subscribe().id;
    link.send(suback(id, [0]));
    ended_in_order(link);
    running.wait().expect_code(0);
}

#[test]
fn a_dry_run_removes_nothing_however_it_ends() {
    for (arguments, lines) in [(&["-C", "3"][..], 3), (&[], 5)] {
        let (_broker, link, running) = begun(&[&["--dry-run"], arguments].concat());
        ended_in_order(link);
        let ended = running.wait().expect_code(0);
        assert_eq!(ended.text().lines().count(), lines);
        assert_eq!(ended.stderr.matches("Would remove the retained message on a/").count(), lines);
    }
}
