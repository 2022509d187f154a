//! `pub --queue`: what waits on disk, and who may have it.

use nix::sys::signal::Signal;

use crate::support::free_port;
use crate::support::wire::property::{content_type, session_expiry_interval};
use crate::support::wire::{Packet, connack, puback, pubcomp, publish, pubrec};
use crate::support::{Program, Running, ScriptedBroker};

const WEEK: u32 = 7 * 24 * 60 * 60;

fn start(arguments: &[&str], queue: &str, port: u16) -> Running {
    Program::new(["pub"]).port(port).arg_all(arguments).arg_all(&["--queue", queue, "--debug", "-rp", "20"]).start()
}

#[test]
fn what_a_broker_that_is_away_does_not_get_waits_for_the_next_run() {
    let folder = tempfile::tempdir().unwrap();
    let queue = folder.path().to_str().unwrap();
    let mut running = start(&["-t", "a", "-q", "1", "-lm", "-ct", "text/x"], queue, free_port());
    running.write("one\ntwo\n");
    running.wait_for_stderr("2 in the queue");
    running.signal(Signal::SIGTERM);
    let ended = running.wait().expect_code(143);
    assert!(ended.stderr.contains(&format!("2 messages wait in {queue}")), "{}", ended.stderr);

    let arguments = ["-t", "b", "-q", "2", "-m", "three"];
    let ended = start(&arguments, queue, free_port()).wait().expect_code(3);
    assert!(ended.stderr.contains(&format!("3 messages wait in {queue}")), "{}", ended.stderr);

    let broker = ScriptedBroker::start();
    let running = start(&[], queue, broker.port());
    let (mut link, connect) = broker.accept_session(connack());
    assert!(!connect.clean && connect.properties.0.contains(&session_expiry_interval(WEEK)), "{connect:?}");
    let mut ids = Vec::new();
    for (topic, payload, qos) in [("a", "one", 1), ("a", "two", 1), ("b", "three", 2)] {
        let received = link.expect_publish();
        ids.push(received.id);
        let expected = publish(topic, payload).qos(qos).id(received.id);
        assert_eq!(received, if qos == 1 { expected.with(content_type("text/x")) } else { expected });
    }
    link.send(puback(ids[0]));
    link.send(puback(ids[1]));
    link.send(pubrec(ids[2]));
    link.expect_pubrel(ids[2]);
    link.send(pubcomp(ids[2]));
    // The session was the queue's own, and nothing is left to keep it for.
    let Packet::Disconnect(disconnect) = link.receive() else { panic!("no DISCONNECT") };
    assert!(disconnect.properties.0.contains(&session_expiry_interval(0)), "{disconnect:?}");
    link.close();
    let ended = running.wait().expect_code(0);
    assert!(ended.stderr.contains("3 messages published, 3 acknowledged"), "{}", ended.stderr);

    let ended = start(&[], queue, broker.port()).wait().expect_code(0);
    assert!(ended.stderr.contains(&format!("Nothing waits in {queue}")), "{}", ended.stderr);
}

#[test]
fn a_killed_process_is_followed_in_its_session_by_its_packet_ids() {
    for version in ["5.0", "3.1.1"] {
        let folder = tempfile::tempdir().unwrap();
        let queue = folder.path().to_str().unwrap();
        let broker = ScriptedBroker::start();
        let mut running = start(&["-t", "a", "-q", "2", "-lm", "-V", version], queue, broker.port());
        running.write("one\ntwo\nthree\n");
        let (mut link, connect) = broker.accept_session(connack());
        let ids: Vec<u16> = (0..3).map(|_| link.expect_publish().id).collect();
        link.send(pubrec(ids[1]));
        link.expect_pubrel(ids[1]);
        link.send(pubrec(ids[0]));
        link.expect_pubrel(ids[0]);
        link.send(pubcomp(ids[1]));
        // An answer to this shows that PUBCOMP was read, as each is read with what came before it.
        link.send(pubrec(999));
        assert!(matches!(link.receive(), Packet::Ack(ack) if ack.id == 999));
        running.signal(Signal::SIGKILL);
        running.wait();

        let running = start(&["-V", version], queue, broker.port());
        let (mut link, again) = broker.accept_session(connack().session_present());
        assert_eq!((&again.client_id, again.clean), (&connect.client_id, false));
        link.expect_pubrel(ids[0]);
        link.expect(publish("a", "three").qos(2).id(ids[2]).dup());
        link.send(pubcomp(ids[0]));
        link.send(pubrec(ids[2]));
        link.expect_pubrel(ids[2]);
        link.send(pubcomp(ids[2]));
        link.expect_goodbye();
        link.close();
        running.wait().expect_code(0);
    }
}

#[test]
fn without_the_session_qos_1_comes_again_and_qos_2_is_uncertain() {
    for (qos, code) in [("1", 0), ("2", 7)] {
        let folder = tempfile::tempdir().unwrap();
        let queue = folder.path().to_str().unwrap();
        let broker = ScriptedBroker::start();
        let mut running = start(&["-t", "a", "-q", qos, "-lm"], queue, broker.port());
        running.write("one\n");
        let (mut link, _) = broker.accept_session(connack());
        link.expect_publish();
        running.signal(Signal::SIGKILL);
        running.wait();

        let running = start(&[], queue, broker.port());
        let (mut link, _) = broker.accept_session(connack());
        if qos == "1" {
            let id = link.expect_publish().id;
            link.send(puback(id));
        }
        link.expect_goodbye();
        link.close();
        let ended = running.wait().expect_code(code);
        assert_eq!(ended.stderr.contains("is uncertain"), qos == "2", "{}", ended.stderr);
        start(&[], queue, broker.port()).wait().expect_code(0);
    }
}

#[test]
fn one_process_at_a_time_has_a_queue() {
    let folder = tempfile::tempdir().unwrap();
    let queue = folder.path().to_str().unwrap();
    let mut first = start(&["-t", "a", "-q", "1", "-lm"], queue, free_port());
    first.write("one\n");
    first.wait_for_stderr("1 in the queue");
    let ended = start(&["-t", "a", "-m", "two"], queue, free_port()).wait().expect_code(1);
    let message = format!("error: --queue {queue}: another process is using it");
    assert!(ended.stderr.contains(&message), "{}", ended.stderr);
}

#[test]
fn a_full_queue_stops_the_reading_of_lines_and_refuses_a_message() {
    let folder = tempfile::tempdir().unwrap();
    let queue = folder.path().to_str().unwrap();
    let broker = ScriptedBroker::start();
    let mut running = start(&["-t", "a", "-q", "1", "-lm", "--queue-max", "2"], queue, broker.port());
    running.write("1\n2\n3\n");
    let (mut link, _) = broker.accept_session(connack());
    // Lines that have been read are nowhere else, so they are stored though there are more than two.
    running.wait_for_stderr("3 messages stored, 3 in the queue");
    let ids = [link.expect_publish().id, link.expect_publish().id, link.expect_publish().id];
    running.write("4\n");
    link.send(puback(ids[0]));
    link.send(puback(ids[1]));
    // It was not read before two had left.
    assert_eq!(link.expect_publish().text(), "4");
    running.wait_for_stderr("1 message stored, 2 in the queue");
    running.signal(Signal::SIGKILL);
    running.wait();
    drop(link);

    let ended = start(&["-t", "a", "-m", "x", "--queue-max", "2"], queue, free_port()).wait().expect_code(1);
    assert!(ended.stderr.contains(&format!("{queue} is full: 2 wait")), "{}", ended.stderr);
}

#[test]
fn lines_that_were_read_together_are_stored_together() {
    for signal in [Signal::SIGTERM, Signal::SIGKILL] {
        let folder = tempfile::tempdir().unwrap();
        let queue = folder.path().to_str().unwrap();
        let mut running = start(&["-t", "a", "-q", "1", "-lm", "--queue-max", "2"], queue, free_port());
        // What a pipe takes in one piece, and one read therefore returns.
        running.write("x\n".repeat(2000));
        running.wait_for_stderr("2000 messages stored, 2000 in the queue");
        running.signal(signal);
        running.wait();
        let ended = start(&[], queue, free_port()).wait().expect_code(3);
        assert!(ended.stderr.contains(&format!("2000 messages wait in {queue}")), "{}", ended.stderr);
    }
}

#[test]
fn the_session_of_another_client_is_not_gone_on_with() {
    let folder = tempfile::tempdir().unwrap();
    let queue = folder.path().to_str().unwrap();
    let broker = ScriptedBroker::start();
    let mut running = start(&["-t", "a", "-q", "2", "-lm", "-i", "one"], queue, broker.port());
    running.write("x\n");
    let (mut link, connect) = broker.accept_session(connack());
    assert_eq!(connect.client_id, "one");
    link.expect_publish();
    running.signal(Signal::SIGKILL);
    running.wait();
    let ended = start(&["-i", "two"], queue, broker.port()).wait().expect_code(2);
    assert!(ended.stderr.contains("were sent as client `one`, not `two`"), "{}", ended.stderr);
}

#[test]
fn what_is_no_queue_is_an_error() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let path = file.path().to_str().unwrap();
    let ended = Program::new(["pub", "-t", "a", "-m", "x", "--queue", path]).run().expect_code(1);
    assert!(ended.stderr.contains(&format!("error: --queue {path}: ")), "{}", ended.stderr);
    let ended = Program::new(["pub", "-t", "a", "-m", "x", "--queue-max", "3"]).run().expect_code(2);
    assert!(ended.stderr.contains("--queue"), "{}", ended.stderr);
}
