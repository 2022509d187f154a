//! What ends a run, and with which exit code: a reader that goes, a window that is closed, a refusal on the way.

use std::os::unix::net::UnixStream;
use std::process::{Command, Stdio};

use nix::sys::signal::Signal;

use crate::support::wire::{Packet, connack, disconnect, publish, pubrec, suback};
use crate::support::{Ended, Link, Program, Running, ScriptedBroker};

/// Starts `sub` up to SUBACK, with these reasons.
fn subscribed(program: Program, broker: &ScriptedBroker, reasons: &[u8]) -> (Link, Running) {
    let running = program.port(broker.port()).start();
    let (mut link, _) = broker.accept_session(connack());
    let id = link.expect_subscribe().id;
    link.send(suback(id, reasons));
    (link, running)
}

fn finish(mut link: Link, running: Running) -> Ended {
    link.expect_goodbye();
    link.close();
    running.wait()
}

#[test]
fn sub_ends_when_its_reader_has_gone_though_nothing_comes() {
    let broker = ScriptedBroker::start();
    let (link, running) = subscribed(Program::new(["sub", "-t", "quiet"]).without_reader(), &broker, &[0]);
    finish(link, running).expect_code(0);
}

#[test]
fn sub_ends_when_its_reader_has_read_what_it_wanted() {
    let broker = ScriptedBroker::start();
    let program = Program::new(["sub", "-t", "a", "--output-mode", "raw"]);
    let (mut link, running) = subscribed(program.through_head(), &broker, &[0]);
    link.send(publish("a", "first"));
    let ended = finish(link, running).expect_code(0);
    assert_eq!(ended.text(), "first\n");
}

#[test]
fn sub_ends_when_its_reader_behind_a_socket_has_gone_but_not_when_it_only_says_nothing() {
    let broker = ScriptedBroker::start();
    let (ours, theirs) = UnixStream::pair().unwrap();
    let mut child = Command::new(env!("CARGO_BIN_EXE_mqttx-rs"))
        .args(["sub", "-t", "a", "-q", "1", "--output-mode", "raw", "--quiet", "-p", &broker.port().to_string()])
        .stdout(Stdio::from(std::os::fd::OwnedFd::from(theirs)))
        .spawn()
        .unwrap();
    let (mut link, _) = broker.accept_session(connack());
    let id = link.expect_subscribe().id;
    link.send(suback(id, [1]));
    ours.shutdown(std::net::Shutdown::Write).unwrap();
    // The answer shows that it listens on, and it is printed to who still reads.
    link.send(publish("a", "x").qos(1).id(1));
    link.expect_puback(1);
    drop(ours);
    link.expect_goodbye();
    link.close();
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

#[test]
fn conn_ends_when_nobody_reads_its_objects() {
    let broker = ScriptedBroker::start();
    let running = Program::new(["conn", "--output-mode", "jsonl"]).port(broker.port()).through_head().start();
    let (link, _) = broker.accept_session(connack());
    let ended = finish(link, running).expect_code(0);
    assert_eq!(ended.text().lines().count(), 1);
}

#[test]
fn conn_that_prints_nothing_needs_no_reader() {
    let broker = ScriptedBroker::start();
    let mut running = Program::new(["conn", "-k", "1"]).port(broker.port()).without_reader().start();
    let (mut link, _) = broker.accept_session(connack());
    running.wait_for_stderr("Connected");
    link.expect(Packet::Pingreq);
    link.send(Packet::Pingresp);
    running.signal(Signal::SIGTERM);
    finish(link, running).expect_code(0);
}

#[test]
fn a_closed_window_is_an_orderly_end() {
    for (arguments, code) in [(&["sub", "-t", "a"][..], 0), (&["sub", "-t", "a", "-C", "1"], 129), (&["conn"], 0)] {
        let broker = ScriptedBroker::start();
        let mut running = Program::new(arguments).port(broker.port()).start();
        let (mut link, _) = broker.accept_session(connack());
        if arguments[0] == "sub" {
            let id = link.expect_subscribe().id;
            link.send(suback(id, [0]));
            running.wait_for_stderr("Subscribed");
        } else {
            running.wait_for_stderr("Connected");
        }
        running.signal(Signal::SIGHUP);
        finish(link, running).expect_code(code);
    }
    let broker = ScriptedBroker::start();
    let running = Program::new(["pub", "-t", "a", "-q", "2"]).port(broker.port()).start();
    let (mut link, _) = broker.accept_session(connack());
    let id = link.expect_publish().id;
    link.send(pubrec(id));
    link.expect_pubrel(id);
    running.signal(Signal::SIGHUP);
    finish(link, running).expect_code(129);
}

#[test]
fn nohup_keeps_it_running() {
    let broker = ScriptedBroker::start();
    let program = Program::new(["sub", "-t", "a", "-C", "1", "--output-mode", "raw"]).ignoring_hangup();
    let (mut link, mut running) = subscribed(program, &broker, &[0]);
    running.wait_for_stderr("Subscribed");
    running.signal(Signal::SIGHUP);
    link.send(publish("a", "still there"));
    let ended = finish(link, running).expect_code(0);
    assert_eq!(ended.text(), "still there\n");
}

#[test]
fn a_refusal_is_what_the_exit_code_says_whatever_ends_it() {
    for arguments in
        [&["--timeout", "3s"][..], &["--idle-timeout", "3s"], &["--idle-timeout", "3s", "-C", "2"], &["-C", "1"]]
    {
        let broker = ScriptedBroker::start();
        let program = Program::new(["sub", "-t", "secret/x", "ok/y"]).arg_all(arguments);
        let (mut link, running) = subscribed(program, &broker, &[0x87, 0]);
        link.send(publish("ok/y", "x"));
        let ended = finish(link, running).expect_code(6);
        let is_timeout = arguments[0] == "--timeout";
        assert_eq!(ended.stderr.contains("--timeout of 3 s expired: 1 message received"), is_timeout, "{ended:?}");
    }
    for (count, signal) in [(&["-C", "5"][..], Signal::SIGINT), (&["-C", "5"], Signal::SIGHUP), (&[], Signal::SIGTERM)]
    {
        let broker = ScriptedBroker::start();
        let program = Program::new(["sub", "-t", "secret/x", "ok/y"]).arg_all(count);
        let (link, mut running) = subscribed(program, &broker, &[0x87, 0]);
        running.wait_for_stderr("Subscribed to ok/y");
        running.signal(signal);
        finish(link, running).expect_code(6);
    }
    let broker = ScriptedBroker::start();
    let program = Program::new(["sub", "-t", "secret/x", "ok/y"]);
    let (mut link, running) = subscribed(program, &broker, &[0x87, 0]);
    link.send(disconnect(0x98));
    let ended = running.wait().expect_code(6);
    assert!(ended.stderr.contains("Administrative action (0x98)"), "{}", ended.stderr);

    let broker = ScriptedBroker::start();
    let program = Program::new(["sub", "-t", "secret/x", "ok/y"]).without_reader();
    let (link, running) = subscribed(program, &broker, &[0x87, 0]);
    finish(link, running).expect_code(6);
}
