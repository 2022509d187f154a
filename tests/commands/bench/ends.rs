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
    assert_eq!((report.counts.connections_attempted, report.counts.connections_lost), (4, 4), "{:?}", report.counts);
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
    assert_eq!(read(&path).counts.connections_attempted, 1);
}

#[test]
fn answers_that_never_come_are_waited_for_as_long_as_the_drain_says() {
    let broker = ScriptedBroker::start();
    let (_folder, path) = report_file();
    let program = bench("pub -c 1 -t b -q 1 --rate 1000/s -L 3 --drain 0.3", broker.port(), &path).start();
    let (mut link, _) = broker.accept_session(connack());
    for _ in 0..3 {
        link.expect_publish();
    }
    link.expect_disconnect();
    link.close();
    program.wait().expect_code(8);
    let report = read(&path);
    assert_eq!((report.ended, report.counts.unacknowledged), (Ended::Done, 3), "not stalled: {:?}", report.counts);
    assert!(report.seconds.draining < 30.0, "{:?}", report.seconds);
}

#[test]
fn answers_that_trickle_in_are_not_waited_for_without_an_end() {
    let broker = ScriptedBroker::start();
    let (_folder, path) = report_file();
    let line = "pub -c 1 -t b -q 1 --rate 1000/s --inflight 1000 -L 1000 --drain 1";
    let program = bench(line, broker.port(), &path).start();
    let (mut link, _) = broker.accept_session(connack());
    let ids: Vec<u16> = (0..1000).map(|_| link.expect_publish().id).collect();
    let mut writer = link.writer();
    let trickle = std::thread::spawn(move || {
        link.expect_disconnect();
        link.close();
    });
    // Always before the drain is over, and with a thousand of them for much longer than ten of it.
    for id in ids {
        if trickle.is_finished() {
            break;
        }
        writer.send(puback(id));
        std::thread::park_timeout(std::time::Duration::from_millis(100));
    }
    trickle.join().unwrap();
    program.wait().expect_code(8);
    let counts = read(&path).counts;
    assert!(counts.unacknowledged > 0 && counts.acknowledged > 1, "{counts:?}");
}

#[cfg(unix)]
#[test]
fn a_signal_ends_the_wait_for_answers_at_once() {
    // Behind a load by time it is the drain; that of a load by number belongs to the load.
    for (load, at_least) in [("--duration 0.2", 1), ("-L 20", 20)] {
        let broker = ScriptedBroker::start();
        let (_folder, path) = report_file();
        let line = format!("pub -c 1 -t b -q 1 --rate 100/s {load} --drain 3600");
        let mut program = bench(&line, broker.port(), &path).start();
        let (mut link, _) = broker.accept_session(connack());
        link.expect_publish();
        // A whole second behind the load; a machine that was busy at its end sent less than planned.
        let sent: u64 = loop {
            let line = program.wait_for_stdout(", message rate: 0/s");
            let total = line.split("Published total: ").nth(1).and_then(|rest| rest.split(',').next());
            match total.and_then(|total| total.parse().ok()) {
                Some(sent) if sent >= at_least => break sent,
                _ => {}
            }
        };
        for _ in 1..sent {
            link.expect_publish();
        }
        program.signal(nix::sys::signal::Signal::SIGTERM);
        link.expect_disconnect();
        link.close();
        let ended = program.wait().expect_code(143);
        assert!(ended.stderr.contains(&format!("ended with {sent} message")), "{}", ended.stderr);
        let report = read(&path);
        let unacknowledged = report.counts.unacknowledged;
        assert_eq!((report.ended, unacknowledged), (Ended::InterruptedEarly, sent), "{load}: {:?}", report.counts);
    }
}

#[cfg(unix)]
#[test]
fn a_signal_during_the_load_waits_for_answers_and_a_second_one_does_not() {
    let broker = ScriptedBroker::start();
    let (_folder, path) = report_file();
    let mut program = bench("pub -c 1 -t b -q 1 --rate 100/s --drain 3600", broker.port(), &path).start();
    let (mut link, _) = broker.accept_session(connack());
    link.expect_publish();
    program.signal(nix::sys::signal::Signal::SIGINT);
    program.wait_for_stderr("Stopping: waiting up to 3600 s");
    program.signal(nix::sys::signal::Signal::SIGINT);
    link.receive_until_end();
    program.wait().expect_code(8);
    assert_eq!(read(&path).ended, Ended::Interrupted);
}

#[cfg(unix)]
#[test]
fn clients_that_connected_before_an_interrupt_are_counted_as_connected() {
    let broker = ScriptedBroker::start();
    let (_folder, path) = report_file();
    let program = bench("conn -c 5 -i 0 --workers 1 --handshakes 1", broker.port(), &path).start();
    let links = [broker.accept_session(connack()).0, broker.accept_session(connack()).0];
    // One at a time: when it is dialled, the two before are connected.
    let mut third = broker.accept();
    third.expect_connect();
    program.signal(nix::sys::signal::Signal::SIGINT);
    for mut link in links {
        link.expect_disconnect();
        link.close();
    }
    let ended = program.wait().expect_code(0);
    assert!(ended.text().contains("2 of 5 in"), "{}", ended.text());
    assert!(!ended.text().contains("connected again"), "{}", ended.text());
    assert_eq!(read(&path).clients.connected, 2);
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
