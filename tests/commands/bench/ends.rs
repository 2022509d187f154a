//! A run always ends: with clients that are gone, messages that are refused, and links that flap.

use super::{bench, read, report_file};
use crate::support::ScriptedBroker;
use crate::support::wire::{connack, property, puback};
use mqttx_rs::internals::Ended;

#[test]
fn the_share_of_a_client_that_never_connected_is_dropped_not_waited_for() {
    let broker = ScriptedBroker::start();
    let (_folder, path) = report_file();
    let program = bench("pub -c 2 -i 0 -q 1 -t b --unpaced -L 10", broker.port(), &path).start();
    let (mut link, _) = broker.accept_session(connack());
    let mut refused = broker.accept();
    refused.expect_connect();
    refused.send(connack().refusing(0x87));
    for _ in 0..5 {
        let id = link.expect_publish().id;
        link.send(puback(id));
    }
    link.expect_disconnect();
    link.close();
    program.wait().expect_code(4);
    let counts = read(&path).counts;
    assert_eq!((counts.scheduled, counts.acknowledged, counts.dropped), (10, 5, 5), "{counts:?}");
}

#[test]
fn messages_that_the_broker_does_not_allow_are_refused_to_the_last_and_the_run_ends() {
    let broker = ScriptedBroker::start();
    let (_folder, path) = report_file();
    let program = bench("pub -c 1 -q 2 -t b --unpaced -L 100000", broker.port(), &path).start();
    let limits = connack().with((0x24, property::Value::Byte(1))).with((0x21, property::Value::Two(20)));
    let (mut link, _) = broker.accept_session(limits);
    link.expect_disconnect();
    link.close();
    program.wait().expect_code(5);
    let counts = read(&path).counts;
    assert_eq!((counts.scheduled, counts.sent, counts.refused), (100_000, 0, 100_000), "{counts:?}");
}

#[test]
fn a_connection_that_flaps_is_given_up_after_so_many_attempts() {
    let broker = ScriptedBroker::start();
    let (_folder, path) = report_file();
    let line = "sub -c 1 -t secret --reconnect -rp 1ms --maximum-reconnect-times 3";
    let program = bench(line, broker.port(), &path).start();
    for _ in 0..4 {
        let (mut link, _) = broker.accept_session(connack());
        link.expect_subscribe();
        link.cut();
    }
    program.wait().expect_code(7);
    let report = read(&path);
    assert_eq!((report.counts.connects_attempted, report.counts.connections_lost), (4, 4), "{:?}", report.counts);
    assert_eq!(report.ended, Ended::NeverConnected);
}

#[test]
fn a_client_that_is_refused_for_good_does_not_come_again() {
    let broker = ScriptedBroker::start();
    let (_folder, path) = report_file();
    let program = bench("conn -c 1 --reconnect -rp 1ms", broker.port(), &path).start();
    let mut link = broker.accept();
    link.expect_connect();
    link.send(connack().refusing(0x86));
    program.wait().expect_code(4);
    assert_eq!(read(&path).counts.connects_attempted, 1);
}

#[test]
fn what_a_lost_session_was_to_acknowledge_is_not_waited_for() {
    let broker = ScriptedBroker::start();
    let (_folder, path) = report_file();
    let line = "pub -c 1 -q 1 -t b --rate 1000/s -L 3 --reconnect -rp 1ms";
    let program = bench(line, broker.port(), &path).start();
    let (mut link, _) = broker.accept_session(connack());
    for _ in 0..3 {
        link.expect_publish();
    }
    link.cut();
    let (mut link, _) = broker.accept_session(connack());
    link.expect_disconnect();
    link.close();
    program.wait().expect_code(7);
    let report = read(&path);
    assert_eq!(report.ended, Ended::Done, "not stalled");
    assert_eq!((report.counts.sent, report.counts.unacknowledged), (3, 3), "{:?}", report.counts);
}
