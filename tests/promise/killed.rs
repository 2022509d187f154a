//! Processes that are killed, and others that take up their sessions.

use std::collections::BTreeMap;

use nix::sys::signal::Signal;

use crate::account::{Account, numbers};
use crate::broker::Broker;
use crate::cases::{self, ensure, unique};
use crate::receiver::Receiver;
use crate::support::net::CuttingLink;
use crate::support::net::cutting_link::{Cut, Ending, Passed, Place, Towards};
use crate::support::wire::{AckKind, Packet, connack, pubcomp, pubrec, pubrel};
use crate::support::{Program, RawClient, ScriptedBroker};

#[test]
fn a_sub_that_is_killed_a_dozen_times_loses_nothing() {
    const KILLS: usize = 12;
    const MESSAGES: usize = 2000;
    for version in ["5.0", "3.1.1"] {
        let Some(broker) = Broker::mosquitto("max_queued_messages 100000") else { return };
        let arguments =
            ["sub", "-t", "killed", "-V", version, "-q", "2", "--no-clean", "-i", "x", "--output-mode", "raw"];
        let link = CuttingLink::to(broker.address());
        let start = || Program::new(arguments).port(link.port()).start();
        let mut running = start();
        running.wait_for_stderr("Subscribed to");
        let publisher = broker.client("publisher");
        let publishing = std::thread::spawn(move || publish_all(publisher, MESSAGES));
        let mut runs = Vec::new();
        for kill in 0..KILLS {
            // Further into the stream each time, so that another step of the handshakes is hit.
            for _ in 0..20 + 7 * kill {
                running.wait_for_stdout("");
            }
            running.signal(Signal::SIGKILL);
            let ended = running.wait();
            assert_eq!(ended.code, 137, "{}", ended.stderr);
            runs.push(Account::of_lines(&ended.stdout));
            running = start();
        }
        publishing.join().expect("all is published");
        running.wait_for_stdout(&MESSAGES.to_string());
        running.signal(Signal::SIGINT);
        let ended = cases::finish(running).expect_code(0);
        runs.push(Account::of_lines(&ended.stdout));

        let all = Account::new(runs.iter().flat_map(|run| run.payloads().to_vec()).collect());
        all.is_at_least(&numbers(MESSAGES)).unwrap_or_else(|wrong| panic!("{version}: {wrong}"));
        // What was printed twice is what was not acknowledged yet: the broker had sent no PUBREL for it.
        let released = released(&link.passed());
        for (index, run) in runs.iter().enumerate() {
            run.is_at_most(&numbers(MESSAGES)).unwrap_or_else(|wrong| panic!("{version}: run {}: {wrong}", index + 1));
            let before = |payload: &&String| released.get(*payload).is_some_and(|connection| *connection <= index);
            let again: Vec<&String> = run.payloads().iter().filter(before).collect();
            let trace = || link.trace_of(index..=index + 1);
            assert!(again.is_empty(), "{version}: released, and printed by run {}: {again:?}\n{}", index + 1, trace());
        }
    }
}

/// The payloads that the broker has released, which proves that PUBREC reached it, and on which connection.
fn released(passed: &[Passed]) -> BTreeMap<String, usize> {
    let (mut released, mut sent) = (BTreeMap::new(), BTreeMap::new());
    for Passed { connection, packet, .. } in passed {
        match packet {
            Packet::Publish(publish) => _ = sent.insert(publish.id, publish.text().to_owned()),
            Packet::Ack(ack) if ack.kind == AckKind::Pubrel => {
                if let Some(payload) = sent.get(&ack.id) {
                    released.entry(payload.clone()).or_insert(*connection);
                }
            }
            _ => {}
        }
    }
    released
}

fn publish_all(mut publisher: RawClient, count: usize) {
    for payload in numbers(count) {
        publisher.publish("killed", payload, 2);
    }
}

#[test]
fn the_messages_of_a_new_process_are_not_taken_for_those_of_a_killed_one() {
    let Some(broker) = Broker::mosquitto("") else { return };
    let steps = [(Towards::Client, "PUBREC"), (Towards::Broker, "PUBREL"), (Towards::Client, "PUBCOMP")];
    let places = [Place::Before, Place::After];
    let cases: Vec<(&str, Cut)> = ["5.0", "3.1.1"]
        .into_iter()
        .flat_map(|version| {
            steps.into_iter().flat_map(move |(towards, packet)| {
                places.map(|place| (version, Cut { towards, packet, number: 1, place, ending: Ending::Hold }))
            })
        })
        .collect();
    cases::run_all(&cases, |&(version, cut)| {
        let number = unique();
        let (topic, id) = (format!("restarted/{number}"), format!("restarted-{number}"));
        let receiver = Receiver::start(&broker, &topic, 2);
        let program = |message: &'static str| {
            let arguments = ["pub", "-t", &topic, "-V", version, "-q", "2", "--no-clean", "-i", &id, "-m", message];
            Program::new(arguments)
        };
        let link = CuttingLink::to(broker.address());
        link.cut(cut);
        let killed = program("first").port(link.port()).start();
        link.wait_for_cuts(1);
        killed.signal(Signal::SIGKILL);
        killed.wait();
        let second = CuttingLink::to(broker.address());
        let ended = cases::finish(program("second").port(second.port()).start());
        let arrived = receiver.finish(&broker);
        let count = |text: &str| arrived.payloads().iter().filter(|payload| *payload == text).count();
        ensure(ended.code == 0, || format!("expected exit code 0, got {}", ended.code))
            .and_then(|()| ensure(count("second") == 1, || format!("arrived: {:?}", arrived.payloads())))
            .and_then(|()| ensure(count("first") <= 1, || format!("arrived: {:?}", arrived.payloads())))
            .map_err(|wrong| {
                format!("{wrong}\nstderr:\n{}\ntrace:\n{}\nthen:\n{}", ended.stderr, link.trace(), second.trace())
            })
    });
}

#[test]
fn the_identifiers_of_a_session_that_is_taken_up_begin_anywhere() {
    let id = || {
        let broker = ScriptedBroker::start();
        let arguments = ["pub", "-t", "a", "-m", "x", "-q", "2", "--no-clean", "-i", "x"];
        let running = Program::new(arguments).port(broker.port()).start();
        let (mut link, _) = broker.accept_session(connack().session_present());
        let id = link.expect_publish().id;
        link.send(pubrec(id));
        link.expect_pubrel(id);
        link.send(pubcomp(id));
        link.receive_until_end();
        running.wait().expect_code(0);
        id
    };
    let ids = [id(), id(), id(), id()];
    assert!(ids.iter().any(|id| *id != ids[0]), "{ids:?}");
}

#[test]
fn what_an_earlier_process_left_at_the_broker_is_brought_to_its_end() {
    const UNKNOWN: u8 = 0x92;
    for (version, reason) in [("5.0", UNKNOWN), ("3.1.1", 0)] {
        let broker = ScriptedBroker::start();
        let arguments = ["pub", "-t", "a", "-lm", "-q", "2", "--no-clean", "-i", "x", "-V", version];
        let mut running = Program::new(arguments).port(broker.port()).start();
        let (mut link, _) = broker.accept_session(connack().session_present());
        link.send(pubrec(7));
        assert_eq!(link.receive(), pubrel(7).reason(reason).into(), "{version}");
        link.send(pubcomp(7));
        link.send(pubrel(8));
        assert_eq!(link.receive(), pubcomp(8).reason(reason).into(), "{version}");
        link.send(pubcomp(9));
        running.write("x\n");
        running.close_stdin();
        let id = link.expect_publish().id;
        link.send(pubrec(id));
        link.expect_pubrel(id);
        link.send(pubcomp(id));
        link.receive_until_end();
        running.wait().expect_code(0);
    }
}
