//! A stdout that is not read, as with a `less` that is not scrolled: the connection stays open, and nothing is lost.

use crate::support::wire::{Packet, connack, disconnect, publish, suback};
use crate::support::{Link, Mosquitto, Program, RawClient, Running, ScriptedBroker};
use mqttx_rs::mqtt::Version;
use nix::sys::signal::Signal;

/// A payload of 1 KB that says which it is.
fn payload(number: usize) -> String {
    format!("{number:01024}")
}

fn lines(count: usize) -> String {
    (0..count).fold(String::new(), |all, number| all + &payload(number) + "\n")
}

fn subscribed(broker: &ScriptedBroker, arguments: &[&str], qos: u8) -> (Running, Link) {
    let program = Program::new(["sub", "-t", "a", "-k", "1", "--output-mode", "raw"]).port(broker.port());
    let running = program.arg_all(arguments).without_reading().start();
    let (mut link, _) = broker.accept_session(connack());
    let id = link.expect_subscribe().id;
    link.send(suback(id, [qos]));
    (running, link)
}

/// Messages at `QoS` 0 until the program takes no more: how many.
fn fill(link: &mut Link) -> usize {
    link.shrink_buffers();
    let mut writer = link.writer();
    let mut count = 0;
    while writer.send_until_stuck(&Packet::from(publish("a", payload(count))).encode(Version::V5), 1) == 1 {
        count += 1;
    }
    count
}

#[test]
fn pings_go_on_and_every_message_is_printed_in_the_end() {
    let broker = ScriptedBroker::start();
    let (mut running, mut link) = subscribed(&broker, &[], 0);
    let count = fill(&mut link);
    // More than three Keep Alives, in which nothing is read, PINGRESP neither.
    for _ in 0..3 {
        link.expect(Packet::Pingreq);
    }
    running.read_stdout();
    running.wait_for_stdout(&payload(count - 1));
    running.signal(Signal::SIGINT);
    let ended = running.wait().expect_code(0);
    assert_eq!(ended.text(), lines(count), "the last was not whole");
}

#[test]
fn a_signal_ends_it_all_the_same() {
    let broker = ScriptedBroker::start();
    let (running, mut link) = subscribed(&broker, &[], 0);
    fill(&mut link);
    running.signal(Signal::SIGTERM);
    link.expect_eventually(disconnect(0));
    drop(link);
    running.wait().expect_code(0);
}

#[test]
fn nothing_is_acknowledged_that_is_not_written() {
    const LENGTH: usize = 300;
    let broker = ScriptedBroker::start();
    let count = LENGTH.to_string();
    let (mut running, mut link) = subscribed(&broker, &["-q", "1", "-C", &count], 1);
    for number in 0..LENGTH {
        link.send(publish("a", payload(number)).qos(1).id(u16::try_from(number + 1).unwrap()));
    }
    // A pipe holds 64 KB, so that far fewer than the first half are written and acknowledged.
    let mut acknowledged = 0;
    loop {
        match link.receive() {
            Packet::Pingreq => break,
            Packet::Ack(_) => acknowledged += 1,
            other => panic!("{other:?}"),
        }
    }
    assert!(acknowledged < LENGTH / 2, "{acknowledged}");
    running.read_stdout();
    for number in acknowledged..LENGTH {
        link.expect_puback(u16::try_from(number + 1).unwrap());
    }
    link.expect_goodbye();
    link.close();
    assert_eq!(running.wait().expect_code(0).text(), lines(LENGTH));
}

#[test]
fn mosquitto_keeps_a_subscriber_whose_reader_sleeps() {
    const LENGTH: usize = 5000;
    let Some(mosquitto) = Mosquitto::start("max_queued_messages 0\nset_tcp_nodelay true") else { return };
    let count = LENGTH.to_string();
    let arguments = ["sub", "-t", "a", "-q", "1", "-k", "3", "-C", &count, "--output-mode", "raw"];
    let mut running = Program::new(arguments).port(mosquitto.port()).without_reading().start();
    running.wait_for_stderr("Subscribed to a");
    let mut publisher = RawClient::connect(mosquitto.address(), Version::V5, "publisher");
    for number in 0..LENGTH {
        publisher.publish("a", payload(number), 0);
    }
    // Two Keep Alives of silence, by a clock that everybody agrees on. They are not of a second: mosquitto, which allows
    // one and a half, would end a subscriber that gets no core for half a second.
    let mut clock = Program::new(["conn", "-k", "3", "--trace"]).port(mosquitto.port()).start();
    for _ in 0..3 {
        clock.wait_for_stderr("<- PINGRESP");
    }
    running.read_stdout();
    let ended = running.wait().expect_code(0);
    assert_eq!(ended.text(), lines(LENGTH));
    assert_eq!(ended.stderr, "✔ Connected\n✔ Subscribed to a\n", "it was never lost");
}
