//! What happens without any connection.

use nix::sys::signal::Signal;

use crate::account::{Account, numbers};
use crate::broker::Broker;
use crate::cases::{self, Session, ensure, unique};
use crate::receiver::Receiver;
use crate::support::Program;
use crate::support::net::CuttingLink;

/// The sessions that outlive a connection.
const KEPT: &[(&str, Session)] = &[("5.0", Session::Default), ("5.0", Session::Kept), ("3.1.1", Session::Kept)];

#[test]
fn sub_prints_what_was_published_while_it_had_no_connection() {
    let Some(broker) = Broker::mosquitto("") else { return };
    let cases: Vec<(&str, Session, u8)> =
        KEPT.iter().flat_map(|&(version, session)| [1, 2].map(|qos| (version, session, qos))).collect();
    cases::run_all(&cases, |&(version, session, qos)| {
        let number = unique();
        let (topic, id, qos_text) = (format!("gap/{number}"), format!("gap-{number}"), qos.to_string());
        let link = CuttingLink::to(broker.address());
        let arguments = ["sub", "-t", &topic, "-V", version, "-q", &qos_text, "-rp", "20", "--output-mode", "raw"];
        let mut program = Program::new(arguments).port(link.port());
        if session == Session::Kept {
            program = program.arg_all(&["--no-clean", "-i", &id]);
        }
        let mut running = program.start();
        running.wait_for_stderr("Subscribed to");
        link.refuse();
        running.wait_for_stderr("reconnecting");
        let sent = numbers(50);
        let mut publisher = broker.client(&format!("{id}-publisher"));
        for payload in &sent {
            publisher.publish(&topic, payload, qos);
        }
        link.heal();
        running.wait_for_stdout("50");
        running.signal(Signal::SIGINT);
        let ended = cases::finish(running);
        ensure(ended.code == 0, || format!("expected exit code 0, got {}", ended.code))
            .and_then(|()| Account::of_lines(&ended.stdout).is_exactly(&sent))
            .map_err(|wrong| format!("{wrong}\nstderr:\n{}\ntrace:\n{}", ended.stderr, link.trace()))
    });
}

#[test]
fn pub_goes_on_reading_stdin_after_and_during_a_gap() {
    let Some(broker) = Broker::mosquitto("") else { return };
    let cases: Vec<(&str, Session, u8)> = [KEPT, &[("3.1.1", Session::Default)]]
        .concat()
        .into_iter()
        .flat_map(|(v, s)| [1, 2].map(|qos| (v, s, qos)))
        .collect();
    cases::run_all(&cases, |&(version, session, qos)| {
        let number = unique();
        let (topic, id, qos_text) = (format!("stdin/{number}"), format!("stdin-{number}"), qos.to_string());
        let receiver = Receiver::start(&broker, &topic, 2);
        let link = CuttingLink::to(broker.address());
        let arguments = ["pub", "-t", &topic, "-V", version, "-q", &qos_text, "-rp", "20", "-lm"];
        let mut program = Program::new(arguments).port(link.port());
        if session == Session::Kept {
            program = program.arg_all(&["--no-clean", "-i", &id]);
        }
        let mut running = program.start();
        let all = numbers(300);
        let lines = |range: std::ops::Range<usize>| all[range].join("\n") + "\n";
        running.write(lines(0..10));
        // All is acknowledged before the cut, so that nothing is uncertain whatever the session.
        let last = if qos == 1 { "PUBACK" } else { "PUBCOMP" };
        link.wait_for_count(last, 10);
        running.wait_for_stderr("Connected");
        link.refuse();
        running.wait_for_stderr("reconnecting");
        running.write(lines(10..200));
        link.heal();
        link.wait_for_packet(last, 2);
        running.write(lines(200..300));
        running.close_stdin();
        let ended = cases::finish(running);
        let arrived = receiver.finish(&broker);
        ensure(ended.code == 0, || format!("expected exit code 0, got {}", ended.code))
            .and_then(|()| arrived.is_exactly(&all))
            .map_err(|wrong| format!("{wrong}\nstderr:\n{}\ntrace:\n{}", ended.stderr, link.trace()))
    });
}

#[test]
fn an_acknowledgement_begins_the_count_of_attempts_anew() {
    use crate::support::net::cutting_link::{Cut, Ending, Place, Towards};
    let Some(broker) = Broker::mosquitto("") else { return };
    let cases: Vec<(&str, Session, u8)> =
        KEPT.iter().flat_map(|&(version, session)| [1, 2].map(|qos| (version, session, qos))).collect();
    cases::run_all(&cases, |&(version, session, qos)| {
        let number = unique();
        let (topic, id, qos_text) = (format!("progress/{number}"), format!("progress-{number}"), qos.to_string());
        let receiver = Receiver::start(&broker, &topic, 2);
        let link = CuttingLink::to(broker.address());
        // As a broker that closes each connection after so many publishes.
        let packet = if qos == 1 { "PUBACK" } else { "PUBCOMP" };
        let cut = Cut { towards: Towards::Client, packet, number: 25, place: Place::After, ending: Ending::Finish };
        (0..15).for_each(|_| link.cut(cut));
        let arguments = ["pub", "-t", &topic, "-V", version, "-q", &qos_text, "-rp", "5", "-lm"];
        let mut program = Program::new(arguments).port(link.port()).arg_all(&["--maximum-reconnect-times", "2"]);
        if session == Session::Kept {
            program = program.arg_all(&["--no-clean", "-i", &id]);
        }
        let sent = numbers(1000);
        let ended = cases::finish(program.stdin(sent.join("\n") + "\n").start_with_stdin());
        let arrived = receiver.finish(&broker);
        ensure(ended.code == 0, || format!("expected exit code 0, got {}", ended.code))
            .and_then(|()| if qos == 2 { arrived.is_exactly(&sent) } else { arrived.is_at_least(&sent) })
            .and_then(|()| ensure(link.cuts() == 15, || format!("{} cuts", link.cuts())))
            .map_err(|wrong| format!("{wrong}\nstderr:\n{}\ntrace:\n{}", ended.stderr, link.trace()))
    });
}
