//! Messages that are published while there is no connection.

use crate::person::{enter, is_waiting};
use crate::support::net::FaultyLink;
use crate::support::wire::{connack, puback};
use crate::support::{Link, Program, Screen, ScriptedBroker};

/// A session whose connection is lost, with these lines entered, and then there again.
fn published_offline(home: &std::path::Path, lines: &[&str]) -> (Screen, Link, ScriptedBroker, FaultyLink) {
    let broker = ScriptedBroker::start();
    let network = FaultyLink::to(broker.address());
    let arguments = ["repl", "-i", "me", "--reconnect-period", "10ms", "--maximum-reconnect-times", "1000"];
    let mut screen = Program::new(arguments).port(network.port()).home(home).on_screen(24, 100);
    let (link, _) = broker.accept_session(connack());
    screen.wait_for("✔ Connected");
    screen.wait_until("a prompt", is_waiting);
    network.refuse();
    network.reset();
    drop(link);
    screen.wait_for("◌ ");
    for line in lines {
        enter(&mut screen, line);
        screen.wait_until("a prompt", is_waiting);
    }
    screen.wait_for("Will be sent when connected");
    network.heal();
    let (link, _) = broker.accept_session(connack());
    (screen, link, broker, network)
}

#[test]
fn messages_that_waited_for_the_connection_are_counted_when_they_are_delivered() {
    let home = tempfile::tempdir().unwrap();
    let lines = ["pub a 1 -q 1", "pub b 2 -q 1", "pub c 3 -q 1", "connections"];
    let (mut screen, mut link, _broker, _network) = published_offline(home.path(), &lines);
    screen.wait_for(", 3 queued  ");
    for payload in ["1", "2", "3"] {
        let message = link.expect_publish();
        assert_eq!(message.text(), payload);
        link.send(puback(message.id));
    }
    screen.wait_for_line("✔ 3 queued messages were delivered");
    enter(&mut screen, "pub d 4 -q 1");
    let message = link.expect_publish();
    link.send(puback(message.id));
    screen.wait_for_line("✔ Message published");
}

#[test]
fn a_queued_message_that_is_refused_is_named() {
    let home = tempfile::tempdir().unwrap();
    let lines = ["pub a 1 -q 1", "pub b 2 -q 1", "pub c 3 -q 1"];
    let (mut screen, mut link, _broker, _network) = published_offline(home.path(), &lines);
    for reason in [0, 0x87, 0] {
        let message = link.expect_publish();
        link.send(puback(message.id).reason(reason));
    }
    screen.wait_for("error: the broker refused the queued message to `b`: Not authorized");
    screen.wait_for_line("✔ 2 of 3 queued messages were delivered");
}

#[test]
fn messages_at_qos_0_that_waited_were_sent_and_no_more_is_known() {
    let home = tempfile::tempdir().unwrap();
    let (mut screen, mut link, _broker, _network) = published_offline(home.path(), &["pub a 1", "pub b 2"]);
    assert_eq!(link.expect_publish().text(), "1");
    assert_eq!(link.expect_publish().text(), "2");
    screen.wait_for_line("✔ 2 queued messages were sent");
}

#[test]
fn why_a_connection_is_lost_is_not_repeated_with_every_attempt() {
    let home = tempfile::tempdir().unwrap();
    let broker = ScriptedBroker::start();
    let arguments = ["repl", "-i", "me", "--reconnect-period", "10ms"];
    let mut screen = Program::new(arguments).port(broker.port()).home(home.path()).on_screen(24, 100);
    let (link, _) = broker.accept_session(connack());
    screen.wait_for("✔ Connected");
    screen.wait_until("a prompt", is_waiting);
    drop(broker);
    drop(link);
    screen.wait_for("reconnecting [4/10]");
    let reasons = screen.lines().iter().filter(|line| line.contains("connection refused")).count();
    assert_eq!(reasons, 1, "{}", screen.contents());
}
