//! A broker that has lost the session, or was never asked to keep it, packet by packet.

use crate::support::wire::{Packet, connack, disconnect, property, puback, pubcomp, pubrec};
use crate::support::{Link, Program, Running, ScriptedBroker};

/// `pub -lm` with ten lines, and the broker that it talks to.
fn publishing(options: &[&str]) -> (ScriptedBroker, Running) {
    let broker = ScriptedBroker::start();
    let mut running = Program::new(["pub", "-t", "a", "-lm", "-rp", "1"]).port(broker.port()).arg_all(options).start();
    running.write("1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n");
    (broker, running)
}

/// The identifiers of the next messages, which have these payloads and this DUP.
fn expect_publishes(link: &mut Link, payloads: std::ops::RangeInclusive<u32>, dup: bool) -> Vec<u16> {
    let publish = |payload: u32| {
        let publish = link.expect_publish();
        assert_eq!((publish.text(), publish.dup), (payload.to_string().as_str(), dup), "{publish:?}");
        publish.id
    };
    payloads.map(publish).collect()
}

/// The versions, each with the options with which the session is not there at the second connection.
const GONE: &[&[&str]] = &[
    &["-V", "5.0"],
    &["-V", "3.1.1"],
    &["-V", "5.0", "--no-clean", "-i", "x"],
    &["-V", "3.1.1", "--no-clean", "-i", "x"],
];

#[test]
fn qos_1_is_published_anew_in_its_order() {
    for options in GONE {
        let (broker, mut running) = publishing(&[options, &["-q", "1"][..]].concat());
        let (mut link, _) = broker.accept_session(connack());
        let ids = expect_publishes(&mut link, 1..=10, false);
        // Out of order, so that what is left has gaps.
        for index in [0, 1, 4] {
            link.send(puback(ids[index]));
        }
        link.close();
        let (mut link, _) = broker.accept_session(connack());
        running.write("11\n");
        running.close_stdin();
        for payload in [3, 4, 6, 7, 8, 9, 10, 11] {
            let id = expect_publishes(&mut link, payload..=payload, false)[0];
            link.send(puback(id));
        }
        link.receive_until_end();
        let ended = running.wait().expect_code(0);
        assert!(ended.stderr.contains("11 messages published, 11 acknowledged"), "{options:?}: {}", ended.stderr);
    }
}

#[test]
fn qos_2_without_pubcomp_is_neither_repeated_nor_counted() {
    for options in GONE {
        let (broker, mut running) = publishing(&[options, &["-q", "2"][..]].concat());
        let (mut link, _) = broker.accept_session(connack());
        let ids = expect_publishes(&mut link, 1..=10, false);
        for id in &ids[..3] {
            link.send(pubrec(*id));
            link.expect_pubrel(*id);
        }
        link.send(pubcomp(ids[0]));
        link.close();
        let (mut link, _) = broker.accept_session(connack());
        running.write("11\n");
        running.close_stdin();
        let id = expect_publishes(&mut link, 11..=11, false)[0];
        link.send(pubrec(id));
        link.expect_pubrel(id);
        link.send(pubcomp(id));
        let rest = link.receive_until_end();
        assert!(rest.iter().all(|packet| matches!(packet, Packet::Disconnect(_))), "{options:?}: {rest:?}");
        let ended = running.wait().expect_code(7);
        assert!(ended.stderr.contains("2 of 11 messages acknowledged"), "{options:?}: {}", ended.stderr);
        assert!(ended.stderr.contains("9 uncertain"), "{options:?}: {}", ended.stderr);
    }
}

#[test]
fn qos_2_is_repeated_on_request() {
    for options in GONE {
        let (broker, mut running) = publishing(&[options, &["-q", "2", "--resend-uncertain"][..]].concat());
        let (mut link, _) = broker.accept_session(connack());
        let ids = expect_publishes(&mut link, 1..=10, false);
        link.send(pubrec(ids[0]));
        link.expect_pubrel(ids[0]);
        link.close();
        let (mut link, _) = broker.accept_session(connack());
        running.close_stdin();
        for id in expect_publishes(&mut link, 1..=10, false) {
            link.send(pubrec(id));
            link.expect_pubrel(id);
            link.send(pubcomp(id));
        }
        link.receive_until_end();
        let ended = running.wait().expect_code(0);
        assert!(ended.stderr.contains("10 messages published, 10 acknowledged"), "{options:?}: {}", ended.stderr);
    }
}

#[test]
fn the_users_own_session_expiry_interval_stands() {
    let broker = ScriptedBroker::start();
    let arguments = ["pub", "-t", "a", "-m", "x", "-q", "1", "-se", "77"];
    let running = Program::new(arguments).port(broker.port()).start();
    let (mut link, connect) = broker.accept_session(connack());
    assert_eq!(connect.properties.number(property::SESSION_EXPIRY_INTERVAL), Some(77));
    let id = link.expect_publish().id;
    link.send(puback(id));
    link.receive_until_end();
    running.wait().expect_code(0);
}

#[test]
fn a_run_that_promises_nothing_asks_for_no_session() {
    for options in [&["-q", "0"][..], &["-q", "1", "-rp", "0"], &["-q", "2", "-V", "3.1.1"]] {
        let broker = ScriptedBroker::start();
        let arguments = ["pub", "-t", "a", "-m", "x"];
        let running = Program::new(arguments).arg_all(options).port(broker.port()).start();
        let (mut link, connect) = broker.accept_session(connack());
        assert!(
            connect.clean && connect.properties.number(property::SESSION_EXPIRY_INTERVAL).unwrap_or(0) == 0,
            "{connect:?}"
        );
        let publish = link.expect_publish();
        match publish.qos {
            1 => link.send(puback(publish.id)),
            2 => {
                link.send(pubrec(publish.id));
                link.expect_pubrel(publish.id);
                link.send(pubcomp(publish.id));
            }
            _ => {}
        }
        link.expect(disconnect(0));
        link.close();
        running.wait().expect_code(0);
    }
}
