//! Disks that are full: whole records in files, and a log that says that it has gaps.

use crate::support::wire::{Packet, connack, publish, suback};
use crate::support::{Program, ScriptedBroker, free_port};

/// Lets the program write files of at most so many KiB.
fn limited(kibibytes: u32, arguments: &[&str]) -> Program {
    let limit = format!("ulimit -f {kibibytes}; exec \"$@\"");
    Program::new(arguments).through_shell(&limit)
}

#[test]
fn file_write_leaves_whole_records_and_exits_1() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("records");
    let arguments = ["sub", "-t", "a", "--file-write", path.to_str().unwrap(), "--quiet"];
    let broker = ScriptedBroker::start();
    // dash counts in blocks of 512 bytes, bash in KiB: either is less than what comes.
    let running = limited(4, &arguments).port(broker.port()).start();
    let (mut link, _) = broker.accept_session(connack());
    let id = link.expect_subscribe().id;
    let records = (0..100).map(|number| Packet::from(publish("a", format!("{number:0100}"))));
    link.send_together(std::iter::once(Packet::from(suback(id, [0]))).chain(records));
    link.receive_until_end();
    drop(link);
    let ended = running.wait().expect_code(1);
    assert!(ended.stderr.contains("records` cannot be written: "), "{}", ended.stderr);
    let written = std::fs::read_to_string(&path).unwrap();
    assert!(!written.is_empty() && written.ends_with('\n'), "{written:?}");
    for (number, line) in written.lines().enumerate() {
        assert_eq!(line, format!("{number:0100}"));
    }
}

#[test]
fn record_acknowledges_nothing_that_is_not_in_the_file() {
    for (name, qos) in [("a.jsonl", 1), ("a.jsonl.zst", 1), ("a.jsonl", 2)] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        let arguments = ["record", path.to_str().unwrap(), "-t", "a", "-i", "recorder", "--no-clean"];
        let broker = ScriptedBroker::start();
        let running = limited(4, &arguments).port(broker.port()).start();
        let (mut link, _) = broker.accept_session(connack());
        let id = link.expect_subscribe().id;
        link.send(suback(id, [qos]));
        // Random letters, which cannot be compressed to less than the limit.
        let payload: String = (0..10_000).map(|_| fastrand::alphanumeric()).collect();
        link.send(publish("a", payload).qos(qos).id(1));
        let received = link.receive_until_end();
        let answers = received.iter().filter(|packet| !matches!(packet, Packet::Disconnect(_)));
        assert_eq!(answers.collect::<Vec<_>>(), Vec::<&Packet>::new(), "{name} at QoS {qos}");
        drop(link);
        let ended = running.wait().expect_code(1);
        assert!(ended.stderr.contains("error: cannot write "), "{}", ended.stderr);
    }
}

#[test]
fn a_queue_that_cannot_be_stored_ends_the_run_while_the_broker_is_away() {
    let folder = tempfile::tempdir().unwrap();
    let queue = folder.path().join("queue");
    let line = ["pub", "-t", "a", "-q", "1", "-lm", "--queue", queue.to_str().unwrap(), "-rp", "20"];
    let mut running = limited(4000, &line).port(free_port()).start();
    let lines = format!("{}\n", "x".repeat(1000)).repeat(20_000);
    // The program may end before it has read them.
    running.try_write(&lines);
    let ended = running.wait().expect_code(1);
    assert!(ended.stderr.contains("error: --queue "), "{}", ended.stderr);
    assert!(ended.stderr.contains("File too large"), "the first error says why: {}", ended.stderr);
}

#[test]
fn a_recording_is_continued_only_in_a_file() {
    let ended = Program::new(["record", "/dev/full", "--resume", "-t", "a"]).port(1).run().expect_code(1);
    assert!(ended.stderr.contains("`/dev/full` is not a regular file"), "{}", ended.stderr);
}

#[test]
fn file_save_leaves_no_part_of_a_payload() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("payload");
    let arguments = ["sub", "-t", "a", "--file-save", path.to_str().unwrap(), "--quiet"];
    let broker = ScriptedBroker::start();
    let running = limited(4, &arguments).port(broker.port()).start();
    let (mut link, _) = broker.accept_session(connack());
    let id = link.expect_subscribe().id;
    link.send(suback(id, [0]));
    link.send(publish("a", "fits"));
    link.send(publish("a", vec![b'x'; 10_000]));
    link.receive_until_end();
    drop(link);
    running.wait().expect_code(1);
    assert_eq!(std::fs::read(&path).unwrap(), b"fits");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn a_device_that_is_full_is_an_error() {
    let broker = ScriptedBroker::start();
    let arguments = ["sub", "-t", "a", "--file-write", "/dev/full", "--quiet"];
    let running = Program::new(arguments).port(broker.port()).start();
    let (mut link, _) = broker.accept_session(connack());
    let id = link.expect_subscribe().id;
    link.send(suback(id, [0]));
    link.send(publish("a", "x"));
    link.receive_until_end();
    drop(link);
    let ended = running.wait().expect_code(1);
    assert!(ended.stderr.starts_with("error: `/dev/full` cannot be written: "), "{}", ended.stderr);
}

#[test]
fn a_log_that_cannot_be_written_is_a_warning_once() {
    let broker = ScriptedBroker::start();
    let arguments = ["pub", "-t", "a", "-m", "x", "--log-file", "/dev/full", "--trace", "--debug"];
    let running = Program::new(arguments).port(broker.port()).start();
    let (mut link, _) = broker.accept_session(connack());
    link.expect_publish();
    link.receive_until_end();
    drop(link);
    let ended = running.wait().expect_code(0);
    assert_eq!(ended.stderr.matches("--log-file: /dev/full cannot be written").count(), 1, "{}", ended.stderr);
    assert!(ended.stderr.contains("✔ Message published"), "it goes on: {}", ended.stderr);
}

#[test]
fn a_log_that_is_full_ends_with_a_whole_line() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log");
    let broker = ScriptedBroker::start();
    let arguments = ["sub", "-t", "a", "-C", "100", "--log-file", path.to_str().unwrap(), "--trace"];
    let running = limited(4, &arguments).port(broker.port()).start();
    let (mut link, _) = broker.accept_session(connack());
    let id = link.expect_subscribe().id;
    link.send(suback(id, [0]));
    link.send_together((0..100).map(|number| Packet::from(publish("a", format!("{number:0100}")))));
    link.receive_until_end();
    drop(link);
    let ended = running.wait().expect_code(0);
    assert_eq!(ended.stderr.matches("warning: --log-file: ").count(), 1, "{}", ended.stderr);
    let log = std::fs::read_to_string(&path).unwrap();
    assert!(!log.is_empty() && log.ends_with('\n'), "{log:?}");
}
